"""Moving rituals and turning them on and off by voice; each change is confirmed."""

from collections.abc import Callable, Generator, Mapping
from datetime import time, timedelta
from functools import partial
from typing import Any

from voice.cues import Ask, Cue, Say
from voice.moments.corrections import CORRECTED, corrected
from voice.moments.moment import Answer, Moment, Script, again
from voice.moments.scene import Scene
from voice.nlu.times import NoSuchTimeError, following, is_timed, when
from voice.rituals.state import RitualState
from voice.settings.rituals import RITUALS

__all__ = ["CHANGE_ASKS", "CHANGE_LINES", "NAME_LINES", "move", "set_ritual", "state_of", "turn_off", "turn_on"]

_FURTHEST = timedelta(weeks=2)
_IN_QUIET = Ask("rituals.in_quiet", within=10.0)
NAME_LINES = tuple(f"ritual.{ritual.name}" for ritual in RITUALS)
_QUIET_LINES = (
    "rituals.in_quiet ritual time start end",
    "rituals.room start end",
    "rituals.no_rest",
    "always.once_more",
    *NAME_LINES,
)
CHANGE_ASKS = (_IN_QUIET,)
CHANGE_LINES = (
    "rituals.unknown",
    "rituals.no_such_hour",
    "rituals.no_such_day",
    "rituals.gone",
    "rituals.past",
    "rituals.moved_once ritual when",
    "rituals.zero",
    "rituals.too_far",
    "rituals.unsaid",
    "rituals.moved ritual time days",
    "rituals.moved_on ritual time days",
    "rituals.gone_by when",
    "rituals.left ritual time",
    *_QUIET_LINES,
)
"""The questions and lines of `move`; a moment that calls it has to declare them."""


def state_of(scene: Scene, name: str | None) -> RitualState | None:
    """Return the state of a ritual; None if the language has no such ritual."""
    return next((state for state in scene.rituals.states() if state.name == name), None)


def move(scene: Scene, name: str | None, slots: Mapping[str, Any]) -> Script:
    """Move a ritual to the time in `slots`, or say why not: of a single day this once, else for good."""
    state = state_of(scene, name)
    if state is None:
        yield Say(scene.line("rituals.unknown"))
        return
    try:
        planned = when(slots, scene.now, state.at, _FURTHEST)
    except NoSuchTimeError as error:
        yield Say(scene.line(f"rituals.{error.reason}"))
        return
    if planned.once:
        scene.rituals.move_once(state.name, planned.at)
        language = scene.language
        usual = {"time": language.time(state.at), "days": language.days(state.days)}
        revert = partial(scene.rituals.end_move, state.name)
        scene.changes.made("ritual", revert, ritual=_name(scene, state), **usual)
        told = language.after(slots["minutes"]) if "minutes" in slots else language.moment(planned.at, scene.now)
        yield Say(scene.line("rituals.moved_once", ritual=_name(scene, state), when=told))
        return
    at, quiet = planned.at.time().replace(second=0), scene.rituals.quiet
    if (yield from _has_room(scene, state, at)):
        yield from _moved(scene, state, quiet, at, state.days if planned.days is None else planned.days)
    else:
        yield Say(scene.line("rituals.left", ritual=_name(scene, state), time=scene.language.time(state.at)))


def _moved(scene: Scene, state: RitualState, quiet: tuple[time, time] | None, at: time, days: frozenset[int]) -> Script:
    scene.rituals.set_time(state.name, at, days)
    before = {"time": scene.language.time(state.at), "days": scene.language.days(state.days)}
    revert = partial(scene.rituals.restore, state, quiet)
    if state.enabled:
        scene.changes.made("ritual", revert, ritual=_name(scene, state), **before)
    else:
        scene.changes.made("turned_off", revert, ritual=_name(scene, state))
    key = "rituals.moved" if state.enabled else "rituals.moved_on"
    yield Say(scene.line(key, ritual=_name(scene, state), time=scene.language.time(at), days=scene.language.days(days)))
    coming = following(at, days, scene.now)
    this_minute = scene.now.time().replace(second=0, microsecond=0)  # this minute is still to come
    # The hour after midnight belongs to the coming night.
    if coming is not None and scene.now.weekday() in days and time(1) <= at < this_minute:
        yield Say(scene.line("rituals.gone_by", when=scene.language.moment(coming, scene.now)))


