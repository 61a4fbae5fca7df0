"""The moments, by name: each a scene that reads like what it plays."""

from voice.moments.always import help_, repeat, stop
from voice.moments.gratitude import gratitude
from voice.moments.pause import pause
from voice.moments.question import question
from voice.moments.scene import SILENCE, Answer, BreathPattern, Moment, Scene, Script

__all__ = ["MOMENTS", "SILENCE", "Answer", "BreathPattern", "Moment", "Scene", "Script"]

MOMENTS: dict[str, Moment] = {
    "gratitude": gratitude,
    "help": help_,
    "pause": pause,
    "question": question,
    "repeat": repeat,
    "stop": stop,
}
