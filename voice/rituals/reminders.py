"""Reminders: each is due once, at a time that the user named."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from voice.errors import SystemFailure
from voice.rituals.state import Reminder
from voice.storage.database import Database

__all__ = ["GRACE", "Reminders"]

_log = logging.getLogger(__name__)

GRACE = timedelta(minutes=60)
"""How late a reminder is still worth hearing."""

_MOST = 50


class Reminders:
    """The open reminders, in the database.

    While the database fails, they are remembered until the program ends.

    Args:
        database: where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counter: tuple[int, int] | None = None
        self._open: dict[int, Reminder] = {}
        self._over: set[int] = set()  # ended, which could not be saved
        self.refresh()

    def all(self) -> Sequence[Reminder]:
        """Return the open reminders, the soonest first."""
        return sorted(self._open.values(), key=lambda reminder: (reminder.due, reminder.number))

    def refresh(self) -> None:
        """Read the reminders again if another process wrote to the database."""
        try:
            counter = self._database.change_counter()
            if counter == self._counter:
                return
            stored = self._load()
        except SystemFailure as error:
            if self._counter is None:
                _log.warning("cannot read the reminders: %s", error)
                self._counter = (-1, -1)  # said once
            return
        unsaved = {number: reminder for number, reminder in self._open.items() if number < 0}
        self._open = {reminder.number: reminder for reminder in stored if reminder.number not in self._over} | unsaved
        self._counter = counter

    def add(self, due: datetime, what: str, todo: str | None = None) -> int:
        """Add a reminder, and return its number; if there are more than fifty, the latest one is dropped."""
        while len(self._open) >= _MOST:
            self.end(self.all()[-1].number, "dropped")
            _log.warning("there are more than %d reminders: the latest one is dropped", _MOST)
        try:
            number = self._insert(due, what, todo)
        except SystemFailure as error:
            _log.warning("cannot save a reminder, it is remembered until the program ends: %s", error)
            number = min([0, *self._open]) - 1  # negative: not in the database
        self._open[number] = Reminder(number, due, what, todo)
        return number

    def end(self, number: int, state: Literal["told", "dropped"]) -> bool:
        """Record that a reminder was told or dropped; return False if another process had done so."""
        if self._open.pop(number, None) is None:
            return False
        try:
            return number < 0 or self._update(number, state)
        except SystemFailure as error:
            _log.warning("cannot save that a reminder was %s: %s", state, error)
            self._over.add(number)
            return True

    def reopen(self, reminder: Reminder) -> bool:
        """Open a dropped reminder again; return False if it was forgotten."""
        try:
            if reminder.number >= 0 and not self._update(reminder.number, "open"):
                return False
        except SystemFailure as error:
            _log.warning("cannot save that a reminder is open again: %s", error)
        self._open[reminder.number] = reminder
        return True

    def _load(self) -> list[Reminder]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id, due, what, todo FROM reminder WHERE state = 'open'")
            return [Reminder(number, datetime.fromisoformat(due), *about) for number, due, *about in rows]

    def _insert(self, due: datetime, what: str, todo: str | None) -> int:
        with self._database.writing() as connection:
            query = "INSERT INTO reminder (due, what, todo) VALUES (?, ?, ?) RETURNING id"
            row = (due.isoformat(timespec="seconds"), what, todo)
            number: int = connection.execute(query, row).fetchone()[0]
            return number

    def _update(self, number: int, state: Literal["open", "told", "dropped"]) -> bool:
        """Change the state of a reminder; return False if it was not the one that it can follow."""
        before = "dropped" if state == "open" else "open"
        with self._database.writing() as connection:
            query = (
                "UPDATE reminder SET state = ?1, todo = CASE ?1 WHEN 'told' THEN NULL ELSE todo END "
                "WHERE id = ?2 AND state = ?3"
            )
            return connection.execute(query, (state, number, before)).rowcount == 1
