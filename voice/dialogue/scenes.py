"""Sets the scene of a moment: its lines, its cards, its voice; and reads a moment's script, stretch by turn."""

import logging
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from voice.clock import Clock
from voice.cues import Cue, Say
from voice.dialogue.controls import Controls
from voice.dialogue.privacy import is_private
from voice.errors import SystemFailure
from voice.journal.journal import KeptJournal
from voice.moments import MOMENTS, TOGETHER, BreathPattern, RitualBook, Script
from voice.nlu.matcher import Intent
from voice.packs.dealing import deal, skip
from voice.packs.decks import texts
from voice.packs.pack import Pack
from voice.settings.overrides import Overrides
from voice.settings.schema import Settings
from voice.storage.database import Store
from voice.tts.score import DoesNotFit, fitted
from voice.tts.synthesiser import Synthesiser

__all__ = ["Household", "Stage"]

log = logging.getLogger(__name__)


_COUNT_SECONDS = 1.0
_MUTED = "muted until"


@dataclass(frozen=True)
class Household:
    """What the scenes of one couple share beside the language.

    Attributes:
        overrides: what the couple chose, in the file and by voice.
        store: outlives a restart.
        clock: the time.
        rituals: what speaks up by itself.
        journal: what is kept.
        controls: how it speaks and listens.
    """

    overrides: Overrides
    store: Store
    clock: Clock
    rituals: RitualBook
    journal: KeptJournal
    controls: Controls

    @property
    def settings(self) -> Settings:
        """The settings in force now."""
        return self.overrides.settings


class Stage:
    """What all scenes share.

    Args:
        pack: the lines and decks.
        household: what belongs to the couple.
        chance: shuffles decks and varies lines.
    """

    def __init__(self, pack: Pack, household: Household, chance: random.Random | None = None) -> None:
        self.pack = pack
        self.household = household
        self.last: tuple[Cue, ...] = ()
        self.last_moment: str | None = None
        self._chance = chance or random.Random()  # noqa: S311 - a shuffle for two, no secret
        self._heard: dict[str, list[str]] = {}
        self._asked: Counter[str] = Counter()

    @property
    def controls(self) -> Controls:
        """How it speaks and listens."""
        return self.household.controls

    def script(self, intent: Intent, *, by_itself: bool = False) -> Script:
        """Begin the moment that plays an intent."""
        return MOMENTS[intent.moment].play(_Scene(self, intent.slots, by_itself))

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

    def deal(self, deck: str, category: str | None, depth: str | None) -> str | None:
        """Deal the next card that fits, and remember that it was dealt; None if none fits."""
        cards = self.pack.decks[deck]
        fitting = texts(cards, category, depth)
        if not fitting:
            return None
        card, state = deal(texts(cards), self.household.store.deck(deck), self._chance, fitting)
        self.household.store.save_deck(deck, state)
        return card

    def skip(self, deck: str, card: str) -> None:
        """Put a card back that was just dealt."""
        state = self.household.store.deck(deck)
        if state is not None:
            self.household.store.save_deck(deck, skip(state, card))

    def deal_kept(self, deck: str) -> str | None:
        """Deal one of the favourites."""
        known = {card.text for card in self.pack.decks[deck]}
        kept = [card for card in self.household.store.favourites(deck) if card in known]
        if not kept:
            return None
        name = f"{deck} kept"
        card, state = deal(kept, self.household.store.deck(name), self._chance)
        self.household.store.save_deck(name, state)
        return card

    def turn(self) -> str | None:
        """Return the partner who begins, the other one each time."""
        partners = self.household.settings.partners.spoken
        if not partners:
            return None
        first = self.household.store.flag("turn") != partners[0]
        name = partners[0] if first else partners[1]
        self.household.store.set_flag("turn", name)
        return name

    def now_and_then(self, what: str, every: int) -> bool:
        """Return whether it is time for `what` again."""
        self._asked[what] += 1
        return self._asked[what] % every == 0

    def remember(self, moment: str, cues: tuple[Cue, ...]) -> None:
        """Keep what a moment said last, so that it can be said again."""
        if any(isinstance(cue, Say) for cue in cues) and not (MOMENTS[moment].aside or is_private(moment)):
            self.last, self.last_moment = cues, moment

    def count(self, moment: str, *, by_itself: bool = False) -> None:
        """Count a moment that the two have together, if they want that."""
        if moment in TOGETHER:
            with _unkept("that a moment was played"):
                self.household.journal.count(moment, by_itself=by_itself)

    def keep_muted(self, until: datetime | None) -> None:
        """Remember until when the microphone is to be left alone."""
        with _unkept("that the microphone is muted"):
            self.household.store.set_flag(_MUTED, until.isoformat(timespec="seconds") if until else "")

    def muted_until(self) -> datetime | None:
        """Return until when the microphone was to be left alone."""
        kept = self.household.store.flag(_MUTED)
        return datetime.fromisoformat(kept) if kept else None

    def check_counts(self, synthesiser: Synthesiser) -> None:
        """Make sure that every counted word fits into its second.

        Raises:
            DoesNotFit: one is too long, however fast it is spoken.
        """
        for name in sorted(self.pack.moments):
            for key in MOMENTS[name].counted:
                for variant in self.pack.responses[key]:
                    try:
                        fitted(variant, _COUNT_SECONDS, synthesiser)
                    except DoesNotFit as error:
                        raise DoesNotFit(f"{self.pack.place_of(key)}: {key} of {name}: {error}") from None


