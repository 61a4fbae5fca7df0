"""A deck deals its cards without repeats, whatever happens between two draws."""

import random
from collections.abc import Sequence

from voice.store import DeckState

__all__ = ["deal"]


def deal(cards: Sequence[str], state: DeckState | None, chance: random.Random) -> tuple[str, DeckState]:
    """Deal the next card.

    No card comes again before all came; a new round never begins with the card that ended the last one. Cards that
    left the deck's file are passed over, and cards that came to it are shuffled into the rest of the round.

    Args:
        cards: all cards of the deck, at least one.
        state: what is left of the round, None before the first draw.
        chance: what shuffles.

    Returns:
        The card, and the state after it.
    """
    dealt = state.dealt if state else ()
    known = frozenset(cards)
    left = [card for card in state.order if card in known] if state else []
    for card in cards:
        if card not in left and card not in dealt:
            left.insert(chance.randint(0, len(left)), card)
    if not left:
        left = chance.sample(cards, len(cards))
        if dealt and left[0] == dealt[-1]:
            left.append(left.pop(0))
        dealt = ()
    return left[0], DeckState(order=tuple(left[1:]), dealt=(*dealt, left[0]))
