"""Private moments, and the texts that may be cached."""

from voice.moments import MOMENTS
from voice.moments.cards import sentences_of
from voice.packs.decks import texts
from voice.packs.pack import Pack

__all__ = ["is_private", "ready_made"]


def is_private(moment: str) -> bool:
    """Return whether nothing may be logged, shown or said again of a moment; the answers to questions are none."""
    return moment in MOMENTS and MOMENTS[moment].private


def ready_made(pack: Pack) -> frozenset[str]:
    """Return what is said word by word as the pack has it, whoever lives here: its lines without fields, and its cards.

    All else tells of the couple: names, times, what they feel, what they keep. So does that a private moment played.
    """
    private = {key for name in pack.moments if is_private(name) for key in MOMENTS[name].needs.fields}
    lines = (variants for key, variants in pack.responses.items() if key not in private)
    fixed = {variant for variants in lines for variant in variants if "{" not in variant}
    cards = {text for deck in pack.decks.values() for text in texts(deck)}
    return frozenset(fixed | cards | {sentence for card in cards for sentence in sentences_of(card)})
