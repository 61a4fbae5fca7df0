"""Answers to the questions of a moment, and the type of its script."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from voice.audio.clip import Clip
from voice.cues import Cue

__all__ = ["SILENCE", "Answer", "Script"]


@dataclass(frozen=True)
class Answer:
    """The answer to an `Ask`.

    Attributes:
        intent: the name of the answer's intent; None if nothing was said or understood.
        slots: the slots of the intent.
        spoke: whether speech was heard, understood or not.
        sound: the recorded answer, if the `Ask` wanted one.
        words: the recorded answer as text, if the recogniser understands free speech.
    """

    intent: str | None = None
    slots: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    spoke: bool = False
    sound: Clip | None = field(default=None, compare=False)
    words: str | None = None


SILENCE = Answer()

Script: TypeAlias = Generator[Cue, Answer | None, None]
