"""The usual shape of a ritual: opening, line, rest, chime, line."""

from voice.cues import Chime, Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["usual_ritual"]


def usual_ritual(name: str, rest: float = 8.0) -> Moment:
    """Make a ritual that says `NAME.begin`, leaves the couple `rest` seconds, rings and says `NAME.end`."""

    def play(scene: Scene) -> Script:
        if not (yield from opening(scene, name)):
            return
        yield Say(scene.line(f"{name}.begin"))
        yield Rest(rest)
        yield Chime("low")
        yield Say(scene.line(f"{name}.end"))

    return Moment(play, lines=(*opening_lines(name), f"{name}.begin", f"{name}.end"), asks=(READY,))
