"""SQLite: all that must outlive a restart, for the eyes of its owner alone."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from voice.audio.clip import Clip
from voice.errors import SystemFailure
from voice.journal.recordings import NoteSounds
from voice.storage.paths import private_folder

__all__ = [
    "Account",
    "Change",
    "Counted",
    "DeckState",
    "KeptNote",
    "Reminder",
    "Snoozed",
    "Store",
    "Tallied",
]

# Each entry brings a database from the version of its index to the next; none may ever change once released.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE ritual (
            name TEXT NOT NULL,
            day TEXT NOT NULL,      -- of the due time, ISO 8601
            outcome TEXT NOT NULL CHECK (outcome IN ('begun', 'skipped')),
            at TEXT NOT NULL,       -- when that was settled, local wall time, ISO 8601
            PRIMARY KEY (name, day)
        )
        """,
        """
        CREATE TABLE deck (
            name TEXT NOT NULL PRIMARY KEY,
            cards TEXT NOT NULL,    -- JSON: the cards of this round still to be dealt, in order
            dealt TEXT NOT NULL     -- JSON: the cards of this round that were dealt, the last one at the end
        )
        """,
    ),
    (
        # The time of day that was missed, where the ritual may come at another one of the same date; the local wall
        # time at which one that was begun comes again, ISO 8601.
        "ALTER TABLE ritual ADD COLUMN missed TEXT",
        "ALTER TABLE ritual ADD COLUMN again TEXT",
        """
        CREATE TABLE reminder (
            id INTEGER PRIMARY KEY,
            due TEXT NOT NULL,      -- local wall time, ISO 8601
            what TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'told', 'dropped'))
        )
        """,
        """
        CREATE TABLE change (       -- settings that were changed by voice
            key TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL,    -- JSON
            at TEXT NOT NULL        -- local wall time, ISO 8601, as everywhere below
        )
        """,
        """
        CREATE TABLE favourite (
            deck TEXT NOT NULL,
            card TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (deck, card)
        )
        """,
        """
        CREATE TABLE flag (         -- small things that the assistant has to remember about itself
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE moment (       -- played; kept only if keeping.moments is on
            name TEXT NOT NULL,
            at TEXT NOT NULL,
            by_itself INTEGER NOT NULL CHECK (by_itself IN (0, 1))
        )
        """,
        """
        CREATE TABLE tally (        -- kept only if keeping.tally is on
            good INTEGER NOT NULL CHECK (good IN (0, 1)),
            at TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE note (         -- words of thanks, kept only if keeping.notes is on
            at TEXT NOT NULL,
            partner TEXT,
            words TEXT,
            sound TEXT              -- the name of a file in the folder of notes
        )
        """,
    ),
)
_JOURNAL = ("moment", "tally", "note")  # the tables of what can be forgotten
_LONG_AGO = date.min
_PATIENCE = 1.0  # seconds to wait for another program that is writing; the loop that listens waits too


@dataclass(frozen=True)
class DeckState:
    """How far a deck has been dealt.

    Attributes:
        order: the cards of this round still to be dealt, the next one first.
        dealt: the cards of this round that were dealt, the last one at the end.
    """

    order: tuple[str, ...]
    dealt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """What became of a ritual on a date.

    Attributes:
        outcome: whether it was begun.
        missed: the time of day it was skipped at, if it may still come at another; None if the date is settled.
    """

    outcome: Literal["begun", "skipped"]
    missed: time | None = None


@dataclass(frozen=True)
class Snoozed:
    """A ritual of a date that was begun, and comes again at a local wall time."""

    day: date
    until: datetime


@dataclass(frozen=True)
class Reminder:
    """Something to speak up for once: its number, the local wall time, and what it is about."""

    number: int
    due: datetime
    what: str


@dataclass(frozen=True)
class Change:
    """A setting that was changed by voice: its value as JSON has it, and the local wall time."""

    value: Any
    at: datetime


@dataclass(frozen=True)
class Counted:
    """A moment that was played, when, and whether nobody had asked for it."""

    name: str
    at: datetime
    by_itself: bool


