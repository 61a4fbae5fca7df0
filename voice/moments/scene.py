"""What a moment is, and all that it may know: its scene."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

from voice.audio.clip import Clip
from voice.cues import Ask, Cue, Say
from voice.journal.records import Category, Note, Week
from voice.languages.spoken_times import SpokenTimes
from voice.packs.needs import Needs
from voice.rituals.state import Due, RitualState

__all__ = [
    "SILENCE",
    "Answer",
    "BreathPattern",
    "Category",
    "Controls",
    "Due",
    "Journal",
    "Moment",
    "Note",
    "Phase",
    "Play",
    "RitualBook",
    "RitualState",
    "Scene",
    "Script",
    "Week",
    "again",
]


@dataclass(frozen=True)
class Answer:
    """What came back from an `Ask`.

    Attributes:
        intent: the name of the answer's intent, None if nothing was said or understood.
        slots: its slots.
        spoke: somebody spoke, understood or not.
        sound: what was said, if the `Ask` wanted it recorded.
        words: the same as text, where the recogniser understands free speech.
    """

    intent: str | None = None
    slots: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    spoke: bool = False
    sound: Clip | None = field(default=None, compare=False)
    words: str | None = None


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


class RitualBook(Protocol):
    """The rituals and reminders, to look at and to change; each change survives a restart."""

    def states(self) -> Sequence[RitualState]:
        """Return all rituals that the language has, in the order of the day."""

    def set_time(self, name: str, at: time, days: frozenset[int] | None = None) -> None:
        """Move a ritual, and turn it on."""

    def turn(self, name: str, *, on: bool) -> bool:
        """Turn a ritual on or off; return False if it was so before."""

    def skip(self, name: str | None = None) -> str | None:
        """Leave out today's ritual, or the next one of today; return which, None if there is none left today."""

    def snooze(self, minutes: int) -> datetime | None:
        """Let the ritual that was begun last come again after `minutes`; return when, None if there was none."""

    def remind(self, at: datetime, what: str) -> None:
        """Speak up once."""

    def upcoming(self) -> Sequence[Due]:
        """Return what comes next, rituals and reminders, the soonest first."""

    @property
    def quiet(self) -> tuple[time, time] | None:
        """From when until when nothing speaks up by itself."""

    def is_quiet(self, at: time) -> bool:
        """Whether a time lies within the quiet hours."""

    def make_room(self, at: time) -> tuple[time, time]:
        """Shorten the quiet hours so that `at` lies outside them, and return what is left of them."""


class Journal(Protocol):
    """What is kept: nothing, unless it was switched on."""

    def keeps(self, category: Category) -> bool:
        """Whether it is switched on."""

    def switch(self, category: Category, *, on: bool) -> bool:
        """Switch it on or off; return False if it was so before. What was kept stays."""

    def tally(self, *, good: bool) -> bool:
        """Count a good or a hard moment; return False if the tally is not kept."""

    def week(self) -> Week:
        """Return the tally of the last seven days."""

    def keep_note(self, partner: str | None, words: str | None, sound: Clip | None) -> bool:
        """Keep a word of thanks; return False if notes are not kept."""

    def notes(self, since: date) -> Sequence[Note]:
        """Return the notes since a day, the oldest first."""

    def is_empty(self, since: date | None = None) -> bool:
        """Whether nothing is kept, of all days or since one."""

    def forget(self, since: date | None = None) -> None:
        """Forget what was kept since a day, or everything: counts, tally, notes. Settings and decks stay."""


class Controls(Protocol):
    """How it speaks and listens; each change of the voice survives a restart."""

    def louder(self) -> bool:
        """Speak louder by a step; return False at the loudest."""

    def softer(self) -> bool:
        """Speak softer by a step; return False at the softest."""

    def faster(self) -> bool:
        """Speak faster by a step; return False at the fastest."""

    def slower(self) -> bool:
        """Speak slower by a step; return False at the slowest."""

    def sleep(self, minutes: float) -> None:
        """Obey nothing but "listen again" for so long, once this scene is over."""

    def wake(self) -> None:
        """Listen again."""


