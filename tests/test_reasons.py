"""Reasons around a request: what people say to explain it changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from voice.nlu.contexts import ADDRESSED, ANYTIME
from voice.nlu.intent import Intent, Meaning
from voice.nlu.sentences import Sentences, load_sentences
from voice.nlu.wake_name import WakeName
from voice.storage.paths import data_folder
from voice.understanding.text import reader_of

FOLDER = data_folder("intents") / "en"
NAME = "Juniper"


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    """Return the shipped sentences."""
    return load_sentences(FOLDER)


def _meanings(sentences: Sentences, *texts: str) -> Sequence[Meaning]:
    return reader_of(FOLDER, sentences)(texts, [(ANYTIME, ADDRESSED)])


def _read(sentences: Sentences, *texts: str) -> Sequence[Intent | None]:
    return [meaning.intent for meaning in _meanings(sentences, *texts)]


FIVE = {"hour": 5, "minute": 0}


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("remind me at five to call mom because she's ill", {**FIVE, "todo": "call mom"}),
        ("remind me to call mom because she's ill", {"todo": "call mom"}),
        ("remind me to call mom at five since it's her birthday", {**FIVE, "todo": "call mom"}),
        ("remind me to water the plants because they're dry at five", {**FIVE, "todo": "water the plants"}),
        ("remind me at five to take out the rice so I don't burn it", {**FIVE, "todo": "take out the rice"}),
        ("remind me at five to leave or we'll miss the train", {**FIVE, "todo": "leave"}),
        ("remind us at five so that we don't forget", FIVE),
        ("set a timer for twenty minutes so I don't burn the rice", {"timer": True, "minutes": 20}),
        ("set a timer for twenty minutes since the rice is on", {"timer": True, "minutes": 20}),
        ("set a timer for twenty minutes because of the rice", {"timer": True, "minutes": 20}),
    ],
)
def test_a_reason_is_no_part_of_a_reminder(sentences: Sentences, text: str, slots: dict[str, Any]) -> None:
    """What it is good for is not said back, and a time in front of it counts."""
    assert _read(sentences, text) == [Intent("Remind", slots)]


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        ("remind me to tell him that it's because of me at five", "tell him that it's because of me"),
        ("remind me that I'm here because of you at five", "i'm here because of you"),
        ("remind me at five to do so", "do so"),
        ("remind me at five to buy milk before we leave", "buy milk before we leave"),
        ("remind me at five to call mom or dad", "call mom or dad"),
    ],
)
def test_what_is_no_reason_stays(sentences: Sentences, text: str, todo: str) -> None:
    """Nothing is cut where the rest would be incomplete, or where the words tell what is to be done."""
    (found,) = _read(sentences, text)
    assert found is not None
    assert found.slots["todo"] == todo


def test_a_reason_behind_any_request_changes_nothing(sentences: Sentences) -> None:
    """A break, a question, a sleep and a ritual's time are the same with their reason."""
    requests = (
        "let's take a break for twenty minutes",
        "give us a question",
        "stop listening for an hour",
        "move gratitude to nine",
        "turn off gratitude",
    )
    for reason in ("because we have guests", "since we have guests", "so we can watch the film"):
        assert _read(sentences, *(f"{text} {reason}" for text in requests)) == _read(sentences, *requests)


def test_after_its_name_a_reason_may_come_first(sentences: Sentences) -> None:
    """Who calls it may explain first, with a comma or without."""
    named = replace(sentences, wake_name=WakeName(NAME))
    told = {
        "we're tired give us a question": "Question",
        "we're tired, give us a question": "Question",
        "I can't sleep tell us a story": "Story",
        "the rice is on set a timer for twenty minutes": "Remind",
        "we have guests so stop listening for an hour": "StopListening",
    }
    found = _read(named, *(f"{NAME} {text}" for text in told))
    assert [intent.name if intent else None for intent in found] == list(told.values())


def test_after_its_name_a_story_is_no_request(sentences: Sentences) -> None:
    """A sentence that only ends like a request, or says the opposite, is not taken for that request word for word."""
    named = replace(sentences, wake_name=WakeName(NAME))
    talk = (
        "please don't give us a question",
        "she told me to give us a question",
        "why did you tell us a story",
        "he would never tell us a story",
        "my sister wants to tell us a story",
        "I said stop listening for an hour",
    )
    found = _meanings(named, *(f"{NAME} {text}" for text in talk))
    assert [text for text, meaning in zip(talk, found, strict=True) if meaning.by == "grammar"] == []
