"""The three-breath pause: in and out by the second, told apart by words and by sound."""

from voice.cues import Chime, Rest, Say
from voice.moments.scene import Moment, Scene, Script

__all__ = ["LONGEST", "pause"]

LONGEST = 12
_CHIMES: dict[str, Chime] = {"inhale": Chime("high", takes=0.0), "exhale": Chime("low", takes=0.0)}
_PHASES = ("inhale", "hold", "exhale", "rest")
_COUNTS = tuple(f"count.{number}" for number in range(2, LONGEST + 1))


def _play(scene: Scene) -> Script:
    yield Say(scene.line("pause.begin"))
    yield Rest(2.0)
    for _ in range(scene.pattern.rounds):
        for phase in scene.pattern:
            if phase.name in _CHIMES:
                yield _CHIMES[phase.name]
            yield Say(scene.line(f"pause.{phase.name}"), takes=1.0)
            for number in range(2, phase.counts + 1):
                yield Say(scene.line(f"count.{number}"), takes=1.0)
    yield Chime("low")
    yield Rest(1.0)
    yield Say(scene.line("pause.end"))


pause = Moment(
    _play,
    lines=("pause.begin", "pause.end", *(f"pause.{phase}" for phase in _PHASES), *_COUNTS),
    counted=(*(f"pause.{phase}" for phase in _PHASES), *_COUNTS),
)
