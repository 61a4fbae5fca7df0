"""The plan: which rituals are on, when each comes next, and why one cannot begin."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from voice.rituals.due_times import coming, is_within
from voice.rituals.history import RitualHistory
from voice.rituals.reminders import GRACE
from voice.rituals.state import Due, Occurrence
from voice.settings.rituals import RitualSetting, RitualsSetting

__all__ = ["NextDue", "Plan"]

_HALF_DAY = timedelta(hours=12)


@dataclass(frozen=True)
class NextDue:
    """A ritual's next time and its last one.

    Attributes:
        name: the ritual.
        setting: its setting.
        due: its next local wall time, which is just past while it waits; None if it will not come.
        last: the local wall time at which it was last begun; None if it never was.
    """

    name: str
    setting: RitualSetting
    due: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Plan:
    """The rituals by their current settings.

    Attributes:
        settings: times, days, grace and quiet hours.
        names: the rituals of the language; others are never due.
        history: the outcomes of rituals.
    """

    settings: RitualsSetting
    names: Collection[str]
    history: RitualHistory

    @property
    def rituals(self) -> Mapping[str, RitualSetting]:
        """The settings of the language's rituals by name, in the order of the settings."""
        return {name: setting for name, setting in self.settings.by_name().items() if name in self.names}

    @property
    def grace(self) -> timedelta:
        """How late a ritual may begin."""
        return timedelta(minutes=self.settings.grace)

    def is_on(self, name: str) -> bool:
        """Return whether a ritual is on."""
        setting = self.rituals.get(name)
        return setting is not None and setting.enabled

    def is_quiet(self, at: time) -> bool:
        """Return whether a time of day lies within the quiet hours."""
        return is_within(self.settings.quiet, at)

    def is_open(self, occurrence: Occurrence) -> bool:
        """Return whether a ritual is due on that weekday, and was neither begun nor skipped."""
        name, at = occurrence.due.name, occurrence.due.at
        return at.weekday() in self.rituals[name].days and not self.history.is_over(name, at)

    def next(self, name: str, now: datetime) -> Occurrence | None:
        """Return when a ritual comes next, or None if it never does."""
        found = [self._again(name), self._usual(name, now)]
        return min(filter(None, found), key=lambda occurrence: occurrence.due.at, default=None)

    def on(self, name: str, day: date, now: datetime) -> Occurrence | None:
        """Return when a ritual comes on a day from today on, or None if it does not."""
        again = self._again(name)
        if again is not None and again.due.at.date() == day:
            return again
        if not self.is_on(name):
            return None
        occurrence = Occurrence(Due(name, datetime.combine(day, self.rituals[name].at)))
        return occurrence if self.is_open(occurrence) and not self.reason_to_skip(occurrence, now) else None

    def nearest(self, name: str, until: datetime, now: datetime) -> datetime:
        """Return the due time that a ritual is moved from if it is moved to `until` this once.

        That is the one of the same day or night, else the next one if it comes once a week. A time of `until`'s date
        if there is neither.
        """
        setting = self.rituals[name]
        dues = [due for due in coming(setting, until - _HALF_DAY, timedelta()) if due - until <= _HALF_DAY]
        if not dues and len(setting.days) == 1:
            dues = list(coming(setting, now, timedelta()))[:1]
        usual = datetime.combine(until.date(), setting.at)
        return min(dues, key=lambda due: abs(due - until), default=usual)

    def _again(self, name: str) -> Occurrence | None:
        """Return when a ritual comes that was snoozed, or moved this once."""
        snoozed = self.history.snoozed.get(name)
        return Occurrence(Due(name, snoozed.until), snoozed=True) if snoozed and name in self.rituals else None

    def _usual(self, name: str, now: datetime) -> Occurrence | None:
        """Return when a ritual comes next by its setting."""
        if not self.is_on(name):
            return None
        dues = coming(self.rituals[name], now, self.grace)
        occurrences = (Occurrence(Due(name, due)) for due in dues)
        return next((one for one in occurrences if self.is_open(one) and not self.reason_to_skip(one, now)), None)

    def reason_to_skip(self, occurrence: Occurrence, now: datetime) -> str | None:
        """Return why something due cannot begin now, or at its time if that is still to come; None if it can."""
        due = occurrence.due.at
        due_in_quiet = self.is_quiet(due.time())
        quiet_now = due <= now and self.is_quiet(now.time())
        named = occurrence.is_reminder or occurrence.snoozed  # somebody asked for this very time
        if (quiet_now and not due_in_quiet) or (due_in_quiet and not named):
            return "quiet hours"
        if now - due > (GRACE if occurrence.is_reminder else self.grace):
            return "too late"
        return None
