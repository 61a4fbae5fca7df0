"""The scheduler: decides when rituals and reminders are due, across restarts, suspends and clock changes."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import schedule

from voice.clock import Clock
from voice.errors import SystemFailure
from voice.rituals.due_times import latest
from voice.rituals.history import RitualHistory
from voice.rituals.plan import Plan
from voice.rituals.reminders import Reminders
from voice.rituals.state import REMINDER, Due, Occurrence
from voice.settings.overrides import Overrides
from voice.settings.rituals import RitualSetting

__all__ = ["RitualScheduler"]

_log = logging.getLogger(__name__)

_BETWEEN_PASSES = 1.0  # seconds; a ritual need not be more punctual
_JUMP = 60.0  # seconds that wall time may drift from the time since boot before that counts as a jump
_THIS_MINUTE = timedelta(minutes=1)  # a time of day stands for a whole minute


@dataclass(frozen=True)
class _Pass:
    """The wall time and the seconds since boot of one look at the clock."""

    wall: datetime
    boottime: float


class RitualScheduler:
    """Decides when rituals and reminders are due, and records the outcome of each.

    A ritual or reminder from `tick` waits until `begin` returns it, and is skipped once it is later than its grace.

    Args:
        overrides: the settings, which another process may change.
        names: the rituals of the language; others are never due.
        history: the outcomes of rituals.
        reminders: the open reminders.
        clock: the time; its `now` has to agree with `datetime.now`, which the `schedule` library reads.
    """

    def __init__(
        self,
        overrides: Overrides,
        names: Collection[str],
        history: RitualHistory,
        reminders: Reminders,
        clock: Clock,
    ) -> None:
        self._overrides = overrides
        self._names = names
        self._history = history
        self._reminders = reminders
        self._clock = clock
        self._plan = Plan(overrides.settings.rituals, names, history)
        self._jobs = schedule.Scheduler()
        self._waiting: dict[str, Occurrence] = {}  # due, but not begun
        self._newly_due: list[Occurrence] = []
        self._refresh_failed = False
        self._last_pass: _Pass | None = None
        self._next_pass = clock.monotonic()
        self._set_jobs()

    @property
    def plan(self) -> Plan:
        """The rituals by their current settings."""
        return self._plan

    def tick(self) -> list[str]:
        """Return the keys of newly due rituals and reminders, in order. Cheap enough to call with every tick."""
        monotonic = self._clock.monotonic()
        if monotonic < self._next_pass:
            return []
        self._next_pass = monotonic + _BETWEEN_PASSES
        self._refresh()
        this_pass = _Pass(self._clock.now(), self._clock.boottime())
        last_pass, self._last_pass = self._last_pass, this_pass
        if last_pass is None:
            self._catch_up(this_pass.wall, since=this_pass.wall)
        elif _jumped(last_pass, this_pass):
            _log.info("the clock jumped from %s to %s", last_pass.wall, this_pass.wall)
            self._set_jobs()
            self._catch_up(this_pass.wall, since=last_pass.wall)
        self._skip_what_waited_too_long(this_pass.wall)
        self._jobs.run_pending()
        self._consider_snoozed_and_reminders(this_pass.wall)
        return self._take_newly_due()

    def begin(self, key: str) -> Due | None:
        """Begin a ritual or reminder by its key from `tick`: record it, and return it to be played.

        Returns:
            None if it is too late, in quiet hours, moved or done meanwhile, or not due at all.
        """
        now = self._clock.now()
        self._skip_what_waited_too_long(now)
        occurrence = self._waiting.pop(key, None)
        if occurrence is None or not self._record_begun(occurrence, now):
            return None
        _log.info("%s of %s begins at %s", occurrence.label, occurrence.due.at, now)
        return occurrence.due

    def skip(self, occurrence: Occurrence, reason: str) -> None:
        """Skip a ritual for the whole date."""
        self._waiting.pop(occurrence.key, None)
        self._record_skipped(occurrence, self._clock.now(), reason, whole_date=True)

    def snooze(self, name: str, day: date, until: datetime) -> None:
        """Let a ritual that was begun on `day` come again at the local wall time `until`."""
        self._waiting.pop(name, None)
        self._history.snooze(name, day, until)
        _log.info("the %s ritual of %s was snoozed until %s", name, day, until)

    def move(self, name: str, until: datetime) -> None:
        """Let a ritual come at the local wall time `until`, this once, instead of at its usual time."""
        now = self._clock.now()
        self._waiting.pop(name, None)
        self._history.end_move(name)
        self._history.move(name, self._plan.nearest(name, until, now), until, now)
        _log.info("the %s ritual was moved to %s", name, until)

    def reload(self) -> None:
        """Follow changed settings.

        A ritual that is moved to a later time of today comes today, unless it was begun or skipped by name today; one
        that is moved to an earlier time does not.
        """
        before, now = self._plan, self._clock.now()
        self._plan = Plan(self._overrides.settings.rituals, self._names, self._history)
        self._set_jobs()
        for name, setting in self._plan.rituals.items():
            if setting != before.rituals[name]:
                self._move(name, setting, now)
            elif setting.enabled:  # the job that was removed may have been due since the last pass
                self._consider(name, now, since=self._last_pass.wall if self._last_pass else now)

    def _refresh(self) -> None:
        """Follow settings that were changed elsewhere."""
        try:
            self._overrides.refresh()
            self._reminders.refresh()
            self._refresh_failed = False
        except SystemFailure as error:
            if not self._refresh_failed:
                _log.warning("changes by other programs are not noticed until this is fixed: %s", error)
            self._refresh_failed = True
        if self._overrides.settings.rituals != self._plan.settings:
            self.reload()

    def _move(self, name: str, setting: RitualSetting, now: datetime) -> None:
        """Adapt today's ritual to a changed setting."""
        waiting = self._waiting.get(name)
        if not setting.enabled:
            self._waiting.pop(name, None)
            if name in self._history.snoozed:
                self._history.end_snooze(name, "skipped", now)
            return
        occurrence = Occurrence(Due(name, latest(setting.at, now)))
        due = occurrence.due.at
        if waiting == occurrence and due.weekday() in setting.days:
            return
        if waiting is not None and not waiting.snoozed:
            del self._waiting[name]
        if now - due < _THIS_MINUTE:
            self._consider(name, now, since=now)
        elif (due.date() == now.date() or now - due <= self._plan.grace) and self._plan.is_open(occurrence):
            self._record_skipped(occurrence, now, "the new time is already past")

    def _set_jobs(self) -> None:
        """Create the jobs anew: each holds the date of its next run, which is wrong after a jump of the clock."""
        self._jobs.clear()
        for name, setting in self._plan.rituals.items():
            if setting.enabled:
                self._jobs.every().day.at(f"{setting.at:%H:%M}").do(self._on_time, name)

    def _on_time(self, name: str) -> None:
        now = self._clock.now()
        self._consider(name, now, since=now - timedelta(days=1))  # a job from before a suspend runs late

    def _catch_up(self, now: datetime, since: datetime) -> None:
        """Consider the times that no job runs for: before the start, or jumped over after `since`."""
        for key, occurrence in list(self._waiting.items()):
            if occurrence.due.at > now:  # the clock went back: it comes again
                del self._waiting[key]
        for name in self._plan.rituals:
            if self._plan.is_on(name):
                self._consider(name, now, since)

    def _consider(self, name: str, now: datetime, since: datetime) -> None:
        """Let a ritual wait if it is due; record it as skipped if that is too late and was due after `since`."""
        occurrence = Occurrence(Due(name, latest(self._plan.rituals[name].at, now)))
        if self._waiting.get(name) == occurrence or not self._plan.is_open(occurrence):
            return
        reason = self._plan.reason_to_skip(occurrence, now)
        if reason is None:
            self._wait(occurrence)
        elif occurrence.due.at > since:
            self._record_skipped(occurrence, now, reason)

    def _consider_snoozed_and_reminders(self, now: datetime) -> None:
        snoozed = [Occurrence(Due(name, one.until), snoozed=True) for name, one in self._history.snoozed.items()]
        reminders = [
            Occurrence(Due(REMINDER, one.due, one.what, one.todo), number=one.number) for one in self._reminders.all()
        ]
        for occurrence in [*snoozed, *reminders]:
            if occurrence.due.at <= now and occurrence.key not in self._waiting:
                reason = self._plan.reason_to_skip(occurrence, now)
                if reason is None:
                    self._wait(occurrence)
                else:
                    self._record_skipped(occurrence, now, reason)

    def _wait(self, occurrence: Occurrence) -> None:
        self._waiting[occurrence.key] = occurrence
        self._newly_due.append(occurrence)
        _log.info("%s of %s is due", occurrence.label, occurrence.due.at)

    def _take_newly_due(self) -> list[str]:
        due, self._newly_due = sorted(self._newly_due, key=lambda occurrence: occurrence.due.at), []
        return [occurrence.key for occurrence in due if self._waiting.get(occurrence.key) == occurrence]

    def _skip_what_waited_too_long(self, now: datetime) -> None:
        for key, occurrence in list(self._waiting.items()):
            reason = self._plan.reason_to_skip(occurrence, now)
            if reason is not None:
                del self._waiting[key]
                self._record_skipped(occurrence, now, reason)

    def _record_begun(self, occurrence: Occurrence, now: datetime) -> bool:
        """Record a beginning; return False if it was recorded before."""
        due = occurrence.due
        if occurrence.number is not None:
            return self._reminders.end(occurrence.number, "told")
        if occurrence.snoozed:
            return self._history.end_snooze(due.name, "begun", now)
        if self._history.is_over(due.name, due.at):
            return False
        return self._history.record(due.name, due.at, "begun", now)

    def _record_skipped(self, occurrence: Occurrence, now: datetime, reason: str, *, whole_date: bool = False) -> None:
        """Record a skip, of this time or of the whole date."""
        due = occurrence.due
        _log.info("%s of %s is skipped at %s: %s", occurrence.label, due.at, now, reason)
        if occurrence.number is not None:
            self._reminders.end(occurrence.number, "dropped")
        elif occurrence.snoozed:
            self._history.end_snooze(due.name, "skipped", now)
        else:
            self._history.record(due.name, due.at, "skipped" if whole_date else "missed", now)


def _jumped(last: _Pass, this: _Pass) -> bool:
    """Return whether the wall clock was set; time that passes, also asleep, moves both clocks alike."""
    return abs((this.wall - last.wall).total_seconds() - (this.boottime - last.boottime)) > _JUMP
