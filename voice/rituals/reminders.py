"""Reminders: what speaks up once, at a time that somebody named."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from voice.errors import SystemFailure
from voice.storage.database import Reminder, Store

__all__ = ["GRACE", "Reminders"]

_log = logging.getLogger(__name__)

GRACE = timedelta(minutes=60)  # how late a reminder is still worth hearing
_MOST = 50


class Reminders:
    """The reminders that are still to come.

    When nothing can be written, they go on and are remembered until the program ends.

    Args:
        store: remembers them across restarts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, Reminder] = {}

    def load(self) -> None:
        """Learn from the store which are still to come."""
        try:
            self._open = {reminder.number: reminder for reminder in self._store.reminders()}
        except SystemFailure as error:
            _log.warning("which reminders are still to come is not known: %s", error)

    def all(self) -> Sequence[Reminder]:
        """Return those still to come, the soonest first."""
        return sorted(self._open.values(), key=lambda reminder: (reminder.due, reminder.number))

    def add(self, due: datetime, what: str) -> None:
        """Speak up once; of more than fifty, the one that is farthest away is dropped."""
        while len(self._open) >= _MOST:
            self.end(self.all()[-1].number, "dropped")
            _log.warning("more than %d reminders are too many: the last one is dropped", _MOST)
        try:
            number = self._store.add_reminder(due, what)
        except SystemFailure as error:
            _log.warning("a reminder cannot be kept beyond the end of the program: %s", error)
            number = min([0, *self._open]) - 1
        self._open[number] = Reminder(number, due, what)

    def end(self, number: int, state: Literal["told", "dropped"]) -> bool:
        """Record what became of one; return whether that was news."""
        if self._open.pop(number, None) is None:
            return False
        try:
            return number < 0 or self._store.end_reminder(number, state)
        except SystemFailure as error:
            _log.warning("that a reminder is over cannot be remembered: %s", error)
            return True
