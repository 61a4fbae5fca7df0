"""The moments, by name: each a scene that reads like what it plays."""

from voice.moments.always import help_, repeat, stop
from voice.moments.gratitude import gratitude
from voice.moments.pause import pause
from voice.moments.put_off import not_tonight, snooze
from voice.moments.question import question
from voice.moments.reminders import remind, reminder
from voice.moments.ritual_changes import set_ritual, turn_off, turn_on
from voice.moments.scene import SILENCE, Answer, BreathPattern, Moment, Scene, Script
from voice.moments.whats_next import whats_next, which_rituals

__all__ = ["MOMENTS", "SILENCE", "Answer", "BreathPattern", "Moment", "Scene", "Script"]

MOMENTS: dict[str, Moment] = {
    "gratitude": gratitude,
    "help": help_,
    "not_tonight": not_tonight,
    "pause": pause,
    "question": question,
    "remind": remind,
    "reminder": reminder,
    "repeat": repeat,
    "set_ritual": set_ritual,
    "snooze": snooze,
    "stop": stop,
    "turn_off": turn_off,
    "turn_on": turn_on,
    "whats_next": whats_next,
    "which_rituals": which_rituals,
}
