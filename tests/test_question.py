"""A question, and the requests that are understood during the talk about it."""

from pathlib import Path

import pytest
from acting import ANA, BEN, act, said, two_at_home

from voice.assistant import Assistant
from voice.nlu.intent import Intent


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Give an assistant in its own home."""
    return two_at_home(tmp_path)


def _cards(home: Assistant, lines: list[str], **wish: str) -> list[str]:
    """Return the spoken lines that are cards of a kind."""
    cards = home.pack.decks["questions"]
    known = {card.text for card in cards if all(getattr(card, key) == value for key, value in wish.items())}
    return [line for line in lines if line in known]


def test_partners_alternate_in_answering_first(home: Assistant) -> None:
    """Each question asks the other partner to begin, by name."""
    firsts = [said(act(home, Intent("Question")))[-1] for _ in range(4)]
    assert [ANA in line for line in firsts] == [True, False, True, False]
    assert [BEN in line for line in firsts] == [False, True, False, True]


def test_the_talk_changes_the_course(home: Assistant) -> None:
    """During the talk, another card, a deeper one or one about dreams can be requested."""
    lines = said(act(home, Intent("Question"), "another", "a deeper one", "one about dreams"))
    cards = _cards(home, lines)
    assert len(set(cards)) == 4
    assert cards[2] in _cards(home, cards, depth="deep")
    assert cards[3] in _cards(home, cards, category="dreams")


def test_skipping_costs_nothing(home: Assistant) -> None:
    """A skipped card is dealt later in the same round, and the same partner still begins."""
    first, second, *_ = _cards(home, said(act(home, Intent("Question", {"category": "dreams"}), "skip")))
    dreams = sum(card.category == "dreams" for card in home.pack.decks["questions"])
    later = [_cards(home, said(act(home, Intent("Question", {"category": "dreams"})))) for _ in range(dreams - 1)]
    assert first != second
    assert [first] in later


def test_a_favourite_is_dealt_again(home: Assistant) -> None:
    """A kept card is dealt again on request; without one, the reply is kind."""
    asked = act(home, Intent("Question", {"kept": True}), "keep this one")
    (card,) = _cards(home, said(asked))
    assert _cards(home, said(act(home, Intent("Question", {"kept": True})))) == [card]


def test_a_kind_without_cards_gets_any(home: Assistant) -> None:
    """A request for own cards without any says so, and deals another card."""
    lines = said(act(home, Intent("Question", {"category": "own"})))
    assert any(line in home.pack.responses["question.none_such"] for line in lines)
    assert len(_cards(home, lines)) == 1


def test_it_listens_along_without_a_word(home: Assistant) -> None:
    """A talk is not interrupted, except by an invitation to listen every third time; silence ends it."""
    before = said(act(home, Intent("Question")))
    during = said(act(home, Intent("Question"), "well I think", "and me", "yes that was when"))
    assert len(during) == len(before) + 1
    assert during[-1] in home.pack.responses["question.mirror"]
