"""The safety moment: numbers are read so that they can be written down."""

from acting import act, said

from voice.assistant import assemble
from voice.nlu.intent import Intent
from voice.settings.schema import Settings


def test_numbers_are_read_digit_by_digit_in_their_groups() -> None:
    """Numbers are read digit by digit, with the plus, and with a pause at each space."""
    numbers = [{"name": "Anna", "number": "+44 20 794"}]
    assistant = assemble(Settings.model_validate({"safety": {"numbers": numbers, "emergency": "112"}}))
    spoken = said(act(assistant, Intent("Safety")))
    assert "Anna can help. The number is + 4 4, 2 0, 7 9 4." in spoken
    assert "If you are in danger now, call 1 1 2." in spoken
