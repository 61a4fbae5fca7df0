"""Times as people say them: understood, and said back so that they would be understood again."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

from hassil.numbers import get_rbnf_engine

__all__ = [
    "DAYS",
    "NoSuchTimeError",
    "Reason",
    "When",
    "folded",
    "following",
    "listed",
    "spoken_days",
    "spoken_length",
    "spoken_moment",
    "spoken_time",
    "spoken_when",
    "typed",
    "when",
]

Reason: TypeAlias = Literal["no_such_hour", "zero", "past", "too_far", "unsaid"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS: Mapping[str, frozenset[int]] = {
    **{name: frozenset({number}) for number, name in enumerate(WEEKDAYS)},
    "weekdays": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
    "daily": frozenset(range(7)),
}
"""The days that each name stands for; 0 is Monday."""

_FURTHEST = timedelta(days=7)
_HALF_DAY = 12
# Before seven nobody wants to be spoken to "tomorrow at six", unless it was said that the morning is meant.
_WAKING = time(7)
# What "tomorrow evening" means, without an hour.
_USUAL = {"am": time(9), "pm": time(19)}
_NUMBER = r"\d|o'clock|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
_TYPED_MINUTES = re.compile(r"(?<=\d)[:.](?=\d\d(?!\d))")
_TYPED_HALF = re.compile(rf"({_NUMBER})\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
_NAMED = {time(0): "midnight", time(12): "noon"}
_HALVES = {15: "a quarter past", 30: "half past", 45: "a quarter to"}
_EITHER = "either"  # "a m" or "p m", as it is heard
_HALF_IN_WORDS = {"a": "in the morning", "p": "in the afternoon"}
_EVENING = 18
_FEW = 12  # minutes that are counted one by one when somebody says them
# What the lists of sentences/times.yaml fill, beside the slots of a time themselves.
_SAID = frozenset({"hours", "time_past", "time_before", "time_named", "time_part", "time_every"})


class NoSuchTimeError(ValueError):
    """What was said is no time that something could be planned for.

    Attributes:
        reason: "no_such_hour" ("twenty five o'clock"), "zero" ("in zero minutes"), "past" (on a day that was named, and
            it is over), "too_far" (more than seven days away), "unsaid" (neither an hour nor a day).
        instead: of what is past, the same time tomorrow.
    """

    def __init__(self, reason: Reason, instead: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.instead = instead


@dataclass(frozen=True)
class When:
    """A time as understood.

    Attributes:
        at: when it is next, in local wall time.
        days: the days of the week that were said, 0 is Monday; None if none were. "Tomorrow" is none of these.
    """

    at: datetime
    days: frozenset[int] | None = None


def typed(text: str) -> str:
    """Return a text with its times as the pack has them: "21:30" is "21 30", "10pm" "10 in the afternoon"."""
    return _TYPED_HALF.sub(_spelled_half, _TYPED_MINUTES.sub(" ", text))


def folded(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Fold what the lists of sentences/times.yaml put into slots into those of a time; all other slots stay.

    Args:
        slots: as hassil gives them: "a quarter to ten in the evening" is time_before 15, hour 10, time_part "evening".

    Returns:
        With `hour` (0 to 29, as said) and always `minute` beside it, `half` ("am" or "pm"), `day` (a name of `DAYS`,
        "today" or "tomorrow") and `minutes` (from now), each if it was said: hour 9, minute 45, half "pm".
    """
    if "hour" not in slots and _SAID.isdisjoint(slots):
        return dict(slots)
    others = {name: value for name, value in slots.items() if name not in _SAID}
    return others | _length(slots) | _clock(slots) | ({"day": "daily"} if "time_every" in slots else {})


def when(slots: Mapping[str, Any], now: datetime, near: time | None = None) -> When:
    """Return the time that an intent's slots tell, as people mean it.

    - `minutes` are counted from now.
    - An hour without a half of the day is both; with `near`, of the two the one nearer to it, and the later if both are
      equally near. Without `near`, the next to come: of today and tomorrow if no day was said, of that day from seven
      in the morning on if one was. Hours of 0, and above 12, are those of a clock of 24; hour 24 is 0.
    - A day without an hour is `near`, else nine in the morning, or seven "in the evening".
    - A day of the week is the next such day, today if the time is still to come.
    - Midnight of today is the one to come.

    Args:
        slots: of the intent, folded.
        now: the local wall time.
        near: of a ritual, its usual time; None for what comes once.

    Raises:
        NoSuchTimeError: there is no such time, or none that could be planned for: why.
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
    """Return the next local time after `now` that is `at` on one of `days` (0 is Monday); None if there are no days."""
    wanted = frozenset(days)
    planned = (datetime.combine(day, at) for day in _week(now.date()) if day.weekday() in wanted)
    return next((due for due in planned if due > now), None)


def spoken_time(at: time) -> str:
    """Say a time of day: "half past nine in the evening", "ten past seven in the morning", "noon"."""
    if at in _NAMED:
        return _NAMED[at]
    return f"{_spoken_clock(at.hour, at.minute)} {_spoken_part(at.hour)}"


def spoken_when(at: datetime, now: datetime) -> str:
    """Say how long it is to `at`, within the hour and if people count so: "in twenty minutes"; else `spoken_moment`."""
    minutes = round((at - now) / timedelta(minutes=1))
    if minutes <= 0 or minutes > 60 or (minutes > _FEW and minutes % 5):  # noqa: PLR2004 - an hour, and how people count
        return spoken_moment(at, now)
    return f"in {spoken_length(minutes)}"


def spoken_moment(at: datetime, now: datetime) -> str:
    """Say day and time: "at half past nine in the evening", "tomorrow at noon", "on Saturday at six in the evening"."""
    days = (at.date() - now.date()).days
    day = {0: "", 1: "tomorrow "}.get(days, f"on {WEEKDAYS[at.weekday()].title()} ")
    return f"{day}at {spoken_time(at.time())}"


def spoken_length(minutes: int) -> str:
    """Say a length of time, which is more than nothing: "twenty minutes", "half an hour", "an hour and a half"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return {1: "a minute", 30: "half an hour"}.get(rest, f"{_number(rest)} minutes")
    if hours == 1:
        return {0: "an hour", 30: "an hour and a half"}.get(rest, f"an hour and {spoken_length(rest or 1)}")
    if rest == 30:  # noqa: PLR2004 - half of sixty
        return f"{_number(hours)} and a half hours"
    return f"{_number(hours)} hours" + (f" and {spoken_length(rest)}" if rest else "")


