"""Rituals: what is due at a time of day is said once per date, in time or not at all."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from schedule import Scheduler

from voice.clock import Clock
from voice.errors import SystemFailure
from voice.moments.scene import Due, RitualState
from voice.rituals.due_times import coming, is_within, latest, shortened
from voice.rituals.history import Accounts
from voice.rituals.reminders import GRACE, Reminders
from voice.settings.fields import days_in_words
from voice.settings.overrides import Overrides
from voice.settings.schema import RitualSetting, RitualsSetting
from voice.storage.database import Store

__all__ = ["REMINDER", "NextDue", "Rituals"]

_log = logging.getLogger(__name__)

REMINDER = "reminder"  # the moment that plays reminders

_BETWEEN_PASSES = 1.0  # seconds; a ritual need not be more punctual
_JUMP = 60.0  # seconds by which the wall's time must leave the time since boot to be taken for a jump
_JUST_NOW = timedelta(minutes=1)  # a time of day names a whole minute
_LATELY = timedelta(hours=1)  # so long after it began a ritual can be snoozed


class NextDue(NamedTuple):
    """When a ritual comes next.

    Attributes:
        name: the ritual.
        setting: its setting.
        due: the local time it comes at next; a time just past if it still waits; None if it does not come.
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


@dataclass(frozen=True)
class _Call:
    """What is due: a ritual, one that was snoozed, or a reminder with its number."""

    due: Due
    snoozed: bool = False
    number: int | None = None

    @property
    def key(self) -> str:
        return self.due.name if self.number is None else f"{REMINDER} {self.number}"

    @property
    def is_reminder(self) -> bool:
        return self.number is not None

    @property
    def words(self) -> str:
        """How the log calls it; never of what a reminder is."""
        return f"{'a' if self.is_reminder else 'the'} {self.key if self.is_reminder else f'{self.key} ritual'}"


