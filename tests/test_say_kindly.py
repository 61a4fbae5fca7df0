"""Say it kindly: every choice becomes one whole sentence."""

import re

import pytest
from acting import act, said
from hassil.intents import TextSlotList

from voice.assistant import Assistant, assemble
from voice.cues import Ask
from voice.moments.say_kindly import ACCUSATIONS, FEELINGS, REQUESTS, SITUATIONS
from voice.nlu.intent import Intent
from voice.settings.schema import Settings

KEYS = {"feeling": FEELINGS, "situation": SITUATIONS, "request": REQUESTS, "accusation": ACCUSATIONS}
WALK = Intent("SayKindly")
WHOLE = "I feel lonely when plans change at the last minute. Could you give me a hug?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant in its own home, shared by these tests."""
    home = tmp_path_factory.mktemp("home")
    return assemble(Settings.model_validate({"keeping": {"folder": str(home)}}))


@pytest.mark.parametrize(("part", "fewest"), [("feeling", 26), ("situation", 22), ("request", 16), ("accusation", 22)])
def test_there_is_enough_to_choose_from(assistant: Assistant, part: str, fewest: int) -> None:
    """Every choice that is understood can be spoken back, and there are enough of them."""
    values = assistant.pack.sentences.lists[part]
    assert isinstance(values, TextSlotList)
    assert {value.value_out for value in values.values} == set(KEYS[part])
    assert len(set(KEYS[part])) >= fewest


def test_every_choice_makes_a_whole_sentence(assistant: Assistant) -> None:
    """Any feeling, situation and request fit together into a sentence."""
    forms = {"feeling": r"I feel [a-z ]+", "situation": r"when [a-zI ]+", "request": r"Could (we|you) [a-z ]+"}
    for part, form in forms.items():
        for key in KEYS[part]:
            for words in assistant.pack.responses[f"kindly.{part}_{key}"]:
                assert re.fullmatch(form, words), words


@pytest.mark.parametrize("key", ACCUSATIONS)
def test_accusations_have_a_gentler_version(assistant: Assistant, key: str) -> None:
    """Every known accusation is answered with a version about oneself, with a request."""
    cues = act(assistant, Intent("SayKindly", {"accusation": key}))
    gentler = said(cues)[1]
    assert re.fullmatch(r"I (still )?(feel|miss) [^.?]+ when [^.?]+\. Could (we|you) [^.?]+\?", gentler), gentler
    assert not re.search(r"\b(never|always)\b", gentler), gentler


def test_three_short_choices_become_a_sentence(assistant: Assistant) -> None:
    """A feeling, a situation and a request are spoken back as one sentence, as often as requested."""
    cues = act(assistant, WALK, "lonely", "when plans change", "could you give me a hug", "again", "once more", "done")
    assert said(cues).count(WHOLE) == 3
    assert isinstance(cues[-2], Ask)


def test_all_can_be_said_at_once(assistant: Assistant) -> None:
    """A whole sentence said at once is spoken back."""
    spoken = "I feel lonely when plans change at the last minute, could you give me a hug"
    assert WHOLE in said(act(assistant, WALK, spoken))


@pytest.mark.parametrize(
    ("change", "choice", "whole"),
    [
        (
            "change the feeling",
            "I feel sad",
            "I feel sad when plans change at the last minute. Could you give me a hug?",
        ),
        (
            "another situation please",
            "when we talk about money",
            "I feel lonely when we talk about money. Could you give me a hug?",
        ),
        (
            "a different request",
            "find another time",
            "I feel lonely when plans change at the last minute. Could we find another time?",
        ),
    ],
)
def test_each_part_can_be_changed(assistant: Assistant, change: str, choice: str, whole: str) -> None:
    """One part can be chosen anew; the others stay."""
    cues = act(assistant, WALK, "lonely", "when plans change", "give me a hug", change, choice, "that's it")
    assert whole in said(cues)


def test_an_accusation_within_the_walk_is_met_gently(assistant: Assistant) -> None:
    """An accusation in place of a choice is not corrected, but answered with gentler words."""
    cues = act(assistant, WALK, "you never listen to me", "done")
    assert assistant.pack.responses["kindly.gentler_never_listen"][0] in said(cues)


def test_examples_are_read_on_request(assistant: Assistant) -> None:
    """Each request for examples reads three new ones."""
    cues = act(assistant, WALK, "lonely", "give us some examples", "some more please", "when we talk about money")
    examples = [line for line in said(cues) if line.count("when ") == 3]
    assert len(examples) == 2
    assert not set(re.findall(r"when [a-zI ]+", examples[0])) & set(re.findall(r"when [a-zI ]+", examples[1]))


def test_after_examples_there_is_a_second_chance_too(assistant: Assistant) -> None:
    """An unrecognised answer after the examples gets a second chance, and the request is kept."""
    answers = ("lonely", "when plans change", "give us some examples", "well, a hug", "give me a hug")
    assert WHOLE in said(act(assistant, WALK, *answers))


@pytest.mark.parametrize("answered", [0, 1])
def test_silence_ends_it_gently(assistant: Assistant, answered: int) -> None:
    """The first silence gets two examples, the next one a kind end."""
    cues = act(assistant, WALK, *("lonely",)[:answered])
    assert [cue.name for cue in cues if isinstance(cue, Ask)][answered:] == [cues[-2].name] * 2  # type: ignore[union-attr]
    assert said(cues)[-1] in assistant.pack.responses["kindly.later"]


def test_the_request_is_optional(assistant: Assistant) -> None:
    """Without a request, the feeling and the situation are spoken back alone."""
    cues = act(assistant, WALK, "lonely", "when plans change", "no request")
    assert "I feel lonely when plans change at the last minute." in said(cues)


def test_an_unrecognised_answer_gets_one_second_chance(assistant: Assistant) -> None:
    """An unrecognised answer gets one second chance, and no more."""
    cues = act(assistant, WALK, "purple elephants", "green elephants", "blue elephants")
    again = assistant.pack.responses["always.once_more"]
    assert len([line for line in said(cues) if line in again]) == 1
    assert said(cues)[-1] in assistant.pack.responses["kindly.later"]
