"""The history of rituals: which were begun, skipped or snoozed on which date."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from voice.errors import SystemFailure
from voice.storage.database import Database

__all__ = ["Outcome", "Record", "RitualHistory", "Snoozed"]

_log = logging.getLogger(__name__)

Outcome: TypeAlias = Literal["begun", "skipped"]


@dataclass(frozen=True)
class Record:
    """A ritual's outcome on a date.

    Attributes:
        outcome: whether it was begun or skipped.
        missed: the time of day that was skipped, if the ritual may still come at another; None if it is over.
    """

    outcome: Outcome
    missed: time | None = None


@dataclass(frozen=True)
class Snoozed:
    """A ritual that comes again.

    Attributes:
        day: the date it was begun, or from which it was moved.
        until: the local wall time at which it comes.
        moved: whether it was moved, this once, before it was begun.
    """

    day: date
    until: datetime
    moved: bool = False


class RitualHistory:
    """The outcomes of all rituals, in the database.

    While the database fails, they are logged and remembered until the program ends.

    Args:
        database: where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: dict[str, tuple[date, Record]] = {}  # the latest record of each ritual
        self._last_begun: tuple[str, date, datetime] | None = None
        self._not_stored: set[str] = set()  # snoozed, but not in the database
        self._snoozed = self._load_snoozed()

    @property
    def snoozed(self) -> dict[str, Snoozed]:
        """The snoozed rituals, by name."""
        return dict(self._snoozed)

    def is_over(self, name: str, due: datetime) -> bool:
        """Return whether a ritual was begun or skipped on the date of `due`, or at least at that time."""
        found = self.on(name, due.date())
        return found is not None and found.missed in {None, due.time()}

    def on(self, name: str, day: date) -> Record | None:
        """Return a ritual's record of a date, or None if there is none."""
        recent = self._recent.get(name)
        if recent is not None and recent[0] == day:
            return recent[1]
        try:
            return self._read(name, day)
        except SystemFailure as error:
            _log.warning("cannot read whether the %s ritual was done on %s: %s", name, day, error)
            return None

    def record(self, name: str, due: datetime, outcome: Literal["begun", "skipped", "missed"], now: datetime) -> bool:
        """Record a ritual's outcome.

        Args:
            name: the ritual.
            due: the local wall time it was due.
            outcome: "begun", "skipped" for the whole date, or "missed" if it may come at another time of the date.
            now: the local wall time.

        Returns:
            False if another process had recorded the outcome of the date, or of this time, which then stays.
        """
        new = Record("begun" if outcome == "begun" else "skipped", due.time() if outcome == "missed" else None)
        self._remember(name, due.date(), new, now)
        try:
            return self._insert(name, due.date(), new, now)
        except SystemFailure as error:
            _log.warning("cannot save that the %s ritual was %s: %s", name, outcome, error)
            return True

    def last_begun(self, name: str) -> datetime | None:
        """Return the local wall time at which a ritual was last begun, or None if it never was.

        Raises:
            SystemFailure: the database cannot be read.
        """
        with self._database.reading() as connection:
            query = "SELECT max(at) FROM ritual WHERE name = ? AND outcome = 'begun'"
            found: str | None = connection.execute(query, (name,)).fetchone()[0]
            return datetime.fromisoformat(found) if found else None

    def begun_lately(self, now: datetime, within: timedelta) -> tuple[str, date] | None:
        """Return the ritual begun last and the date it was due; None if that is not `within` of `now`."""
        try:
            with self._database.reading() as connection:
                query = "SELECT name, day FROM ritual WHERE outcome = 'begun' AND at BETWEEN ? AND ? ORDER BY at DESC"
                row = connection.execute(query, (_stamp(now - within), _stamp(now + within))).fetchone()
                return (row[0], date.fromisoformat(row[1])) if row else None
        except SystemFailure as error:
            _log.warning("cannot read which ritual was begun last: %s", error)
        if self._last_begun is None or abs(now - self._last_begun[2]) > within:
            return None
        return self._last_begun[:2]

    def snooze(self, name: str, day: date, until: datetime) -> None:
        """Snooze a ritual that was begun on `day`: it comes again at the local wall time `until`."""
        self._snoozed[name] = Snoozed(day, until)
        self._not_stored.discard(name)
        try:
            with self._database.writing() as connection:
                query = "UPDATE ritual SET again = ? WHERE name = ? AND day = ?"
                stored = connection.execute(query, (_stamp(until), name, day.isoformat())).rowcount == 1
        except SystemFailure as error:
            stored = False
            _log.warning("cannot save that the %s ritual was snoozed: %s", name, error)
        if not stored:
            self._not_stored.add(name)

    def move(self, name: str, due: datetime, until: datetime, now: datetime) -> None:
        """Move a ritual this once, from the local wall time `due` to `until`."""
        self.end_move(name)
        self.record(name, due, "missed", now)
        self.snooze(name, due.date(), until)
        self._snoozed[name] = Snoozed(due.date(), until, moved=True)

    def end_move(self, name: str) -> None:
        """Forget that a ritual was moved this once: it comes at its usual time."""
        snoozed = self._snoozed.get(name)
        if snoozed is None or not snoozed.moved:
            return
        del self._snoozed[name]
        self._not_stored.discard(name)
        self._recent.pop(name, None)
        try:
            with self._database.writing() as connection:
                row = (name, snoozed.day.isoformat())
                connection.execute("UPDATE ritual SET again = NULL WHERE name = ? AND day = ?", row)
                connection.execute("DELETE FROM ritual WHERE name = ? AND day = ? AND missed NOT NULL", row)
        except SystemFailure as error:
            _log.warning("cannot save that the %s ritual comes at its usual time: %s", name, error)

    def end_snooze(self, name: str, outcome: Outcome, now: datetime) -> bool:
        """Record the outcome of a snoozed ritual; return False if another process had done so."""
        snoozed = self._snoozed.pop(name, None)
        if snoozed is None:
            return False
        self._remember(name, snoozed.day, Record(outcome), now)
        try:
            with self._database.writing() as connection:
                query = (
                    "UPDATE ritual SET outcome = ?, at = ?, missed = NULL, again = NULL "
                    "WHERE name = ? AND day = ? AND again NOT NULL"
                )
                row = (outcome, _stamp(now), name, snoozed.day.isoformat())
                return connection.execute(query, row).rowcount == 1 or name in self._not_stored
        except SystemFailure as error:
            _log.warning("cannot save that the %s ritual was %s: %s", name, outcome, error)
            return True

    def _load_snoozed(self) -> dict[str, Snoozed]:
        try:
            with self._database.reading() as connection:
                query = "SELECT name, day, again, missed NOT NULL FROM ritual WHERE again NOT NULL ORDER BY again"
                return {
                    name: Snoozed(date.fromisoformat(day), datetime.fromisoformat(at), bool(moved))
                    for name, day, at, moved in connection.execute(query)
                }
        except SystemFailure as error:
            _log.warning("cannot read which rituals were snoozed: %s", error)
            return {}

    def _remember(self, name: str, day: date, record: Record, now: datetime) -> None:
        self._recent[name] = day, record
        if record.outcome == "begun":
            self._last_begun = name, day, now

    def _read(self, name: str, day: date) -> Record | None:
        with self._database.reading() as connection:
            query = "SELECT outcome, missed FROM ritual WHERE name = ? AND day = ?"
            row = connection.execute(query, (name, day.isoformat())).fetchone()
            return Record(row[0], time.fromisoformat(row[1]) if row[1] else None) if row else None

    def _insert(self, name: str, day: date, record: Record, now: datetime) -> bool:
        """Store a record unless the date, or this time of it, has one; return whether it was stored."""
        with self._database.writing() as connection:
            query = """
                INSERT INTO ritual (name, day, outcome, at, missed) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET outcome = excluded.outcome, at = excluded.at, missed = excluded.missed
                WHERE ritual.missed IS NOT NULL AND ritual.missed IS NOT excluded.missed
            """
            missed = f"{record.missed:%H:%M}" if record.missed else None
            row = (name, day.isoformat(), record.outcome, _stamp(now), missed)
            return connection.execute(query, row).rowcount == 1


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
