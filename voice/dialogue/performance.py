"""One playing moment: a state machine that is told the time and returns the next step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import FULL_SCALE, Clip
from voice.audio.microphone import FRAME_SECONDS, RATE, Frame
from voice.cues import Ask, Cue
from voice.dialogue.rules import AGREE, READY, Ending, Reaction, Turn, next_turn, reaction
from voice.moments.moment import SILENCE, Answer, Moment, Script
from voice.nlu.intent import Intent
from voice.packs.pack import Pack

__all__ = ["Aside", "AskTimeouts", "Begin", "End", "Listen", "Performance", "Play", "Step", "Wait"]

# In free speech people may think first; after this much silence it is the other partner's turn.
_THINKING_SECONDS = 20.0
_LONGEST_TALK_SECONDS = 600.0
# Kept of a recording before its first word and after its last.
_MARGIN_SECONDS = 0.5


@dataclass(frozen=True)
class AskTimeouts:
    """The time-outs of free speech in seconds: the `silence` after it, and its `limit`."""

    silence: float = 2.5
    limit: float = 90.0


@dataclass(frozen=True)
class Play:
    """Play these cues, then call `Performance.sound_ended`."""

    cues: tuple[Cue, ...]


@dataclass(frozen=True)
class Listen:
    """The question is open from now on."""

    ask: Ask


@dataclass(frozen=True)
class Wait:
    """Nothing to do yet."""


@dataclass(frozen=True)
class Aside:
    """Play the first cues of another moment, then call `Performance.sound_ended`: the question opens again."""

    intent: Intent


@dataclass(frozen=True)
class Begin:
    """Close this performance and begin another moment."""

    intent: Intent


@dataclass(frozen=True)
class End:
    """The moment is over."""

    how: Ending


Step: TypeAlias = Play | Listen | Wait | Aside | Begin | End


@dataclass
class _OpenQuestion:
    """An open question, and the speech since it opened.

    Attributes:
        ask: the question.
        asked_at: the time it opened.
        spoke_at: the time of the last speech.
        unrecognised_answer: whether speech was heard that is no answer.
        words: the unrecognised answer as text, if it was typed.
        frames: the microphone's frames, if the answer is recorded.
        spoken: indices of the first and the last frame with speech.
    """

    ask: Ask
    asked_at: float
    spoke_at: float | None = None
    unrecognised_answer: bool = False
    words: str | None = None
    frames: list[Frame] = field(default_factory=list)
    spoken: tuple[int, int] | None = None

    def spoke(self, now: float) -> None:
        self.spoke_at = now
        last = max(len(self.frames) - 1, 0)
        self.spoken = (self.spoken[0] if self.spoken else last, last)

    def talked_out(self, now: float) -> bool:
        return self.ask.kind == "talk" and now >= self.asked_at + _LONGEST_TALK_SECONDS

    def timeout(self, timeouts: AskTimeouts) -> float:
        """Return the time at which silence becomes the answer."""
        silence = timeouts.silence if self.ask.silence is None else self.ask.silence
        limit = self.asked_at + self.ask.within
        match self.ask.kind:
            case "choice":
                # After an unrecognised answer they may be talking it over, so only silence ends the question.
                waits = self.spoke_at is None or not self.unrecognised_answer
                return limit if waits or self.spoke_at is None else self.spoke_at + silence
            case "talk":
                # The moment has to end even if a television goes on talking.
                longest = self.asked_at + _LONGEST_TALK_SECONDS
                return limit if self.spoke_at is None else min(longest, self.spoke_at + silence)
            case "free":
                limit = min(limit, self.asked_at + timeouts.limit)
                if self.spoke_at is None:
                    return min(limit, self.asked_at + _THINKING_SECONDS)
                return min(limit, self.spoke_at + silence)

    def recording(self) -> NDArray[np.int16] | None:
        """Return the recorded answer, (n,) int16 at 16 kHz; None if nothing was recorded."""
        if not self.frames or self.spoken is None:
            return None
        margin = round(_MARGIN_SECONDS / FRAME_SECONDS)
        first, last = self.spoken
        return np.concatenate([frame.samples for frame in self.frames[max(first - margin, 0) : last + margin + 1]])


class Performance:
    """One playing moment: its script, its current turn and its open question.

    It holds no device, thread, clock or store. Its driver (the loop, the offline player, a test) tells it the time and
    the speech, and carries out the steps that it returns. Exceptions of the script pass through.

    Args:
        moment: the moment's name.
        script: its script, not begun yet.
        pack: the language, with the answers to each question.
        moments: all moments by name; an intent may begin another.
        timeouts: the time-outs of free speech.
        dictate: the words of a recorded answer, (n,) int16 at 16 kHz; None where the recogniser has no dictation.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the moment and its rules
        self,
        moment: str,
        script: Script,
        pack: Pack,
        moments: Mapping[str, Moment],
        timeouts: AskTimeouts | None = None,
        dictate: Callable[[NDArray[np.int16]], str | None] = lambda _samples: None,
    ) -> None:
        self.moment = moment
        self._script = script
        self._pack = pack
        self._moments = moments
        self._timeouts = timeouts or AskTimeouts()
        self._dictate = dictate
        self._turn = Turn((), None)
        self._open: _OpenQuestion | None = None

    @property
    def question(self) -> Ask | None:
        """The open question, None while the turn's sound plays."""
        return self._open.ask if self._open is not None else None

    @property
    def asked_at(self) -> float:
        """The time at which the open question opened; infinity if none is open."""
        return self._open.asked_at if self._open is not None else float("inf")

    @property
    def timeout(self) -> float:
        """The time at which silence becomes the answer; infinity if no question is open."""
        return self._open.timeout(self._timeouts) if self._open is not None else float("inf")

    def start(self) -> Step:
        """Read the script up to its first question."""
        return self._read(None)

    def sound_ended(self, now: float) -> Step:
        """Open the turn's question after its sound; without a question the moment is over."""
        if self._turn.ask is None:
            return End(Ending.FINISHED)
        self._open = _OpenQuestion(self._turn.ask, now)
        return Listen(self._turn.ask)

    def frame(self, frame: Frame) -> None:
        """Take the microphone's next frame; it is kept if the answer is recorded."""
        if self._open is not None and self._open.ask.record:
            self._open.frames.append(frame)

    def speech(self, now: float) -> None:
        """Note speech."""
        if self._open is not None:
            self._open.spoke(now)

    def not_understood(self, words: str | None = None) -> None:
        """Note an unrecognised answer; `words` is its text if it was typed."""
        if self._open is not None:
            self._open.unrecognised_answer = True
            self._open.words = words

    def accepts_ritual(self, intent: Intent) -> bool:
        """Return whether this intent is the yes to a ritual's opening."""
        return self.question is not None and self.question.name == READY and intent.name == AGREE

    def understood(self, intent: Intent) -> Step:
        """React to an intent: an answer, an aside, another moment, an end, or nothing."""
        match reaction(intent, self.question, self._pack, self._moments):
            case Reaction.STOP:
                return End(Ending.STOPPED)
            case Reaction.ANSWER:
                return self.answer(Answer(intent.name, intent.slots, spoke=True))
            case Reaction.ASIDE:
                self._open = None
                return Aside(intent)
            case Reaction.BEGIN:
                return Begin(intent)
            case Reaction.NOTHING:
                return Wait()

    def answer(self, answer: Answer) -> Step:
        """Answer the question, and read the script up to its next one."""
        self._open = None
        return self._read(answer)

    def tick(self, now: float, *, hearing: bool = False, due: bool = False) -> Step:
        """Take silence for the answer once the question has timed out.

        Args:
            now: the time.
            hearing: whether an utterance is under way, which keeps a choice or a talk open.
            due: whether a ritual is due, for which a talk ends at its next pause.
        """
        question = self._open
        if question is None:
            return Wait()
        talk, talked_out = question.ask.kind == "talk", question.talked_out(now)
        if hearing and question.ask.kind != "free" and not talked_out:
            return Wait()
        if now < self.timeout:
            return Wait()
        gives_way = talked_out or (talk and due)
        return self.answer(SILENCE if question.spoke_at is None or gives_way else self._spoken(question))

    def close(self) -> None:
        """Close the script before its end."""
        self._open = None
        self._script.close()

    def _read(self, answer: Answer | None) -> Step:
        self._turn = next_turn(self._script, answer)
        if not self._turn.cues and self._turn.ask is None:
            return End(Ending.FINISHED)
        return Play(self._turn.cues)

    def _spoken(self, question: _OpenQuestion) -> Answer:
        """Return an answer in free speech, with its sound and words if the question wants them."""
        samples = question.recording()
        if samples is None:
            return Answer(spoke=True, words=question.words if question.ask.record else None)
        sound = Clip(samples.astype(np.float32) / np.float32(FULL_SCALE), RATE)
        return Answer(spoke=True, sound=sound, words=self._dictate(samples))
