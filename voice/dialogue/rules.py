"""The rules of a conversation: the meaning of an intent for the playing moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from voice.cues import Ask, Cue
from voice.moments.moment import Answer, Moment, Script
from voice.nlu.contexts import ADDRESSED, ANYTIME, CORRECTION, SCENE, asked
from voice.nlu.intent import LASTING, Intent
from voice.nlu.matcher import match
from voice.packs.pack import STOP, Pack

__all__ = [
    "AGREE",
    "READY",
    "Ending",
    "Reaction",
    "Turn",
    "expected",
    "in_order",
    "next_turn",
    "reaction",
    "understand",
]

READY = "ritual.ready"
"""The question of every ritual: is now a good time?"""
AGREE = "Agree"
_SAFETY = "Safety"
# Done before the other request of a sentence, because a moment may be long, or be stopped; they take a sentence or two.
_AT_ONCE = LASTING - {"StopListening", "Undo", "ForgetToday", "ForgetEverything"}


@dataclass(frozen=True)
class Turn:
    """The cues up to the next question, and the question; None at the end of the script."""

    cues: tuple[Cue, ...]
    ask: Ask | None


class Ending(Enum):
    """How a moment ended."""

    FINISHED = auto()
    STOPPED = auto()
    REPLACED = auto()
    FAILED = auto()


class Reaction(Enum):
    """The meaning of an intent for the playing moment."""

    STOP = auto()
    ANSWER = auto()
    ASIDE = auto()
    BEGIN = auto()
    NOTHING = auto()


def reaction(
    intent: Intent, ask: Ask | None, pack: Pack, moments: Mapping[str, Moment], *, playing: bool = True
) -> Reaction:
    """Return the meaning of an intent.

    Args:
        intent: the intent.
        ask: the open question; its own answers come first.
        pack: the language.
        moments: all moments by name.
        playing: whether a moment plays; in its rests it can be ended or replaced, but takes no asides.
    """
    if intent.name == STOP:
        # "Cancel that", just after a change, means the change.
        takes_back = ask is not None and ask.name == CORRECTION and "takes_back" in intent.slots
        return Reaction.ANSWER if takes_back else Reaction.STOP
    if ask is None:
        return Reaction.NOTHING if playing and moments[intent.moment].aside else Reaction.BEGIN
    if intent.name in pack.sentences.intents(asked(ask.name)):
        return Reaction.ANSWER
    return Reaction.ASIDE if moments[intent.moment].aside else Reaction.BEGIN


def in_order(intent: Intent, then: Intent | None) -> tuple[Intent, Intent | None]:
    """Return two requests of one sentence in the order in which they are done.

    What has to be remembered comes first, and nothing else is done beside a call for help.
    """
    if then is None or intent.name == STOP:
        return intent, then
    for request in (intent, then):
        if request.name == _SAFETY:
            return request, None
    return (then, intent) if then.name in _AT_ONCE and intent.name not in _AT_ONCE else (intent, then)


def next_turn(script: Script, answer: Answer | None = None) -> Turn:
    """Read a script up to its next question; `answer` is the answer to its last one."""
    cues: list[Cue] = []
    try:
        cue = script.send(answer)
        while not isinstance(cue, Ask):
            cues.append(cue)
            cue = next(script)
    except StopIteration:
        return Turn(tuple(cues), None)
    return Turn(tuple(cues), cue)


def expected(ask: Ask) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the contexts that count first while a question is open, and those that count second.

    In a talk an answer needs as much confidence as a request, so both are in the first tier.
    """
    answers = (SCENE, asked(ask.name))
    match ask.kind:
        case "choice":
            return answers, (ANYTIME,)
        case "talk":
            return (*answers, ANYTIME), ()
        case "free":
            return answers, ()


def understand(text: str, ask: Ask, pack: Pack) -> Intent | None:
    """Return the intent of a typed text while a question is open: an answer first, then a request.

    In free speech only a sentence of the grammar counts: anything may be said there.
    """
    answers = (SCENE, asked(ask.name))
    if ask.kind == "free":
        return match(text, pack.sentences.scope(*answers))
    return pack.read(text, answers, (ANYTIME, ADDRESSED)).intent
