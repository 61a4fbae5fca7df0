"""How each ritual begins when nobody asked for it: softly, with the question whether now is good."""

from collections.abc import Generator

from voice.cues import Ask, Chime, Cue, Say
from voice.moments.scene import Answer, Scene, again

__all__ = ["READY", "opening", "opening_lines"]

READY = Ask("ritual.ready", within=10.0)
_USUAL_SNOOZE = 10


def opening(scene: Scene, name: str) -> Generator[Cue, Answer | None, bool]:
    """Ask whether now is good for the ritual `name`; whoever began it by voice is not asked.

    Returns:
        Whether to go on; if not, all that had to be said has been said.
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
    """Return the lines that a ritual with this opening needs."""
    replies = ("opening.not_now", "opening.not_tonight", "opening.snoozed minutes time", "opening.not_snoozed")
    return (f"opening.{name}", *replies, "always.once_more")


def _put_off(scene: Scene, name: str, answer: Answer) -> str | None:
    """Do as was said; return the line for it, None if nothing was said that could be answered."""
    match answer.intent:
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
