"""Sets the scene of a moment: its lines, its cards, its voice; and reads a moment's script, stretch by stretch."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.cues import Ask, Cue
from voice.moments import MOMENTS, SILENCE, Answer, BreathPattern, Script
from voice.nlu.deck import deal
from voice.nlu.matcher import match
from voice.nlu.pack import STOP, Pack
from voice.nlu.sentences import SCENE, asked
from voice.store import Store
from voice.tts.score import DoesNotFit, fitted, lay
from voice.tts.synthesiser import Synthesiser

__all__ = ["Performed", "Stage", "Stretch", "answer_of", "next_stretch", "perform"]

_COUNT_SECONDS = 1.0


@dataclass(frozen=True)
class Stretch:
    """The cues up to the next question, and that question; None if the script is at its end."""

    cues: tuple[Cue, ...]
    ask: Ask | None


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


class Stage:
    """What all scenes share.

    Args:
        pack: the lines and decks.
        store: remembers what was dealt.
        partners: the names of the two, or none.
        pattern: how to breathe.
        chance: shuffles decks and varies lines.
    """

    def __init__(
        self,
        pack: Pack,
        store: Store,
        partners: tuple[str, ...] = (),
        pattern: BreathPattern | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.pack = pack
        self.last: tuple[Cue, ...] = ()
        self._store = store
        self._partners = partners
        self._pattern = pattern or BreathPattern()
        self._chance = chance or random.Random()  # noqa: S311 - a shuffle for two, no secret
        self._heard: dict[str, list[str]] = {}

    def script(self, moment: str, *, by_itself: bool = False) -> Script:
        """Begin a moment."""
        return MOMENTS[moment].play(_Scene(self, self._partners, self._pattern, by_itself))

    def line(self, key: str, **names: str) -> str:
        """Return a line; of its variants, one that was not heard lately."""
        variants = self.pack.responses[key]
        heard = self._heard.setdefault(key, [])
        fresh = [variant for variant in variants if variant not in heard]
        if not fresh:
            fresh = [variant for variant in variants if variant != heard[-1]] or list(variants)
            heard.clear()
        heard.append(self._chance.choice(fresh))
        return heard[-1].format(**names)

    def deal(self, deck: str) -> str:
        """Deal the next card, and remember that it was dealt."""
        cards = [card.text for card in self.pack.decks[deck]]
        card, state = deal(cards, self._store.deck(deck), self._chance)
        self._store.save_deck(deck, state)
        return card

    def remember(self, cues: tuple[Cue, ...]) -> None:
        """Keep what a moment said, so that it can be said again."""
        spoken = tuple(cue for cue in cues if not isinstance(cue, Ask))
        if spoken:
            self.last = spoken

    def check_counts(self, synthesiser: Synthesiser) -> None:
        """Make sure that every counted word fits into its second.

        Raises:
            DoesNotFit: one is too long, however fast it is spoken.
        """
        for name, moment in MOMENTS.items():
            for key in moment.counted:
                for variant in self.pack.responses[key]:
                    try:
                        fitted(variant, _COUNT_SECONDS, synthesiser)
                    except DoesNotFit as error:
                        raise DoesNotFit(f"{self.pack.folder}/responses.yaml: {key} of {name}: {error}") from None


@dataclass(frozen=True)
class _Scene:
    """The face of the stage that one moment sees."""

    stage: Stage
    partners: tuple[str, ...]
    pattern: BreathPattern
    by_itself: bool

    @property
    def last(self) -> tuple[Cue, ...]:
        return self.stage.last

    def line(self, key: str, **names: str) -> str:
        return self.stage.line(key, **names)

    def deal(self, deck: str) -> str:
        return self.stage.deal(deck)


def next_stretch(script: Script, answer: Answer | None = None) -> Stretch:
    """Read a script up to its next question; `answer` is what came back from the last one."""
    cues: list[Cue] = []
    try:
        cue = script.send(answer)
        while not isinstance(cue, Ask):
            cues.append(cue)
            cue = next(script)
    except StopIteration:
        return Stretch(tuple(cues), None)
    return Stretch(tuple(cues), cue)


def answer_of(text: str, ask: Ask, pack: Pack) -> Answer:
    """Return what a text answers to a question."""
    intent = match(text, pack.sentences.scope(SCENE, asked(ask.name)))
    return Answer(intent.name, intent.slots, spoke=True) if intent else Answer(spoke=True)


def perform(stage: Stage, script: Script, synthesiser: Synthesiser, rate: int, answers: Iterator[str]) -> Performed:
    """Play a moment from beginning to end; each of its questions gets the next of `answers`, then silence.

    Raises:
        MomentsError: it cannot be spoken, or the store cannot be written.
    """
    cues: list[dict[str, Any]] = []
    sounds: list[NDArray[np.float32]] = []
    said: tuple[Cue, ...] = ()
    passed = 0
    answer: Answer | None = None
    while True:
        stretch = next_stretch(script, answer)
        score = lay(stretch.cues, synthesiser, rate)
        cues.extend(mark.as_dict(rate, passed / rate) for mark in score.marks)
        sounds.append(score.samples)
        passed += score.samples.size
        said += stretch.cues
        if stretch.ask is None:
            break
        cues.append({"at": round(passed / rate, 6), "for": stretch.ask.within, "ask": stretch.ask.name})
        sounds.append(np.zeros(round(stretch.ask.within * rate), np.float32))
        passed += sounds[-1].size
        text = next(answers, None)
        answer = SILENCE if text is None else answer_of(text, stretch.ask, stage.pack)
        if answer.intent == STOP:
            break
    stage.remember(said)
    return Performed(tuple(cues), np.concatenate(sounds), rate)