@dataclass(frozen=True)
class Tallied:
    """A good moment that the two had, or a hard one, and when it was told."""

    good: bool
    at: datetime


@dataclass(frozen=True)
class KeptNote:
    """A word of thanks: as text, or as sound.

    Attributes:
        at: local wall time.
        partner: who said it, if names are set.
        words: the text.
        sound: the name of a file in `Store.sounds`, which may be gone.
    """

    at: datetime
    partner: str | None
    words: str | None
    sound: str | None


class Store:
    """What is remembered. It is opened at first use, and then belongs to that thread.

    Every method raises `SystemFailure` when the database is damaged, newer than this program, in use, or the disk
    refuses; what was kept before stays. A database on a read-only disk can still be read. Reading makes no file: where
    there is no database, nothing was kept.

    Args:
        path: the database; it and its folder are made if need be, modes 0600 and 0700. Beside it lies the folder
            `notes`, of the sounds of kept notes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._openings = 0
        self.sounds = NoteSounds(path.with_name("notes"))

    @property
    def path(self) -> Path:
        """The database."""
        return self._path

    def open(self) -> None:
        """Open the database now rather than at first use, to learn early whether it can be."""
        self._opened()

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def version(self) -> tuple[int, int]:
        """Return what is another whenever another program changed something, or this store was opened again. Cheap."""
        with self._reading() as connection:
            return self._openings, connection.execute("PRAGMA data_version").fetchone()[0]

    def account(self, ritual: str, day: date) -> Account | None:
        """Return what became of `ritual` on `day`, None if nothing did yet."""
        with self._reading() as connection:
            query = "SELECT outcome, missed FROM ritual WHERE name = ? AND day = ?"
            row = connection.execute(query, (ritual, day.isoformat())).fetchone()
            return Account(row[0], time.fromisoformat(row[1]) if row[1] else None) if row else None

    def mark_done(
        self, ritual: str, day: date, outcome: Literal["begun", "skipped"], at: datetime, missed: time | None = None
    ) -> bool:
        """Remember what became of `ritual` on `day`.

        Args:
            ritual: its name.
            day: the date it was due on.
            outcome: what became of it.
            at: the local wall time.
            missed: for one that was skipped, the time of day at which it was, if it may still come at another.

        Returns:
            True if that was news; False if the date, or this time of it, was settled already, which then stays.
        """
        with self._writing() as connection:
            query = """
                INSERT INTO ritual (name, day, outcome, at, missed) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET outcome = excluded.outcome, at = excluded.at, missed = excluded.missed
                WHERE ritual.missed IS NOT NULL AND ritual.missed IS NOT excluded.missed
            """
            row = (ritual, day.isoformat(), outcome, _stamp(at), f"{missed:%H:%M}" if missed else None)
            return connection.execute(query, row).rowcount == 1

    def last_begun(self, ritual: str) -> datetime | None:
        """Return the local wall time at which `ritual` was last begun, or None if it never was."""
        with self._reading() as connection:
            query = "SELECT max(at) FROM ritual WHERE name = ? AND outcome = 'begun'"
            found: str | None = connection.execute(query, (ritual,)).fetchone()[0]
            return datetime.fromisoformat(found) if found else None

    def begun_lately(self, now: datetime, within: timedelta) -> tuple[str, date] | None:
        """Return the ritual that was begun last, and the date it was due on; None if that is not `within` of `now`."""
        with self._reading() as connection:
            query = "SELECT name, day FROM ritual WHERE outcome = 'begun' AND at BETWEEN ? AND ? ORDER BY at DESC"
            row = connection.execute(query, (_stamp(now - within), _stamp(now + within))).fetchone()
            return (row[0], date.fromisoformat(row[1])) if row else None

    def snooze(self, ritual: str, day: date, until: datetime) -> bool:
        """Remember that `ritual`, begun on `day`, comes again; return False if it is not known to have begun."""
        with self._writing() as connection:
            query = "UPDATE ritual SET again = ? WHERE name = ? AND day = ?"
            return connection.execute(query, (_stamp(until), ritual, day.isoformat())).rowcount == 1

    def snoozed(self) -> dict[str, Snoozed]:
        """Return the rituals that come again."""
        with self._reading() as connection:
            rows = connection.execute("SELECT name, day, again FROM ritual WHERE again IS NOT NULL ORDER BY again")
            return {name: Snoozed(date.fromisoformat(day), datetime.fromisoformat(until)) for name, day, until in rows}

    def end_snooze(self, ritual: str, day: date, outcome: Literal["begun", "skipped"], at: datetime) -> bool:
        """Remember what became of a ritual that came again; return whether that was news."""
        with self._writing() as connection:
            query = "UPDATE ritual SET outcome = ?, at = ?, again = NULL WHERE name = ? AND day = ? AND again NOT NULL"
            return connection.execute(query, (outcome, _stamp(at), ritual, day.isoformat())).rowcount == 1

    def add_reminder(self, due: datetime, what: str) -> int:
        """Remember to speak up for `what`; return the reminder's number."""
        with self._writing() as connection:
            query = "INSERT INTO reminder (due, what) VALUES (?, ?) RETURNING id"
            number: int = connection.execute(query, (_stamp(due), what)).fetchone()[0]
            return number

    def reminders(self) -> list[Reminder]:
        """Return the reminders that are still to come, the soonest first."""
        with self._reading() as connection:
            rows = connection.execute("SELECT id, due, what FROM reminder WHERE state = 'open' ORDER BY due, id")
            return [Reminder(number, datetime.fromisoformat(due), what) for number, due, what in rows]

    def end_reminder(self, number: int, state: Literal["told", "dropped"]) -> bool:
        """Remember what became of a reminder; return whether that was news."""
        with self._writing() as connection:
            query = "UPDATE reminder SET state = ? WHERE id = ? AND state = 'open'"
            return connection.execute(query, (state, number)).rowcount == 1

    def deck(self, name: str) -> DeckState | None:
        """Return how far the deck `name` has been dealt, or None if it never was."""
        with self._reading() as connection:
            row = connection.execute("SELECT cards, dealt FROM deck WHERE name = ?", (name,)).fetchone()
            return DeckState(tuple(json.loads(row[0])), tuple(json.loads(row[1]))) if row else None

    def save_deck(self, name: str, state: DeckState) -> None:
        """Remember how far the deck `name` has been dealt."""
        with self._writing() as connection:
            row = (name, json.dumps(state.order), json.dumps(state.dealt))
            connection.execute("INSERT OR REPLACE INTO deck VALUES (?, ?, ?)", row)

    def changes(self) -> dict[str, Change]:
        """Return the settings that were changed by voice, by their dotted keys, the oldest change first."""
        with self._reading() as connection:
            rows = connection.execute("SELECT key, value, at FROM change ORDER BY at, rowid")
            return {key: Change(json.loads(value), datetime.fromisoformat(at)) for key, value, at in rows}

    def change(self, values: Mapping[str, Any], at: datetime) -> None:
        """Remember settings that are changed by voice, all or none: dotted keys, and values as JSON has them."""
        with self._writing() as connection:
            rows = [(key, json.dumps(value), at.isoformat()) for key, value in values.items()]
            connection.executemany("INSERT OR REPLACE INTO change VALUES (?, ?, ?)", rows)

    def take_back(self, key: str | None = None) -> None:
        """Forget what was changed by voice: of one key, or of all."""
        with self._writing() as connection:
            connection.execute("DELETE FROM change WHERE ?1 IS NULL OR key = ?1", (key,))

    def favourites(self, deck: str) -> tuple[str, ...]:
        """Return the favourites among the cards of a deck, in the order they were kept."""
        with self._reading() as connection:
            rows = connection.execute("SELECT card FROM favourite WHERE deck = ? ORDER BY at, rowid", (deck,))
            return tuple(card for (card,) in rows)

    def keep_favourite(self, deck: str, card: str, at: datetime) -> bool:
        """Keep a card as a favourite; return False if it was one before."""
        with self._writing() as connection:
            row = (deck, card, at.isoformat())
            return connection.execute("INSERT OR IGNORE INTO favourite VALUES (?, ?, ?)", row).rowcount == 1

    def flag(self, name: str) -> str | None:
        """Return what was remembered under a name, None if nothing was."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM flag WHERE name = ?", (name,)).fetchone()
            return str(row[0]) if row else None

    def set_flag(self, name: str, value: str) -> None:
        """Remember a value under a name."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO flag VALUES (?, ?)", (name, value))

    def count_moment(self, name: str, at: datetime, *, by_itself: bool) -> None:
        """Count a moment that was played."""
        with self._writing() as connection:
            connection.execute("INSERT INTO moment VALUES (?, ?, ?)", (name, at.isoformat(), by_itself))

    def moments(self, since: datetime | date | None = None) -> list[Counted]:
        """Return the moments that were counted, of all days or since a time, the oldest first."""
        with self._reading() as connection:
            rows = _rows(connection, "name, at, by_itself", "moment", since)
            return [Counted(name, datetime.fromisoformat(at), bool(by_itself)) for name, at, by_itself in rows]

    def add_tally(self, at: datetime, *, good: bool) -> None:
        """Count a good moment of the two, or a hard one."""
        with self._writing() as connection:
            connection.execute("INSERT INTO tally VALUES (?, ?)", (good, at.isoformat()))

    def tally(self, since: datetime | date | None = None) -> list[Tallied]:
        """Return the good and the hard moments, of all days or since a time, the oldest first."""
        with self._reading() as connection:
            rows = _rows(connection, "good, at", "tally", since)
            return [Tallied(bool(good), datetime.fromisoformat(at)) for good, at in rows]

    def keep_note(self, at: datetime, partner: str | None, words: str | None, sound: Clip | None) -> None:
        """Keep a word of thanks, as text, as sound, or both."""
        name = None
        try:
            with self._writing() as connection:
                # Within the transaction, so that nobody who forgets meanwhile takes the file for one without a row.
                name = self.sounds.keep(sound, at) if sound is not None else None
                connection.execute("INSERT INTO note VALUES (?, ?, ?, ?)", (at.isoformat(), partner, words, name))
        except SystemFailure:
            if name is not None:
                self.sounds.drop(name)
            raise

    def notes(self, since: datetime | date | None = None) -> list[KeptNote]:
        """Return the words of thanks, of all days or since a time, the oldest first."""
        with self._reading() as connection:
            rows = _rows(connection, "at, partner, words, sound", "note", since)
            return [KeptNote(datetime.fromisoformat(at), *rest) for at, *rest in rows]

    def forget(self, since: date | None = None) -> int:
        """Forget the moments, the tally and the notes since a day, or all of them; nothing of them stays in any file.

        With all of them goes what nobody needs any more of the rituals that were had and the reminders that were told.

        Returns:
            How many there were.

        Raises:
            SystemFailure: as ever, and nothing is forgotten; or another program still reads what was there, and it
                stays in a file until this is called again.
        """
        if self._connection is None and not self._exists():
            self.sounds.forget_others(())
            return 0
        with self._writing() as connection:
            forgotten = sum(_forget(connection, table, since or _LONG_AGO) for table in _JOURNAL)
            if since is None:
                connection.execute("DELETE FROM reminder WHERE state <> 'open'")
                connection.execute("DELETE FROM ritual WHERE day < date((SELECT max(day) FROM ritual), '-1 day')")
            kept = connection.execute("SELECT sound FROM note WHERE sound IS NOT NULL")
            self.sounds.forget_others({name for (name,) in kept})
        self._clear_log()
        return forgotten

    def _clear_log(self) -> None:
        """Empty the write-ahead log, in which what was overwritten can still be read."""
        with self._in_words():
            busy = self._opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise SystemFailure(
                f"{self._path}: forgotten, but another program still reads it: stop that one and forget again"
            )

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._in_words():
            if self._connection is None and not self._exists():
                with contextlib.closing(_empty()) as nothing:
                    yield nothing
            else:
                yield self._opened()

    def _exists(self) -> bool:
        with self._in_words():
            try:
                self._path.stat()
            except FileNotFoundError:
                return False
        return True

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._in_words():
            connection = self._opened()
            with _transaction(connection):
                yield connection

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            with self._in_words():
                self._connection = self._open()
                self._openings += 1
        return self._connection

    def _open(self) -> sqlite3.Connection:
        private_folder(self._path.parent)
        writable = _touch(self._path)
        connection = _connect(self._path, "rw") if writable else _connect_to_read(self._path)
        try:
            version = self._check_version(connection)
            if writable:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten with zeros
            if version < len(_MIGRATIONS):
                _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, connection: sqlite3.Connection) -> int:
        version = _version(connection)
        if version > len(_MIGRATIONS):
            raise SystemFailure(
                f"{self._path}: made by a newer Micro-Moments (schema {version}, this one knows {len(_MIGRATIONS)}): "
                "update, or move the file away"
            )
        return version

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """Turn what SQLite and the disk say into one line for people."""
        try:
            yield
        except sqlite3.ProgrammingError:  # ours, such as a use from another thread
            raise
        except sqlite3.Error as error:
            raise SystemFailure(f"{self._path}: {_reason(error)}") from None
        except OSError as error:
            raise SystemFailure(f"{self._path}: cannot be opened ({error.strerror}): {_MEND_PLACE}") from None
        except ValueError:
            raise SystemFailure(f"{self._path}: {_DAMAGED}") from None


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _touch(path: Path) -> bool:
    """Make the file if need be, mode 0600, which SQLite copies to its companions; return whether it can be written."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError:
        if path.is_file():
            return False
        raise
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return os.access(path.parent, os.W_OK)


def _connect(path: Path, mode: Literal["rw", "ro"], *, unchanging: bool = False) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if unchanging else "")
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a database whose disk cannot be written; one that was closed well needs no companions to be read."""
    connection = _connect(path, "ro")
    try:
        _version(connection)
    except sqlite3.OperationalError:
        connection.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _connect(path, "ro", unchanging=True)
    return connection


