"""The couple's rituals and reminders: to look at, to change, and to play when they are due."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from voice.clock import Clock
from voice.rituals.due_times import shortened
from voice.rituals.history import RitualHistory
from voice.rituals.plan import NextDue, Plan
from voice.rituals.reminders import Reminders
from voice.rituals.scheduler import RitualScheduler
from voice.rituals.state import REMINDER, Due, Reminder, RitualState
from voice.settings.fields import days_in_words
from voice.settings.overrides import Overrides
from voice.storage.database import Database

__all__ = ["Rituals"]

_LATELY = timedelta(hours=1)  # the time after its beginning in which a ritual can be snoozed


class Rituals:
    """The rituals and reminders of a couple; each change survives a restart.

    When the database cannot be written, rituals go on and are remembered until the program ends; only changes of the
    settings raise `SystemFailure` then, and change nothing.

    Args:
        overrides: the settings, which another process may change.
        names: the rituals of the language; others are never due.
        database: where outcomes and reminders are stored.
        clock: the time; its `now` has to agree with `datetime.now`, which the `schedule` library reads.
    """

    def __init__(self, overrides: Overrides, names: Collection[str], database: Database, clock: Clock) -> None:
        self._overrides = overrides
        self._clock = clock
        self._history = RitualHistory(database)
        self._reminders = Reminders(database)
        self._scheduler = RitualScheduler(overrides, names, self._history, self._reminders, clock)

    def tick(self) -> list[str]:
        """Return the keys of newly due rituals and reminders, in order. Cheap enough to call with every tick."""
        return self._scheduler.tick()

    def begin(self, key: str) -> Due | None:
        """Begin a ritual or reminder by its key from `tick`: record it, and return it to be played.

        Returns:
            None if it is too late, in quiet hours, moved or done meanwhile, or not due at all.
        """
        return self._scheduler.begin(key)

    def states(self) -> list[RitualState]:
        """Return the state of each ritual of the language, in the order of the day."""
        states = (RitualState(name, one.at, one.days, one.enabled) for name, one in self._plan.rituals.items())
        return sorted(states, key=lambda state: state.at)

    def upcoming(self) -> list[Due]:
        """Return the next rituals and reminders, the soonest first."""
        now = self._clock.now()
        rituals = (self._plan.next(name, now) for name in self._plan.rituals)
        reminders = (Due(REMINDER, one.due, one.what, one.todo) for one in self.reminders())
        return sorted([*(ritual.due for ritual in rituals if ritual), *reminders], key=lambda due: due.at)

    def next_due(self, now: datetime) -> list[NextDue]:
        """Return when each ritual comes next and when it was last begun, in the order of the settings.

        Raises:
            SystemFailure: the history cannot be read.
        """
        coming = {name: self._plan.next(name, now) for name in self._plan.rituals}
        return [
            NextDue(name, setting, found.due.at if (found := coming[name]) else None, self._history.last_begun(name))
            for name, setting in self._plan.rituals.items()
        ]

    def set_time(self, name: str, at: time, days: frozenset[int] | None = None) -> None:
        """Move a ritual to another time, and switch it on.

        Args:
            name: the ritual.
            at: the time of day.
            days: its weekdays (0 is Monday), if they change too.

        Raises:
            SystemFailure: it cannot be saved.
        """
        self._history.end_move(name)
        values: dict[str, Any] = {f"{name}.at": f"{at:%H:%M}", f"{name}.enabled": True}
        self._change(values | ({f"{name}.days": days_in_words(days)} if days else {}))

    def turn(self, name: str, *, on: bool) -> bool:
        """Switch a ritual on or off; return False if it was so before.

        Raises:
            SystemFailure: it cannot be saved.
        """
        if self._plan.rituals[name].enabled == on:
            return False
        self._change({f"{name}.enabled": on})
        return True

    def move_once(self, name: str, until: datetime) -> None:
        """Let a ritual, on or off, come at `until` this once, instead of at its usual time of that day.

        Args:
            name: the ritual.
            until: local wall time; in quiet hours it comes all the same.
        """
        self._scheduler.move(name, until.replace(second=0, microsecond=0))

    def end_move(self, name: str) -> None:
        """Let a ritual that was moved this once come at its usual time."""
        self._history.end_move(name)

    def skip(self, name: str | None = None, day: date | None = None) -> str | None:
        """Skip a ritual on a day, or the next one of that day; return its name, or None if there is none left.

        Args:
            name: the ritual; None for the next one.
            day: today, if it is None, or a later day.
        """
        now = self._clock.now()
        if day is not None and day != now.date():
            return self._skip_on(day, name, now)
        names = self._plan.rituals if name is None else [name]
        coming = [found for each in names if (found := self._plan.next(each, now))]
        today = [occurrence for occurrence in coming if occurrence.due.at.date() <= now.date()]
        if not today:
            return None
        first = min(today, key=lambda occurrence: occurrence.due.at)
        self._scheduler.skip(first, "not wanted today")
        return first.due.name

    def _skip_on(self, day: date, name: str | None, now: datetime) -> str | None:
        names = self._plan.rituals if name is None else [name]
        found = [occurrence for each in names if (occurrence := self._plan.on(each, day, now))]
        if not found:
            return None
        first = min(found, key=lambda occurrence: occurrence.due.at)
        self._scheduler.skip(first, "not wanted that day")
        return first.due.name

    def snooze(self, minutes: int) -> datetime | None:
        """Let the ritual that was begun last come again in `minutes`.

        Returns:
            The new time; None if none was begun within the last hour, or it would be in quiet hours or past midnight.
        """
        now = self._clock.now()
        last = self._history.begun_lately(now, _LATELY)
        until = (now + timedelta(minutes=minutes)).replace(microsecond=0)
        if last is None or not self._plan.is_on(last[0]) or until.date() != now.date() or self.is_quiet(until.time()):
            return None
        self._scheduler.snooze(*last, until)
        return until

    def restore(self, state: RitualState, quiet: tuple[time, time] | None) -> None:
        """Put back the setting of a ritual and the quiet hours.

        Raises:
            SystemFailure: it cannot be saved.
        """
        at, days = f"{state.at:%H:%M}", days_in_words(state.days)
        values = {"at": at, "days": days, "enabled": state.enabled}
        hours = [f"{each:%H:%M}" for each in quiet or ()]
        self._change({f"{state.name}.{key}": value for key, value in values.items()} | {"quiet": hours})

    def reminders(self) -> Sequence[Reminder]:
        """Return the open reminders, the soonest first."""
        self._reminders.refresh()
        return self._reminders.all()

    def remind(self, at: datetime, what: str, todo: str | None = None) -> int:
        """Add a reminder; it may come an hour late, and in quiet hours if its time lies in them.

        Args:
            at: local wall time.
            what: the subject.
            todo: the subject in the couple's own words, if `what` alone does not tell.

        Returns:
            The reminder's number.
        """
        return self._reminders.add(at.replace(microsecond=0), what, todo)

    def cancel(self, number: int) -> bool:
        """Cancel a reminder; return False if it is no longer open."""
        return self._reminders.end(number, "dropped")

    def renew(self, reminder: Reminder) -> bool:
        """Open a cancelled reminder again; return False if its time is past."""
        return reminder.due > self._clock.now() and self._reminders.reopen(reminder)

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The start and the end of the quiet hours; None if there are none."""
        hours = self._plan.settings.quiet
        return (hours[0], hours[1]) if hours else None

    def is_quiet(self, at: time) -> bool:
        """Return whether a time of day lies within the quiet hours."""
        return self._plan.is_quiet(at)

    def make_room(self, at: time) -> tuple[time, time]:
        """Shorten the quiet hours so that `at` lies outside; return them, two equal times if nothing is left.

        Raises:
            SystemFailure: it cannot be saved.
        """
        left = shortened(self._plan.settings.quiet, at, self._plan.grace)
        self._change({"quiet": [f"{each:%H:%M}" for each in left] if left[0] != left[1] else []})
        return left

    @property
    def _plan(self) -> Plan:
        return self._scheduler.plan

    def _change(self, values: Mapping[str, Any]) -> None:
        """Change settings of the rituals, all or none."""
        self._overrides.change({f"rituals.{key}": value for key, value in values.items()}, self._clock.now())
        self._scheduler.reload()
