"""The deck: no card comes again too soon, whatever happens to the deck's file between two draws."""

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from voice.nlu.deck import deal
from voice.store import DeckState, Store

CARDS = ("pride", "dreams", "play", "home", "thanks")
# The decks that are there at one draw after the other: cards come, go, and come back.
DECKS = st.lists(st.lists(st.sampled_from(CARDS), min_size=1, unique=True), min_size=1, max_size=40)


@given(DECKS, st.randoms(use_true_random=False))
def test_no_card_comes_again_before_all_came(decks: list[list[str]], chance: random.Random) -> None:
    """A round deals every card that is there once; the next begins with another than the last one dealt."""
    came: set[str] = set()
    last: str | None = None
    state: DeckState | None = None
    for cards in decks:
        card, state = deal(cards, state, chance)
        assert card in cards
        if came >= set(cards):
            assert card != last or cards == [last]
            came.clear()
        assert card not in came
        came.add(card)
        last = card


@given(st.integers())
def test_a_round_is_every_card_once(seed: int) -> None:
    """Of a deck that nobody edits, each round is a shuffle."""
    chance = random.Random(seed)  # noqa: S311 - a shuffle, no secret
    state: DeckState | None = None
    dealt: list[str] = []
    for _ in range(3 * len(CARDS)):
        card, state = deal(CARDS, state, chance)
        dealt.append(card)
    rounds = [dealt[start : start + len(CARDS)] for start in range(0, len(dealt), len(CARDS))]
    assert [sorted(each) for each in rounds] == [sorted(CARDS)] * 3


def test_all_orders_are_dealt() -> None:
    """The shuffle favours no card: each is the first of a new deck now and then."""
    firsts = [deal(CARDS, None, random.Random(seed))[0] for seed in range(200)]  # noqa: S311 - a shuffle, no secret
    assert min(firsts.count(card) for card in CARDS) > 20


@settings(deadline=None, max_examples=20)
@given(st.lists(st.booleans(), min_size=1, max_size=15))
def test_a_restart_changes_nothing(restarts: list[bool]) -> None:
    """What was dealt before the assistant stopped is not dealt again before the round is over."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "moments.sqlite")
        dealt: list[str] = []
        for number, restart in enumerate(restarts):
            if restart:
                store.close()
                store = Store(Path(folder) / "moments.sqlite")
            card, state = deal(CARDS, store.deck("questions"), random.Random(number))  # noqa: S311 - no secret
            store.save_deck("questions", state)
            dealt.append(card)
        store.close()
    for start in range(0, len(dealt), len(CARDS)):
        round_ = dealt[start : start + len(CARDS)]
        assert len(set(round_)) == len(round_)
