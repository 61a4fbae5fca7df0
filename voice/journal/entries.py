"""Entries of the journal, as moments see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from voice.audio.clip import Clip

__all__ = ["Category", "Note", "Week"]

Category: TypeAlias = Literal["moments", "tally", "notes"]
"""The categories of the journal; each has its own switch under [keeping]."""


@dataclass(frozen=True, eq=False)
class Note:
    """A word of thanks, as text or as sound.

    Attributes:
        at: local wall time.
        partner: who said it, as the voice says the name.
        words: its text.
        sound: its recording.
    """

    at: datetime
    partner: str | None
    words: str | None
    sound: Clip | None


@dataclass(frozen=True)
class Week:
    """The number of good and hard moments in the last seven days."""

    good: int
    hard: int
