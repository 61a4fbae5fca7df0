"""Small talk with the assistant: a short, calm answer; and the time and day."""

from voice.cues import Say
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene

__all__ = ["clock", "social"]

_KINDS = ("who", "thanks", "goodnight", "morning", "how")


def _answer(scene: Scene) -> Script:
    yield Say(scene.line(f"social.{scene.slots['kind']}"))


def _tell(scene: Scene) -> Script:
    if scene.slots["kind"] == "day":
        yield Say(scene.line("clock.day", day=scene.language.weekday(scene.now)))
    else:
        yield Say(scene.line("clock.time", time=scene.language.time(scene.now.time())))


social = Moment(_answer, lines=tuple(f"social.{kind}" for kind in _KINDS), aside=True)
clock = Moment(_tell, lines=("clock.time time", "clock.day day"), aside=True)
