"""All moments by name."""

from voice.moments import always
from voice.moments.appreciate import appreciate
from voice.moments.break_ import break_
from voice.moments.check_in import check_in
from voice.moments.did_you_mean import did_you_mean
from voice.moments.encourage import encourage
from voice.moments.forget import forget_everything, forget_today
from voice.moments.good_night import good_night
from voice.moments.gratitude import gratitude
from voice.moments.help import help_
from voice.moments.keeping import keep_off, keep_on, read_notes
from voice.moments.laughter import laughter
from voice.moments.leaving_home import leaving_home
from voice.moments.midday import midday
from voice.moments.mindfulness import mindfulness
from voice.moments.moment import Moment
from voice.moments.pause import pause
from voice.moments.put_off import not_tonight, snooze
from voice.moments.question import question
from voice.moments.reminder_list import cancel_reminder, list_reminders
from voice.moments.reminders import remind, reminder
from voice.moments.ritual_changes import set_ritual, turn_off, turn_on
from voice.moments.safety import safety
from voice.moments.say_kindly import say_kindly
from voice.moments.social import clock, social
from voice.moments.story import story
from voice.moments.tally import good_moment, hard_moment
from voice.moments.undo import undo
from voice.moments.usual_ritual import usual_ritual
from voice.moments.welcome import welcome
from voice.moments.whats_next import whats_next, which_rituals
from voice.settings.rituals import RITUALS

__all__ = ["MOMENTS", "NEEDS", "TOGETHER"]

_SCENES: dict[str, Moment] = {
    "appreciate": appreciate,
    "break": break_,
    "cancel_reminder": cancel_reminder,
    "check_in": check_in,
    "clock": clock,
    "coming_home": usual_ritual("coming_home", rest=60.0),
    "encourage": encourage(pause),
    "faster": always.faster,
    "forget_everything": forget_everything,
    "forget_today": forget_today,
    "good_moment": good_moment,
    "good_night": good_night,
    "gratitude": gratitude,
    "hard_moment": hard_moment,
    "help": help_,
    "keep_off": keep_off,
    "keep_on": keep_on,
    "laughter": laughter,
    "leaving_home": leaving_home,
    "list_reminders": list_reminders,
    "listen_again": always.listen_again,
    "louder": always.louder,
    "midday": midday,
    "mindfulness": mindfulness,
    "not_tonight": not_tonight,
    "pause": pause,
    "question": question,
    "read_notes": read_notes,
    "remind": remind,
    "reminder": reminder,
    "repeat": always.repeat,
    "safety": safety,
    "say_kindly": say_kindly,
    "set_ritual": set_ritual,
    "slower": always.slower,
    "snooze": snooze,
    "social": social,
    "softer": always.softer,
    "stop": always.stop,
    "stop_listening": always.stop_listening,
    "story": story,
    "turn_off": turn_off,
    "turn_on": turn_on,
    "undo": undo,
    "welcome": welcome,
    "whats_next": whats_next,
    "which_rituals": which_rituals,
    "why": always.why,
}

MOMENTS: dict[str, Moment] = {ritual.name: usual_ritual(ritual.name) for ritual in RITUALS} | _SCENES
MOMENTS["did_you_mean"] = did_you_mean(MOMENTS)
"""All moments. A ritual without a scene of its own has the usual shape."""

NEEDS = {name: moment.needs for name, moment in MOMENTS.items()}
"""Everything that a pack must have for each moment."""

TOGETHER = frozenset(always.REASONS) - {"good_moment", "hard_moment"}
"""The moments that a couple have together; the others report some, or control the assistant."""
