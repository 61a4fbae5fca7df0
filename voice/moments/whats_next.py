"""The next rituals and reminders, and the list of all rituals."""

from voice.cues import Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.reminder_names import REMINDER_LINES, named
from voice.moments.ritual_changes import NAME_LINES
from voice.moments.scene import Scene
from voice.rituals.state import Due, RitualState

__all__ = ["whats_next", "which_rituals"]


def _next(scene: Scene) -> Script:
    coming = scene.rituals.upcoming()[:2]
    if not coming:
        yield Say(scene.line("next.nothing"))
    for key, due in zip(("next.first", "next.then"), coming, strict=False):
        yield Say(scene.line(key, what=_what(scene, due), when=scene.language.when(due.at, scene.now)))


def _what(scene: Scene, due: Due) -> str:
    if f"ritual.{due.name}" in NAME_LINES:
        return scene.line("next.ritual", ritual=scene.line(f"ritual.{due.name}"))
    return named(scene, due.what, due.todo)


def _which(scene: Scene) -> Script:
    states = scene.rituals.states()
    yield Say(scene.line("which.begin" if any(state.enabled for state in states) else "which.none_on"))
    for state in states:
        if state.enabled:
            yield Rest(0.3)
            yield Say(_told(scene, state))
    off = [scene.line(f"ritual.{state.name}") for state in states if not state.enabled]
    if off:
        yield Rest(0.5)
        yield Say(scene.line("which.off", rituals=scene.language.list(off), one=off[0]))


def _told(scene: Scene, state: RitualState) -> str:
    name = scene.line(f"ritual.{state.name}")
    return scene.line("which.on", ritual=name, time=scene.language.time(state.at), days=scene.language.days(state.days))


whats_next = Moment(
    _next,
    lines=(
        "next.nothing",
        "next.first what when",
        "next.then what when",
        "next.ritual ritual",
        *NAME_LINES,
        *REMINDER_LINES,
    ),
)
which_rituals = Moment(
    _which,
    lines=("which.begin", "which.none_on", "which.on ritual time days", "which.off rituals one", *NAME_LINES),
)
