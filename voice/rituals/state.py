"""The state of rituals and reminders: their settings and due times."""

from dataclasses import dataclass
from datetime import datetime, time

__all__ = ["REMINDER", "Due", "Occurrence", "Reminder", "RitualState"]

REMINDER = "reminder"
"""The name under which reminders are due, and of the moment that plays them."""


@dataclass(frozen=True)
class RitualState:
    """A ritual's current setting: its time, its days (0 is Monday), and whether it is on."""

    name: str
    at: time
    days: frozenset[int]
    enabled: bool


@dataclass(frozen=True)
class Reminder:
    """A reminder.

    Attributes:
        number: its number.
        due: the local wall time it is due.
        what: its subject: one that the pack knows; or "do", "about" or "that", and `todo` has it; or "timer".
        todo: the subject in the couple's own words ("call my mother"); the minutes of a timer.
    """

    number: int
    due: datetime
    what: str
    todo: str | None = None


@dataclass(frozen=True)
class Due:
    """A ritual or a reminder that is due, and when.

    Attributes:
        name: the ritual, or `REMINDER`.
        at: local wall time.
        what: the reminder's subject; None for a ritual.
        todo: the subject in the couple's own words, if `what` is "do", "about", "that" or "timer".
    """

    name: str
    at: datetime
    what: str | None = None
    todo: str | None = None


@dataclass(frozen=True)
class Occurrence:
    """One time at which a ritual, a snoozed ritual or a reminder is due.

    Attributes:
        due: the ritual or reminder, with its time.
        snoozed: whether it is a ritual that was snoozed.
        number: the reminder's number; None for a ritual.
    """

    due: Due
    snoozed: bool = False
    number: int | None = None

    @property
    def key(self) -> str:
        """Its key while it waits."""
        return self.due.name if self.number is None else f"{REMINDER} {self.number}"

    @property
    def is_reminder(self) -> bool:
        """Whether it is a reminder."""
        return self.number is not None

    @property
    def label(self) -> str:
        """Its name in the log, without a reminder's subject."""
        return self.key if self.is_reminder else f"the {self.key} ritual"
