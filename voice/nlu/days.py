"""The days that people name, and the dates that they mean."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import permutations

__all__ = ["DAYS", "GONE", "NoSuchDayError", "dates"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS: Mapping[str, frozenset[int]] = {
    **{name: frozenset({number}) for number, name in enumerate(_WEEKDAYS)},
    "weekdays": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
    "daily": frozenset(range(7)),
    **{
        ",".join(names): frozenset(map(_WEEKDAYS.index, names))
        for several in (2, 3)
        for names in permutations(_WEEKDAYS, several)
    },
}
"""The weekdays of each value of the slot `day` that names any ("monday,friday"); 0 is Monday."""

GONE = "yesterday"
"""The value of a day that is over."""
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_SATURDAY = 5
# Up to then a day of the month, or of February, comes again.
_MONTHS = 13
_YEARS = 9


class NoSuchDayError(ValueError):
    """A date that no calendar has, the thirtieth of February, or that is over."""


def dates(named: str | None, today: date, *, night_before: bool = False) -> list[date]:
    """Return the dates that the name of a day may mean, the earliest first.

    Args:
        named: None (today or tomorrow), a key of `DAYS` (those of the next seven days, today included), "today",
            "tomorrow", "+2" (days from today), "this_friday" (the coming one), "next_friday" (of next week),
            "friday+7" (a week after the coming one), "this_weekend", "next_weekend", "--05-03" (the third of May) or
            "---03" (the third of a month).
        today: the local date.
        night_before: whether "today" may still be the night of yesterday.

    Raises:
        NoSuchDayError: there is no such date.
    """
    if named is None:
        return [today, today + _DAY]
    if named == GONE:
        raise NoSuchDayError(named)
    if named.startswith("--"):
        return _dated(named, today)
    base, _, added = named.partition("+")
    later = int(added or 0) * _DAY
    if base in {"", "today", "tomorrow"}:
        day = today + later + (_DAY if base == "tomorrow" else timedelta())
        return [day - _DAY, day] if night_before and named == "today" else [day]
    return _weekday(base, later, today)


def _weekday(named: str, later: timedelta, today: date) -> list[date]:
    monday = today - today.weekday() * _DAY
    if named.startswith("next_"):
        return [monday + _WEEK + _number(named.removeprefix("next_")) * _DAY]
    if named == "this_weekend":
        return [day for day in (monday + _SATURDAY * _DAY, monday + (_SATURDAY + 1) * _DAY) if day >= today]
    week = [today + number * _DAY for number in range(8)]
    found = [day for day in week if day.weekday() in DAYS[named.removeprefix("this_")]]
    return [found[0] + later] if later else found


def _number(name: str) -> int:
    """Return the number of a weekday, or of the first day of the weekend."""
    return _SATURDAY if name == "weekend" else _WEEKDAYS.index(name)


def _dated(named: str, today: date) -> list[date]:
    found = [day for day in _calendar(named, today) if day >= today]
    if not found:
        raise NoSuchDayError(named)
    return found


def _calendar(named: str, today: date) -> Iterator[date]:
    """Yield the dates of "--05-03" or "---03" in the months to come, those that exist."""
    month, day = named.removeprefix("--").split("-")
    first = today.year * 12 + today.month - 1
    months = (divmod(first + ahead, 12) for ahead in range(12 * _YEARS if month else _MONTHS))
    for year, number in months:
        if month in {"", f"{number + 1:02}"} and int(day) <= monthrange(year, number + 1)[1]:
            yield date(year, number + 1, int(day))
