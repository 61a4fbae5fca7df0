"""The contexts in which a clip is understood."""

from voice.dialogue.rules import expected
from voice.moments.registry import MOMENTS
from voice.nlu.contexts import ADDRESSED, ANYTIME, ASLEEP, SCENE, asked
from voice.nlu.intent import Tier

__all__ = ["expected_in", "typed_in"]


def expected_in(context: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the contexts of a clip, and those to try next, as in the conversation.

    `ADDRESSED` is said at any time, when the assistant was called or has just spoken.
    """
    if context == ADDRESSED:
        return (ANYTIME, ADDRESSED), ()
    if context in {ANYTIME, SCENE, ASLEEP}:
        return (context,), ()
    asks = (ask for moment in MOMENTS.values() for ask in moment.asks)
    ask = next((ask for ask in asks if asked(ask.name) == context), None)
    return ((SCENE, context), ()) if ask is None else expected(ask)


def typed_in(context: str) -> tuple[Tier, ...]:
    """Return the tiers of contexts of a typed sentence, which is meant for the assistant."""
    first, then = expected_in(context)
    return tuple((*tier, ADDRESSED) if ANYTIME in tier else tier for tier in (first, then) if tier)
