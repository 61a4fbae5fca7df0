"""Certainty: how sure is sure enough, from the circumstances and from what is asked for.

What passes (a pause, a question) needs less than what lasts (a ritual's time, the notes that are kept), because a wrong
pause is over in a moment. A sentence of the grammar that a second reading without the grammar confirms needs less than
one that stands alone. Between sure and unsure lies a question, where it is clear that the assistant is meant.
"""

from collections.abc import Callable
from dataclasses import dataclass

from voice.asr.recogniser import FreeTranscript
from voice.nlu.intent import LASTING, NEVER_IGNORED, SAID_TO_OTHERS, Intent, Meaning

__all__ = ["CLEAR", "Circumstances", "Decision", "decide"]

CLEAR = 0.6
"""A sentence of this confidence needs no second thought, unless its effect lasts."""
# Shares of the threshold: within a moment few sentences count, they are short, and one of them is expected.
_IN_A_SCENE = 0.75
_CONFIRMED = 0.6
_LASTING = 1.3
# The confidence in a word that a free reading needs, and how far its meaning has to be ahead of others and of none.
# Chosen on spoken phrases and talk; docs/recognition.md has the figures.
_READABLE, _READABLE_LASTING = 0.3, 0.5
_MARGIN, _MARGIN_IN_A_SCENE, _MARGIN_LASTING = 0.25, 0.1, 0.35
# While nobody called it: the margin of what people also say to each other, and that of one, two or three words.
_MARGIN_SAID_TO_OTHERS = 0.5
_MARGIN_OF_FEW_WORDS = {1: 0.95, 2: 0.7, 3: 0.3}
_READABLE_FEW_WORDS = 0.4
# While nobody called it, a reading of this confidence that means something else, or nothing, speaks against a sentence
# that isn't clear ("what would you do" sounds like "what can you do").
_READABLE_OTHERWISE = 0.8
# Where the ears differ in what lasts, the free reading counts from this confidence on.
_READABLE_AGAINST = 0.75


@dataclass(frozen=True)
class Circumstances:
    """The circumstances of an utterance.

    Attributes:
        in_scene: whether a moment is under way, whose answers and commands are expected.
        addressed: whether it is clear that the assistant is meant: called by its name, or it has just spoken.
    """

    in_scene: bool = False
    addressed: bool = False


@dataclass(frozen=True)
class Decision:
    """What an utterance means.

    Attributes:
        intent: the intent, if it is sure enough.
        read: whether the free reading gave it, and not the grammar.
        unsure: what it may mean, if it is worth a question.
        then: a second request in it; only a free reading has one.
    """

    intent: Intent | None = None
    read: bool = False
    unsure: Intent | None = None
    then: Intent | None = None


def decide(  # noqa: PLR0913, PLR0917 - all that is known of an utterance
    intent: Intent | None,
    confidence: float,
    free: FreeTranscript | None,
    read: Callable[[str], Meaning],
    threshold: float,
    circumstances: Circumstances,
) -> Decision:
    """Decide what an utterance means.

    Args:
        intent: the intent of the grammar's best sentence; None if it has none.
        confidence: the recogniser's confidence in that sentence, in [0, 1].
        free: what was said without the grammar; None if the recogniser cannot tell.
        read: finds the meaning of a text; called only if it matters, as it does for all that lasts.
        threshold: the confidence that a sentence needs, in [0, 1].
        circumstances: the circumstances.
    """
    needed = threshold * (_IN_A_SCENE if circumstances.in_scene else 1.0)
    if free is None:
        return Decision(intent if confidence >= needed else None)
    lasting = intent is not None and intent.name in LASTING
    enough = confidence >= needed * (_LASTING if lasting else 1.0)
    if intent is not None and enough and confidence >= CLEAR and not lasting:
        return Decision(intent)
    meaning = read(free.text) if free.confidence >= _READABLE else Meaning()
    if meaning.withdrawn and intent is not None and intent.name not in NEVER_IGNORED:
        intent = None
    if intent is not None and enough:
        return _of_both(intent, confidence, meaning, free, circumstances)
    if intent is not None and (meaning.intent, meaning.then) == (intent, None) and confidence >= needed * _CONFIRMED:
        return Decision(intent)
    if meaning.intent is not None and _is_meant(meaning, free, circumstances):
        return Decision(meaning.intent, read=True, then=meaning.then)
    worth = meaning.intent or meaning.maybe or (intent if confidence >= needed * _CONFIRMED else None)
    return _asking(worth, circumstances)


def _of_both(
    intent: Intent, confidence: float, meaning: Meaning, free: FreeTranscript, circumstances: Circumstances
) -> Decision:
    """Decide between a sentence that is sure enough and what was read."""
    if intent.name in LASTING and free.confidence >= _READABLE_LASTING and _disputes(meaning.intent, intent):
        sure = meaning.by == "grammar" and free.confidence >= _READABLE_AGAINST
        return Decision(meaning.intent, read=True, then=meaning.then) if sure else _asking(intent, circumstances)
    # A sentence that was read word for word counts before one that only sounds alike.
    if confidence >= CLEAR or (meaning.intent, meaning.then) == (intent, None):
        return Decision(intent)
    if meaning.by == "grammar":
        return Decision(meaning.intent, read=True, then=meaning.then)
    meant = (
        circumstances.addressed or circumstances.in_scene or meaning.intent == intent or intent.name in NEVER_IGNORED
    )
    return Decision(intent if meant or free.confidence < _READABLE_OTHERWISE else None)


def _asking(intent: Intent | None, circumstances: Circumstances) -> Decision:
    """Return the question whether an intent was meant, where it is clear that the assistant is."""
    return Decision(unsure=intent if circumstances.addressed and not circumstances.in_scene else None)


def _disputes(one: Intent | None, other: Intent) -> bool:
    """Return whether two intents are the same request with another value in a slot: another hour, or another ritual."""
    if one is None or one.name != other.name:
        return False
    return any(other.slots[slot] != value for slot, value in one.slots.items() if slot in other.slots)


def _is_meant(meaning: Meaning, free: FreeTranscript, circumstances: Circumstances) -> bool:
    """Return whether the meaning of a free reading is sure enough."""
    lasting = meaning.intent is not None and meaning.intent.name in LASTING
    if lasting and free.confidence < _READABLE_LASTING:
        return False
    if meaning.by == "grammar":
        return True
    needed = _MARGIN_LASTING if lasting else _MARGIN_IN_A_SCENE if circumstances.in_scene else _MARGIN
    if not circumstances.in_scene and not circumstances.addressed:
        few = _MARGIN_OF_FEW_WORDS.get(len(free.text.split()), 0.0)
        if few and free.confidence < _READABLE_FEW_WORDS:
            return False
        others = meaning.intent is not None and meaning.intent.name in SAID_TO_OTHERS
        needed = max(needed, few, _MARGIN_SAID_TO_OTHERS if others else 0.0)
    return meaning.confidence >= needed
