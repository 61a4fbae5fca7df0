"""Dealing cards: none repeats too soon, across wishes, skips, restarts and edits of the deck."""

import itertools
import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from voice.packs.dealing import DeckState, DeckStore, deal, skip
from voice.storage.database import Database

CARDS = ("pride", "dreams", "play", "home")
SOME = st.lists(st.sampled_from(CARDS), min_size=1, unique=True)
# Events: a draw of any card, a draw from some, the last card put back, a restart, an edit of the deck.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("draw"), st.none()),
        st.tuples(st.just("draw"), SOME),
        st.tuples(st.just("skip"), st.none()),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("edit"), SOME),
    ),
    min_size=1,
    max_size=40,
)


def _shuffle(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a shuffle, no secret


@dataclass
class Couple:
    """A couple that remembers its cards, and a deck whose state is in a database."""

    path: Path
    chance: random.Random
    database: Database = field(init=False)
    decks: DeckStore = field(init=False)
    cards: tuple[str, ...] = CARDS
    came: set[str] = field(default_factory=set)
    past: list[str] = field(default_factory=list)
    news: bool = False

    def __post_init__(self) -> None:
        self.database = Database(self.path)
        self.decks = DeckStore(self.database)

    def restart(self, _: None = None) -> None:
        """Open the database again."""
        self.database.close()
        self.database = Database(self.path)
        self.decks = DeckStore(self.database)

    def edit(self, cards: list[str]) -> None:
        """Change the deck's file."""
        self.cards = tuple(cards)

    def skip(self, _: None = None) -> None:
        """Put the last card back; if it was dealt for the first time in the round, it does not count."""
        state = self.decks.state("questions")
        if state and self.past:
            self.decks.save("questions", skip(state, self.past[-1]))
            if self.news:
                self.came.discard(self.past[-1])

    def draw(self, wanted: list[str] | None) -> None:
        """Draw a card, and check that it is one that may come."""
        asked = {card for card in wanted or self.cards if card in self.cards} or set(self.cards)
        card, state = deal(self.cards, self.decks.state("questions"), self.chance, asked)
        self.decks.save("questions", state)
        last = set(self.past[-1:])
        if asked - self.came - last:
            assert card in asked - self.came - last, "it has not come yet in this round, and is not the one just dealt"
        elif asked == set(self.cards):
            assert card not in last or asked == last, "a new round begins with another card"
            self.came.clear()
        else:
            others = (asked & set(self.past)) - last or last
            assert card == min(others, key=self.since), "of those wanted, the one that was dealt longest ago"
        self.news = card not in self.came
        self.came.add(card)
        self.past.append(card)

    def since(self, card: str) -> int:
        """Return when a card was dealt last."""
        return max(number for number, dealt in enumerate(self.past) if dealt == card)


@settings(max_examples=100)
@given(STEPS, st.randoms(use_true_random=False))
def test_no_card_comes_again_before_all_came(steps: list[tuple[str, list[str] | None]], chance: random.Random) -> None:
    """Across draws, wishes, skips, restarts and edits, each card waits for the others, and for those of its kind."""
    with tempfile.TemporaryDirectory() as folder:
        couple = Couple(Path(folder) / "moments.sqlite", chance)
        try:
            for step, argument in steps:
                getattr(couple, step)(argument)
        finally:
            couple.database.close()  # hypothesis may break a draw off


@given(st.integers())
def test_a_round_has_every_card_once(seed: int) -> None:
    """Each round of an unchanged deck has all cards."""
    chance = _shuffle(seed)
    state: DeckState | None = None
    dealt: list[str] = []
    for _ in range(3 * len(CARDS)):
        card, state = deal(CARDS, state, chance)
        dealt.append(card)
    rounds = [dealt[start : start + len(CARDS)] for start in range(0, len(dealt), len(CARDS))]
    assert [sorted(each) for each in rounds] == [sorted(CARDS)] * 3


def test_all_orders_are_dealt() -> None:
    """The shuffle is fair: each card comes first now and then."""
    firsts = [deal(CARDS, None, _shuffle(seed))[0] for seed in range(200)]
    assert min(firsts.count(card) for card in CARDS) > 20


@given(st.integers(), st.sets(st.integers(0, 3 * len(CARDS))))
def test_skipped_cards_come_in_the_same_round(seed: int, skipped: set[int]) -> None:
    """However many are skipped, each card is taken once per round; only the last one may end it."""
    chance, state = _shuffle(seed), DeckState(())
    taken: list[str] = []
    for number in itertools.count():
        card, state = deal(CARDS, state, chance)
        if number in skipped and state.order:
            state = skip(state, card)
        else:
            taken.append(card)
        if len(taken) == len(CARDS):
            break
    assert sorted(taken) == sorted(CARDS)


def test_cards_of_one_kind_take_turns() -> None:
    """If only some cards are wanted, they come in turns, and the others stay in the round."""
    chance, state = _shuffle(1), DeckState(())
    dealt = []
    for _ in range(30):
        card, state = deal(CARDS, state, chance, ("home", "play", "pride"))
        dealt.append(card)
    assert dealt[:3] * 10 == dealt
    assert state.order == ("dreams",)
    assert len(state.dealt) <= 2 * len(CARDS), "what is kept does not grow"


def test_a_wish_outweighs_a_skip() -> None:
    """A wanted card comes at once, even if it was skipped, until it was dealt."""
    chance = _shuffle(1)
    card, state = deal(CARDS, None, chance, ["home"])
    state = skip(state, card)
    _, state = deal(CARDS, state, chance, ["play"])
    for _ in range(2):
        card, state = deal(CARDS, state, chance, ["home"])
        assert "home" not in state.order
        state = skip(state, card)
        assert state.order.count("home") == 1
    card, state = deal(CARDS, state, chance, ["home"])
    assert card == "home"
    again, state = deal(CARDS, state, chance, ["home"])
    assert "home" not in skip(state, again).order
