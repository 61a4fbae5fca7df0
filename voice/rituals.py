"""Rituals: what is due at a time of day is said once per date, in time or not at all."""

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

from schedule import Scheduler

from voice.clock import Clock
from voice.errors import Broken
from voice.settings import RitualSetting
from voice.store import Store

__all__ = ["NextDue", "Rituals"]

_log = logging.getLogger(__name__)

_BETWEEN_PASSES = 1.0  # seconds; a ritual need not be more punctual
_JUMP = 60.0  # seconds by which the wall's time must leave the time since boot to be taken for a jump


class NextDue(NamedTuple):
    """When a ritual comes next.

    Attributes:
        name: the ritual.
        setting: its setting.
        due: the local time it comes at next; a time just past if it still waits; None if it is off.
        last: the local time at which it was last begun; None if it never was.
    """

    name: str
    setting: RitualSetting
    due: datetime | None
    last: datetime | None


class _Pass(NamedTuple):
    """The wall's time and the seconds since boot of one look at the clock."""

    wall: datetime
    boottime: float


class Rituals:
    """Posts each ritual when it is due, and keeps account of what became of it.

    A ritual that was posted waits: it counts as done once `begin` has said yes, or once it is later than its grace.
    When nothing can be written, rituals go on and are remembered until the program ends.

    Args:
        rituals: the rituals by name; those that are off are never posted.
        grace: how late a ritual may begin, below one day.
        store: remembers what was done across restarts.
        clock: the time; its `now` has to agree with `datetime.now`, which the `schedule` library reads.
        post: told the name of a ritual that is due; it must return at once and never raise.
    """

    def __init__(
        self,
        rituals: Mapping[str, RitualSetting],
        grace: timedelta,
        store: Store,
        clock: Clock,
        post: Callable[[str], None],
    ) -> None:
        self._rituals = dict(rituals)
        self._grace = grace
        self._store = store
        self._clock = clock
        self._post = post
        self._scheduler = Scheduler()
        self._waiting: dict[str, datetime] = {}  # posted but not begun: the time each was due
        self._settled: set[tuple[str, date]] = set()
        self._last_pass: _Pass | None = None
        self._next_pass = clock.monotonic()
        self._set_jobs()

    def tick(self) -> None:
        """Post what is due. Cheap: call it as often as the loop turns."""
        monotonic = self._clock.monotonic()
        if monotonic < self._next_pass:
            return
        self._next_pass = monotonic + _BETWEEN_PASSES
        this_pass = _Pass(self._clock.now(), self._clock.boottime())
        last_pass, self._last_pass = self._last_pass, this_pass
        if last_pass is None:
            self._catch_up(this_pass.wall, since=this_pass.wall)
        elif _jumped(last_pass, this_pass):
            _log.info("the clock jumped from %s to %s", last_pass.wall, this_pass.wall)
            self._set_jobs()
            self._catch_up(this_pass.wall, since=last_pass.wall)
        self._give_up_late(this_pass.wall)
        self._scheduler.run_pending()

    def begin(self, name: str) -> bool:
        """Return whether the ritual `name`, posted before, is to be played now; if so it is recorded as begun.

        It is not when it has become later than its grace, was done meanwhile, or is not due at all.
        """
        now = self._clock.now()
        self._give_up_late(now)
        due = self._waiting.pop(name, None)
        if due is None or self._is_settled(name, due.date()):
            return False
        return self._settle(name, due, "begun", now)

    def next_due(self, now: datetime) -> list[NextDue]:
        """Return when each ritual comes next after `now`, in the order of the settings.

        Raises:
            Broken: what was done before cannot be read.
        """
        return [
            NextDue(name, setting, self._next(name, setting, now), self._store.last_begun(name))
            for name, setting in self._rituals.items()
        ]

    def _next(self, name: str, setting: RitualSetting, now: datetime) -> datetime | None:
        if not setting.enabled:
            return None
        due = _latest(setting.at, now)
        if now - due <= self._grace and not self._store.done(name, due.date()):
            return due
        return due + timedelta(days=1)

    def _set_jobs(self) -> None:
        """Make the jobs anew: each holds the date of its next run, which a jump of the clock makes wrong."""
        self._scheduler.clear()
        for name, setting in self._rituals.items():
            if setting.enabled:
                self._scheduler.every().day.at(f"{setting.at:%H:%M}").do(self._on_time, name)

    def _on_time(self, name: str) -> None:
        now = self._clock.now()
        self._consider(name, now, since=now - timedelta(days=1))  # a job of before a suspend runs late

    def _catch_up(self, now: datetime, since: datetime) -> None:
        """Consider what no job will run for: due before the start, or jumped over after `since`."""
        for name, due in list(self._waiting.items()):
            if due > now:  # the clock went back: it comes again
                del self._waiting[name]
        for name, setting in self._rituals.items():
            if setting.enabled:
                self._consider(name, now, since)

    def _consider(self, name: str, now: datetime, since: datetime) -> None:
        """Post the ritual if it is due and in time; if its time passed after `since`, too long ago, record that."""
        due = _latest(self._rituals[name].at, now)
        if self._waiting.get(name) == due or self._is_settled(name, due.date()):
            return
        if now - due <= self._grace:
            self._waiting[name] = due
            _log.info("the %s ritual of %s is due", name, due)
            self._post(name)
        elif due > since:
            self._settle(name, due, "skipped", now)

    def _give_up_late(self, now: datetime) -> None:
        for name, due in list(self._waiting.items()):
            if now - due > self._grace:
                del self._waiting[name]
                self._settle(name, due, "skipped", now)

    def _is_settled(self, name: str, day: date) -> bool:
        if (name, day) in self._settled:
            return True
        try:
            return self._store.done(name, day)
        except Broken as error:
            _log.warning("whether the %s ritual was done on %s is not known: %s", name, day, error)
            return False

    def _settle(self, name: str, due: datetime, outcome: Literal["begun", "skipped"], now: datetime) -> bool:
        """Record what became of the ritual; return whether that was news."""
        _log.info("the %s ritual of %s is %s at %s", name, due, outcome, now)
        self._settled = {(other, day) for other, day in self._settled if other != name} | {(name, due.date())}
        try:
            return self._store.mark_done(name, due.date(), outcome, now)
        except Broken as error:
            _log.warning("the %s ritual cannot be remembered: %s", name, error)
            return True


def _latest(at: time, now: datetime) -> datetime:
    """Return the last time at or before `now` that the wall's clock showed `at`."""
    today = datetime.combine(now.date(), at)
    return today if today <= now else today - timedelta(days=1)


def _jumped(last: _Pass, this: _Pass) -> bool:
    """Return whether the wall's time moved otherwise than time itself; asleep or awake, time moves both alike."""
    return abs((this.wall - last.wall).total_seconds() - (this.boottime - last.boottime)) > _JUMP
