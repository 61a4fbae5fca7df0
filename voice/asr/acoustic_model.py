"""The acoustic model, behind one small door: sound to log-probabilities of phoneme labels."""

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAME_SECONDS", "AcousticModel", "HamaModel"]

FRAME_SECONDS = 0.02


class AcousticModel(Protocol):
    """Anything that hears phonemes."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, IPA symbols mostly; the last one is CTC's blank."""

    def log_probs(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how likely each label is, frame by frame.

        Args:
            samples: (n,) float32 in [-1, 1] at 16 kHz.

        Returns:
            (T, L) float32, natural log; a frame is 20 ms.
        """


class HamaModel:
    """The phoneme model inside the `hama` wheel (version 1.7.0, Apache-2.0 by its metadata).

    It looks at the whole sound at once: a second of silence more changes every frame, so it cannot stream.
    """

    def __init__(self) -> None:
        # Imported here, because loading its library takes as long as all the rest.
        from hama.asr import ASRModel  # noqa: PLC0415

        self._model = ASRModel()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The 191 labels; `<wb>` marks the end of a word, `<blank>` comes last."""
        return tuple(self._model.decoder_tokens)

    def log_probs(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n // 320 + 1, 191) float32 log-probabilities, also for no samples."""
        # The session is public but undocumented: this is the only place that knows its names.
        log_probs, lengths = self._model.session.run(
            ["log_probs", "out_lengths"],
            {"waveform": samples[np.newaxis, :], "waveform_lengths": np.array([samples.size], dtype=np.int64)},
        )
        return np.asarray(log_probs[0][: int(lengths[0])], dtype=np.float32)
