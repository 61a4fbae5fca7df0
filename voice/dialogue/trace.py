"""The trace: what was heard and is played, in full; for the demo, tests and benchmarks only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from voice.listening.endpointer import Utterance
from voice.listening.listener import Heard
from voice.tts.score import Score

__all__ = ["Began", "Ended", "Trace", "Traced", "Understood", "Uttered"]


@dataclass(frozen=True)
class Uttered:
    """An utterance ended; it is going to be recognised."""

    utterance: Utterance


@dataclass(frozen=True)
class Understood:
    """An utterance was recognised, or not: then `heard.intent` is None."""

    heard: Heard


@dataclass(frozen=True)
class Began:
    """A turn of a moment begins to play."""

    moment: str
    score: Score


@dataclass(frozen=True)
class Ended:
    """A moment is over."""

    moment: str


Traced: TypeAlias = Uttered | Understood | Began | Ended
Trace: TypeAlias = Callable[[Traced], None]
"""Follows a conversation; it must not raise, and must not keep what was said."""
