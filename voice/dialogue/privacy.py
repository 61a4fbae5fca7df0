"""Private moments, and the texts that may be cached."""

from voice.moments import MOMENTS
from voice.moments.cards import sentences_of
from voice.packs.decks import texts
from voice.packs.pack import Pack

__all__ = ["is_private", "ready_made"]


def is_private(moment: str) -> bool:
    """Return whether nothing of a moment may be logged, shown or repeated; an unknown one is not private."""
    return moment in MOMENTS and MOMENTS[moment].private


def ready_made(pack: Pack) -> frozenset[str]:
    """Return the texts that are the same for every couple: lines without fields, and cards.

    Everything else tells about the couple: names, times, what they feel, what they keep. The lines of private moments
    are left out too, because they tell that such a moment was played.
    """
    private = {key for name in pack.moments if is_private(name) for key in MOMENTS[name].needs.fields}
    lines = (variants for key, variants in pack.responses.items() if key not in private)
    fixed = {variant for variants in lines for variant in variants if "{" not in variant}
    cards = {text for deck in pack.decks.values() for text in texts(deck)}
    return frozenset(fixed | cards | {sentence for card in cards for sentence in sentences_of(card)})
