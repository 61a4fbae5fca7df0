"""The endpointer: cuts a stream of frames into utterances. A pure state machine, told which are speech."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.audio.microphone import FRAME_SECONDS, RATE, Frame

__all__ = ["Endpointer", "Utterance"]

# All in seconds.
_PRE_ROLL = 0.3
_SHORTEST = 0.2
_LONGEST = 15.0
# The silence that stays at the end of an utterance: recognisers do better on words that do not end abruptly. After this
# much silence the utterance can be examined; if it ends there, not one of its samples will change.
_TAIL = 0.25
# What is kept from before the utterance and its pre-roll: noise reduction learns the room's noise from it.
_EARLIER = 1.0
# The extra silence that a speaker gets in the middle of a sentence.
_HESITATION = 0.4


@dataclass(frozen=True, eq=False)
class Utterance:
    """An utterance: the speech between two silences.

    Attributes:
        samples: (n,) int16 at 16 kHz.
    """

    samples: NDArray[np.int16]

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.samples.size / RATE


class Endpointer:
    """Cuts a stream of frames into utterances.

    An utterance begins 0.3 s before its first frame of speech and ends after `silence` seconds without speech (0.4 s
    later after `hesitate`), or after 15 s. Less than 0.2 s of speech is not an utterance.

    Args:
        silence: the seconds of silence that end an utterance.
    """

    def __init__(self, silence: float = 0.4) -> None:
        self._silence = round(silence / FRAME_SECONDS)
        self._before: deque[Frame] = deque(maxlen=round((_EARLIER + _PRE_ROLL) / FRAME_SECONDS))
        self._frames: list[Frame] = []
        self._earlier: tuple[Frame, ...] = ()
        self._spoken = 0
        self._silent = 0
        self._ending = self._silence

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way."""
        return bool(self._frames)

    @property
    def frames(self) -> Sequence[Frame]:
        """The frames of the current utterance so far; it may end before the last of them."""
        return self._frames

    @property
    def earlier(self) -> Sequence[Frame]:
        """The frames before the current utterance, one second of them at most."""
        return self._earlier

    @property
    def heard_speech(self) -> bool:
        """Whether the current utterance has enough speech (0.2 s) to be one."""
        return self._spoken * FRAME_SECONDS >= _SHORTEST

    @property
    def pausing(self) -> bool:
        """Whether the speaker has just been silent for as long as the silence that stays with an utterance (0.25 s).

        `flush` would end the utterance here, with the same samples as after a longer silence.
        """
        return self._silent == round(_TAIL / FRAME_SECONDS) and self.heard_speech

    def hesitate(self) -> None:
        """Wait 0.4 s longer for the end of this pause, because the sentence is incomplete."""
        self._ending = self._silence + round(_HESITATION / FRAME_SECONDS)

    def push(self, frame: Frame, *, speech: bool) -> Utterance | None:
        """Take the next frame.

        Args:
            frame: the frame.
            speech: whether it is speech.

        Returns:
            the utterance that ends with this frame, if one does.
        """
        if not self._frames:
            if not speech:
                self._before.append(frame)
                return None
            self._begin()
        self._frames.append(frame)
        self._spoken += speech
        self._silent = 0 if speech else self._silent + 1
        if speech:
            self._ending = self._silence
        if self._silent < self._ending and len(self._frames) * FRAME_SECONDS < _LONGEST:
            return None
        return self._finish()

    def flush(self) -> Utterance | None:
        """End the current utterance here and return it, if it has enough speech."""
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
        return Utterance(np.concatenate([frame.samples for frame in frames])) if long_enough else None

    def _start_over(self) -> None:
        self._frames = []
        self._earlier = ()
        self._spoken = 0
        self._silent = 0
        self._ending = self._silence
