"""Which of several reminders shall go: told, and answered in the words that were told."""

from pathlib import Path

import pytest
from acting import act, said, two_at_home

from voice.assistant import Assistant
from voice.nlu.intent import Intent

MILK, MOM, WALK = "buy milk", "call my mom", "walk"
ALL = {MILK, MOM, WALK}
CANCEL = Intent("CancelReminder")


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Give a home with three reminders."""
    assistant = two_at_home(tmp_path)
    act(assistant, Intent("Remind", {"todo": MILK, "minutes": 30}))
    act(assistant, Intent("Remind", {"todo": MOM, "day": "tomorrow", "hour": 5, "minute": 0}))
    act(assistant, Intent("Remind", {"what": WALK, "day": "+2", "hour": 7, "minute": 0}))
    return assistant


def _left(home: Assistant) -> set[str]:
    return {one.todo or one.what for one in home.rituals.reminders()}


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ("the milk one", {MILK}),
        ("the one about milk", {MILK}),
        ("the one about the milk please", {MILK}),
        ("cancel the milk one", {MILK}),
        ("I mean the milk one", {MILK}),
        ("to buy milk", {MILK}),
        ("buy milk", {MILK}),
        ("milk", {MILK}),
        ("the first", {MILK}),
        ("first", {MILK}),
        ("number one", {MILK}),
        ("in half an hour", {MILK}),
        ("the second one", {MOM}),
        ("call your mom", {MOM}),
        ("the one about my mom", {MOM}),
        ("tomorrow's", {MOM}),
        ("five", {MOM}),
        ("the one at five tomorrow", {MOM}),
        ("the walk", {WALK}),
        ("the walk one", {WALK}),
        ("the one to go for a walk", {WALK}),
        ("the last", {WALK}),
        ("all of them", ALL),
        ("all three", ALL),
        ("all", ALL),
        ("both", ALL),
        ("everything", ALL),
        ("none", set()),
        ("none of them", set()),
        ("neither", set()),
        ("never mind", set()),
        ("keep them", set()),
        ("no", set()),
        ("not sure", set()),
        ("stop", set()),
    ],
)
def test_every_word_that_was_told_names_a_reminder(home: Assistant, answer: str, gone: set[str]) -> None:
    """Its words, its time, its place in the list, all and none answer "which one?"."""
    act(home, CANCEL, answer)
    assert _left(home) == ALL - gone


@pytest.mark.parametrize("talk", ["did you call mom today", "purple elephants", "the plumber", "the", "what was that"])
def test_talk_cancels_nothing(home: Assistant, talk: str) -> None:
    """What has a word that was not told takes out nothing; it asks once more, and then leaves all."""
    assert said(act(home, CANCEL, talk))[-1]
    assert _left(home) == ALL
    act(home, CANCEL, talk, "the milk one")
    assert _left(home) == ALL - {MILK}


def test_of_two_that_fit_it_asks_again(home: Assistant) -> None:
    """Where two have the word it asks which of these."""
    act(home, Intent("Remind", {"todo": "warm up milk", "hour": 23, "minute": 59}))
    act(home, CANCEL, "milk")
    assert {MILK, "warm up milk"} <= _left(home)
    act(home, CANCEL, "milk", "the one to buy milk")
    assert _left(home) == {MOM, WALK, "warm up milk"}
