"""The moments, by name: each a scene that reads like what it plays."""

from voice.moments import always
from voice.moments.gratitude import gratitude
from voice.moments.help import help_
from voice.moments.pause import pause
from voice.moments.question import question
from voice.moments.safety import safety
from voice.moments.scene import SILENCE, Answer, BreathPattern, Moment, RitualBook, Scene, Script

__all__ = ["MOMENTS", "SILENCE", "Answer", "BreathPattern", "Moment", "RitualBook", "Scene", "Script"]

MOMENTS: dict[str, Moment] = {
    "faster": always.faster,
    "gratitude": gratitude,
    "help": help_,
    "listen_again": always.listen_again,
    "louder": always.louder,
    "pause": pause,
    "question": question,
    "repeat": always.repeat,
    "safety": safety,
    "slower": always.slower,
    "softer": always.softer,
    "stop": always.stop,
    "stop_listening": always.stop_listening,
    "why": always.why,
}
