"""Deals cards from the decks of a pack."""

import random
from collections.abc import Mapping
from datetime import datetime

from voice.packs.dealing import DeckStore, deal, skip
from voice.packs.decks import Card, texts

__all__ = ["Dealer"]


class Dealer:
    """Deals cards, and stores what was dealt so that a restart repeats nothing.

    Args:
        decks: the cards of each deck, by its name.
        store: keeps the state of each deck, and the favourites.
        chance: shuffles.
    """

    def __init__(self, decks: Mapping[str, tuple[Card, ...]], store: DeckStore, chance: random.Random) -> None:
        self._decks = decks
        self._store = store
        self._chance = chance

    def deal(self, deck: str, category: str | None = None, depth: str | None = None) -> str | None:
        """Deal the next card of a category and depth, or of any; None if the deck has no such card."""
        cards = self._decks[deck]
        fitting = texts(cards, category, depth)
        if not fitting:
            return None
        card, state = deal(texts(cards), self._store.state(deck), self._chance, fitting)
        self._store.save(deck, state)
        return card

    def skip(self, deck: str, card: str) -> None:
        """Put back the card that was just dealt; it comes again later in this round."""
        state = self._store.state(deck)
        if state is not None:
            self._store.save(deck, skip(state, card))

    def keep(self, deck: str, card: str, at: datetime) -> bool:
        """Keep a card as a favourite; return False if it was one before."""
        return self._store.add_favourite(deck, card, at)

    def deal_kept(self, deck: str) -> str | None:
        """Deal one of the favourites; None if there are none."""
        known = {card.text for card in self._decks[deck]}
        kept = [card for card in self._store.favourites(deck) if card in known]
        if not kept:
            return None
        name = f"{deck} kept"
        card, state = deal(kept, self._store.state(name), self._chance)
        self._store.save(name, state)
        return card
