"""The offline player: plays a moment in counted time, without devices."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.cues import Ask, Cue
from voice.dialogue.performance import Aside, Begin, End, Listen, Performance, Play, Step, Wait
from voice.dialogue.rules import Ending, next_turn, understand
from voice.dialogue.scenes import Stage
from voice.moments.moment import Answer
from voice.nlu.intent import Intent
from voice.tts.score import lay
from voice.tts.synthesiser import Synthesiser

__all__ = ["Performed", "Reply", "cues_of", "perform"]

Reply: TypeAlias = str | Answer | None
"""A reply to a question: a typed text, a ready answer, or None for silence."""


@dataclass(frozen=True, eq=False)
class Performed:
    """A moment that was played without devices.

    Attributes:
        cues: its cues and their times, as `moments perform --json` prints them.
        samples: (n,) float32 at `rate`, silent where it listened.
        rate: samples a second.
    """

    cues: tuple[dict[str, Any], ...]
    samples: NDArray[np.float32]
    rate: int

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.samples.size / self.rate


def perform(  # noqa: PLR0913, PLR0917 - what to play, with what
    stage: Stage,
    intent: Intent,
    synthesiser: Synthesiser,
    rate: int,
    answers: Iterator[str],
    then: Intent | None = None,
) -> Performed:
    """Play a moment from start to end, and that of `then` after it; each question gets the next answer, then silence.

    Raises:
        MomentsError: the moment cannot be spoken, or the store cannot be written.
    """
    recording = _Recording(stage, synthesiser, rate)
    for moment, cues in cues_of(stage, intent, lambda: next(answers, None), then=then):
        match cues:
            case Ask():
                recording.listen(cues)
            case _:
                recording.play(moment, cues)
    return Performed(tuple(recording.cues), np.concatenate([np.zeros(0, np.float32), *recording.sounds]), rate)


def cues_of(
    stage: Stage, intent: Intent, reply: Callable[[], Reply], *, by_itself: bool = False, then: Intent | None = None
) -> Iterator[tuple[str, tuple[Cue, ...] | Ask]]:
    """Play a moment as a script, in counted time.

    Args:
        stage: sets the scenes.
        intent: names the moment.
        reply: gives the reply to each question.
        by_itself: whether the moment speaks up by itself, as a ritual does.
        then: names the moment that follows, unless this one is stopped or replaced.

    Yields:
        the name of the playing moment, with its cues up to the next question, or with that question.
    """
    performance = Performance(intent.moment, stage.script(intent, by_itself=by_itself), stage.pack, stage.moments)
    now = 0.0
    step = performance.start()
    while True:
        match step:
            case Play(cues):
                yield performance.moment, cues
                step = performance.sound_ended(now)
            case Listen(ask):
                yield performance.moment, ask
                step = _give(performance, ask, reply(), stage, now)
            case Wait():
                now = performance.timeout
                step = performance.tick(now)
            case Aside(other):
                yield other.moment, next_turn(stage.script(other)).cues
                step = performance.sound_ended(now)
            case Begin(other):
                then = None
                performance, step = _replaced(performance, stage, other)
            case End(Ending.FINISHED) if then is not None and not stage.controls.asleep:
                performance, step = _replaced(performance, stage, then)
                then = None
            case End():
                performance.close()
                return


def _replaced(performance: Performance, stage: Stage, intent: Intent) -> tuple[Performance, Step]:
    """Close a performance, and begin another one in its place; return it with its first step."""
    performance.close()
    begun = Performance(intent.moment, stage.script(intent), stage.pack, stage.moments)
    return begun, begun.start()


def _give(performance: Performance, ask: Ask, reply: Reply, stage: Stage, now: float) -> Step:
    """Give a reply to the open question; one that is not understood counts after the usual silence."""
    if isinstance(reply, Answer):
        return performance.answer(reply)
    if reply is None:
        return Wait()
    intent = understand(reply, ask, stage.pack)
    if intent is not None:
        return performance.understood(intent)
    performance.speech(now)
    performance.not_understood(reply)
    return Wait()


@dataclass
class _Recording:
    """The cues and sounds so far."""

    stage: Stage
    synthesiser: Synthesiser
    rate: int
    cues: list[dict[str, Any]] = field(default_factory=list)
    sounds: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def _passed(self) -> float:
        return sum(sound.size for sound in self.sounds) / self.rate

    def play(self, moment: str, cues: tuple[Cue, ...]) -> None:
        score = lay(cues, self.synthesiser, self.rate)
        self.cues.extend(mark.as_dict(self.rate, self._passed) for mark in score.marks)
        self.sounds.append(score.samples)
        self.stage.remember(moment, cues)

    def listen(self, ask: Ask) -> None:
        kind = "record" if ask.record else "ask"
        self.cues.append({"at": round(self._passed, 6), "for": ask.within, kind: ask.name})
        self.sounds.append(np.zeros(round(ask.within * self.rate), np.float32))