@contextmanager
def _unkept(what: str) -> Iterator[None]:
    """Go on where something cannot be kept that nobody waits for."""
    try:
        yield
    except SystemFailure as error:
        log.warning("%s cannot be kept: %s", what, error)


@dataclass(frozen=True)
class _Scene:
    """The face of the stage that one moment sees."""

    stage: Stage
    slots: Mapping[str, Any]
    by_itself: bool

    @property
    def partners(self) -> tuple[str, ...]:
        return self.stage.household.settings.partners.spoken

    @property
    def pattern(self) -> BreathPattern:
        pause = self.stage.household.settings.pause
        return BreathPattern(pause.inhale, pause.hold, pause.exhale, pause.rest, pause.rounds)

    @property
    def style(self) -> Literal["voice", "chimes", "night"]:
        return self.stage.household.settings.pause.style

    @property
    def now(self) -> datetime:
        return self.stage.household.clock.now()

    @property
    def last(self) -> tuple[Cue, ...]:
        return self.stage.last

    @property
    def last_moment(self) -> str | None:
        return self.stage.last_moment

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        safety = self.stage.household.settings.safety
        return tuple((number.name, number.number) for number in safety.numbers)

    @property
    def emergency(self) -> str:
        return self.stage.household.settings.safety.emergency

    @property
    def rituals(self) -> RitualBook:
        return self.stage.household.rituals

    @property
    def journal(self) -> KeptJournal:
        return self.stage.household.journal

    @property
    def controls(self) -> Controls:
        return self.stage.household.controls

    def serves(self, moment: str) -> bool:
        return moment in self.stage.pack.moments

    def line(self, key: str, **names: str) -> str:
        return self.stage.line(key, **names)

    def deal(self, deck: str, category: str | None = None, depth: str | None = None) -> str | None:
        return self.stage.deal(deck, category, depth)

    def skip(self, deck: str, card: str) -> None:
        self.stage.skip(deck, card)

    def keep(self, deck: str, card: str) -> bool:
        return self.stage.household.store.keep_favourite(deck, card, self.now)

    def deal_kept(self, deck: str) -> str | None:
        return self.stage.deal_kept(deck)

    def turn(self) -> str | None:
        return self.stage.turn()

    def now_and_then(self, what: str, every: int) -> bool:
        return self.stage.now_and_then(what, every)
