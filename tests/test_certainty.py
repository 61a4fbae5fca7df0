"""Certainty: what is done, what is not, and when it asks instead."""

from collections.abc import Callable
from typing import NoReturn

import pytest

from voice.asr.recogniser import FreeTranscript
from voice.listening.certainty import CLEAR, Circumstances, Decision, decide
from voice.moments.did_you_mean import NAMED
from voice.moments.registry import MOMENTS
from voice.nlu.intent import LASTING, Intent, Meaning

THRESHOLD = 0.4
PASSING, LAST = Intent("Pause"), Intent("SetRitual", {"ritual": "gratitude", "hour": 9, "minute": 0})
OTHER = Intent("Question")
ALONE, CALLED, SCENE = Circumstances(), Circumstances(addressed=True), Circumstances(in_scene=True)
CIRCUMSTANCES = (ALONE, CALLED, SCENE, Circumstances(in_scene=True, addressed=True))
SAID = FreeTranscript("could the two of us breathe", 0.9)
SHORT = FreeTranscript("breathe with us", 0.9)
MUMBLED = FreeTranscript("could the two of us breathe", 0.2)


def _never(_text: str) -> NoReturn:
    raise AssertionError("the free transcript was read, though nothing depends on it")


def _reads(intent: Intent | None, confidence: float = 1.0, *, grammar: bool = False) -> Callable[[str], Meaning]:
    """Return a reader that finds one meaning in everything."""
    if intent is None:
        return lambda _text: Meaning()
    return lambda _text: Meaning(intent, "grammar" if grammar else "meaning", confidence)


@pytest.mark.parametrize("circumstances", CIRCUMSTANCES, ids=str)
def test_without_a_second_ear_the_threshold_alone_decides(circumstances: Circumstances) -> None:
    """If the recogniser gives no free transcript, what is done depends on the confidence alone, and it never asks."""
    needed = THRESHOLD * 0.75 if circumstances.in_scene else THRESHOLD
    for intent in (PASSING, LAST):
        assert decide(intent, needed, None, _never, THRESHOLD, circumstances) == Decision(intent)
        assert decide(intent, needed - 0.01, None, _never, THRESHOLD, circumstances) == Decision()
    assert decide(None, 1.0, None, _never, THRESHOLD, circumstances) == Decision()


def test_a_sure_sentence_of_the_grammar_is_done_without_another_look() -> None:
    """A high confidence is enough for what passes; the free transcript isn't even read."""
    for circumstances in CIRCUMSTANCES:
        assert decide(PASSING, 0.6, SAID, _never, THRESHOLD, circumstances) == Decision(PASSING)


def test_what_was_read_word_for_word_counts_before_an_unsure_sentence() -> None:
    """Between the threshold and a high confidence, another sentence counts if it was read as it stands."""
    found = decide(PASSING, THRESHOLD, SAID, _reads(OTHER, grammar=True), THRESHOLD, ALONE)
    assert found == Decision(OTHER, read=True)
    assert decide(PASSING, THRESHOLD, SAID, _reads(PASSING, 0.1), THRESHOLD, ALONE) == Decision(PASSING)


@pytest.mark.parametrize("reader", [_reads(OTHER, 0.9), _reads(None)])
def test_what_was_clearly_read_otherwise_is_not_done_while_nobody_called(reader: Callable[[str], Meaning]) -> None:
    """An unsure sentence isn't done if something else was read ("what would you do" for "what can you do")."""
    clear, dim = FreeTranscript(SAID.text, 0.8), FreeTranscript(SAID.text, 0.79)
    unsure = CLEAR - 0.01
    assert decide(PASSING, unsure, clear, reader, THRESHOLD, ALONE) == Decision()
    assert decide(PASSING, unsure, dim, reader, THRESHOLD, ALONE) == Decision(PASSING)
    for circumstances in (CALLED, SCENE):
        assert decide(PASSING, unsure, clear, reader, THRESHOLD, circumstances) == Decision(PASSING)


@pytest.mark.parametrize("name", ["Safety", "Stop"])
def test_no_doubt_silences_a_call_for_help(name: str) -> None:
    """Who asks for help, or to stop, is heard although something else was read."""
    intent, withdrawn = Intent(name), Meaning(withdrawn=True)
    assert decide(intent, THRESHOLD, SAID, _reads(None), THRESHOLD, ALONE) == Decision(intent)
    assert decide(intent, THRESHOLD, SAID, lambda _: withdrawn, THRESHOLD, ALONE) == Decision(intent)


