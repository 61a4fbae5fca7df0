"""Reminders: set by voice, and spoken when they are due."""

from collections.abc import Generator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from voice.cues import Ask, Chime, Cue, Rest, Say
from voice.moments.corrections import CORRECTED, corrected
from voice.moments.moment import Answer, Moment, Script, again
from voice.moments.reminder_names import OWN_WORDS, SUBJECT_LINES, TOPICS, subject
from voice.moments.scene import Scene
from voice.nlu.times import DAYS, NoSuchTimeError, is_timed, when

__all__ = ["remind", "reminder"]

_APART = frozenset({"pause", "break", "say_kindly", "hard_moment"})
_WHEN = Ask("remind.when", within=10.0)


def _topic(scene: Scene) -> str:
    """Return the subject of the reminder that is asked for."""
    said, todo = scene.slots.get("what"), scene.slots.get("todo")
    if scene.slots.get("timer"):
        return "timer"
    if todo is not None:
        return str(scene.slots.get("about", "do"))
    if said is None:
        return "break" if scene.last_moment in _APART else "plain"
    return "rest" if said == "break" else str(said)


def _remind(scene: Scene) -> Script:
    if "seconds" in scene.slots:
        yield Say(scene.line("remind.seconds"))
        return
    slots: Mapping[str, Any] | None = scene.slots
    if slots is not None and not is_timed(slots):
        slots = yield from _timed(scene)
    if slots is None:
        yield Say(scene.line("remind.unset"))
        return
    yield from corrected(scene, slots, partial(_set, scene))


def _timed(scene: Scene) -> Generator[Cue, Answer | None, Mapping[str, Any] | None]:
    """Ask for the time; return the slots with it, None without an answer."""
    yield Say(scene.line("remind.how_long" if scene.slots.get("timer") else "remind.when"))
    answer = yield from again(scene, _WHEN)
    return MappingProxyType({**scene.slots, **answer.slots}) if answer.intent == "Time" else None


def _set(scene: Scene, slots: Mapping[str, Any]) -> Script:
    """Set a reminder, and confirm it; if its time cannot be planned for, say why."""
    try:
        at = when(slots, scene.now).at
    except NoSuchTimeError as error:
        yield Say(scene.line(f"remind.{error.reason}"))
        if error.instead is None:
            return
        at = error.instead
    what, todo = _topic(scene), slots.get("todo")
    if what == "timer":
        todo = str(slots.get("minutes", round((at - scene.now).total_seconds() / 60)))
    number = scene.rituals.remind(at, what, todo)
    scene.changes.made("reminder", partial(scene.rituals.cancel, number))
    if slots.get("every") or len(DAYS.get(slots.get("day", ""), ())) > 1:
        yield Say(scene.line("remind.once"))
    language = scene.language
    if what == "timer":
        yield Say(scene.line("remind.timer", length=language.length(int(todo or 0))))
        return
    told = language.after(slots["minutes"]) if "minutes" in slots else language.moment(at, scene.now)
    about = subject(scene, what, todo)
    if about is None:
        yield Say(scene.line("remind.set", when=told))
    else:
        yield Say(scene.line("remind.set_to", when=told, what=about))


def _reminder(scene: Scene) -> Script:
    what, todo = scene.slots.get("what"), scene.slots.get("todo")
    yield Chime("high")
    if what == "timer" and todo:
        yield Say(scene.line("reminder.timer", length=scene.language.length(int(todo))))
    elif what in OWN_WORDS and todo:
        yield Say(scene.line(f"reminder.{what}", todo=scene.language.to_you(todo)))
    else:
        yield Say(scene.line(f"reminder.{what if what in TOPICS else 'plain'}"))
    if what == "break":
        yield Rest(1.0)
        yield Say(scene.line("reminder.doors"))


remind = Moment(
    _remind,
    lines=(
        "remind.set when",
        "remind.set_to what when",
        "remind.timer length",
        "remind.once",
        "remind.when",
        "remind.how_long",
        "remind.unset",
        "remind.no_such_hour",
        "remind.no_such_day",
        "remind.gone",
        "remind.zero",
        "remind.past",
        "remind.too_far",
        "remind.seconds",
        "always.once_more",
        *SUBJECT_LINES,
    ),
    asks=(_WHEN, CORRECTED),
    leads_to=frozenset({"undo"}),
)
reminder = Moment(
    _reminder,
    lines=(
        *(f"reminder.{topic}" for topic in TOPICS),
        *(f"reminder.{link} todo" for link in OWN_WORDS),
        "reminder.timer length",
        "reminder.doors",
    ),
    comes_with=frozenset({"remind", "break"}),
)
