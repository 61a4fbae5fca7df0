"""The stage: makes the scene of each moment, and remembers the last turn."""

import logging
import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from voice.clock import Clock
from voice.cues import Cue, Say
from voice.dialogue.controls import Controls
from voice.dialogue.privacy import is_private
from voice.errors import SystemFailure
from voice.journal.journal import Journal
from voice.moments.breath import BreathPattern
from voice.moments.changes import Changes
from voice.moments.lines import Lines
from voice.moments.moment import Moment, Script, with_following
from voice.moments.rotation import Rotation
from voice.moments.scene import Scene
from voice.nlu.intent import Intent
from voice.packs.dealing import Dealer, DeckStore
from voice.packs.pack import Pack
from voice.rituals.rituals import Rituals
from voice.settings.overrides import Overrides
from voice.storage.database import Database
from voice.storage.flags import Flags
from voice.tts.score import DoesNotFit, fitted
from voice.tts.synthesiser import Synthesiser

__all__ = ["Stage"]

log = logging.getLogger(__name__)

_COUNT_SECONDS = 1.0
_MUTED = "muted until"
_TURN = "turn"  # the partner who began last


@dataclass
class Stage:
    """Makes the scenes, and remembers the last turn.

    Attributes:
        pack: the lines and decks of the language.
        overrides: the current settings.
        database: keeps decks, whose turn it is and the mute across restarts.
        clock: the time.
        rituals: the rituals and reminders.
        journal: the couple's journal.
        controls: the controls of the voice and the microphone.
        moments: all moments by name.
        together: the names of the moments that a couple have together.
        chance: shuffles decks and picks the variants of lines.
        last: the cues of the last turn that was spoken.
        last_moment: the moment of these cues; None if nothing has been said.
    """

    pack: Pack
    overrides: Overrides
    database: Database
    clock: Clock
    rituals: Rituals
    journal: Journal
    controls: Controls
    moments: Mapping[str, Moment]
    together: Collection[str]
    chance: random.Random = field(default_factory=random.Random)
    last: tuple[Cue, ...] = field(default=(), init=False)
    last_moment: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._lines = Lines(self.pack.responses, self.chance)
        self._dealer = Dealer(self.pack.decks, DeckStore(self.database), self.chance)
        self._flags = Flags(self.database)
        self._changes = Changes(self.clock)
        self._rotation = Rotation(partial(self._flags.get, _TURN), partial(self._flags.set, _TURN))

    def script(self, intent: Intent, *, by_itself: bool = False) -> Script:
        """Return the script of the moment that plays an intent."""
        return self.moments[intent.moment].play(self.scene(intent, by_itself=by_itself))

    def scene(self, intent: Intent, *, by_itself: bool = False) -> Scene:
        """Return the scene of the moment that plays an intent."""
        settings = self.overrides.settings
        pause, safety = settings.pause, settings.safety
        playing = with_following(intent.moment, self.pack.moments, self.moments)
        return Scene(
            slots=intent.slots,
            by_itself=by_itself,
            partners=settings.partners.spoken,
            pattern=BreathPattern(pause.inhale, pause.hold, pause.exhale, pause.rest, pause.rounds),
            style=pause.style,
            numbers=tuple((person.name, person.number) for person in safety.numbers),
            emergency=safety.emergency,
            last=self.last,
            last_moment=self.last_moment,
            served=self.pack.moments,
            declared={key: fields for moment in playing for key, fields in moment.needs.fields.items()},
            decks=frozenset(deck for moment in playing for deck in moment.decks),
            language=self.pack.speech.spoken,
            clock=self.clock,
            lines=self._lines,
            dealer=self._dealer,
            rotation=self._rotation,
            rituals=self.rituals,
            journal=self.journal,
            controls=self.controls,
            changes=self._changes,
        )

    def is_private(self, moment: str) -> bool:
        """Return whether a moment may not be logged, shown or repeated."""
        return is_private(moment, self.moments)

    def public_name(self, moment: str) -> str | None:
        """Return a moment's name, None if it is private."""
        return None if self.is_private(moment) else moment

    def remember(self, moment: str, cues: tuple[Cue, ...]) -> None:
        """Remember the last turn of a moment so that it can be repeated; asides and private moments are left out."""
        if any(isinstance(cue, Say) for cue in cues) and not (self.moments[moment].aside or self.is_private(moment)):
            self.last, self.last_moment = cues, moment

    def count(self, moment: str, *, by_itself: bool = False) -> None:
        """Count a moment that the couple have together, if they keep count."""
        if moment in self.together:
            with _unkept("that a moment was played"):
                self.journal.count(moment, by_itself=by_itself)

    def keep_muted(self, until: datetime | None) -> None:
        """Store the end of the mute, so that a restart does not open the microphone; None for no mute."""
        with _unkept("that the microphone is muted"):
            self._flags.set(_MUTED, until.isoformat(timespec="seconds") if until else "")

    def muted_until(self) -> datetime | None:
        """Return the stored end of the mute, or None."""
        kept = self._flags.get(_MUTED)
        return datetime.fromisoformat(kept) if kept else None

    def check_counts(self, synthesiser: Synthesiser) -> None:
        """Check that every counted word fits into its second.

        Raises:
            DoesNotFit: a word is too long at any pace.
        """
        for name in sorted(self.pack.moments):
            for key in self.moments[name].counted:
                for variant in self.pack.responses[key]:
                    try:
                        fitted(variant, _COUNT_SECONDS, synthesiser)
                    except DoesNotFit as error:
                        raise DoesNotFit(f"{self.pack.place_of(key)}: {key} of {name}: {error}") from None


@contextmanager
def _unkept(what: str) -> Iterator[None]:
    """Log that a record could not be stored, and go on."""
    try:
        yield
    except SystemFailure as error:
        log.warning("%s cannot be kept: %s", what, error)
