"""The journal: keeps what the couple switched on, and nothing else."""

from datetime import date, timedelta

from voice.audio.clip import Clip
from voice.clock import Clock
from voice.journal.entries import Category, Note, Week
from voice.journal.records import JournalRecords
from voice.settings.overrides import Overrides
from voice.storage.database import Database

__all__ = ["Journal"]

_WEEK = timedelta(days=7)


class Journal:
    """A couple's journal. Every method raises `SystemFailure` as the database does.

    Args:
        database: where it is kept.
        clock: the time.
        overrides: the current settings: the switches of the journal, and the partners' names.
    """

    def __init__(self, database: Database, clock: Clock, overrides: Overrides) -> None:
        self._records = JournalRecords(database)
        self._clock = clock
        self._overrides = overrides

    def keeps(self, category: Category) -> bool:
        """Return whether a category is switched on."""
        keeping = self._overrides.settings.keeping
        return {"moments": keeping.moments, "tally": keeping.tally, "notes": keeping.notes}[category]

    def switch(self, category: Category, *, on: bool) -> bool:
        """Switch a category on or off, permanently; return False if it was so before. Its records stay."""
        if self.keeps(category) == on:
            return False
        self._overrides.change({f"keeping.{category}": on}, self._clock.now())
        return True

    def count(self, moment: str, *, by_itself: bool) -> bool:
        """Count a played moment; return False if moments are not kept."""
        if not self.keeps("moments"):
            return False
        self._records.add_moment(moment, self._clock.now(), by_itself=by_itself)
        return True

    def tally(self, *, good: bool) -> bool:
        """Count a good or a hard moment; return False if the tally is not kept."""
        if not self.keeps("tally"):
            return False
        self._records.add_tally(self._clock.now(), good=good)
        return True

    def week(self) -> Week:
        """Return the tally of the last seven days."""
        tally = self._records.tally(self._clock.now() - _WEEK)
        good = sum(record.good for record in tally)
        return Week(good, len(tally) - good)

    def keep_note(self, partner: str | None, words: str | None, sound: Clip | None) -> bool:
        """Keep a word of thanks; return False if notes are not kept, or there are neither words nor sound."""
        if not self.keeps("notes") or (words is None and sound is None):
            return False
        partners = self._overrides.settings.partners
        name = dict(zip(partners.spoken, partners.names, strict=True)).get(partner or "", partner)
        self._records.add_note(self._clock.now(), name, words, sound)
        return True

    def notes(self, since: date) -> list[Note]:
        """Return the notes since a day, the oldest first; a note's missing or damaged recording is left out."""
        partners = self._overrides.settings.partners
        spoken = dict(zip(partners.names, partners.spoken, strict=True))
        recordings = self._records.recordings
        return [
            Note(
                note.at,
                spoken.get(note.partner or "", note.partner),
                note.words,
                recordings.read(note.sound) if note.sound else None,
            )
            for note in self._records.notes(since)
        ]

    def is_empty(self, since: date | None = None) -> bool:
        """Return whether there are no records, of all days or since a day."""
        records = self._records
        return not (records.notes(since) or records.tally(since) or records.moments(since))

    def forget(self, since: date | None = None) -> None:
        """Forget all records, or those since a day. Settings and decks stay."""
        self._records.forget(since)