def test_what_was_taken_back_is_not_done() -> None:
    """However sure the sentence is in which something lasting was asked for, "never mind" at its end counts."""
    withdrawn = Meaning(withdrawn=True)
    for circumstances in CIRCUMSTANCES:
        assert decide(LAST, 1.0, SAID, lambda _: withdrawn, THRESHOLD, circumstances) == Decision()


@pytest.mark.parametrize("name", sorted(LASTING))
def test_what_lasts_needs_more_than_what_passes(name: str) -> None:
    """A change that outlasts the moment is not made at the confidence that suffices for a pause."""
    intent = Intent(name)
    assert decide(intent, THRESHOLD, SAID, _reads(None), THRESHOLD, ALONE) == Decision()
    assert decide(intent, 1.0, SAID, _reads(None), THRESHOLD, ALONE) == Decision(intent)


def test_where_the_ears_differ_in_what_lasts_the_words_count_if_they_are_clear() -> None:
    """It sets no hour that it read otherwise: it takes the one that was read clearly, else it asks or does nothing.

    Slots that only one of them has are no difference.
    """
    ten = Intent(LAST.name, {**LAST.slots, "hour": 10})
    clear, dim = FreeTranscript(SAID.text, 0.8), FreeTranscript(SAID.text, 0.7)
    assert decide(LAST, 1.0, clear, _reads(ten, grammar=True), THRESHOLD, ALONE) == Decision(ten, read=True)
    for free, reader in ((dim, _reads(ten, grammar=True)), (clear, _reads(ten, 0.9))):
        assert decide(LAST, 1.0, free, reader, THRESHOLD, ALONE) == Decision()
        assert decide(LAST, 1.0, free, reader, THRESHOLD, CALLED) == Decision(unsure=LAST)
    mumbled = FreeTranscript(SAID.text, 0.4)
    assert decide(LAST, 1.0, mumbled, _reads(ten, grammar=True), THRESHOLD, ALONE) == Decision(LAST)
    less = Intent(LAST.name, {"ritual": "gratitude"})
    assert decide(LAST, 1.0, clear, _reads(less, grammar=True), THRESHOLD, ALONE) == Decision(LAST)


def test_what_lasts_is_not_guessed_from_an_unsure_reading() -> None:
    """A reminder that was read with some doubt ("check on the maiming") is not set, even if it reads as a request."""
    unsure, sure = FreeTranscript(SAID.text, 0.49), FreeTranscript(SAID.text, 0.5)
    reader = _reads(LAST, grammar=True)
    assert decide(None, 0.0, unsure, reader, THRESHOLD, ALONE) == Decision()
    assert decide(None, 0.0, sure, reader, THRESHOLD, ALONE) == Decision(LAST, read=True)


def test_what_lasts_is_an_intent_of_a_moment() -> None:
    """No name in the list of lasting intents is misspelt."""
    assert {Intent(name).moment for name in LASTING} <= MOMENTS.keys()


def test_in_a_scene_less_is_enough() -> None:
    """Within a moment, where few sentences count, less confidence is enough."""
    assert decide(PASSING, THRESHOLD * 0.8, SAID, _reads(None), THRESHOLD, SCENE) == Decision(PASSING)
    assert decide(PASSING, THRESHOLD * 0.8, SAID, _reads(None), THRESHOLD, ALONE) == Decision()


@pytest.mark.parametrize("intent", [PASSING, LAST])
def test_two_readings_that_agree_need_less(intent: Intent) -> None:
    """What the free transcript confirms is done below the threshold, but not far below it."""
    near, far = THRESHOLD * 0.7, THRESHOLD * 0.5
    assert decide(intent, near, SAID, _reads(intent, 0.1), THRESHOLD, ALONE) == Decision(intent)
    assert decide(intent, far, SAID, _reads(intent, 0.1), THRESHOLD, ALONE) == Decision()


def test_readings_agree_only_if_their_slots_do() -> None:
    """The same request with another hour confirms nothing."""
    ten = Intent(LAST.name, {**LAST.slots, "hour": 10})
    assert decide(LAST, THRESHOLD, SAID, _reads(ten, 0.1), THRESHOLD, ALONE) == Decision()


def test_a_free_transcript_that_is_a_sentence_of_the_grammar_counts() -> None:
    """A sentence that was read freely, and is in the grammar, is done under all circumstances."""
    for circumstances in CIRCUMSTANCES:
        for intent in (PASSING, LAST):
            read = _reads(intent, grammar=True)
            assert decide(OTHER, 0.0, SHORT, read, THRESHOLD, circumstances) == Decision(intent, read=True)


