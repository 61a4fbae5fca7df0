"""Encouragement: a kind word, and the offer of a pause."""

import pytest
from acting import act, said

from voice.assistant import Assistant, assemble
from voice.cues import Ask
from voice.nlu.intent import Intent
from voice.settings.schema import Settings


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant in its own home, shared by these tests."""
    home = tmp_path_factory.mktemp("home")
    return assemble(Settings.model_validate({"keeping": {"folder": str(home)}}))


def test_a_word_and_the_offer_of_a_pause(assistant: Assistant) -> None:
    """An encouraging word comes first; a pause follows after a yes, and nothing after silence."""
    cards = {card.text for card in assistant.pack.decks["encouragement"]}
    silent = act(assistant, Intent("Encourage"))
    assert said(silent)[0] in cards
    assert isinstance(silent[-1], Ask)
    assert "Breathe in" in said(act(assistant, Intent("Encourage"), "yes please"))
    assert said(act(assistant, Intent("Encourage"), "no thanks"))[-1] in assistant.pack.responses["encourage.declined"]
