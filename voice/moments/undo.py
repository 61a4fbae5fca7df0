"""Second thoughts: "undo that" takes back the last change."""

from voice.moments.corrections import take_back
from voice.moments.moment import Moment

__all__ = ["undo"]

undo = Moment(
    take_back,
    lines=(
        "undo.nothing",
        "undo.cannot",
        "undo.too_late",
        "undo.ritual ritual time days",
        "undo.turned_on ritual",
        "undo.turned_off ritual",
        "undo.keeping",
        "undo.reminder",
        "undo.cancelled",
        "undo.voice",
    ),
    comes_with=frozenset(
        {"remind", "cancel_reminder", "set_ritual", "turn_on", "turn_off", "keep_on", "keep_off", "break"}
    ),
)
