"""Reminders: each is due once, at a time that the user named."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from voice.errors import SystemFailure
from voice.storage.database import Database

__all__ = ["GRACE", "Reminder", "Reminders"]

_log = logging.getLogger(__name__)

GRACE = timedelta(minutes=60)
"""How late a reminder is still worth hearing."""

_MOST = 50


@dataclass(frozen=True)
class Reminder:
    """A reminder: its number, the local wall time it is due, and its subject."""

    number: int
    due: datetime
    what: str


class Reminders:
    """The open reminders, in the database.

    While the database fails, they are remembered until the program ends.

    Args:
        database: where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open = {reminder.number: reminder for reminder in self._load()}

    def all(self) -> Sequence[Reminder]:
        """Return the open reminders, the soonest first."""
        return sorted(self._open.values(), key=lambda reminder: (reminder.due, reminder.number))

    def add(self, due: datetime, what: str) -> None:
        """Add a reminder; if there are more than fifty, the latest one is dropped."""
        while len(self._open) >= _MOST:
            self.end(self.all()[-1].number, "dropped")
            _log.warning("there are more than %d reminders: the latest one is dropped", _MOST)
        try:
            number = self._insert(due, what)
        except SystemFailure as error:
            _log.warning("cannot save a reminder, it is remembered until the program ends: %s", error)
            number = min([0, *self._open]) - 1  # negative: not in the database
        self._open[number] = Reminder(number, due, what)

    def end(self, number: int, state: Literal["told", "dropped"]) -> bool:
        """Record that a reminder was told or dropped; return False if another process had done so."""
        if self._open.pop(number, None) is None:
            return False
        try:
            return number < 0 or self._update(number, state)
        except SystemFailure as error:
            _log.warning("cannot save that a reminder was %s: %s", state, error)
            return True

    def _load(self) -> list[Reminder]:
        try:
            with self._database.reading() as connection:
                rows = connection.execute("SELECT id, due, what FROM reminder WHERE state = 'open'")
                return [Reminder(number, datetime.fromisoformat(due), what) for number, due, what in rows]
        except SystemFailure as error:
            _log.warning("cannot read the reminders: %s", error)
            return []

    def _insert(self, due: datetime, what: str) -> int:
        with self._database.writing() as connection:
            query = "INSERT INTO reminder (due, what) VALUES (?, ?) RETURNING id"
            row = (due.isoformat(timespec="seconds"), what)
            number: int = connection.execute(query, row).fetchone()[0]
            return number

    def _update(self, number: int, state: Literal["told", "dropped"]) -> bool:
        with self._database.writing() as connection:
            query = "UPDATE reminder SET state = ? WHERE id = ? AND state = 'open'"
            return connection.execute(query, (state, number)).rowcount == 1
