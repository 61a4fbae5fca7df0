"""Second thoughts just after a change: "no, fifteen"."""

from collections.abc import Callable, Mapping
from typing import Any

from voice.cues import Ask, Say
from voice.moments.answers import Script
from voice.moments.scene import Scene

__all__ = ["CORRECTED", "amended", "corrected", "take_back"]

CORRECTED = Ask("change.corrected", within=5.0)
"""A few seconds in which a change that was just confirmed may be corrected; silence agrees."""

_MOST = 3  # corrections of one change
_CLOCK = frozenset({"hour", "minute", "half"})
_HALF_DAY = 12
_MINUTES = range(_HALF_DAY + 1, 60)


def corrected(scene: Scene, slots: Mapping[str, Any], change: Callable[[Mapping[str, Any]], Script]) -> Script:
    """Make a change, and make it anew as long as it is corrected.

    Args:
        scene: the scene.
        slots: the slots of the request.
        change: makes the change with the slots, and confirms it; a new one takes back the one before.
    """
    yield from change(slots)
    for _ in range(_MOST):
        answer = yield CORRECTED
        if answer is None or answer.intent not in {"Correct", "Decline"}:
            return
        if answer.intent == "Decline":
            yield from take_back(scene)
            return
        last = scene.changes.take()
        if last is not None and last.revert is not None:
            last.revert()
        slots = amended(slots, answer.slots)
        yield from change(slots)


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


def take_back(scene: Scene) -> Script:
    """Take back the last change, and say what is so again; or say why not."""
    last = scene.changes.take()
    if last is None:
        yield Say(scene.line("undo.nothing"))
    elif last.revert is None:
        yield Say(scene.line("undo.cannot"))
    elif last.revert() is False:
        yield Say(scene.line("undo.too_late"))
    else:
        yield Say(scene.line(f"undo.{last.kind}", **last.fields))