@pytest.mark.parametrize(
    ("circumstances", "intent", "enough"),
    [
        *((ALONE, PASSING, 0.25), (CALLED, PASSING, 0.25), (SCENE, PASSING, 0.1)),
        *((ALONE, LAST, 0.35), (CALLED, LAST, 0.35)),
        *((ALONE, Intent("Louder"), 0.5), (CALLED, Intent("Louder"), 0.25)),
    ],
    ids=str,
)
def test_how_near_a_free_meaning_has_to_be(circumstances: Circumstances, intent: Intent, enough: float) -> None:
    """A meaning has to be nearer where it lasts, and where nobody called and people say the same to each other."""
    done = Decision(intent, read=True)
    assert decide(None, 0.0, SAID, _reads(intent, enough), THRESHOLD, circumstances) == done
    assert decide(None, 0.0, SAID, _reads(intent, enough - 0.01), THRESHOLD, circumstances).intent is None


def test_what_lasts_is_not_made_easier_by_a_scene() -> None:
    """Within a moment too, a lasting change needs a near meaning."""
    assert decide(None, 0.0, SAID, _reads(LAST, 0.3), THRESHOLD, SCENE) == Decision()


@pytest.mark.parametrize(("text", "enough"), [("breathe", 0.95), ("breathe now", 0.7), ("breathe with us", 0.3)])
def test_the_fewer_the_words_the_nearer_they_have_to_be_where_nobody_called(text: str, enough: float) -> None:
    """A few words that resemble a request are talk, unless they say clearly what is wanted."""
    free = FreeTranscript(text, 0.9)
    assert decide(None, 0.0, free, _reads(PASSING, enough), THRESHOLD, ALONE) == Decision(PASSING, read=True)
    assert decide(None, 0.0, free, _reads(PASSING, enough - 0.01), THRESHOLD, ALONE) == Decision()
    unsure = FreeTranscript(text, 0.39)
    assert decide(None, 0.0, unsure, _reads(PASSING, enough), THRESHOLD, ALONE) == Decision()
    assert decide(None, 0.0, free, _reads(LAST, max(enough, 0.35) - 0.01), THRESHOLD, ALONE) == Decision()
    for circumstances in (CALLED, SCENE):
        read = decide(None, 0.0, unsure, _reads(PASSING, 0.25), THRESHOLD, circumstances)
        assert read == Decision(PASSING, read=True)


@pytest.mark.parametrize("circumstances", CIRCUMSTANCES, ids=str)
def test_what_was_not_heard_clearly_is_not_read(circumstances: Circumstances) -> None:
    """A free transcript of noise, or made up from silence, means nothing."""
    assert decide(None, 0.0, MUMBLED, _never, THRESHOLD, circumstances) == Decision()


@pytest.mark.parametrize("intent", [PASSING, LAST])
def test_it_asks_where_it_is_unsure_and_meant(intent: Intent) -> None:
    """Called, or just after it spoke, a far meaning or a doubtful sentence is worth a question."""
    assert decide(None, 0.0, SAID, _reads(intent, 0.1), THRESHOLD, CALLED) == Decision(unsure=intent)
    near = THRESHOLD * 0.7
    assert decide(intent, near, SAID, _reads(None), THRESHOLD, CALLED) == Decision(unsure=intent)
    assert decide(intent, near, MUMBLED, _never, THRESHOLD, CALLED) == Decision(unsure=intent)


def test_it_asks_what_a_reading_may_mean() -> None:
    """A meaning that is too far to be done at all is worth a question, where the assistant is meant."""
    read = Meaning(maybe=PASSING)
    assert decide(None, 0.0, SAID, lambda _: read, THRESHOLD, CALLED) == Decision(unsure=PASSING)
    for circumstances in (ALONE, SCENE):
        assert decide(None, 0.0, SAID, lambda _: read, THRESHOLD, circumstances) == Decision()


def test_it_does_not_ask_out_of_nothing() -> None:
    """A sentence far below the threshold that nothing confirms is no reason to ask."""
    assert decide(PASSING, THRESHOLD * 0.5, SAID, _reads(None), THRESHOLD, CALLED) == Decision()


@pytest.mark.parametrize("circumstances", [circumstances for circumstances in CIRCUMSTANCES if circumstances != CALLED])
def test_it_does_not_ask_where_it_may_not_be_meant(circumstances: Circumstances) -> None:
    """Nobody who talks to somebody else is asked what they meant, and no moment is interrupted by such a question."""
    assert decide(None, 0.0, SAID, _reads(PASSING, 0.05), THRESHOLD, circumstances) == Decision()
    assert decide(LAST, THRESHOLD * 0.7, SAID, _reads(None), THRESHOLD, circumstances) == Decision()


def test_a_question_names_a_moment_that_exists() -> None:
    """Whatever it offers instead of a guess can be played."""
    assert set(NAMED) <= MOMENTS.keys()
