"""What a moment is, and all that it may know: its scene."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from voice.cues import Ask, Cue

__all__ = ["SILENCE", "Answer", "BreathPattern", "Moment", "Phase", "Play", "Scene", "Script"]


@dataclass(frozen=True)
class Answer:
    """What came back from an `Ask`.

    Attributes:
        intent: the name of the answer's intent, None if nothing was said or understood.
        slots: its slots.
        spoke: somebody spoke, understood or not.
    """

    intent: str | None = None
    slots: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    spoke: bool = False


SILENCE = Answer()


@dataclass(frozen=True)
class Phase:
    """One phase of a breath: "inhale", "hold", "exhale" or "rest", and its length in counts of one second."""

    name: str
    counts: int


@dataclass(frozen=True)
class BreathPattern:
    """How to breathe: the counts of each phase (0 leaves it out) and the number of rounds."""

    inhale: int = 3
    hold: int = 0
    exhale: int = 3
    rest: int = 0
    rounds: int = 3

    def __iter__(self) -> Iterator[Phase]:
        """Go through the phases of one round that have a length."""
        for name in ("inhale", "hold", "exhale", "rest"):
            counts = getattr(self, name)
            if counts:
                yield Phase(name, counts)


class Scene(Protocol):
    """What a moment sees of the world."""

    @property
    def partners(self) -> tuple[str, ...]:
        """The names of the two, in the order of their turns; empty if they are not set."""

    @property
    def pattern(self) -> BreathPattern:
        """How to breathe."""

    @property
    def by_itself(self) -> bool:
        """Nobody asked for this: it was due."""

    @property
    def last(self) -> tuple[Cue, ...]:
        """The cues of the last moment that said anything, without its asks."""

    def line(self, key: str, **names: str) -> str:
        """Return a line of the pack; of its variants, the one that was not heard for longest."""

    def deal(self, deck: str) -> str:
        """Deal a card."""


Script: TypeAlias = Generator[Cue, Answer | None, None]
Play: TypeAlias = Callable[[Scene], Script]


@dataclass(frozen=True)
class Moment:
    """A scene that can be played, and what the pack must have for it.

    Attributes:
        play: writes the cues, one after the other; an `Ask` is answered by an `Answer`, any other cue by None.
        lines: the keys of its lines.
        counted: lines among them that have to fit into one second.
        decks: the names of its decks.
        asks: its questions, whose answers the pack's sentences have to hold.
    """

    play: Play
    lines: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
