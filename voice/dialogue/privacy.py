"""Private moments, and the texts that may be cached."""

from collections.abc import Mapping

from voice.moments.moment import Moment
from voice.packs.decks import texts
from voice.packs.pack import Pack
from voice.packs.spoken_text import sentences_of

__all__ = ["is_private", "ready_made"]


def is_private(moment: str, moments: Mapping[str, Moment]) -> bool:
    """Return whether a moment may not be logged, shown or repeated; an unknown one is not private."""
    return moment in moments and moments[moment].private


def ready_made(pack: Pack, moments: Mapping[str, Moment]) -> frozenset[str]:
    """Return the texts that are the same for every couple: lines without fields, and cards.

    All other texts are about the couple: their names, times, feelings and notes. The lines of private moments
    are left out too, because they tell that such a moment was played.
    """
    private = {key for name in pack.moments if is_private(name, moments) for key in moments[name].needs.fields}
    lines = (variants for key, variants in pack.responses.items() if key not in private)
    fixed = {variant for variants in lines for variant in variants if "{" not in variant}
    cards = {text for deck in pack.decks.values() for text in texts(deck)}
    return frozenset(fixed | cards | {sentence for card in cards for sentence in sentences_of(card)})
