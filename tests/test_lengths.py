"""Lengths of time, as people say and type them, wherever one is taken."""

import pytest

from voice.nlu.contexts import ADDRESSED, ANYTIME, SCENE, asked
from voice.nlu.intent import Meaning
from voice.nlu.sentences import load_sentences
from voice.storage.paths import data_folder
from voice.understanding.embedding import Embedder
from voice.understanding.text import Understanding

FOLDER = data_folder("intents") / "en"
LENGTHS = {
    "half an hour": 30,
    "half a hour": 30,
    "twenty mins": 20,
    "10 min": 10,
    "ten min": 10,
    "2 hrs": 120,
    "an hour or so": 60,
    "a couple of hours": 120,
    "half an hr or so": 30,
}
REQUESTS = (
    "remind us in {}",
    "remind me to call mum in {}",
    "remind me in {} to call mum",
    "set a timer for {}",
    "timer {}",
    "let's take a break of {}",
    "stop listening for {}",
    "don't listen for the next {}",
    "snooze for {}",
    "ask us again in {}",
    "{} of mindfulness",
    "let's do gratitude in {}",
)
ANSWERS = {
    "break.length": ("{}", "for {}", "in {}"),
    "pause.after": ("a break of {}",),
    "ritual.ready": ("in {}", "{} please"),
    "remind.when": ("{}", "in {}"),
    "change.corrected": ("no, {}", "no, in {}"),
}


@pytest.fixture(scope="module")
def grammar() -> Understanding:
    """Return what the shipped language understands word for word."""
    return Understanding(FOLDER, load_sentences(FOLDER), Embedder())


def _minutes(meanings: list[Meaning]) -> list[int | None]:
    return [meaning.intent.slots.get("minutes") if meaning.intent else None for meaning in meanings]


@pytest.mark.parametrize("place", REQUESTS)
def test_a_request_takes_every_length(grammar: Understanding, place: str) -> None:
    """Each way to say a length is understood in a reminder, a timer, a break, a sleep, a snooze and a quiet time."""
    found = grammar.understand([place.format(length) for length in LENGTHS], [(ANYTIME, ADDRESSED)])
    assert dict(zip(LENGTHS, _minutes(found), strict=True)) == LENGTHS


@pytest.mark.parametrize("question", ANSWERS)
def test_an_answer_takes_every_length(grammar: Understanding, question: str) -> None:
    """Each way to say a length answers the questions for one."""
    for place in ANSWERS[question]:
        found = grammar.understand([place.format(length) for length in LENGTHS], [(SCENE, asked(question))])
        assert dict(zip(LENGTHS, _minutes(found), strict=True)) == LENGTHS, place


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("remind us in half an hour's time", 30),
        ("remind us in an hour's time", 60),
        ("remind us in two hours time", 120),
        ("set a twenty min timer", 20),
        ("remind us in quarter of an hr", 15),
        ("give us half an hour of mindfulness", 30),
    ],
)
def test_a_length_of_time_is_a_length(grammar: Understanding, text: str, minutes: int) -> None:
    """The "time" behind a length, an apostrophe or none, and abbreviations change nothing."""
    assert _minutes(grammar.understand([text], [(ANYTIME, ADDRESSED)])) == [minutes]


def test_a_friend_called_min_is_no_minute(grammar: Understanding) -> None:
    """A name that is also an abbreviation stays a name."""
    (meaning,) = grammar.understand(["remind me to call Min at five"], [(ANYTIME, ADDRESSED)])
    assert meaning.intent is not None
    assert meaning.intent.slots["todo"] == "call min"
