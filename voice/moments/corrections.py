"""Second thoughts just after a change: "no, fifteen"."""

from collections.abc import Callable, Mapping
from typing import Any

from voice.cues import Ask, Say
from voice.moments.answers import Script
from voice.moments.scene import Scene
from voice.nlu.amended import amended
from voice.nlu.contexts import CORRECTION
from voice.nlu.times import is_timed

__all__ = ["CORRECTED", "corrected", "take_back"]

CORRECTED = Ask(CORRECTION, within=5.0)
"""A few seconds in which a change that was just confirmed may be corrected; silence agrees."""

_MOST = 3  # corrections of one change
_TAKES_BACK = frozenset({"Decline", "Stop"})


def corrected(scene: Scene, slots: Mapping[str, Any], change: Callable[[Mapping[str, Any]], Script]) -> Script:
    """Make a change, and make it anew as long as it is corrected.

    Args:
        scene: the scene.
        slots: the slots of the request.
        change: makes the change with the slots, and confirms it, or says why not.
    """
    for _ in range(1 + _MOST):
        before = scene.changes.last
        yield from change(slots)
        made = scene.changes.last is not before
        if not made and not is_timed(slots):
            return
        answer = yield CORRECTED
        if answer is None or answer.intent not in {"Correct", *_TAKES_BACK}:
            return
        if answer.intent != "Correct":
            yield from take_back(scene) if made else ()
            return
        last = scene.changes.take() if made else None
        if last is not None and last.revert is not None:
            last.revert()
        slots = amended(slots, answer.slots)


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
