"""From the slots of a sentence to the time it means, in any language.

How a language says times is told by its `language.yaml` (see `voice.languages.spoken_times`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

__all__ = ["DAYS", "NoSuchTimeError", "Reason", "When", "folded", "following", "when"]

Reason: TypeAlias = Literal["no_such_hour", "zero", "past", "too_far", "unsaid"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS: Mapping[str, frozenset[int]] = {
    **{name: frozenset({number}) for number, name in enumerate(_WEEKDAYS)},
    "weekdays": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
    "daily": frozenset(range(7)),
}
"""The weekdays of each value of the slot `day`; 0 is Monday."""

_FURTHEST = timedelta(days=7)
_HALF_DAY = 12
# "Tomorrow at six" is the evening: nobody means an hour before seven without saying so.
_WAKING = time(7)
# The hours of "tomorrow morning" and "tomorrow evening".
_USUAL = {"am": time(9), "pm": time(19)}
_EITHER = "either"  # "a m" or "p m": the recogniser cannot tell which
# Slots of sentences/times.yaml that are folded into `hour`, `minute`, `half`, `day` and `minutes`.
_SAID = frozenset({"hours", "time_past", "time_before", "time_named", "time_part", "time_every"})


class NoSuchTimeError(ValueError):
    """A time that cannot be planned for.

    Attributes:
        reason: "no_such_hour" ("twenty five o'clock"), "zero" ("in zero minutes"), "past" (on the named day it is
            over), "too_far" (more than seven days away), "unsaid" (neither an hour nor a day).
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
        days: the weekdays that were named, 0 is Monday; None without any. "Today" and "tomorrow" name none.
    """

    at: datetime
    days: frozenset[int] | None = None


def folded(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return slots with the many forms of a time folded into a few; all other slots stay.

    Args:
        slots: as sentences/times.yaml fills them: "a quarter to ten in the evening" is time_before 15, hour 10,
            time_part "evening".

    Returns:
        `hour` (0 to 29, as said) with `minute`, `half` ("am" or "pm"), `day` (a key of `DAYS`, "today" or "tomorrow")
        and `minutes` (from now), each only if it was said: hour 9, minute 45, half "pm".
    """
    if "hour" not in slots and _SAID.isdisjoint(slots):
        return dict(slots)
    others = {name: value for name, value in slots.items() if name not in _SAID}
    return others | _length(slots) | _clock(slots) | ({"day": "daily"} if "time_every" in slots else {})


def when(slots: Mapping[str, Any], now: datetime, near: time | None = None) -> When:
    """Return the time that people mean by the slots of an intent.

    - `minutes` are counted from now.
    - An hour without a half of the day may be either. With `near`, the nearer of the two counts, and the later one if
      they are equally near. Without `near`, the next one counts: of today and tomorrow if no day was named, else of
      that day from seven in the morning on. Hour 0 and hours above 12 are those of a 24-hour clock; hour 24 is 0.
    - A day without an hour is at `near`, else at nine in the morning, or at seven "in the evening".
    - A weekday is the next such day: today, if the time is still to come.
    - Midnight of today is the coming midnight.

    Args:
        slots: the slots of the intent, folded.
        now: the local wall time.
        near: the usual time of a ritual; None for a reminder.

    Raises:
        NoSuchTimeError: there is no such time, or it cannot be planned for.
    """
    if "minutes" in slots:
        return When(_after(slots["minutes"], now))
    clocks = _clocks(slots, near)
    named = slots.get("day")
    if named == "today" and clocks == [time(0)]:
        named = None
    days = DAYS.get(named or "")
    far = named not in {None, "today"}
    times = [clock for clock in clocks if clock >= _WAKING or not far] if len(clocks) > 1 else clocks
    planned = [datetime.combine(day, clock) for day in _dates(named, now.date()) for clock in sorted(times)]
    at = next((at for at in planned if at > now), None)
    if at is None:
        raise NoSuchTimeError("past", datetime.combine(now.date() + timedelta(days=1), times[-1]))
    return When(at, days)


