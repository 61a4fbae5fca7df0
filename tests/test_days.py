"""Days in a request: several weekdays are kept, and a day that cannot be planned for is told."""

from pathlib import Path

import pytest
import time_machine
from acting import act, said

from voice.assistant import Assistant, assemble
from voice.nlu.contexts import ADDRESSED, ANYTIME
from voice.settings.schema import Settings

NOON = "2026-06-10 12:00"  # a Wednesday


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Give an assistant in its own home."""
    return assemble(Settings.model_validate({"keeping": {"folder": str(tmp_path)}}))


def _say(home: Assistant, text: str, *replies: str) -> str:
    intent = home.pack.read(text, (ANYTIME, ADDRESSED)).intent
    assert intent is not None, f"{text} is not understood"
    return " ".join(said(act(home, intent, *replies)))


@pytest.mark.parametrize(
    ("text", "days", "told"),
    [
        ("move gratitude to mondays and wednesdays", {0, 2}, "on Mondays and Wednesdays"),
        ("set gratitude to nine on monday and friday", {0, 4}, "on Mondays and Fridays"),
        (
            "turn on gratitude on tuesdays, thursdays and saturdays at nine",
            {1, 3, 5},
            "Tuesdays, Thursdays and Saturdays",
        ),
        ("move gratitude to monday to friday at eight", {0, 1, 2, 3, 4}, "on weekdays"),
    ],
)
def test_a_ritual_keeps_every_day_that_was_named(home: Assistant, text: str, days: set[int], told: str) -> None:
    """Two or three weekdays are all kept, and said back."""
    assert told in _say(home, text)
    assert next(state.days for state in home.rituals.states() if state.name == "gratitude") == days


def test_days_are_corrected_together(home: Assistant) -> None:
    """Just after a ritual was moved, other days replace those that were understood."""
    assert "on Mondays and Fridays" in _say(home, "move gratitude to sundays", "no, on mondays and fridays")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("remind us on mondays and fridays at five to call mom", 12),
        ("remind us to call mom at five on mondays and tuesdays", 15),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_a_reminder_on_several_days_comes_on_the_first(home: Assistant, text: str, day: int) -> None:
    """A reminder comes once, on the nearest of its days, and that is said."""
    told = _say(home, text)
    assert any(line in told for line in home.pack.responses["remind.once"])
    ((due, todo),) = [(one.due, one.todo) for one in home.rituals.reminders()]
    assert (due.day, due.hour, todo) == (day, 17, "call mom")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("remind me on the thirty first of february to call mom", "remind.no_such_day"),
        ("remind me to call mom on february 30th", "remind.no_such_day"),
        ("remind me to call mom on the thirty second of may", "remind.no_such_day"),
        ("move gratitude to the thirty first of february", "rituals.no_such_day"),
        ("remind me yesterday to call mom", "remind.gone"),
        ("remind me to call mom yesterday at five", "remind.gone"),
        ("remind me last monday to call mom", "remind.gone"),
        ("move gratitude to yesterday", "rituals.gone"),
    ],
)
def test_a_day_that_cannot_come_is_told(home: Assistant, text: str, line: str) -> None:
    """A day that is over, or in no calendar, gets one honest line, and nothing is set."""
    assert _say(home, text) in home.pack.responses[line]
    assert home.rituals.reminders() == []


@time_machine.travel(NOON, tick=False)
def test_a_typed_date_is_a_date(home: Assistant) -> None:
    """A date in figures is understood, and a day that is spoken about stays in the words."""
    _say(home, "remind me on july 3rd at five to call mom")
    _say(home, "remind me to call dad on 4 july at noon")
    _say(home, "remind me at five to ask mom about yesterday")
    assert [(f"{one.due:%d %m %H}", one.todo) for one in home.rituals.reminders()] == [
        ("10 06 17", "ask mom about yesterday"),
        ("03 07 17", "call mom"),
        ("04 07 12", "call dad"),
    ]
