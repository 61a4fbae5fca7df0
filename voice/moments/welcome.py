"""The first meeting: a greeting, three things to say, and the time of the evening ritual."""

from voice.cues import Ask, Chime, Say
from voice.moments.moment import SILENCE, Moment, Script, again
from voice.moments.ritual_changes import CHANGE_ASKS, CHANGE_LINES, move, state_of
from voice.moments.scene import Scene
from voice.rituals.state import RitualState

__all__ = ["welcome"]

_GOING_ON = Ask("welcome.go_on", within=1.5)
_TIME = Ask("welcome.time", within=12.0)
_PARTS = ("begin", "first", "second", "third")


def _play(scene: Scene) -> Script:
    yield Chime("high")
    for part in _PARTS:
        yield Say(scene.line(f"welcome.{part}"))
        if ((yield _GOING_ON) or SILENCE).intent == "Skip":
            yield Say(scene.line("welcome.end"))
            return
    ritual = state_of(scene, "gratitude")
    if ritual is not None:
        yield from _plan(scene, ritual)
    yield Say(scene.line("welcome.end"))


def _plan(scene: Scene, ritual: RitualState) -> Script:
    """Ask for the time of the ritual."""
    usual = scene.language.time(ritual.at)
    yield Say(scene.line("welcome.ask", time=usual))
    answer = yield from again(scene, _TIME)
    if answer.intent == "Time":
        yield from move(scene, ritual.name, answer.slots)
    elif answer.intent != "Skip":
        yield Say(scene.line("welcome.left", time=usual))


welcome = Moment(
    _play,
    lines=(
        *(f"welcome.{part}" for part in _PARTS),
        "welcome.ask time",
        "welcome.left time",
        "welcome.end",
        "always.once_more",
        *CHANGE_LINES,
    ),
    asks=(_GOING_ON, _TIME, *CHANGE_ASKS),
)
