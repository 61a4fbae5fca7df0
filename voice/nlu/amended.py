"""A corrected time: "tomorrow at five, no, make it six"."""

from collections.abc import Mapping
from typing import Any

__all__ = ["amended"]

_CLOCK = frozenset({"hour", "minute", "half"})
_HALF_DAY = 12
_MINUTES = range(_HALF_DAY + 1, 60)


def amended(slots: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the slots of a request with a corrected time.

    A number alone ("no, fifteen") replaces the one that was understood: the minutes of a length or of the clock, or
    the hour.

    Args:
        slots: the slots of the request.
        said: those of the correction.
    """
    number = _number(said)
    if number is not None and "minutes" in slots:
        return {**slots, "minutes": number}
    if number is not None and "hour" in slots:
        if slots.get("minute") and number in _MINUTES:
            return {**slots, "minute": number}
        kept = {name: value for name, value in slots.items() if name != "half" or number <= _HALF_DAY}
        return {**kept, "hour": number}
    said = {name: value for name, value in said.items() if name != "bare"}
    gone = {"minutes", "seconds"} if said.keys() & {"hour", "half", "day"} else set[str]()
    gone |= _CLOCK if "hour" in said else set()
    gone |= {*_CLOCK, "day"} if "minutes" in said else set()
    return {name: value for name, value in slots.items() if name not in gone} | said


def _number(said: Mapping[str, Any]) -> int | None:
    """Return the number of a correction that has nothing else."""
    if said.keys() == {"minutes", "bare"}:
        return int(said["minutes"])
    alone = said.keys() == {"hour", "minute"} and not said["minute"]
    return int(said["hour"]) if alone else None
