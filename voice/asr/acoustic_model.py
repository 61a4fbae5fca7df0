"""The acoustic model: it turns sound into log-probabilities of phoneme labels."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAME_SECONDS", "HamaModel"]

FRAME_SECONDS = 0.02


class HamaModel:
    """The phoneme model of the `hama` wheel (version 1.7.0, Apache-2.0 by its metadata).

    It attends to the whole sound at once: another second of silence changes every frame, so it cannot stream.
    """

    def __init__(self) -> None:
        # Imported late: loading its library takes as long as everything else together.
        from hama.asr import ASRModel  # noqa: PLC0415 - only where the embedded recogniser is used

        self._model = ASRModel()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The 191 labels, mostly IPA; `<wb>` ends a word, CTC's `<blank>` comes last."""
        return tuple(self._model.decoder_tokens)

    def log_probs(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the log-probability of each label in each frame.

        Args:
            samples: (n,) float32 in [-1, 1] at 16 kHz; n may be 0.

        Returns:
            (n // 320 + 1, 191) float32, natural log; a frame is 20 ms.
        """
        # The session is public but undocumented: its names are used nowhere else.
        log_probs, lengths = self._model.session.run(
            ["log_probs", "out_lengths"],
            {"waveform": samples[np.newaxis, :], "waveform_lengths": np.array([samples.size], dtype=np.int64)},
        )
        return np.asarray(log_probs[0][: int(lengths[0])], dtype=np.float32)
