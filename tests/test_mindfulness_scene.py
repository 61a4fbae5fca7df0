"""Guided minutes: exact, with few words, and different ones each time."""

import itertools

import pytest
from acting import act, said

from voice.assistant import Assistant, assemble
from voice.cues import Chime, Cue, Rest, Say
from voice.nlu.intent import Intent
from voice.settings.schema import Settings
from voice.tts.score import lay

RATE = 16_000


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant in its own home, shared by these tests."""
    home = tmp_path_factory.mktemp("home")
    return assemble(Settings.model_validate({"keeping": {"folder": str(home)}}))


def _guided(cues: list[Cue]) -> list[Cue]:
    """Return the cues from the first chime up to the last one."""
    end = max(number for number, cue in enumerate(cues) if cue == Chime("low"))
    begin = max(number for number, cue in enumerate(cues[:end]) if isinstance(cue, Chime))
    return cues[begin:end]


@pytest.mark.parametrize("minutes", [1, 2, 3, 4, 5, 14, 20])
def test_minutes_are_exact(assistant: Assistant, minutes: int) -> None:
    """From chime to chime it lasts the requested minutes, to the sample, with few words."""
    guided = _guided(act(assistant, Intent("Mindfulness", {"minutes": minutes})))
    marks = lay(guided, assistant.synthesiser, RATE).marks
    assert sum(mark.length for mark in marks) == minutes * 60 * RATE
    starts = [mark.start / RATE for mark in marks if isinstance(mark.cue, Say)]
    assert all(15 <= after - before <= 30 for before, after in itertools.pairwise(starts))


def test_lines_have_time_enough(assistant: Assistant) -> None:
    """Every line fits into its time at the usual pace."""
    lines = [
        line for key, lines in assistant.pack.responses.items() if key.startswith("mindfulness.") for line in lines
    ]
    assert [line for line in lines if assistant.synthesiser.render(line).duration > 8] == []


def test_more_minutes_than_it_can_guide_are_refused_in_words(assistant: Assistant) -> None:
    """Of forty minutes it says that it guides for twenty, and does."""
    cues = act(assistant, Intent("Mindfulness", {"minutes": 40}))
    assert any("twenty minutes" in line for line in said(cues))
    marks = lay(_guided(cues), assistant.synthesiser, RATE).marks
    assert sum(mark.length for mark in marks) == 20 * 60 * RATE


def test_it_says_something_else_each_time(assistant: Assistant) -> None:
    """Two runs in a row share no line."""
    first, second = (set(said(act(assistant, Intent("Mindfulness")))) for _ in range(2))
    assert not first & second


def test_as_a_ritual_it_asks_first_and_takes_two_minutes(assistant: Assistant) -> None:
    """As a ritual it begins only after a yes, and lasts two minutes."""
    agreed = _guided(act(assistant, Intent("Mindfulness"), "yes please", by_itself=True))
    assert sum(mark.length for mark in lay(agreed, assistant.synthesiser, RATE).marks) == 120 * RATE
    assert not any(isinstance(cue, Rest) for cue in act(assistant, Intent("Mindfulness"), by_itself=True))
