"""Help for a partner who is not safe: a calm line and numbers to call. Nothing of it is kept or logged."""

from voice.cues import Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene

__all__ = ["safety"]


def _play(scene: Scene) -> Script:
    yield Rest(0.5)
    yield Say(scene.line("safety.begin"))
    yield Rest(0.5)
    for name, number in scene.numbers:
        yield Say(scene.line("safety.number", name=name, number=_digits(number)))
        yield Rest(0.5)
    yield Say(scene.line("safety.emergency", number=_digits(scene.emergency)))
    yield Rest(0.5)
    yield Say(scene.line("safety.end"))


def _digits(number: str) -> str:
    """Return a phone number digit by digit, with a pause at each space: "+44 20 79" is "+ 4 4, 2 0, 7 9"."""
    return ", ".join(map(" ".join, number.split()))


safety = Moment(
    _play,
    lines=("safety.begin", "safety.number name number", "safety.emergency number", "safety.end"),
    private=True,
)