def _has_room(scene: Scene, state: RitualState, at: time) -> Generator[Cue, Answer | None, bool]:
    """Ask whether to shorten the quiet hours if `at` lies in them; return whether it lies outside them now."""
    hours = scene.rituals.quiet
    if hours is None or not scene.rituals.is_quiet(at):
        return True
    name, (start, end) = _name(scene, state), map(scene.language.time, hours)
    yield Say(scene.line("rituals.in_quiet", ritual=name, time=scene.language.time(at), start=start, end=end))
    answer = yield from again(scene, _IN_QUIET)
    if answer.intent != "Agree":
        return False
    left = scene.rituals.make_room(at)
    if left[0] == left[1]:
        yield Say(scene.line("rituals.no_rest"))
    else:
        yield Say(scene.line("rituals.room", start=scene.language.time(left[0]), end=scene.language.time(left[1])))
    return True


def _name(scene: Scene, state: RitualState) -> str:
    return scene.line(f"ritual.{state.name}")


def _set(scene: Scene) -> Script:
    yield from corrected(scene, scene.slots, lambda slots: move(scene, slots.get("ritual"), slots))


def _turn_on(scene: Scene) -> Script:
    yield from corrected(scene, scene.slots, partial(_turned, scene, _on))


def _turn_off(scene: Scene) -> Script:
    yield from corrected(scene, scene.slots, partial(_turned, scene, _off))


def _turned(scene: Scene, turn: Callable[[Scene, RitualState], Script], slots: Mapping[str, Any]) -> Script:
    """Turn the ritual in `slots` on or off; with a time, which only a correction brings, move it."""
    state = state_of(scene, slots.get("ritual"))
    if state is None:
        yield Say(scene.line("rituals.unknown"))
    elif is_timed(slots):
        yield from move(scene, state.name, slots)
    else:
        yield from turn(scene, state)


def _on(scene: Scene, state: RitualState) -> Script:
    name, at, days = _name(scene, state), scene.language.time(state.at), scene.language.days(state.days)
    quiet = scene.rituals.quiet
    if state.enabled:
        yield Say(scene.line("rituals.on_already", ritual=name, time=at, days=days))
    elif (yield from _has_room(scene, state, state.at)):
        scene.rituals.turn(state.name, on=True)
        scene.changes.made("turned_off", partial(scene.rituals.restore, state, quiet), ritual=name)
        yield Say(scene.line("rituals.on", ritual=name, time=at, days=days))
    else:
        yield Say(scene.line("rituals.stays_off", ritual=name))


def _off(scene: Scene, state: RitualState) -> Script:
    name = _name(scene, state)
    if scene.rituals.turn(state.name, on=False):
        scene.changes.made("turned_on", partial(scene.rituals.turn, state.name, on=True), ritual=name)
        yield Say(scene.line("rituals.off", ritual=name))
    else:
        yield Say(scene.line("rituals.off_already", ritual=name))


_ASKS = (*CHANGE_ASKS, CORRECTED)
_LEADS_TO = frozenset({"undo"})
set_ritual = Moment(_set, lines=CHANGE_LINES, asks=_ASKS, leads_to=_LEADS_TO)
turn_on = Moment(
    _turn_on,
    lines=(
        "rituals.on ritual time days",
        "rituals.on_already ritual time days",
        "rituals.stays_off ritual",
        *CHANGE_LINES,
    ),
    asks=_ASKS,
    leads_to=_LEADS_TO,
)
turn_off = Moment(
    _turn_off,
    lines=("rituals.off ritual", "rituals.off_already ritual", *CHANGE_LINES),
    asks=_ASKS,
    leads_to=_LEADS_TO,
)
