"""The longer break: quickly agreed on, and both are called back."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest
import time_machine
from acting import act, said

from voice.assistant import Assistant, assemble
from voice.nlu.intent import Intent
from voice.settings.schema import Settings

NOON = "2026-06-01 12:00"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant in its own home, shared by these tests."""
    home = tmp_path_factory.mktemp("home")
    return assemble(Settings.model_validate({"keeping": {"folder": str(home)}}))


def _break(assistant: Assistant, slots: Mapping[str, int], *answers: str) -> tuple[list[str], list[float]]:
    """Ask for a break; return the speech, and the minutes until the reminder."""
    before = Counter(assistant.rituals.upcoming())
    lines = said(act(assistant, Intent("Break", slots), *answers))
    new = (Counter(assistant.rituals.upcoming()) - before).elements()
    return lines, [(due.at - assistant.stage.clock.now()) / timedelta(minutes=1) for due in new if due.what == "break"]


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("slots", "answers", "minutes"),
    [
        ({"minutes": 30}, (), 30),
        ({}, ("half an hour please",), 30),
        ({}, ("an hour and a half",), 90),
        ({}, (), 20),
        ({}, ("purple elephants", "forty minutes"), 40),
        ({"minutes": 10}, (), 10),
    ],
)
def test_both_are_called_back(
    assistant: Assistant, slots: dict[str, int], answers: tuple[str, ...], minutes: int
) -> None:
    """A break lasts as requested, or the advised twenty minutes after silence; the reply says when it ends."""
    lines, called_back = _break(assistant, slots, *answers)
    assert called_back == [minutes]
    assert any(assistant.pack.speech.spoken.length(minutes) in line for line in lines)


@time_machine.travel(NOON, tick=False)
def test_a_short_break_is_taken_with_a_kind_word(assistant: Assistant) -> None:
    """A break of less than twenty minutes is accepted, with the advice to take twenty."""
    short = set(assistant.pack.responses["break.short"])
    assert len(short.intersection(_break(assistant, {"minutes": 19})[0])) == 1
    assert not short.intersection(_break(assistant, {"minutes": 20})[0])


def test_nobody_has_to_take_a_break(assistant: Assistant) -> None:
    """After a no, there is no reminder."""
    lines, called_back = _break(assistant, {}, "no thank you")
    assert lines[-1] in assistant.pack.responses["break.declined"]
    assert called_back == []
