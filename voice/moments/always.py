"""What can be said at any time: repeat, help, stop."""

from voice.cues import Rest, Say
from voice.moments.scene import Moment, Scene, Script

__all__ = ["help_", "repeat", "stop"]


def _repeat(scene: Scene) -> Script:
    if scene.last:
        yield from scene.last
    else:
        yield Say(scene.line("repeat.nothing"))


def _help(scene: Scene) -> Script:
    yield Say(scene.line("help.begin"))
    yield Rest(0.3)
    yield Say(scene.line("help.examples"))


def _stop(_scene: Scene) -> Script:
    """Silence is the answer: the conversation has ended whatever played."""
    yield from ()


repeat = Moment(_repeat, lines=("repeat.nothing",))
help_ = Moment(_help, lines=("help.begin", "help.examples"))
stop = Moment(_stop)
