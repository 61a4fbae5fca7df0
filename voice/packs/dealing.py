"""Dealing cards: no card of a deck repeats before all were dealt, also across restarts and edits of the deck."""

import json
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voice.packs.decks import Card, texts
from voice.storage.database import Database

__all__ = ["Dealer", "DeckState", "DeckStore", "deal", "skip"]


@dataclass(frozen=True)
class DeckState:
    """How far a deck has been dealt in the current round.

    Attributes:
        order: the cards still to be dealt, the next one first.
        dealt: the cards already dealt, the latest at the end.
    """

    order: tuple[str, ...]
    dealt: tuple[str, ...] = ()


class DeckStore:
    """The states of decks and the favourite cards in the database. Methods raise `SystemFailure` as the database does.

    Args:
        database: where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, deck: str) -> DeckState | None:
        """Return how far a deck has been dealt, or None if it never was."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT cards, dealt FROM deck WHERE name = ?", (deck,)).fetchone()
            return DeckState(tuple(json.loads(row[0])), tuple(json.loads(row[1]))) if row else None

    def save(self, deck: str, state: DeckState) -> None:
        """Save how far a deck has been dealt."""
        with self._database.writing() as connection:
            row = (deck, json.dumps(state.order), json.dumps(state.dealt))
            connection.execute("INSERT OR REPLACE INTO deck VALUES (?, ?, ?)", row)

    def favourites(self, deck: str) -> tuple[str, ...]:
        """Return the favourite cards of a deck, in the order they were added."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT card FROM favourite WHERE deck = ? ORDER BY at, rowid", (deck,))
            return tuple(card for (card,) in rows)

    def add_favourite(self, deck: str, card: str, at: datetime) -> bool:
        """Add a card to the favourites; return False if it was one before."""
        with self._database.writing() as connection:
            row = (deck, card, at.isoformat())
            return connection.execute("INSERT OR IGNORE INTO favourite VALUES (?, ?, ?)", row).rowcount == 1


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


def deal(
    cards: Sequence[str], state: DeckState | None, chance: random.Random, wanted: Collection[str] | None = None
) -> tuple[str, DeckState]:
    """Deal the next card, or the next wanted card.

    No card repeats before all were dealt, and no wanted card before all wanted ones were. A new round never begins
    with the card dealt last. It begins only when any card will do: if all wanted cards were dealt in this round, the
    one dealt longest ago comes again. Cards that are no longer in the deck are passed over; new ones are shuffled into
    the rest of the round.

    Args:
        cards: all cards of the deck, at least one.
        state: the state of the round; None before the first draw.
        chance: the source of randomness.
        wanted: the cards to choose from, at least one; None if any will do.

    Returns:
        The card, and the new state.
    """
    asked = set(cards if wanted is None else wanted)
    state = state or DeckState(())
    last = state.dealt[-1:]
    dealt = _without(state.dealt, state.order)  # skipped cards are in both
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
    """Put back a card that was just dealt: it comes again half way through the rest of the round.

    If no other card is left, the next round begins without it. A card that was dealt for the second time in this round
    stays dealt.

    Args:
        state: the state after the card was dealt.
        card: the card.

    Returns:
        The new state.
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
    latest = dict.fromkeys(reversed(dealt))  # for a card dealt twice, the second time
    return next((card for card in reversed(latest) if card in asked), *last)


def _dealt_again(card: str, dealt: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dealt cards with one more; of a card dealt several times, the first and the last time stay."""
    if card not in dealt:
        return (*dealt, card)
    first = dealt.index(card)
    return (*dealt[: first + 1], *_without(dealt[first + 1 :], [card]), card)


def _without(cards: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    out = set(others)
    return tuple(card for card in cards if card not in out)
