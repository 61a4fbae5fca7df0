"""The first meeting: a greeting, three things to say, and when the evening ritual shall come."""

from voice.cues import Ask, Chime, Say
from voice.moments.ritual_changes import CHANGE_ASKS, CHANGE_LINES, move, state_of
from voice.moments.scene import SILENCE, Moment, RitualState, Scene, Script, again

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
    """Ask when the ritual shall come."""
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
