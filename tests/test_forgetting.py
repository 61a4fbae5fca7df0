"""Forgetting by voice: it asks once, and forgets only on a clear yes."""

from pathlib import Path

import pytest
from acting import act, said, two_at_home

from voice.assistant import Assistant
from voice.cues import Ask
from voice.nlu.intent import Intent


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Return an assistant with one good moment in its tally."""
    home = two_at_home(tmp_path)
    act(home, Intent("KeepOn", {"what": "tally"}))
    act(home, Intent("GoodMoment"))
    return home


@pytest.mark.parametrize("intent", ["ForgetToday", "ForgetEverything"])
def test_without_a_clear_yes_nothing_is_forgotten(home: Assistant, intent: str) -> None:
    """After no, silence or an unrecognised answer nothing is forgotten, and the voice says so."""
    for answers in ((), ("no",), ("keep everything",), ("mumble",), ("mumble", "mumble")):
        lines = said(act(home, Intent(intent), *answers))
        assert home.journal.week().good == 1, answers
        assert lines[-1] in home.pack.responses["forget.nothing"]


@pytest.mark.parametrize("intent", ["ForgetToday", "ForgetEverything"])
def test_a_yes_forgets(home: Assistant, intent: str) -> None:
    """All records are gone, the switches stay, and a second request does not ask again."""
    act(home, Intent(intent), "yes please")
    assert home.journal.is_empty()
    assert home.journal.keeps("tally")
    assert [cue for cue in act(home, Intent(intent)) if isinstance(cue, Ask)] == []
