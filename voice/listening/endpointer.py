"""The endpointer: frames in, utterances out. A pure state machine; it is told what is speech and counts frames."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.audio.microphone import FRAME_SECONDS, RATE

__all__ = ["Endpointer", "Utterance"]

_PRE_ROLL = 0.3
_SHORTEST = 0.2
_LONGEST = 15.0
# Silence that stays with an utterance: the recogniser hears words better that do not end at a cliff. After as much of
# it, what has been said may be looked at: should it end there, not a sample of it is going to change.
_TAIL = 0.25
# What was heard before an utterance; noise reduction learns from it how the room sounds.
_EARLIER = 1.0
# Whoever stops in the middle of a sentence gets so much longer, in seconds.
_HESITATION = 0.4


@dataclass(frozen=True, eq=False)
class Utterance:
    """What was said between two silences: (n,) int16 at 16 kHz."""

    samples: NDArray[np.int16]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples.size / RATE


class Endpointer:
    """Cuts a stream of frames into utterances.

    An utterance begins 300 ms before its first frame of speech, ends when there was no speech for `silence` seconds
    (or for 0.4 s more, see `hesitate`), and is cut at 15 s. Less than 0.2 s of speech is no utterance.

    Args:
        silence: seconds of silence that end an utterance.
    """

    def __init__(self, silence: float = 0.4) -> None:
        self._silence = round(silence / FRAME_SECONDS)
        self._before: deque[NDArray[np.int16]] = deque(maxlen=round((_EARLIER + _PRE_ROLL) / FRAME_SECONDS))
        self._frames: list[NDArray[np.int16]] = []
        self._earlier: tuple[NDArray[np.int16], ...] = ()
        self._spoken = 0
        self._silent = 0
        self._patience = self._silence

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun and not ended."""
        return bool(self._frames)

    @property
    def frames(self) -> Sequence[NDArray[np.int16]]:
        """The frames of the utterance that has begun, so far; it may end before the last of them."""
        return self._frames

    @property
    def earlier(self) -> Sequence[NDArray[np.int16]]:
        """The frames before the utterance that has begun, a second of them at most."""
        return self._earlier

    @property
    def heard_speech(self) -> bool:
        """Whether what has begun is long enough already to be an utterance."""
        return self._spoken * FRAME_SECONDS >= _SHORTEST

    @property
    def pausing(self) -> bool:
        """Whether the speaker has paused, with the last frame, for as long as the silence that stays with an utterance.

        `flush` would end the utterance here, and it would be the same as after a longer silence.
        """
        return self._silent == round(_TAIL / FRAME_SECONDS) and self.heard_speech

    def hesitate(self) -> None:
        """Wait longer for the end of this pause: what has been said is no whole sentence."""
        self._patience = self._silence + round(_HESITATION / FRAME_SECONDS)

    def push(self, frame: NDArray[np.int16], *, speech: bool) -> Utterance | None:
        """Take the next frame, (512,) int16; return the utterance that ends with it, if one does."""
        if not self._frames:
            if not speech:
                self._before.append(frame)
                return None
            self._begin()
        self._frames.append(frame)
        self._spoken += speech
        self._silent = 0 if speech else self._silent + 1
        if speech:
            self._patience = self._silence
        if self._silent < self._patience and len(self._frames) * FRAME_SECONDS < _LONGEST:
            return None
        return self._finish()

    def flush(self) -> Utterance | None:
        """End an utterance that has begun, because no more frames come or no more are needed."""
        return self._finish() if self._frames else None

    def reset(self) -> None:
        """Forget all frames so far."""
        self._before.clear()
        self._start_over()

    def _begin(self) -> None:
        before = tuple(self._before)
        start = max(0, len(before) - round(_PRE_ROLL / FRAME_SECONDS))
        self._earlier, self._frames = before[:start], [*before[start:]]

    def _finish(self) -> Utterance | None:
        surplus = max(0, self._silent - round(_TAIL / FRAME_SECONDS))
        frames, rest = self._frames[: len(self._frames) - surplus], self._frames[len(self._frames) - surplus :]
        long_enough = self.heard_speech
        self._before.clear()
        self._before.extend(rest)
        self._start_over()
        return Utterance(np.concatenate(frames)) if long_enough else None

    def _start_over(self) -> None:
        self._frames = []
        self._earlier = ()
        self._spoken = 0
        self._silent = 0
        self._patience = self._silence
