"""Forgetting by voice: asked once, and only done on a clear yes."""

from pathlib import Path

import pytest
from acting import act, said, two_at_home

from voice.assistant import Assistant
from voice.cues import Ask
from voice.nlu.matcher import Intent


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Give an assistant that keeps a tally, with one good moment in it."""
    home = two_at_home(tmp_path)
    act(home, Intent("KeepOn", {"what": "tally"}))
    act(home, Intent("GoodMoment"))
    return home


@pytest.mark.parametrize("intent", ["ForgetToday", "ForgetEverything"])
def test_without_a_clear_yes_nothing_is_forgotten(home: Assistant, intent: str) -> None:
    """No, silence and what was not understood forget nothing, and that is said."""
    for answers in ((), ("no",), ("keep everything",), ("mumble",), ("mumble", "mumble")):
        lines = said(act(home, Intent(intent), *answers))
        assert home.journal.week().good == 1, answers
        assert lines[-1] in home.pack.responses["forget.nothing"]


@pytest.mark.parametrize("intent", ["ForgetToday", "ForgetEverything"])
def test_on_a_yes_it_is_forgotten(home: Assistant, intent: str) -> None:
    """What was kept is gone, what is kept from now on is as it was chosen, and there is nothing to ask about again."""
    act(home, Intent(intent), "yes please")
    assert home.journal.is_empty()
    assert home.journal.keeps("tally")
    assert [cue for cue in act(home, Intent(intent)) if isinstance(cue, Ask)] == []
