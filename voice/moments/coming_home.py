"""A first minute together, before the news of the day."""

from voice.cues import Chime, Rest, Say
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Moment, Scene, Script

__all__ = ["coming_home"]


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "coming_home")):
        return
    yield Say(scene.line("coming_home.begin"))
    yield Rest(60.0)
    yield Chime("low")
    yield Say(scene.line("coming_home.end"))


coming_home = Moment(
    _play, lines=(*opening_lines("coming_home"), "coming_home.begin", "coming_home.end"), asks=(READY,)
)
