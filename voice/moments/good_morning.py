"""A moment of eye contact before the two leave."""

from voice.cues import Chime, Rest, Say
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Moment, Scene, Script

__all__ = ["good_morning"]


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "good_morning")):
        return
    yield Say(scene.line("good_morning.begin"))
    yield Rest(8.0)
    yield Chime("low")
    yield Say(scene.line("good_morning.end"))


good_morning = Moment(
    _play, lines=(*opening_lines("good_morning"), "good_morning.begin", "good_morning.end"), asks=(READY,)
)
