"""The front end: an utterance as it would sound with less of the room, its noise and its echo."""

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

# Where speech lies so far above the noise (dB), there is nothing to reduce. In kitchen noise at 12 dB, as the benchmark
# measures it, speech lies 17 to 29 dB above the noise as measured here; in a studio, 60.
_QUIET_ROOM = 40.0


@dataclass
class FrontEnd:
    """Follows an utterance while it is spoken, so that little is left to do at its end."""

    _frames: int = 0
    _earlier: int = 0
    _loudest: float = 0.0
    _judged: bool = False
    _reducer: NoiseReducer | None = None
    _can_reduce: bool = True

    def follow(self, endpointer: Endpointer, loudness: float) -> None:
        """Hear the frames that the endpointer has got since the last call.

        Args:
            endpointer: with the frames of the utterance that has begun.
            loudness: how far the newest frame lies above the room's noise, in dB.
        """
        frames = endpointer.frames
        if len(frames) <= self._frames:
            self.forget()
        if not frames:
            return
        self._loudest = max(self._loudest, loudness)
        if not self._judged and endpointer.heard_speech:
            self._judged = True
            if self._loudest < _QUIET_ROOM and self._can_reduce:
                self._begin(endpointer.earlier)
        if self._reducer is not None:
            self._reducer.feed(np.concatenate(frames[self._frames :]))
        if self._judged:
            self._frames = len(frames)

    def clean(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the utterance that was followed, (n,) int16 at 16 kHz, with less noise and echo."""
        if self._reducer is not None:
            samples = self._reducer.reduced(self._earlier, self._earlier + samples.size)
        return dereverberate(samples)

    def forget(self) -> None:
        """Forget the utterance."""
        self._frames = self._earlier = 0
        self._loudest, self._judged, self._reducer = 0.0, False, None

    def _begin(self, earlier: Sequence[Frame]) -> None:
        """Let the reducer learn the room's noise from what was heard before somebody spoke."""
        try:
            self._reducer = NoiseReducer()
        except SystemFailure as error:
            # What is said can be understood with the noise too, only less often.
            self._can_reduce = False
            log.warning("going on without noise reduction: %s", error)
            return
        self._earlier = len(earlier) * FRAME
        if earlier:
            self._reducer.feed(np.concatenate(earlier))
