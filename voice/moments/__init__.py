"""The moments, by name: each a scene that reads like what it plays."""

from voice.moments.always import help_, repeat, stop
from voice.moments.break_ import break_
from voice.moments.encourage import encourage
from voice.moments.gratitude import gratitude
from voice.moments.mindfulness import mindfulness
from voice.moments.pause import pause
from voice.moments.question import question
from voice.moments.say_kindly import say_kindly
from voice.moments.scene import SILENCE, Answer, BreathPattern, Moment, Scene, Script

__all__ = ["MOMENTS", "SILENCE", "Answer", "BreathPattern", "Moment", "Scene", "Script"]

MOMENTS: dict[str, Moment] = {
    "break": break_,
    "encourage": encourage,
    "gratitude": gratitude,
    "help": help_,
    "mindfulness": mindfulness,
    "pause": pause,
    "question": question,
    "repeat": repeat,
    "say_kindly": say_kindly,
    "stop": stop,
}
