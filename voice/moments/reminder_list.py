"""The list of reminders: told, and cancelled one by one or all together."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from voice.cues import Ask, Cue, Rest, Say
from voice.moments.corrections import CORRECTED, corrected
from voice.moments.moment import SILENCE, Answer, Moment, Script
from voice.moments.reminder_names import REMINDER_LINES, named, subject
from voice.moments.scene import Scene
from voice.nlu.days import DAYS, NoSuchDayError, dates
from voice.rituals.state import Reminder

__all__ = ["cancel_reminder", "list_reminders"]

_WHICH = Ask("reminders.which", within=10.0)
# Of more than a few only the next ones are told, and how many more there are.
_FEW, _NEXT = 3, 2
_HALF_DAY = 12


def _list(scene: Scene) -> Script:
    found = scene.rituals.reminders()
    if not found:
        yield Say(scene.line("reminders.none"))
    else:
        yield from _told(scene, found)


def _told(scene: Scene, found: Sequence[Reminder]) -> Script:
    told = found if len(found) <= _FEW else found[:_NEXT]
    for one in told:
        yield Say(scene.line("reminders.each", what=named(scene, one.what, one.todo), when=_when(scene, one)))
        yield Rest(0.3)
    if len(told) < len(found):
        yield Say(scene.line("reminders.more", count=scene.language.minute(len(found) - len(told))))


def _when(scene: Scene, one: Reminder) -> str:
    return scene.language.when(one.due, scene.now)


def _cancel(scene: Scene) -> Script:
    yield from corrected(scene, scene.slots, partial(_take_out, scene))


def _take_out(scene: Scene, slots: Mapping[str, Any]) -> Script:
    found = scene.rituals.reminders()
    if not found:
        yield Say(scene.line("reminders.none"))
        return
    fitting = found if slots.get("all") else _fitting(scene, found, slots)
    if not fitting:
        yield Say(scene.line("reminders.no_such"))
        return
    if len(fitting) > 1 and not slots.get("all"):
        yield from _told(scene, fitting)
        fitting = yield from _chosen(scene, fitting)
    if not fitting:
        yield Say(scene.line("reminders.kept"))
        return
    yield from _cancelled(scene, fitting)


def _chosen(scene: Scene, found: Sequence[Reminder]) -> Generator[Cue, Answer | None, Sequence[Reminder]]:
    """Ask which of several reminders are meant, and once more where that fits none or several; return them."""
    key = "reminders.which"
    for _ in range(2):
        yield Say(scene.line(key))
        answer = (yield _WHICH) or SILENCE
        if answer.intent != "Which" and (answer.intent is not None or not answer.spoke):
            return ()
        every = answer.slots.get("all")
        fitting = found if every else _fitting(scene, found, answer.slots) if answer.slots else ()
        if len(fitting) == 1 or every:
            return fitting
        found, key = fitting or found, "reminders.which" if fitting else "always.once_more"
    return ()


def _cancelled(scene: Scene, several: Sequence[Reminder]) -> Script:
    for one in several:
        scene.rituals.cancel(one.number)
    scene.changes.made("cancelled", partial(_renew, scene, several))
    if len(several) > 1:
        yield Say(scene.line("reminders.cancelled_all"))
        return
    (one,) = several
    yield Say(scene.line("reminders.cancelled", what=named(scene, one.what, one.todo), when=_when(scene, one)))


def _renew(scene: Scene, several: Iterable[Reminder]) -> bool:
    """Open cancelled reminders again; return False if that is too late for all of them."""
    renewed = [scene.rituals.renew(one) for one in several]
    return any(renewed)


def _fitting(scene: Scene, found: Sequence[Reminder], said: Mapping[str, Any]) -> Sequence[Reminder]:
    """Return the reminders that the slots of a sentence fit: a place in the list, a time, a subject."""
    if "number" in said:
        place = said["number"]
        return found[place:][:1] if place < 0 else found[place - 1 : place]
    if "words" in said:
        wanted = _words(scene, said["words"])
        return [one for one in found if wanted and wanted <= _words(scene, _named(scene, one))]
    fitting = [one for one in found if _is_at(one.due, said, scene.now) and _has_topic(one, said)]
    return _alike(scene, fitting, said["todo"]) if "todo" in said else fitting


def _is_at(due: datetime, said: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a time that was said, if any, may be that of a reminder."""
    if "half" in said and (due.hour >= _HALF_DAY) != (said["half"] == "pm"):
        return False
    if "hour" in said:
        hour = said["hour"]
        same = due.hour == hour or (hour <= _HALF_DAY and (due.hour - hour) % _HALF_DAY == 0)
        if not same or due.minute != said["minute"]:
            return False
    day = said.get("day", "")
    if not day or day in DAYS:
        return not day or due.weekday() in DAYS[day]
    try:
        return due.date() in dates(day, now.date())
    except NoSuchDayError:
        return False


def _has_topic(one: Reminder, said: Mapping[str, Any]) -> bool:
    if said.get("timer"):
        return one.what == "timer"
    return "what" not in said or one.what == {"break": "rest"}.get(said["what"], said["what"])


def _alike(scene: Scene, found: Sequence[Reminder], todo: str) -> Sequence[Reminder]:
    """Return the reminders whose subject shares the most words with `todo`, at least one."""
    wanted = _words(scene, todo)
    shared = {one.number: len(wanted & _words(scene, f"{subject(scene, one.what, one.todo)}")) for one in found}
    most = max(shared.values(), default=0)
    return [one for one in found if most and shared[one.number] == most]


def _named(scene: Scene, one: Reminder) -> str:
    """Return the words with which a reminder is offered: "a reminder to call your mother at five"."""
    return f"{named(scene, one.what, one.todo)} {_when(scene, one)}"


def _words(scene: Scene, text: str) -> frozenset[str]:
    return frozenset(scene.language.to_you(text).lower().split()) - scene.language.small_words


list_reminders = Moment(
    _list,
    lines=("reminders.none", "reminders.each what when", "reminders.more count", *REMINDER_LINES),
)
cancel_reminder = Moment(
    _cancel,
    lines=(
        "reminders.none",
        "reminders.no_such",
        "reminders.each what when",
        "reminders.more count",
        "reminders.which",
        "reminders.kept",
        "reminders.cancelled what when",
        "reminders.cancelled_all",
        "always.once_more",
        *REMINDER_LINES,
    ),
    asks=(_WHICH, CORRECTED),
    leads_to=frozenset({"undo"}),
)
