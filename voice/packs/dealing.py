"""A deck deals its cards without repeats, whatever happens between two draws."""

import random
from collections.abc import Collection, Sequence

from voice.storage.database import DeckState

__all__ = ["deal", "skip"]


def deal(
    cards: Sequence[str], state: DeckState | None, chance: random.Random, wanted: Collection[str] | None = None
) -> tuple[str, DeckState]:
    """Deal the next card, or the next of those that are wanted.

    No card comes again before all came; of those wanted, none before all the wanted came. A new round never begins
    with the card dealt last. It is only begun for who takes any card: a wish that this round cannot serve any more
    gets the card, of those wanted, that was dealt longest ago. Cards that left the deck's file are passed over, and
    cards that came to it are shuffled into the rest of the round.

    Args:
        cards: all cards of the deck, at least one.
        state: what is left of the round, None before the first draw.
        chance: what shuffles.
        wanted: the cards of the deck that were asked for, at least one; None if any will do.

    Returns:
        The card, and the state after it.
    """
    asked = set(cards if wanted is None else wanted)
    state = state or DeckState(())
    last = state.dealt[-1:]
    dealt = _without(state.dealt, state.order)  # what was skipped is in both
    order = _with_new(cards, state.order, dealt, chance)
    fresh = [card for card in _without(order, last) if card in asked]
    if fresh:
        return fresh[0], DeckState(_without(order, fresh[:1]), (*dealt, fresh[0]))
    if asked.issuperset(cards):
        order = _shuffled(cards, last, chance)
        return order[0], DeckState(order[1:], order[:1])
    card = _longest_ago(dealt, last, asked)
    return card, DeckState(_without(order, [card]), _dealt_again(card, dealt))


def skip(state: DeckState, card: str) -> DeckState:
    """Put a card back that was just dealt: it comes again half way through what is left of this round.

    If none but it is left, the next round begins without waiting for it. A card that had its turn in this round
    already, and was dealt again for who wanted one of its kind, stays dealt.

    Args:
        state: the state after the card was dealt.
        card: the card.

    Returns:
        The state after that.
    """
    if card in state.order or state.dealt.count(card) != 1:
        return state
    place = len(state.order) // 2 + 1
    return DeckState((*state.order[:place], card, *state.order[place:]), state.dealt)


def _with_new(
    cards: Sequence[str], order: Sequence[str], dealt: Sequence[str], chance: random.Random
) -> tuple[str, ...]:
    seen, left = {*order, *dealt}, list(order)
    for card in cards:
        if card not in seen:
            left.insert(chance.randint(0, len(left)), card)
    return tuple(left)


def _shuffled(cards: Sequence[str], last: Collection[str], chance: random.Random) -> tuple[str, ...]:
    order = chance.sample(cards, len(cards))
    if order[0] in last:
        order.append(order.pop(0))
    return tuple(order)


def _longest_ago(dealt: Sequence[str], last: Sequence[str], asked: Collection[str]) -> str:
    latest = dict.fromkeys(reversed(dealt))  # of a card that was dealt twice, the second time
    return next((card for card in reversed(latest) if card in asked), *last)


def _dealt_again(card: str, dealt: tuple[str, ...]) -> tuple[str, ...]:
    """Note that a card was dealt: its first time in this round, and its last one, are all that is kept."""
    if card not in dealt:
        return (*dealt, card)
    first = dealt.index(card)
    return (*dealt[: first + 1], *_without(dealt[first + 1 :], [card]), card)


def _without(cards: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    out = set(others)
    return tuple(card for card in cards if card not in out)
