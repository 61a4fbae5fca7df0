"""The many slots of a time, as sentences fill them, folded into a few."""

import math
from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["HALF_DAY", "folded", "is_minutes_to", "is_timed"]

HALF_DAY = 12
_A_DAY = 24 * 60  # minutes
_HALF_AN_HOUR = 30
_EITHER = "either"  # "a m" or "p m": the recogniser cannot tell which
_SECOND = "second"
_TODAY = {
    "tonight": "night",
    "this_evening": "evening",
    "this_afternoon": "afternoon",
    "this_morning": "morning",
}
# The hours of a night that come after midnight; "tonight at five" is still the afternoon.
_SMALL_HOURS = {"night": frozenset({HALF_DAY, 1, 2, 3, 4}), "evening": frozenset({HALF_DAY})}
# Slots of sentences/times.yaml that are folded into `hour`, `minute`, `half`, `part`, `day` and `minutes`.
_SAID = frozenset(
    {
        *("hours", "minutes_ones", "time_count", "time_ones", "time_unit", "time_half"),
        *("minute_ones", "time_past", "time_past_ones", "time_before", "time_before_ones", "time_named"),
        *("time_part", "time_every", "time_week", "time_date", "time_month", "date_weekday", "day_2", "day_3"),
    }
)


def folded(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return slots with the many forms of a time folded into a few; all other slots stay.

    Args:
        slots: as sentences/times.yaml fills them: "a quarter to ten in the evening" is time_before 15, hour 10,
            time_part "evening".

    Returns:
        `hour` (0 to 29, as said) with `minute` (which may be alone), `half` ("am" or "pm"), `day` (a name that
        `voice.nlu.days` knows), `part` of the day (if no hour was said, or if the hour comes after the midnight of
        that day) and `minutes` (from now), each only if it was said: hour 9, minute 45, half "pm".
    """
    if "hour" not in slots and _SAID.isdisjoint(slots):
        return dict(slots)
    others = {name: value for name, value in slots.items() if name not in _SAID}
    length, day = _length(slots), _day(slots)
    if length and not slots.keys().isdisjoint({"hour", "time_named"}):  # "in two days at noon"
        others.pop("minutes", None)
        length, day = {}, {"day": f"+{length['minutes'] // _A_DAY}"}
    return others | length | _clock(slots, has_day=bool(day) or "day" in others) | day


def is_timed(slots: Mapping[str, Any]) -> bool:
    """Return whether folded slots name a time, a day or a length."""
    return not slots.keys().isdisjoint({"hour", "minute", "half", "part", "day", "minutes"})


def is_minutes_to(slots: Mapping[str, Any]) -> bool:
    """Return whether folded slots are minutes to no hour that is named ("six to")."""
    return "hour" not in slots and slots.get("minute", 0) > _HALF_AN_HOUR


def _sum(slots: Mapping[str, Any], *names: str) -> int:
    return sum(slots.get(name, 0) for name in names)


def _length(slots: Mapping[str, Any]) -> dict[str, int]:
    minutes = _sum(slots, "minutes", "minutes_ones")
    if "hours" in slots:
        return {"minutes": 60 * slots["hours"] + minutes}
    if "time_count" not in slots:
        return {"minutes": minutes} if "minutes_ones" in slots else {}
    count, unit = _sum(slots, "time_count", "time_ones"), slots.get("time_unit", 1)
    if unit == _SECOND:
        return {"minutes": math.ceil(count / 60) + minutes}
    part = math.ceil(unit / slots["time_half"]) if "time_half" in slots else 0  # no half minutes, as no seconds
    return {"minutes": count * unit + part + minutes}


def _clock(slots: Mapping[str, Any], *, has_day: bool) -> dict[str, Any]:
    """Return the hour, the minute, the half and the part of the day."""
    said = slots.get("time_part") or slots.get("time_every")
    part = None if said == _EITHER else _TODAY.get(said or "", said)
    named = slots.get("time_named")
    before = "time_before" in slots
    minute = _sum(slots, "minute", "minute_ones", "time_past", "time_past_ones")
    if before:
        minute = (60 - _sum(slots, "time_before", "time_before_ones")) % 60
    if named is None and "hour" not in slots:
        alone = {"minute": minute} if before or "time_past" in slots else {}
        return alone | ({"half": _half(part, None), "part": part} if part else {})
    hour = slots.get("hour", HALF_DAY)
    if before:
        hour = hour - 1 or HALF_DAY
    if named is not None:
        half: str | None = "am" if (named == "midnight") != before else "pm"
    else:
        half = _half(part, hour) if part else None
    found = {"hour": hour, "minute": minute} | ({"half": half} if half else {})
    small = hour in _SMALL_HOURS.get("night" if named == "midnight" else part or "", ())
    return found | ({"part": "night"} if small and half == "am" and has_day else {})


def _half(part: str, hour: int | None) -> Literal["am", "pm"]:
    """Return the half of the day; night, and twelve in the evening, reach into the next day."""
    return "am" if part == "morning" or hour in _SMALL_HOURS.get(part, ()) else "pm"


def _day(slots: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of the day, if the slots spell it in pieces."""
    if "time_date" in slots:
        month = f"{slots['time_month']:02}" if "time_month" in slots else ""
        return {"day": f"--{month}-{slots['time_date']:02}"}
    if "day_2" in slots:
        return {"day": ",".join(dict.fromkeys(slots[name] for name in ("day", "day_2", "day_3") if name in slots))}
    if "time_week" in slots:
        day = slots["day"]
        return {"day": f"{day}+7" if slots["time_week"] == "later" else f"{slots['time_week']}_{day}"}
    if "time_every" in slots:
        return {"day": "daily"}
    return {"day": "today"} if slots.get("time_part") in _TODAY and "day" not in slots else {}
