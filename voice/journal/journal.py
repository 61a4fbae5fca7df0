"""The journal: what is kept of a couple's moments, and only what they switched on."""

from datetime import date, timedelta

from voice.audio.clip import Clip
from voice.clock import Clock
from voice.moments.scene import Kept, Note, Week
from voice.settings.overrides import Overrides
from voice.storage.database import Store

__all__ = ["KeptJournal"]

_WEEK = timedelta(days=7)


class KeptJournal:
    """The `Journal` of a scene, on top of the store. Whatever it does raises `SystemFailure` as the store does.

    Args:
        store: where it is kept.
        clock: when it is.
        overrides: whether it is, which `switch` changes, and how the voice says the partners' names.
    """

    def __init__(self, store: Store, clock: Clock, overrides: Overrides) -> None:
        self._store = store
        self._clock = clock
        self._overrides = overrides

    def keeps(self, what: Kept) -> bool:
        """Whether it is switched on."""
        keeping = self._overrides.settings.keeping
        return {"moments": keeping.moments, "tally": keeping.tally, "notes": keeping.notes}[what]

    def switch(self, what: Kept, *, on: bool) -> bool:
        """Switch it on or off, at once and for good; return False if it was so before. What was kept stays."""
        if self.keeps(what) == on:
            return False
        self._overrides.change({f"keeping.{what}": on}, self._clock.now())
        return True

    def count(self, moment: str, *, by_itself: bool) -> bool:
        """Count a moment that is played; return False if moments are not counted."""
        if not self.keeps("moments"):
            return False
        self._store.count_moment(moment, self._clock.now(), by_itself=by_itself)
        return True

    def tally(self, *, good: bool) -> bool:
        """Count a good or a hard moment; return False if the tally is not kept."""
        if not self.keeps("tally"):
            return False
        self._store.add_tally(self._clock.now(), good=good)
        return True

    def week(self) -> Week:
        """Return the tally of the last seven days."""
        told = self._store.tally(self._clock.now() - _WEEK)
        good = sum(one.good for one in told)
        return Week(good, len(told) - good)

    def keep_note(self, partner: str | None, words: str | None, sound: Clip | None) -> bool:
        """Keep a word of thanks; return False if notes are not kept, or there is nothing in it."""
        if not self.keeps("notes") or (words is None and sound is None):
            return False
        partners = self._overrides.settings.partners
        name = dict(zip(partners.spoken, partners.names, strict=True)).get(partner or "", partner)
        self._store.keep_note(self._clock.now(), name, words, sound)
        return True

    def notes(self, since: date) -> list[Note]:
        """Return the notes since a day, the oldest first, with the names as the voice says them.

        A note whose sound is gone or damaged comes without it.
        """
        partners = self._overrides.settings.partners
        spoken = dict(zip(partners.names, partners.spoken, strict=True))
        return [
            Note(
                note.at,
                spoken.get(note.partner or "", note.partner),
                note.words,
                self._store.sounds.read(note.sound) if note.sound else None,
            )
            for note in self._store.notes(since)
        ]

    def is_empty(self, since: date | None = None) -> bool:
        """Whether nothing is kept, of all days or since one."""
        store = self._store
        return not (store.notes(since) or store.tally(since) or store.moments(since))

    def forget(self, since: date | None = None) -> None:
        """Forget what was kept since a day, or everything: counts, tally, notes. Settings and decks stay."""
        self._store.forget(since)
