"""The scene of a moment: everything it can see and use while it plays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from voice.clock import Clock
from voice.cues import Cue
from voice.languages.spoken_times import SpokenTimes
from voice.moments.breath import BreathPattern
from voice.moments.changes import Changes
from voice.moments.interfaces import Controls, Journal, RitualBook
from voice.moments.lines import Lines
from voice.moments.rotation import Rotation
from voice.packs.dealing import Dealer

__all__ = ["Scene", "Style", "UndeclaredError"]

Style: TypeAlias = Literal["voice", "chimes", "night"]


class UndeclaredError(LookupError):
    """A moment used a line or a deck that it has not declared, so that no pack was checked for it."""


@dataclass(frozen=True)
class Scene:
    """Everything that one moment can see and use while it plays.

    Attributes:
        slots: the slots of the request.
        by_itself: whether the moment was due rather than requested.
        partners: the names of both partners as the voice says them; empty if they are not set.
        pattern: the breathing pattern of the settings.
        style: the guide of a breath: the voice, chimes alone, or the voice after a silent beginning.
        numbers: people to call in need: pairs of a name and a phone number.
        emergency: the emergency number of the country.
        last: the cues of the last turn that was spoken.
        last_moment: the moment of these cues; None if nothing has been said.
        served: the names of the moments that the language has.
        declared: the keys of the lines that may be said, each with the fields it fills in.
        decks: the names of the decks that may be dealt from.
        language: says times, days and lists in the language.
        clock: the time.
        lines: the lines of the pack.
        dealer: deals the cards of the pack.
        rotation: alternates between the partners.
        rituals: the rituals and reminders, to look at and to change.
        journal: the couple's journal.
        controls: the controls of the voice and the microphone.
        changes: the last change that can be taken back.
    """

    slots: Mapping[str, Any]
    by_itself: bool
    partners: tuple[str, ...]
    pattern: BreathPattern
    style: Style
    numbers: tuple[tuple[str, str], ...]
    emergency: str
    last: tuple[Cue, ...]
    last_moment: str | None
    served: frozenset[str]
    declared: Mapping[str, frozenset[str]]
    decks: frozenset[str]
    language: SpokenTimes
    clock: Clock
    lines: Lines
    dealer: Dealer
    rotation: Rotation
    rituals: RitualBook
    journal: Journal
    controls: Controls
    changes: Changes

    @property
    def now(self) -> datetime:
        """The local wall time."""
        return self.clock.now()

    def serves(self, moment: str) -> bool:
        """Return whether the language has this moment."""
        return moment in self.served

    def line(self, key: str, **fields: str) -> str:
        """Return one variant of a line, with its fields filled in.

        Raises:
            UndeclaredError: the moment has not declared the line, or declared a field that is not given here.
        """
        if key not in self.declared:
            raise UndeclaredError(f"{key} is said, but not declared: add it to the moment's lines")
        missing = self.declared[key] - fields.keys()
        if missing:
            raise UndeclaredError(f"{key} is said without {', '.join(sorted(missing))}: mend the moment's lines")
        return self.lines.pick(key).format(**fields)

    def deal(self, deck: str, category: str | None = None, depth: str | None = None) -> str | None:
        """Deal a card of a category and depth, or of any; None if the deck has no such card.

        Raises:
            UndeclaredError: the moment has not declared the deck.
        """
        if deck not in self.decks:
            raise UndeclaredError(f"a card of {deck} is dealt, but it is not declared: add it to the moment's decks")
        return self.dealer.deal(deck, category, depth)

    def skip(self, deck: str, card: str) -> None:
        """Put back the card that was just dealt; it comes again later in this round."""
        self.dealer.skip(deck, card)

    def keep(self, deck: str, card: str) -> bool:
        """Keep a card as a favourite; return False if it was one before."""
        return self.dealer.keep(deck, card, self.now)

    def deal_kept(self, deck: str) -> str | None:
        """Deal one of the favourites; None if there are none."""
        return self.dealer.deal_kept(deck)

    def turn(self) -> str | None:
        """Return the name of the partner to begin, alternating with each call; None without names."""
        return self.rotation.next_partner(self.partners)

    def now_and_then(self, what: str, every: int) -> bool:
        """Return True at every `every`th call with the same `what`."""
        return self.rotation.now_and_then(what, every)
