"""The moments, by name: each a scene that reads like what it plays."""

from voice.moments.always import repeat, stop
from voice.moments.appreciate import appreciate
from voice.moments.break_ import break_
from voice.moments.check_in import check_in
from voice.moments.coming_home import coming_home
from voice.moments.encourage import encourage
from voice.moments.forget import forget_everything, forget_today
from voice.moments.good_morning import good_morning
from voice.moments.good_night import good_night
from voice.moments.gratitude import gratitude
from voice.moments.help import help_
from voice.moments.keeping import keep_off, keep_on, read_notes
from voice.moments.laughter import laughter
from voice.moments.leaving_home import leaving_home
from voice.moments.midday import midday
from voice.moments.mindfulness import mindfulness
from voice.moments.pause import pause
from voice.moments.question import question
from voice.moments.say_kindly import say_kindly
from voice.moments.scene import SILENCE, Answer, BreathPattern, Moment, Scene, Script
from voice.moments.story import story
from voice.moments.tally import good_moment, hard_moment

__all__ = ["MOMENTS", "SILENCE", "Answer", "BreathPattern", "Moment", "Scene", "Script"]

MOMENTS: dict[str, Moment] = {
    "appreciate": appreciate,
    "break": break_,
    "check_in": check_in,
    "coming_home": coming_home,
    "encourage": encourage,
    "forget_everything": forget_everything,
    "forget_today": forget_today,
    "good_moment": good_moment,
    "good_morning": good_morning,
    "good_night": good_night,
    "gratitude": gratitude,
    "hard_moment": hard_moment,
    "help": help_,
    "keep_off": keep_off,
    "keep_on": keep_on,
    "laughter": laughter,
    "leaving_home": leaving_home,
    "midday": midday,
    "mindfulness": mindfulness,
    "pause": pause,
    "question": question,
    "read_notes": read_notes,
    "repeat": repeat,
    "say_kindly": say_kindly,
    "stop": stop,
    "story": story,
}
