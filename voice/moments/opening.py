"""The opening of a ritual that begins by itself: a chime, and the question whether now is a good time."""

from collections.abc import Generator

from voice.cues import Ask, Chime, Cue, Say
from voice.moments.moment import Answer, again
from voice.moments.scene import Scene

__all__ = ["READY", "opening", "opening_lines"]

READY = Ask("ritual.ready", within=10.0)
_USUAL_SNOOZE = 10


def opening(scene: Scene, name: str) -> Generator[Cue, Answer | None, bool]:
    """Ask whether now is a good time for the ritual `name`, unless it was asked for.

    Returns:
        Whether to go on; if not, the reply has been said.
    """
    if not scene.by_itself:
        return True
    yield Chime("high")
    yield Say(scene.line(f"opening.{name}"))
    answer = yield from again(scene, READY)
    if answer.intent == "Agree":
        return True
    reply = _put_off(scene, name, answer)
    if reply is not None:
        yield Say(reply)
    return False


def opening_lines(name: str) -> tuple[str, ...]:
    """Return the lines of the opening of a ritual, to be declared by its moment."""
    replies = ("opening.not_now", "opening.not_tonight", "opening.snoozed minutes time", "opening.not_snoozed")
    return (f"opening.{name}", *replies, "always.once_more")


def _put_off(scene: Scene, name: str, answer: Answer) -> str | None:
    """Put the ritual off as the answer says, and return the reply; None after silence."""
    match answer.intent:
        case "NotNow" if answer.slots.get("unsure"):
            return _snooze(scene, _USUAL_SNOOZE)
        case "NotNow":
            return scene.line("opening.not_now")
        case "NotTonight":
            scene.rituals.skip(name)
            return scene.line("opening.not_tonight")
        case "Snooze":
            return _snooze(scene, answer.slots.get("minutes") or _USUAL_SNOOZE)
    return None


def _snooze(scene: Scene, minutes: int) -> str:
    at = scene.rituals.snooze(minutes)
    if at is None:
        return scene.line("opening.not_snoozed")
    return scene.line("opening.snoozed", minutes=str(minutes), time=scene.language.moment(at, scene.now))
