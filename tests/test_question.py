"""A question, and what two people may say while they talk about it."""

from pathlib import Path

import pytest
from acting import ANA, BEN, act, said, two_at_home

from voice.assistant import Assistant
from voice.nlu.matcher import Intent


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Give an assistant at a home of its own."""
    return two_at_home(tmp_path)


def _cards(home: Assistant, lines: list[str], **wish: str) -> list[str]:
    """Return the lines that are cards of a kind."""
    cards = home.pack.decks["questions"]
    known = {card.text for card in cards if all(getattr(card, key) == value for key, value in wish.items())}
    return [line for line in lines if line in known]


def test_who_answers_first_alternates(home: Assistant) -> None:
    """With each question the other one is asked to begin, by name."""
    firsts = [said(act(home, Intent("Question")))[-1] for _ in range(4)]
    assert [ANA in line for line in firsts] == [True, False, True, False]
    assert [BEN in line for line in firsts] == [False, True, False, True]


def test_the_talk_changes_the_course(home: Assistant) -> None:
    """While the two talk, another card, a deeper one and one about dreams can be had."""
    lines = said(act(home, Intent("Question"), "another", "a deeper one", "one about dreams"))
    cards = _cards(home, lines)
    assert len(set(cards)) == 4
    assert cards[2] in _cards(home, cards, depth="deep")
    assert cards[3] in _cards(home, cards, category="dreams")


def test_skipping_costs_nothing(home: Assistant) -> None:
    """A card that was skipped is dealt later in the same round, and the same person still begins."""
    first, second, *_ = _cards(home, said(act(home, Intent("Question", {"category": "dreams"}), "skip")))
    dreams = sum(card.category == "dreams" for card in home.pack.decks["questions"])
    later = [_cards(home, said(act(home, Intent("Question", {"category": "dreams"})))) for _ in range(dreams - 1)]
    assert first != second
    assert [first] in later


def test_a_favourite_is_dealt_again(home: Assistant) -> None:
    """Nobody is scolded for having none; one that was kept comes back when it is asked for."""
    asked = act(home, Intent("Question", {"kept": True}), "keep this one")
    (card,) = _cards(home, said(asked))
    assert _cards(home, said(act(home, Intent("Question", {"kept": True})))) == [card]


def test_a_kind_without_cards_gets_any(home: Assistant) -> None:
    """Who asks for cards of their own, and has none, is told so, and gets another one."""
    lines = said(act(home, Intent("Question", {"category": "own"})))
    assert any(line in home.pack.responses["question.none_such"] for line in lines)
    assert len(_cards(home, lines)) == 1


def test_it_listens_along_without_a_word(home: Assistant) -> None:
    """Talk is left alone, but for an invitation to say back what was heard each third time; silence ends it."""
    before = said(act(home, Intent("Question")))
    during = said(act(home, Intent("Question"), "well I think", "and me", "yes that was when"))
    assert len(during) == len(before) + 1
    assert during[-1] in home.pack.responses["question.mirror"]
