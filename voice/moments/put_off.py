"""Skip a ritual, or all of a day, or snooze the one that began last."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from voice.cues import Say
from voice.moments.moment import Moment, Script
from voice.moments.ritual_changes import NAME_LINES, state_of
from voice.moments.scene import Scene
from voice.nlu.days import NoSuchDayError, dates

__all__ = ["not_tonight", "snooze"]

_A_WHILE = 10  # minutes
_EVENING = time(17)


def _not_tonight(scene: Scene) -> Script:
    name = scene.slots.get("ritual")
    if name is not None and state_of(scene, name) is None:
        yield Say(scene.line("rituals.unknown"))
        return
    try:
        day = dates(scene.slots.get("day", "today"), scene.now.date())[0]
    except NoSuchDayError:
        yield Say(scene.line("rituals.no_such_day"))
        return
    if "all" in scene.slots:
        yield from _skip_all(scene, day)
    elif day != scene.now.date():
        yield from _skip_on(scene, name, day)
    else:
        yield from _skip_today(scene, name)


def _skip_today(scene: Scene, name: str | None) -> Script:
    skipped = scene.rituals.skip(name or _of_the_evening(scene))
    if skipped is not None:
        yield Say(scene.line("rituals.skipped", ritual=scene.line(f"ritual.{skipped}")))
    elif name is not None:
        yield Say(scene.line("rituals.not_today", ritual=scene.line(f"ritual.{name}")))
    else:
        yield Say(scene.line("rituals.none_left"))


def _skip_on(scene: Scene, name: str | None, day: date) -> Script:
    told = scene.language.day(day, scene.now)
    wanted = name or next(_planned(scene, day, _EVENING), None)
    skipped = scene.rituals.skip(wanted, day)
    if skipped is not None:
        yield Say(scene.line("rituals.skipped_on", ritual=scene.line(f"ritual.{skipped}"), day=told))
    elif name is not None:
        yield Say(scene.line("rituals.not_on", ritual=scene.line(f"ritual.{name}"), day=told))
    else:
        yield Say(scene.line("rituals.none_on", day=told))


def _skip_all(scene: Scene, day: date) -> Script:
    told = scene.language.day(day, scene.now)
    since = _EVENING if scene.slots.get("part") in {"evening", "night"} else time()
    names = [name for name in _planned(scene, day, since) if scene.rituals.skip(name, day)]
    if names:
        rituals = scene.language.list([scene.line(f"ritual.{name}") for name in names])
        yield Say(scene.line("rituals.skipped_all", rituals=rituals, day=told))
    else:
        yield Say(scene.line("rituals.none_on", day=told))


def _planned(scene: Scene, day: date, since: time) -> Iterator[str]:
    """Yield the rituals that are on and may come on a day, not before a time of it."""
    states = (state for state in scene.rituals.states() if state.enabled and day.weekday() in state.days)
    return (state.name for state in states if state.at >= since)


def _of_the_evening(scene: Scene) -> str | None:
    """Return the next ritual of this evening, None if there is none: "tonight" means it even in the morning."""
    tonight = datetime.combine(scene.now.date(), _EVENING)
    coming = (due for due in scene.rituals.upcoming() if due.what is None)
    return next((due.name for due in coming if tonight <= due.at < tonight + timedelta(hours=7)), None)


def _snooze(scene: Scene) -> Script:
    minutes = scene.slots.get("minutes", _A_WHILE)
    if minutes == 0:
        yield Say(scene.line("rituals.zero"))
        return
    at = scene.rituals.snooze(minutes)
    if at is None:
        yield Say(scene.line("rituals.no_snooze"))
    else:
        yield Say(scene.line("rituals.snoozed", when=scene.language.when(at, scene.now)))


not_tonight = Moment(
    _not_tonight,
    lines=(
        "rituals.unknown",
        "rituals.no_such_day",
        "rituals.skipped ritual",
        "rituals.skipped_on ritual day",
        "rituals.skipped_all rituals day",
        "rituals.not_today ritual",
        "rituals.not_on ritual day",
        "rituals.none_left",
        "rituals.none_on day",
        *NAME_LINES,
    ),
)
snooze = Moment(_snooze, lines=("rituals.zero", "rituals.no_snooze", "rituals.snoozed when"))