class Rituals:
    """Tells when a ritual or a reminder is due, keeps account of what became of it, and changes when they are due.

    What `tick` returned waits: it counts as done once `begin` has said yes, or once it is later than its grace.
    When nothing can be written, rituals go on and are remembered until the program ends; only a change of the settings
    raises `SystemFailure` then.

    Args:
        overrides: the settings, which another program may change too.
        names: the rituals that the language has; others are never due.
        store: remembers what was done and changed across restarts.
        clock: the time; its `now` has to agree with `datetime.now`, which the `schedule` library reads.
    """

    def __init__(self, overrides: Overrides, names: Collection[str], store: Store, clock: Clock) -> None:
        self._overrides = overrides
        self._names = names
        self._store = store
        self._clock = clock
        self._settings = overrides.settings.rituals
        self._accounts = Accounts(store)
        self._reminders = Reminders(store)
        self._scheduler = Scheduler()
        self._waiting: dict[str, _Call] = {}  # due, but not begun
        self._due_now: list[_Call] = []
        self._complained = False
        self._last_pass: _Pass | None = None
        self._next_pass = clock.monotonic()
        self._accounts.load()
        self._reminders.load()
        self._set_jobs()

    def tick(self) -> list[str]:
        """Return the keys of what has become due, in order. Cheap: call it as often as the loop turns."""
        monotonic = self._clock.monotonic()
        if monotonic < self._next_pass:
            return []
        self._next_pass = monotonic + _BETWEEN_PASSES
        self._look_elsewhere()
        this_pass = _Pass(self._clock.now(), self._clock.boottime())
        last_pass, self._last_pass = self._last_pass, this_pass
        if last_pass is None:
            self._catch_up(this_pass.wall, since=this_pass.wall)
        elif _jumped(last_pass, this_pass):
            _log.info("the clock jumped from %s to %s", last_pass.wall, this_pass.wall)
            self._set_jobs()
            self._catch_up(this_pass.wall, since=last_pass.wall)
        self._give_up(this_pass.wall)
        self._scheduler.run_pending()
        self._call_again(this_pass.wall)
        return self._take_due()

    def begin(self, key: str) -> Due | None:
        """Return what is to be played now of what `tick` returned before; if so it is recorded as begun.

        None if it has become later than its grace, quiet hours have begun, it was done or moved meanwhile, or it is
        not due at all.
        """
        now = self._clock.now()
        self._give_up(now)
        call = self._waiting.pop(key, None)
        if call is None or not self._begun(call, now):
            return None
        _log.info("%s of %s begins at %s", call.words, call.due.at, now)
        return call.due

    def next_due(self, now: datetime) -> list[NextDue]:
        """Return when each ritual comes next after `now`, in the order of the settings.

        Raises:
            SystemFailure: what was done before cannot be read.
        """
        return [
            NextDue(
                name, setting, call.due.at if (call := self._next(name, now)) else None, self._store.last_begun(name)
            )
            for name, setting in self._rituals.items()
        ]

    def reload(self, settings: RitualsSetting) -> None:
        """Go by other settings from now on.

        A ritual whose new time is still to come today comes today, unless it was begun, or left out by name, today;
        one whose new time is past does not come today.
        """
        before, self._settings = self._settings, settings
        now = self._clock.now()
        self._set_jobs()
        for name, setting in self._rituals.items():
            if setting != getattr(before, name):
                self._move(name, setting, now)
            elif setting.enabled:  # the job that is gone may have been due since the last pass
                self._consider(name, now, since=self._last_pass.wall if self._last_pass else now)

    def states(self) -> list[RitualState]:
        """Return all rituals that the language has, in the order of the day."""
        states = (RitualState(name, one.at, one.days, one.enabled) for name, one in self._rituals.items())
        return sorted(states, key=lambda state: state.at)

    def set_time(self, name: str, at: time, days: frozenset[int] | None = None) -> None:
        """Move a ritual, and turn it on.

        Raises:
            SystemFailure: it cannot be kept; then nothing changes.
        """
        values: dict[str, Any] = {f"{name}.at": f"{at:%H:%M}", f"{name}.enabled": True}
        self._change(values | ({f"{name}.days": days_in_words(days)} if days else {}))

    def turn(self, name: str, *, on: bool) -> bool:
        """Turn a ritual on or off; return False if it was so before.

        Raises:
            SystemFailure: it cannot be kept; then nothing changes.
        """
        if self._rituals[name].enabled == on:
            return False
        self._change({f"{name}.enabled": on})
        return True

    def skip(self, name: str | None = None) -> str | None:
        """Leave out today's ritual, or the next one of today; return which, None if there is none left today."""
        now = self._clock.now()
        names = self._rituals if name is None else [name]
        left = [call for call in (self._next(each, now) for each in names) if call and call.due.at.date() <= now.date()]
        if not left:
            return None
        call = min(left, key=_due_time)
        self._waiting.pop(call.key, None)
        self._skipped(call, now, "it was asked to", for_the_day=True)
        return call.due.name

    def snooze(self, minutes: int) -> datetime | None:
        """Let the ritual that was begun last come again after `minutes`.

        Returns:
            When; None if there was none within the last hour, or that would be in quiet hours or past midnight.
        """
        now = self._clock.now()
        last = self._accounts.begun_lately(now, _LATELY)
        until = (now + timedelta(minutes=minutes)).replace(microsecond=0)
        if last is None or not self._is_on(last[0]) or until.date() != now.date() or self.is_quiet(until.time()):
            return None
        name, day = last
        self._waiting.pop(name, None)
        self._accounts.snooze(name, day, until)
        _log.info("the %s ritual of %s was snoozed until %s", name, day, until)
        return until

    def remind(self, at: datetime, what: str) -> None:
        """Speak up once, at most an hour late; in quiet hours too, if the time lies in them."""
        self._reminders.add(at.replace(microsecond=0), what)

    def upcoming(self) -> list[Due]:
        """Return what comes next, rituals and reminders, the soonest first."""
        now = self._clock.now()
        rituals = (self._next(name, now) for name in self._rituals)
        reminders = (Due(REMINDER, reminder.due, reminder.what) for reminder in self._reminders.all())
        return sorted([*(call.due for call in rituals if call), *reminders], key=lambda due: due.at)

    @property
    def quiet(self) -> tuple[time, time] | None:
        """From when until when nothing speaks up by itself."""
        hours = self._settings.quiet
        return (hours[0], hours[1]) if hours else None

    def is_quiet(self, at: time) -> bool:
        """Whether a time lies within the quiet hours."""
        return is_within(self._settings.quiet, at)

    def make_room(self, at: time) -> tuple[time, time]:
        """Shorten the quiet hours so that `at` lies outside them; return what is left, two equal times if nothing.

        Raises:
            SystemFailure: it cannot be kept; then nothing changes.
        """
        left = shortened(self._settings.quiet, at, self._grace)
        self._change({"quiet": [f"{each:%H:%M}" for each in left] if left[0] != left[1] else []})
        return left

    @property
    def _rituals(self) -> Mapping[str, RitualSetting]:
        return {name: setting for name, setting in self._settings.by_name().items() if name in self._names}

    @property
    def _grace(self) -> timedelta:
        return timedelta(minutes=self._settings.grace)

    def _is_on(self, name: str) -> bool:
        setting = self._rituals.get(name)
        return setting is not None and setting.enabled

    def _look_elsewhere(self) -> None:
        """Go by what another program, or another part of this one, changed in the settings."""
        try:
            self._overrides.refresh()
            self._complained = False
        except SystemFailure as error:
            if not self._complained:
                _log.warning("what is changed elsewhere is not known until that is mended: %s", error)
            self._complained = True
        if self._overrides.settings.rituals != self._settings:
            self.reload(self._overrides.settings.rituals)

    def _change(self, values: Mapping[str, Any]) -> None:
        """Change settings for good, all or none."""
        self._overrides.change({f"rituals.{key}": value for key, value in values.items()}, self._clock.now())
        self.reload(self._overrides.settings.rituals)

    def _move(self, name: str, setting: RitualSetting, now: datetime) -> None:
        """Let what is due today follow a changed setting."""
        waiting = self._waiting.get(name)
        if not setting.enabled:
            self._waiting.pop(name, None)
            if name in self._accounts.snoozed:
                self._accounts.end_snooze(name, "skipped", now)
            return
        call = _Call(Due(name, latest(setting.at, now)))
        if waiting == call and call.due.at.weekday() in setting.days:
            return
        if waiting is not None and not waiting.snoozed:
            del self._waiting[name]
        if now - call.due.at < _JUST_NOW:
            self._consider(name, now, since=now)
        elif call.due.at.date() == now.date() or now - call.due.at <= self._grace:
            self._let_pass(call, now)

    def _let_pass(self, call: _Call, now: datetime) -> None:
        """Record that a ritual whose time was set to one just past does not come at it."""
        settled = self._accounts.is_settled(call.due.name, call.due.at)
        if not settled and call.due.at.weekday() in self._rituals[call.due.name].days:
            self._skipped(call, now, "its time of today is past")

    def _next(self, name: str, now: datetime) -> _Call | None:
        """Return when a ritual comes next, None if it never does."""
        if not self._is_on(name):
            return None
        if name in self._accounts.snoozed:
            return _Call(Due(name, self._accounts.snoozed[name].until), snoozed=True)
        dues = coming(self._rituals[name], now, self._grace)
        calls = (_Call(Due(name, due)) for due in dues)
        return next((call for call in calls if self._is_open(call, now)), None)

    def _is_open(self, call: _Call, now: datetime) -> bool:
        """Return whether a ritual that is due now or later can still be had."""
        weekday = call.due.at.weekday() in self._rituals[call.due.name].days
        settled = self._accounts.is_settled(call.due.name, call.due.at)
        return weekday and not settled and self._hindrance(call, now) is None

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
        for key, call in list(self._waiting.items()):
            if call.due.at > now:  # the clock went back: it comes again
                del self._waiting[key]
        for name in self._rituals:
            if self._is_on(name):
                self._consider(name, now, since)

    def _consider(self, name: str, now: datetime, since: datetime) -> None:
        """Let the ritual wait if it is due and in time; if its time passed after `since`, too long ago, record that."""
        call = _Call(Due(name, latest(self._rituals[name].at, now)))
        if call.due.at.weekday() not in self._rituals[name].days or self._waiting.get(name) == call:
            return
        if self._accounts.is_settled(name, call.due.at):
            return
        hindrance = self._hindrance(call, now)
        if hindrance is None:
            self._wait(call)
        elif call.due.at > since:
            self._skipped(call, now, hindrance)

    def _call_again(self, now: datetime) -> None:
        """Consider what is due once: rituals that were snoozed, and reminders."""
        snoozed = [_Call(Due(name, one.until), snoozed=True) for name, one in self._accounts.snoozed.items()]
        reminders = [_Call(Due(REMINDER, one.due, one.what), number=one.number) for one in self._reminders.all()]
        for call in [*snoozed, *reminders]:
            if call.due.at <= now and call.key not in self._waiting:
                hindrance = self._hindrance(call, now)
                if hindrance is None:
                    self._wait(call)
                else:
                    self._skipped(call, now, hindrance)

    def _wait(self, call: _Call) -> None:
        self._waiting[call.key] = call
        self._due_now.append(call)
        _log.info("%s of %s is due", call.words, call.due.at)

    def _take_due(self) -> list[str]:
        due, self._due_now = sorted(self._due_now, key=_due_time), []
        return [call.key for call in due if self._waiting.get(call.key) == call]

    def _give_up(self, now: datetime) -> None:
        for key, call in list(self._waiting.items()):
            hindrance = self._hindrance(call, now)
            if hindrance is not None:
                del self._waiting[key]
                self._skipped(call, now, hindrance)

    def _hindrance(self, call: _Call, now: datetime) -> str | None:
        """Return why something that is due cannot begin now; of what is due later, why it will not be able to."""
        due_in_quiet = self.is_quiet(call.due.at.time())
        quiet_now = call.due.at <= now and self.is_quiet(now.time())
        if (quiet_now and not due_in_quiet) or (due_in_quiet and not call.is_reminder):
            return "the hours are quiet"
        if now - call.due.at > (GRACE if call.is_reminder else self._grace):
            return "it is too late"
        return None

    def _begun(self, call: _Call, now: datetime) -> bool:
        """Record that it begins; return whether that is news."""
        if call.number is not None:
            return self._reminders.end(call.number, "told")
        if call.snoozed:
            return self._accounts.end_snooze(call.due.name, "begun", now)
        if self._accounts.is_settled(call.due.name, call.due.at):
            return False
        return self._accounts.settle(call.due.name, call.due.at, "begun", now)

    def _skipped(self, call: _Call, now: datetime, why: str, *, for_the_day: bool = False) -> None:
        """Record that it does not come: at this time, or on this date at all."""
        _log.info("%s of %s is skipped at %s: %s", call.words, call.due.at, now, why)
        if call.number is not None:
            self._reminders.end(call.number, "dropped")
        elif call.snoozed:
            self._accounts.end_snooze(call.due.name, "skipped", now)
        else:
            self._accounts.settle(call.due.name, call.due.at, "skipped" if for_the_day else "missed", now)


def _due_time(call: _Call) -> datetime:
    return call.due.at


def _jumped(last: _Pass, this: _Pass) -> bool:
    """Return whether the wall's time moved otherwise than time itself; asleep or awake, time moves both alike."""
    return abs((this.wall - last.wall).total_seconds() - (this.boottime - last.boottime)) > _JUMP
