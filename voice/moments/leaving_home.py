"""A hug or a thoughtful word at the door."""

from voice.cues import Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["leaving_home"]


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "leaving_home")):
        return
    yield Say(scene.line("leaving_home.begin"))
    yield Rest(8.0)
    yield Say(scene.line("leaving_home.end"))


leaving_home = Moment(
    _play, lines=(*opening_lines("leaving_home"), "leaving_home.begin", "leaving_home.end"), asks=(READY,)
)
