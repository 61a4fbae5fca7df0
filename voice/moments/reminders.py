"""Reminders: set by voice, and spoken when they are due."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from voice.cues import Chime, Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene
from voice.nlu.times import DAYS, NoSuchTimeError, is_timed, when

__all__ = ["TOPIC_LINES", "remind", "reminder", "topic_line"]

# "rest" is a break to take; "break" is the end of one: the reminder that a break sets, and the default after one.
_TOPICS = (
    *("message", "rest", "break", "talk", "hug", "call", "walk"),
    *("water", "bed", "thanks", "question", "plain"),
)
TOPIC_LINES = tuple(f"remind_to.{topic}" for topic in _TOPICS if topic != "plain")
_APART = frozenset({"pause", "break", "say_kindly", "hard_moment"})
# Minutes, if no time was said: long enough to cool down, or to get round to it.
_SOON = 20
_LATER = 60


def topic_line(what: str | None) -> str | None:
    """Return the key of the line that names the topic of a reminder; None if it has none."""
    return f"remind_to.{what}" if f"remind_to.{what}" in TOPIC_LINES else None


def _topic(scene: Scene) -> str:
    said = scene.slots.get("what")
    if said is None:
        return "break" if scene.last_moment in _APART else "plain"
    return "rest" if said == "break" else str(said)


def _timed(slots: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    """Return the slots, with a default time if none was said."""
    if is_timed(slots):
        return slots
    return MappingProxyType({"minutes": _SOON if what in {"talk", "break", "rest", "plain"} else _LATER})


def _remind(scene: Scene) -> Script:
    what = _topic(scene)
    slots = _timed(scene.slots, what)
    try:
        at = when(slots, scene.now).at
    except NoSuchTimeError as error:
        yield Say(scene.line(f"remind.{error.reason}"))
        if error.instead is None:
            return
        at = error.instead
    scene.rituals.remind(at, what)
    if len(DAYS.get(slots.get("day", ""), ())) > 1:
        yield Say(scene.line("remind.once"))
    language = scene.language
    told = language.after(slots["minutes"]) if "minutes" in slots else language.moment(at, scene.now)
    topic = topic_line(what)
    if topic is None:
        yield Say(scene.line("remind.set", when=told))
    else:
        yield Say(scene.line("remind.set_to", when=told, what=scene.line(topic)))


def _reminder(scene: Scene) -> Script:
    what = scene.slots.get("what")
    yield Chime("high")
    yield Say(scene.line(f"reminder.{what if what in _TOPICS else 'plain'}"))
    if what == "break":
        yield Rest(1.0)
        yield Say(scene.line("reminder.doors"))


remind = Moment(
    _remind,
    lines=(
        "remind.set when",
        "remind.set_to what when",
        "remind.once",
        "remind.no_such_hour",
        "remind.no_such_day",
        "remind.zero",
        "remind.past",
        "remind.too_far",
        *TOPIC_LINES,
    ),
)
reminder = Moment(
    _reminder,
    lines=(*(f"reminder.{topic}" for topic in _TOPICS), "reminder.doors"),
    comes_with=frozenset({"remind", "break"}),
)
