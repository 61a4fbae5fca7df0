"""The moments, by name: each a scene that reads like what it plays."""

from voice.moments import always
from voice.moments.gratitude import gratitude
from voice.moments.help import help_
from voice.moments.pause import pause
from voice.moments.put_off import not_tonight, snooze
from voice.moments.question import question
from voice.moments.reminders import remind, reminder
from voice.moments.ritual_changes import set_ritual, turn_off, turn_on
from voice.moments.safety import safety
from voice.moments.scene import SILENCE, Answer, BreathPattern, Moment, RitualBook, Scene, Script
from voice.moments.welcome import welcome
from voice.moments.whats_next import whats_next, which_rituals

__all__ = ["MOMENTS", "SILENCE", "Answer", "BreathPattern", "Moment", "RitualBook", "Scene", "Script"]

MOMENTS: dict[str, Moment] = {
    "faster": always.faster,
    "gratitude": gratitude,
    "help": help_,
    "listen_again": always.listen_again,
    "louder": always.louder,
    "not_tonight": not_tonight,
    "pause": pause,
    "question": question,
    "remind": remind,
    "reminder": reminder,
    "repeat": always.repeat,
    "safety": safety,
    "set_ritual": set_ritual,
    "slower": always.slower,
    "snooze": snooze,
    "softer": always.softer,
    "stop": always.stop,
    "stop_listening": always.stop_listening,
    "turn_off": turn_off,
    "turn_on": turn_on,
    "welcome": welcome,
    "whats_next": whats_next,
    "which_rituals": which_rituals,
    "why": always.why,
}
