"""The front end: takes noise and echo out of an utterance before it is recognised."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.audio.microphone import FRAME, Frame
from voice.errors import SystemFailure
from voice.listening.echo import dereverberate
from voice.listening.endpointer import Endpointer
from voice.listening.noise import NoiseReducer

__all__ = ["FrontEnd"]

log = logging.getLogger(__name__)

# Where speech lies this far above the noise (dB), noise reduction is skipped.
_QUIET_ROOM = 40.0


@dataclass
class FrontEnd:
    """Cleans utterances; it works on them while they are spoken, so that little is left to do at their end."""

    _frames: int = 0
    _earlier: int = 0
    _above_noise: float = 0.0
    _judged: bool = False
    _reducer: NoiseReducer | None = None
    _can_reduce: bool = True

    def follow(self, endpointer: Endpointer, above_noise: float) -> None:
        """Take the endpointer's new frames.

        Args:
            endpointer: holds the frames of the current utterance.
            above_noise: how far the newest frame's level lies above the room's noise, in dB.
        """
        frames = endpointer.frames
        if len(frames) <= self._frames:
            self.forget()
        if not frames:
            return
        self._above_noise = max(self._above_noise, above_noise)
        if not self._judged and endpointer.heard_speech:
            self._judged = True
            if self._above_noise < _QUIET_ROOM and self._can_reduce:
                self._begin(endpointer.earlier)
        if self._reducer is not None:
            self._reducer.feed(_samples(frames[self._frames :]))
        if self._judged:
            self._frames = len(frames)

    def clean(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the current utterance with less noise and echo.

        Args:
            samples: (n,) int16 at 16 kHz, the utterance as it was recorded.

        Returns:
            (n,) int16 at 16 kHz.
        """
        if self._reducer is not None:
            samples = self._reducer.reduced(self._earlier, self._earlier + samples.size)
        return dereverberate(samples)

    def forget(self) -> None:
        """Forget the current utterance."""
        self._frames = self._earlier = 0
        self._above_noise, self._judged, self._reducer = 0.0, False, None

    def _begin(self, earlier: Sequence[Frame]) -> None:
        """Start a noise reducer, which learns the room's noise from the frames before the utterance."""
        try:
            self._reducer = NoiseReducer()
        except SystemFailure as error:
            # Speech can be understood through the noise too, only less often.
            self._can_reduce = False
            log.warning("going on without noise reduction: %s", error)
            return
        self._earlier = len(earlier) * FRAME
        if earlier:
            self._reducer.feed(_samples(earlier))


def _samples(frames: Sequence[Frame]) -> NDArray[np.int16]:
    """Return the samples of one or more frames: (n * 512,) int16 at 16 kHz."""
    return np.concatenate([frame.samples for frame in frames])