class Scene(Protocol):
    """What a moment sees of the world."""

    @property
    def slots(self) -> Mapping[str, Any]:
        """What the request said beside its name."""

    @property
    def partners(self) -> tuple[str, ...]:
        """The names of the two; empty if they are not set."""

    @property
    def pattern(self) -> BreathPattern:
        """How to breathe, as the settings have it."""

    @property
    def style(self) -> Literal["voice", "chimes", "night"]:
        """How to guide a breath, as the settings have it: by voice, by chimes alone, with a silent beginning."""

    @property
    def by_itself(self) -> bool:
        """Nobody asked for this: it was due."""

    @property
    def now(self) -> datetime:
        """The local wall time."""

    @property
    def language(self) -> SpokenTimes:
        """How the pack's language says times, lengths of time, days and several things."""

    @property
    def last(self) -> tuple[Cue, ...]:
        """What was said last, up to the last question: its cues."""

    @property
    def last_moment(self) -> str | None:
        """The moment that said it."""

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """Whom to call in need: pairs of a name and a number, as the household has set them."""

    @property
    def emergency(self) -> str:
        """The country's emergency number."""

    @property
    def rituals(self) -> RitualBook:
        """The rituals and reminders."""

    @property
    def journal(self) -> Journal:
        """What is kept."""

    @property
    def controls(self) -> Controls:
        """How it speaks and listens."""

    def serves(self, moment: str) -> bool:
        """Whether the language has this moment."""

    def line(self, key: str, **names: str) -> str:
        """Return a line of the pack; of its variants, the one that was not heard for longest."""

    def deal(self, deck: str, category: str | None = None, depth: str | None = None) -> str | None:
        """Deal a card of a category or depth, or any; None if the deck has no such card."""

    def skip(self, deck: str, card: str) -> None:
        """Put a card back that was just dealt: it comes again later in this round."""

    def keep(self, deck: str, card: str) -> bool:
        """Keep a card as a favourite; return False if it was one before."""

    def deal_kept(self, deck: str) -> str | None:
        """Deal one of the favourites; None if there is none."""

    def turn(self) -> str | None:
        """Return the name of the partner who begins, the other one each time; None if names are not set."""

    def now_and_then(self, what: str, every: int) -> bool:
        """Return whether it is time for `what` again, which is so each `every`th time it is asked."""


Script: TypeAlias = Generator[Cue, Answer | None, None]
Play: TypeAlias = Callable[[Scene], Script]


def again(scene: Scene, ask: Ask) -> Generator[Cue, Answer | None, Answer]:
    """Ask a choice, and if something else was said, softly once more; return the answer.

    The line is `always.once_more`, which every moment that calls this has to list.
    """
    answer = yield ask
    if answer is not None and answer.spoke and answer.intent is None:
        yield Say(scene.line("always.once_more"))
        answer = yield ask
    return answer or SILENCE


@dataclass(frozen=True)
class Moment:
    """A scene that can be played, and what the pack must have for it.

    Attributes:
        play: writes the cues, one after the other; an `Ask` is answered by an `Answer`, any other cue by None.
        lines: the keys of its lines, each followed by the fields that may stand in it: "rituals.moved ritual time".
        counted: lines among them that have to fit into one second.
        decks: the names of its decks.
        asks: its questions, whose answers the pack's sentences have to hold.
        aside: whether, asked for while a question is open, it plays and the question stays open.
        private: whether nothing of it may be logged, shown or said again.
        comes_with: of a moment that nobody can ask for: a language that has one of these moments needs it too.
    """

    play: Play
    lines: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    aside: bool = False
    private: bool = False
    comes_with: frozenset[str] = frozenset()

    @property
    def needs(self) -> Needs:
        """What the pack must have for it."""
        return Needs(self.lines, self.counted, self.decks, tuple(ask.name for ask in self.asks), self.comes_with)
