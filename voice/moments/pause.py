"""The three-breath pause and other breaths, guided by voice, by chimes, or quietly for the night."""

from voice.cues import Chime, Rest, Say
from voice.moments.break_ import DOORS, take_break
from voice.moments.breath import BreathPattern, Phase
from voice.moments.moment import SILENCE, Moment, Script
from voice.moments.say_kindly import find_words
from voice.moments.scene import Scene

__all__ = ["LONGEST", "PATTERNS", "pause"]

LONGEST = 12
PATTERNS = {
    "three": BreathPattern(),
    "box": BreathPattern(inhale=4, hold=4, exhale=4, rest=4, rounds=4),
    "four_seven_eight": BreathPattern(inhale=4, hold=7, exhale=8, rounds=4),
    "long_exhale": BreathPattern(inhale=4, exhale=6, rounds=6),
}
"""The breathing patterns that can be asked for by name."""

_MOST_ROUNDS = 60
_CHIMES: dict[str, Chime] = {"inhale": Chime("high", takes=0.0), "exhale": Chime("low", takes=0.0)}
_PHASES = ("inhale", "hold", "exhale", "rest")
_COUNTS = tuple(f"count.{number}" for number in range(2, LONGEST + 1))


def _play(scene: Scene) -> Script:
    match scene.slots.get("style", scene.style):
        case "chimes":
            yield from _by_chimes(scene)
        case "night":
            yield from _by_night(scene)
        case _:
            yield from _by_voice(scene)


def _by_voice(scene: Scene) -> Script:
    yield Say(scene.line("pause.begin"))
    yield Rest(2.0)
    yield from _breathe(scene)
    yield Say(scene.line("pause.end"))
    if scene.serves("break") and scene.serves("say_kindly") and scene.now_and_then("doors", 2):
        yield from _doors(scene)


def _by_chimes(scene: Scene) -> Script:
    """Ring one chime to breathe in and another to breathe out, without counting."""
    yield Say(scene.line("pause.begin"))
    yield Rest(2.0)
    for phase in _phases(scene):
        if phase.name in _CHIMES:
            yield _CHIMES[phase.name]
        yield Rest(float(phase.counts))
    yield Chime("low")


def _by_night(scene: Scene) -> Script:
    """Begin with a long silence, and say only "in" and "out"."""
    yield Chime("low")
    yield Rest(6.0)
    for phase in _phases(scene):
        yield Say(scene.line(f"pause.{phase.name}"), takes=1.0)
        yield Rest(phase.counts - 1.0)
    yield Chime("low")


def _breathe(scene: Scene) -> Script:
    for phase in _phases(scene):
        if phase.name in _CHIMES:
            yield _CHIMES[phase.name]
        yield Say(scene.line(f"pause.{phase.name}"), takes=1.0)
        for number in range(2, phase.counts + 1):
            yield Say(scene.line(f"count.{number}"), takes=1.0)
    yield Chime("low")
    yield Rest(1.0)


def _phases(scene: Scene) -> list[Phase]:
    """Return the phases of all rounds, as requested or else as in the settings."""
    pattern = PATTERNS.get(scene.slots.get("pattern", ""), scene.pattern)
    wanted: int = scene.slots.get("rounds", pattern.rounds)
    return list(pattern) * min(max(wanted, 1), max(_MOST_ROUNDS, pattern.rounds))


def _doors(scene: Scene) -> Script:
    """Offer a longer break, help with the words, or the same again; silence means no."""
    yield Say(scene.line("break.doors"))
    answer = (yield DOORS) or SILENCE
    if answer.intent == "Agree":
        yield Say(scene.line("break.which"))
        answer = (yield DOORS) or SILENCE
    match answer.intent:
        case "Again":
            yield from _breathe(scene)
        case "Break":
            yield from take_break(scene, answer.slots.get("minutes"))
        case "SayKindly":
            yield from find_words(scene)


pause = Moment(
    _play,
    lines=("pause.begin", "pause.end", *(f"pause.{phase}" for phase in _PHASES), *_COUNTS),
    counted=(*(f"pause.{phase}" for phase in _PHASES), *_COUNTS),
    leads_to=frozenset({"break", "say_kindly"}),
)