def _empty() -> sqlite3.Connection:
    """Return a database in which nothing was kept, and that is nowhere."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _migrate(connection)
    return connection


def _rows(
    connection: sqlite3.Connection, columns: str, table: str, since: datetime | date | None
) -> Iterator[tuple[Any, ...]]:
    """Return what is kept in a table since a time, the oldest first; ISO 8601 is in the order of time as text."""
    query = f"SELECT {columns} FROM {table} WHERE at >= ? ORDER BY at, rowid"  # noqa: S608 - the names are ours
    return connection.execute(query, ((since or _LONG_AGO).isoformat(),))


def _forget(connection: sqlite3.Connection, table: str, since: date) -> int:
    query = f"DELETE FROM {table} WHERE at >= ?"  # noqa: S608 - the names are ours
    return connection.execute(query, (since.isoformat(),)).rowcount


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    with _transaction(connection):
        for statements in _MIGRATIONS[_version(connection) :]:  # read again: another program may have been faster
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has already rolled back
            connection.execute("ROLLBACK")
        raise


_DAMAGED = "the file is damaged: move it away and a new one is made; it was left as it is"
_MEND_PLACE = "make its folder writable, or set another `folder` under [keeping]"
_REASONS = {
    sqlite3.SQLITE_BUSY: "another program is using the file: stop that one",
    sqlite3.SQLITE_CANTOPEN: f"the file cannot be opened: {_MEND_PLACE}",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full: make room; what was kept before is still there",
    sqlite3.SQLITE_LOCKED: "another program is using the file: stop that one",
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_READONLY: f"the file cannot be written: {_MEND_PLACE}",
}


def _reason(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF  # the rest of an SQLite error code is detail
    return _REASONS.get(primary, f"the database refuses ({error}): check the disk, or move the file away")
