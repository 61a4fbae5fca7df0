"""The plan: which rituals are on, when each comes next, and why one cannot begin."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from voice.rituals.due_times import coming, is_within
from voice.rituals.history import RitualHistory
from voice.rituals.reminders import GRACE
from voice.rituals.state import Due, Occurrence
from voice.settings.rituals import RitualSetting, RitualsSetting

__all__ = ["NextDue", "Plan"]


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
        if not self.is_on(name):
            return None
        if name in self.history.snoozed:
            return Occurrence(Due(name, self.history.snoozed[name].until), snoozed=True)
        dues = coming(self.rituals[name], now, self.grace)
        occurrences = (Occurrence(Due(name, due)) for due in dues)
        return next((one for one in occurrences if self.is_open(one) and not self.reason_to_skip(one, now)), None)

    def reason_to_skip(self, occurrence: Occurrence, now: datetime) -> str | None:
        """Return why something due cannot begin now, or at its time if that is still to come; None if it can."""
        due = occurrence.due.at
        due_in_quiet = self.is_quiet(due.time())
        quiet_now = due <= now and self.is_quiet(now.time())
        if (quiet_now and not due_in_quiet) or (due_in_quiet and not occurrence.is_reminder):
            return "quiet hours"
        if now - due > (GRACE if occurrence.is_reminder else self.grace):
            return "too late"
        return None
