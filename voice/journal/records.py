"""Journal records: moments, the tally and notes in the database, with the recordings beside it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from voice.audio.clip import Clip
from voice.errors import SystemFailure
from voice.journal.recordings import Recordings
from voice.storage.database import Database

__all__ = ["JournalRecords", "NoteRecord", "PlayedMoment", "TallyRecord"]

_TABLES = ("moment", "tally", "note")


@dataclass(frozen=True)
class PlayedMoment:
    """A moment that was played.

    Attributes:
        name: the moment.
        at: local wall time.
        by_itself: whether it was due rather than requested.
    """

    name: str
    at: datetime
    by_itself: bool


@dataclass(frozen=True)
class TallyRecord:
    """A good or a hard moment, and the local wall time at which it was reported."""

    good: bool
    at: datetime


@dataclass(frozen=True)
class NoteRecord:
    """A note as it is stored.

    Attributes:
        at: local wall time.
        partner: who said it, if names are set.
        words: its text.
        sound: the file name of its recording, which may be missing.
    """

    at: datetime
    partner: str | None
    words: str | None
    sound: str | None


class JournalRecords:
    """The journal's rows in the database. Every method raises `SystemFailure` as the database does.

    Args:
        database: where they are stored; the recordings are in the folder `notes` beside it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.recordings = Recordings(database.path.with_name("notes"))

    @property
    def folder(self) -> Path:
        """The folder of the database and the recordings."""
        return self._database.path.parent

    def add_moment(self, name: str, at: datetime, *, by_itself: bool) -> None:
        """Add a moment that was played."""
        with self._database.writing() as connection:
            connection.execute("INSERT INTO moment VALUES (?, ?, ?)", (name, at.isoformat(), by_itself))

    def moments(self, since: datetime | date | None = None) -> list[PlayedMoment]:
        """Return the moments, all or since a time, the oldest first."""
        with self._database.reading() as connection:
            rows = _select(connection, "name, at, by_itself", "moment", since)
            return [PlayedMoment(name, datetime.fromisoformat(at), bool(by_itself)) for name, at, by_itself in rows]

    def add_tally(self, at: datetime, *, good: bool) -> None:
        """Add a good or a hard moment to the tally."""
        with self._database.writing() as connection:
            connection.execute("INSERT INTO tally VALUES (?, ?)", (good, at.isoformat()))

    def tally(self, since: datetime | date | None = None) -> list[TallyRecord]:
        """Return the tally, all of it or since a time, the oldest first."""
        with self._database.reading() as connection:
            rows = _select(connection, "good, at", "tally", since)
            return [TallyRecord(bool(good), datetime.fromisoformat(at)) for good, at in rows]

    def add_note(self, at: datetime, partner: str | None, words: str | None, sound: Clip | None) -> None:
        """Add a note, as text, as sound, or both; it is stored completely or not at all."""
        name = None
        try:
            with self._database.writing() as connection:
                # Within the transaction, so that a simultaneous `forget` does not take the file for an orphan.
                name = self.recordings.keep(sound, at) if sound is not None else None
                connection.execute("INSERT INTO note VALUES (?, ?, ?, ?)", (at.isoformat(), partner, words, name))
        except SystemFailure:
            if name is not None:
                self.recordings.drop(name)
            raise

    def notes(self, since: datetime | date | None = None) -> list[NoteRecord]:
        """Return the notes, all or since a time, the oldest first."""
        with self._database.reading() as connection:
            rows = _select(connection, "at, partner, words, sound", "note", since)
            return [NoteRecord(datetime.fromisoformat(at), *rest) for at, *rest in rows]

    def forget(self, since: date | None = None) -> int:
        """Forget moments, tally and notes, all or since a day, without a trace in any file.

        Forgetting all also deletes past reminders and the history of rituals before yesterday.

        Returns:
            How many records there were.

        Raises:
            SystemFailure: nothing is forgotten; or another process still reads the old records, and traces stay in a
                file until this is called again.
        """
        if not self._database.exists():
            self.recordings.keep_only(())
            return 0
        with self._database.forgetting(outdated=since is None) as connection:
            forgotten = sum(_delete(connection, table, since or date.min) for table in _TABLES)
            kept = connection.execute("SELECT sound FROM note WHERE sound IS NOT NULL")
            self.recordings.keep_only({name for (name,) in kept})
        return forgotten


def _select(
    connection: sqlite3.Connection, columns: str, table: str, since: datetime | date | None
) -> Iterator[tuple[Any, ...]]:
    """Select the rows since a time, the oldest first; as text, ISO 8601 sorts by time."""
    query = f"SELECT {columns} FROM {table} WHERE at >= ? ORDER BY at, rowid"  # noqa: S608 - our own names
    return connection.execute(query, ((since or date.min).isoformat(),))


def _delete(connection: sqlite3.Connection, table: str, since: date) -> int:
    query = f"DELETE FROM {table} WHERE at >= ?"  # noqa: S608 - our own names
    return connection.execute(query, (since.isoformat(),)).rowcount
