"""What became of each ritual on each date; when nothing can be written, it is remembered until the program ends."""

import logging
from datetime import date, datetime, timedelta
from typing import Literal

from voice.errors import SystemFailure
from voice.storage.database import Account, Snoozed, Store

__all__ = ["Accounts"]

_log = logging.getLogger(__name__)


class Accounts:
    """The book of what was begun, skipped and snoozed.

    Args:
        store: remembers it across restarts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[date, Account]] = {}  # the last one of each ritual
        self._last: tuple[str, date, datetime] | None = None
        self._snoozed: dict[str, Snoozed] = {}
        self._unkept: set[str] = set()  # snoozed, but the store does not know

    @property
    def snoozed(self) -> dict[str, Snoozed]:
        """The rituals that come again, by name."""
        return dict(self._snoozed)

    def load(self) -> None:
        """Learn from the store which rituals were snoozed."""
        try:
            self._snoozed = self._store.snoozed()
        except SystemFailure as error:
            _log.warning("which rituals were snoozed is not known: %s", error)

    def is_settled(self, name: str, due: datetime) -> bool:
        """Return whether a ritual does not come at this time any more: its date, or this time of it, is settled."""
        account = self._account(name, due.date())
        return account is not None and account.missed in {None, due.time()}

    def settle(self, name: str, due: datetime, outcome: Literal["begun", "skipped", "missed"], now: datetime) -> bool:
        """Record what became of a ritual; one that was missed may come at another time of the same date.

        Returns:
            Whether that was news.
        """
        missed = due.time() if outcome == "missed" else None
        account = Account("begun" if outcome == "begun" else "skipped", missed)
        self._known[name] = due.date(), account
        if outcome == "begun":
            self._last = name, due.date(), now
        try:
            return self._store.mark_done(name, due.date(), account.outcome, now, missed)
        except SystemFailure as error:
            _log.warning("the %s ritual cannot be remembered: %s", name, error)
            return True

    def begun_lately(self, now: datetime, within: timedelta) -> tuple[str, date] | None:
        """Return the ritual that was begun last, and the date it was due on; None if that is not `within` of `now`."""
        try:
            return self._store.begun_lately(now, within)
        except SystemFailure as error:
            _log.warning("which ritual was begun last is not known: %s", error)
        if self._last is None or abs(now - self._last[2]) > within:
            return None
        return self._last[:2]

    def snooze(self, name: str, day: date, until: datetime) -> None:
        """Let a ritual that was begun on a day come again."""
        self._snoozed[name] = Snoozed(day, until)
        self._unkept.discard(name)
        try:
            if not self._store.snooze(name, day, until):
                self._unkept.add(name)
        except SystemFailure as error:
            self._unkept.add(name)
            _log.warning("that the %s ritual was snoozed cannot be remembered: %s", name, error)

    def end_snooze(self, name: str, outcome: Literal["begun", "skipped"], now: datetime) -> bool:
        """Record what became of a ritual that came again; return whether that was news."""
        snoozed = self._snoozed.pop(name, None)
        if snoozed is None:
            return False
        self._known[name] = snoozed.day, Account(outcome)
        if outcome == "begun":
            self._last = name, snoozed.day, now
        try:
            return self._store.end_snooze(name, snoozed.day, outcome, now) or name in self._unkept
        except SystemFailure as error:
            _log.warning("the %s ritual cannot be remembered: %s", name, error)
            return True

    def _account(self, name: str, day: date) -> Account | None:
        known = self._known.get(name)
        if known is not None and known[0] == day:
            return known[1]
        try:
            return self._store.account(name, day)
        except SystemFailure as error:
            _log.warning("whether the %s ritual was done on %s is not known: %s", name, day, error)
            return None
