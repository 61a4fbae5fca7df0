"""From the slots of a sentence to the time it means, in any language.

How a language says times is told by its `language.yaml` (see `voice.languages.spoken_times`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

from voice.nlu.days import DAYS, GONE, NoSuchDayError, dates
from voice.nlu.time_slots import HALF_DAY, folded, is_minutes_to, is_timed

__all__ = ["DAYS", "NoSuchTimeError", "Reason", "When", "folded", "following", "is_minutes_to", "is_timed", "when"]

Reason: TypeAlias = Literal["no_such_hour", "no_such_day", "gone", "zero", "past", "too_far", "unsaid"]

_YEAR = timedelta(days=366)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_QUARTER = 15  # minutes
# "Tomorrow at six" is the evening: nobody means an hour before seven without saying so.
_WAKING = time(7)
# Until then "tonight" is still the night of the day before.
_NIGHT_ENDS = time(5)


@dataclass(frozen=True)
class _Part:
    """A part of the day: the time that "tomorrow afternoon" means, and the hours that it lasts."""

    usual: time
    begins: int
    ends: int


_PARTS = {
    "morning": _Part(time(9), 5, 12),
    "afternoon": _Part(time(15), 12, 18),
    "evening": _Part(time(19), 17, 24),
    "night": _Part(time(20), 18, 24),
}


class NoSuchTimeError(ValueError):
    """A time that cannot be planned for.

    Attributes:
        reason: "no_such_hour" ("twenty five o'clock"), "no_such_day" ("the thirtieth of February"),
            "gone" ("yesterday"), "zero" ("in zero minutes"), "past" (on the named day it is over),
            "too_far" (further than can be planned), "unsaid" (neither an hour nor a day).
        instead: for "past", the same time tomorrow.
    """

    def __init__(self, reason: Reason, instead: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.instead = instead


@dataclass(frozen=True)
class When:
    """A time that was understood.

    Attributes:
        at: the next such time, in local wall time.
        days: the weekdays that were named, 0 is Monday; None without any. "Today" and "next friday" name none.
        once: whether it is this one time: "tonight", "next friday", "in twenty minutes".
    """

    at: datetime
    days: frozenset[int] | None = None
    once: bool = False


def when(slots: Mapping[str, Any], now: datetime, near: time | None = None, furthest: timedelta = _YEAR) -> When:
    """Return the time that people mean by the slots of an intent.

    - `minutes` are counted from now.
    - An hour without a half of the day may be either. With `near`, the nearer of the two counts, and the later one if
      they are equally near. Without `near`, the next one counts: of today and tomorrow if no day was named, else of
      that day from seven in the morning on. Hour 0 and hours above 12 are those of a 24-hour clock; hour 24 is 0.
    - A minute without an hour ("at half past") is the next such minute.
    - A day without an hour is at `near`, else at the usual time of the named part of the day, else at nine in the
      morning. Of today that is later: in an hour, to the quarter, if the usual time is over.
    - A weekday is the next such day: today, if the time is still to come.
    - The small hours of a night, and midnight, belong to the day before: "tomorrow night at one" is the day after.

    Args:
        slots: the slots of the intent, folded.
        now: the local wall time.
        near: the usual time of a ritual; None for a reminder.
        furthest: how far ahead can be planned.

    Raises:
        NoSuchTimeError: there is no such time, or it cannot be planned for.
    """
    if "minutes" in slots:
        return When(_after(slots["minutes"], now, furthest), once=True)
    if "hour" not in slots and "minute" in slots:
        return When(_next_minute(slots["minute"], now), once=True)
    named = slots.get("day")
    if named == GONE:
        raise NoSuchTimeError("gone")
    try:
        days = dates(named, now.date(), night_before=now.time() < _NIGHT_ENDS and slots.get("part") == "night")
    except NoSuchDayError:
        raise NoSuchTimeError("no_such_day") from None
    planned = _planned(slots, days, now, near)
    at = next((at for at in planned if at > now), None)
    if at is None:
        raise NoSuchTimeError("past", datetime.combine(now.date() + _DAY, planned[-1].time()))
    if at - now > furthest:
        raise NoSuchTimeError("too_far")
    return When(at, DAYS.get(named or ""), once=named is not None and named not in DAYS)


def following(at: time, days: Iterable[int], now: datetime) -> datetime | None:
    """Return the next local time after `now` at `at` on one of `days` (0 is Monday); None without days."""
    wanted = frozenset(days)
    week = (now.date() + timedelta(days=number) for number in range(8))
    planned = (datetime.combine(day, at) for day in week if day.weekday() in wanted)
    return next((due for due in planned if due > now), None)


def _after(minutes: int, now: datetime, furthest: timedelta) -> datetime:
    if minutes == 0:
        raise NoSuchTimeError("zero")
    if minutes > furthest / timedelta(minutes=1):
        raise NoSuchTimeError("too_far")
    return now.replace(microsecond=0) + timedelta(minutes=minutes)


def _next_minute(minute: int, now: datetime) -> datetime:
    at = now.replace(minute=minute, second=0, microsecond=0)
    return at if at > now else at + _HOUR


def _planned(slots: Mapping[str, Any], days: Iterable[date], now: datetime, near: time | None) -> list[datetime]:
    """Return the times that may be meant on `days`, the earliest first."""
    named, part = slots.get("day"), slots.get("part")
    if "hour" not in slots:
        if named is None and part is None:
            raise NoSuchTimeError("unsaid")
        return [_usual(part, day, now, near, later_today=named == "today") for day in days]
    clocks = _clocks(slots, near)
    if len(clocks) > 1 and named not in {None, "today"}:
        clocks = [clock for clock in clocks if clock >= _WAKING]
    planned = [datetime.combine(day, clock) for day in days for clock in clocks]
    if part == "night":
        return [at + _DAY for at in planned]
    if named == "today" and len(clocks) > 1 and time(0, slots["minute"]) in clocks:
        planned.append(planned[0] + _DAY)
    return planned


def _usual(part: str | None, day: date, now: datetime, near: time | None, *, later_today: bool) -> datetime:
    """Return the usual time of a day without an hour, or a later one of today."""
    hours = _PARTS.get(part or "", _Part(time(9), 0, 24))
    usual = near if near is not None and hours.begins <= near.hour < hours.ends else hours.usual
    at = datetime.combine(day, usual)
    if day != now.date() or not later_today or near is not None or (part and at > now):
        return at
    end = datetime.combine(day, time()) + hours.ends * _HOUR
    if now >= end:
        return at
    later = now.replace(second=0, microsecond=0) + _HOUR
    later += timedelta(minutes=-later.minute % _QUARTER)
    return later if later < end else now.replace(microsecond=0) + (end - now) / 2


def _clocks(slots: Mapping[str, Any], near: time | None) -> list[time]:
    """Return the possible times of day, the earlier first."""
    hours = _hours(slots["hour"], slots.get("half"))
    if not hours or (slots["hour"] == 2 * HALF_DAY and slots["minute"]):
        raise NoSuchTimeError("no_such_hour")
    clocks = [time(hour, slots["minute"]) for hour in hours]
    return clocks if near is None else [min(reversed(clocks), key=lambda clock: _apart(clock, near))]


def _hours(hour: int, half: str | None) -> list[int]:
    """Return the possible hours of 24, the earlier first; none if there is no such hour."""
    if 1 <= hour <= HALF_DAY:
        both = [hour % HALF_DAY, hour % HALF_DAY + HALF_DAY]
        return both if half is None else [both[half == "pm"]]
    if hour == 2 * HALF_DAY:
        return [0]
    fits = half in {None, "am" if hour == 0 else "pm"}
    return [hour] if hour < 2 * HALF_DAY and fits else []


def _apart(one: time, other: time) -> int:
    """Return the minutes between two times of day, the short way round the clock."""
    minutes = abs((one.hour - other.hour) * 60 + one.minute - other.minute)
    return min(minutes, 24 * 60 - minutes)
