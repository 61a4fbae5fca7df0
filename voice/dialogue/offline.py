"""Plays a moment without hardware."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.cues import Ask, Cue
from voice.dialogue.rules import Reaction, Turn, next_turn, reaction, understand
from voice.dialogue.scenes import Stage
from voice.moments import SILENCE, Answer
from voice.nlu.matcher import Intent
from voice.tts.score import lay
from voice.tts.synthesiser import Synthesiser

__all__ = ["Performed", "perform"]


@dataclass(frozen=True, eq=False)
class Performed:
    """A moment, played without hardware.

    Attributes:
        cues: its cues with their times, as DESIGN's JSON has them.
        samples: (n,) float32 at `rate`, with silence where it listened.
        rate: samples a second.
    """

    cues: tuple[dict[str, Any], ...]
    samples: NDArray[np.float32]
    rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples.size / self.rate


def perform(stage: Stage, intent: Intent, synthesiser: Synthesiser, rate: int, answers: Iterator[str]) -> Performed:
    """Play a moment from beginning to end; each of its questions gets the next of `answers`, then silence.

    Raises:
        MomentsError: it cannot be spoken, or the store cannot be written.
    """
    played = _Played(stage, synthesiser, rate)
    script, moment = stage.script(intent), intent.moment
    turn = next_turn(script)
    while True:
        played.play(moment, turn.cues)
        if turn.ask is None:
            break
        played.listen(turn.ask)
        text = next(answers, None)
        said = understand(text, turn.ask, stage.pack) if text is not None else None
        if said is None:
            turn = next_turn(script, SILENCE if text is None else _spoken_freely(text, turn.ask))
            continue
        match reaction(said, turn.ask, stage.pack):
            case Reaction.STOP:
                script.close()
                break
            case Reaction.ANSWER:
                turn = next_turn(script, Answer(said.name, said.slots, spoke=True))
            case Reaction.ASIDE:
                played.play(said.moment, next_turn(stage.script(said)).cues)
                turn = Turn((), turn.ask)
            case Reaction.BEGIN:
                script.close()
                script, moment = stage.script(said), said.moment
                turn = next_turn(script)
    return Performed(tuple(played.cues), np.concatenate([np.zeros(0, np.float32), *played.sounds]), rate)


def _spoken_freely(text: str, ask: Ask) -> Answer:
    return Answer(spoke=True, words=text if ask.record else None)


@dataclass
class _Played:
    """What has been played so far, without hardware."""

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