def spoken_days(days: frozenset[int]) -> str:
    """Say on which days, of which there is at least one: "every day", "on weekdays", "on Friday and Saturday"."""
    if days == DAYS["daily"]:
        return "every day"
    if days in {DAYS["weekdays"], DAYS["weekends"]}:
        return "on weekdays" if days == DAYS["weekdays"] else "on weekends"
    return f"on {listed([WEEKDAYS[day].title() for day in sorted(days)])}"


def listed(items: Sequence[str]) -> str:
    """Say some things, at least one, one after the other: "Monday, Tuesday and Friday"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _spoken_clock(hour: int, minute: int) -> str:
    if minute in _HALVES:
        return f"{_HALVES[minute]} {_number((hour + (minute > 30) - 1) % _HALF_DAY + 1)}"  # noqa: PLR2004 - past the half
    said = _number((hour - 1) % _HALF_DAY + 1)
    if minute == 0:
        return said
    return f"{said} oh {_number(minute)}" if minute < 10 else f"{said} {_number(minute)}"  # noqa: PLR2004 - one digit


def _spoken_part(hour: int) -> str:
    """Return the part of the day that people place an hour in."""
    if hour == 0:
        return "at night"
    if hour < _HALF_DAY:
        return "in the morning"
    return "in the afternoon" if hour < _EVENING else "in the evening"


def _number(number: int) -> str:
    """Return a number in words, as the lists of numbers in the sentences have them."""
    words: str = get_rbnf_engine("en").format_number(number).text_by_ruleset["spellout-cardinal"]
    return words.replace("-", " ")


def _spelled_half(found: re.Match[str]) -> str:
    return f"{found[1]} {_HALF_IN_WORDS[found[2].lower()]}"


def _length(slots: Mapping[str, Any]) -> dict[str, int]:
    if "hours" not in slots:
        return {}
    return {"minutes": 60 * slots["hours"] + slots.get("minutes", 0)}


def _clock(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Fold the hour, the minute and the half of the day."""
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
    """Return the half of the day: the night, and the evening at twelve, reach into the next one."""
    small = {"night": {_HALF_DAY, *range(6)}, "evening": {_HALF_DAY}}.get(part, set())
    return "am" if part == "morning" or hour in small else "pm"


def _after(minutes: int, now: datetime) -> datetime:
    if minutes == 0:
        raise NoSuchTimeError("zero")
    if minutes > _FURTHEST / timedelta(minutes=1):
        raise NoSuchTimeError("too_far")
    return now.replace(microsecond=0) + timedelta(minutes=minutes)


def _clocks(slots: Mapping[str, Any], near: time | None) -> list[time]:
    """Return the times of day that may be meant."""
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
    """Return the hours of 24 that an hour may be, the earlier first; none if there is no such hour."""
    if 1 <= hour <= _HALF_DAY:
        both = [hour % _HALF_DAY, hour % _HALF_DAY + _HALF_DAY]
        return both if half is None else [both[half == "pm"]]
    if hour == 2 * _HALF_DAY:
        return [0]
    fits = half in {None, "am" if hour == 0 else "pm"}
    return [hour] if hour < 2 * _HALF_DAY and fits else []


def _apart(one: time, other: time) -> int:
    """Return how many minutes lie between two times of day, the short way round."""
    minutes = abs((one.hour - other.hour) * 60 + one.minute - other.minute)
    return min(minutes, 24 * 60 - minutes)


def _dates(named: str | None, today: date) -> list[date]:
    """Return the dates that a day may be, the earliest first."""
    week = list(_week(today))
    if named is None:
        return week[:2]
    if named in DAYS:
        return [day for day in week if day.weekday() in DAYS[named]]
    return [week[("today", "tomorrow").index(named)]]


def _week(today: date) -> Iterable[date]:
    """Yield today and the seven days that follow."""
    return (today + timedelta(days=number) for number in range(8))
