"""Holding hands for one breath before sleep."""

from voice.cues import Chime, Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["good_night"]


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "good_night")):
        return
    yield Say(scene.line("good_night.begin"))
    yield Rest(3.0)
    yield Say(scene.line("good_night.inhale"))
    yield Rest(3.0)
    yield Say(scene.line("good_night.exhale"))
    yield Rest(5.0)
    yield Say(scene.line("good_night.end"))
    yield Chime("low")


good_night = Moment(
    _play,
    lines=(
        *opening_lines("good_night"),
        "good_night.begin",
        "good_night.inhale",
        "good_night.exhale",
        "good_night.end",
    ),
    asks=(READY,),
)