def following(at: time, days: Iterable[int], now: datetime) -> datetime | None:
    """Return the next local time after `now` at `at` on one of `days` (0 is Monday); None without days."""
    wanted = frozenset(days)
    planned = (datetime.combine(day, at) for day in _week(now.date()) if day.weekday() in wanted)
    return next((due for due in planned if due > now), None)


def _length(slots: Mapping[str, Any]) -> dict[str, int]:
    if "hours" not in slots:
        return {}
    return {"minutes": 60 * slots["hours"] + slots.get("minutes", 0)}


def _clock(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hour, the minute and the half of the day."""
    part = slots.get("time_part") or slots.get("time_every")
    if part == _EITHER:
        part = None
    named = slots.get("time_named")
    if named is None and "hour" not in slots:
        return {"half": _half(part, None)} if part else {}
    hour = slots.get("hour", _HALF_DAY)
    minute = slots.get("minute", 0) + slots.get("time_past", 0)
    before = "time_before" in slots
    if before:
        hour, minute = (hour - 1 or _HALF_DAY), 60 - slots["time_before"]
    if named is not None:
        return {"hour": hour, "minute": minute, "half": "am" if (named == "midnight") != before else "pm"}
    return {"hour": hour, "minute": minute} | ({"half": _half(part, hour)} if part else {})


def _half(part: str, hour: int | None) -> Literal["am", "pm"]:
    """Return the half of the day; night, and twelve in the evening, reach into the next day."""
    small = {"night": {_HALF_DAY, *range(6)}, "evening": {_HALF_DAY}}.get(part, set())
    return "am" if part == "morning" or hour in small else "pm"


def _after(minutes: int, now: datetime) -> datetime:
    if minutes == 0:
        raise NoSuchTimeError("zero")
    if minutes > _FURTHEST / timedelta(minutes=1):
        raise NoSuchTimeError("too_far")
    return now.replace(microsecond=0) + timedelta(minutes=minutes)


def _clocks(slots: Mapping[str, Any], near: time | None) -> list[time]:
    """Return the possible times of day."""
    half = slots.get("half")
    if "hour" not in slots:
        if half is None and "day" not in slots:
            raise NoSuchTimeError("unsaid")
        return [_USUAL[half] if half else near or _USUAL["am"]]
    hours = _hours(slots["hour"], half)
    if not hours or (slots["hour"] == 2 * _HALF_DAY and slots["minute"]):
        raise NoSuchTimeError("no_such_hour")
    clocks = [time(hour, slots["minute"]) for hour in hours]
    return clocks if near is None else [min(reversed(clocks), key=lambda clock: _apart(clock, near))]


def _hours(hour: int, half: str | None) -> list[int]:
    """Return the possible hours of 24, the earlier first; none if there is no such hour."""
    if 1 <= hour <= _HALF_DAY:
        both = [hour % _HALF_DAY, hour % _HALF_DAY + _HALF_DAY]
        return both if half is None else [both[half == "pm"]]
    if hour == 2 * _HALF_DAY:
        return [0]
    fits = half in {None, "am" if hour == 0 else "pm"}
    return [hour] if hour < 2 * _HALF_DAY and fits else []


def _apart(one: time, other: time) -> int:
    """Return the minutes between two times of day, the short way round the clock."""
    minutes = abs((one.hour - other.hour) * 60 + one.minute - other.minute)
    return min(minutes, 24 * 60 - minutes)


def _dates(named: str | None, today: date) -> list[date]:
    """Return the possible dates of a day, the earliest first."""
    week = list(_week(today))
    if named is None:
        return week[:2]
    if named in DAYS:
        return [day for day in week if day.weekday() in DAYS[named]]
    return [week[("today", "tomorrow").index(named)]]


def _week(today: date) -> Iterable[date]:
    """Yield today and the next seven days."""
    return (today + timedelta(days=number) for number in range(8))
