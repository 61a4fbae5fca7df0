"""The trace: everything heard and played, in full; for the demo, tests and benchmarks only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from voice.listening.endpointer import Utterance
from voice.listening.listener import Heard
from voice.tts.score import Score

__all__ = ["Began", "Ended", "Trace", "Traced", "Understood", "Uttered"]


@dataclass(frozen=True)
class Uttered:
    """An utterance ended, and will be recognised."""

    utterance: Utterance


@dataclass(frozen=True)
class Understood:
    """An utterance was recognised; if it was not understood, `heard.intent` is None."""

    heard: Heard


@dataclass(frozen=True)
class Began:
    """A turn of a moment began to play."""

    moment: str
    score: Score


@dataclass(frozen=True)
class Ended:
    """A moment ended."""

    moment: str


Traced: TypeAlias = Uttered | Understood | Began | Ended
Trace: TypeAlias = Callable[[Traced], None]
"""Receives the trace; it must not raise, and must not store any words."""
