"""The cues of a scene: what a moment may ask for. Everything else is plumbing around them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Ask", "Chime", "ChimeName", "Cue", "Rest", "Say"]

ChimeName: TypeAlias = Literal["high", "low"]


@dataclass(frozen=True)
class Say:
    """Speak `text`; if `takes` is set, in exactly that many seconds, whatever the voice."""

    text: str
    takes: float | None = None


@dataclass(frozen=True)
class Rest:
    """Be silent for `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Chime:
    """Ring a chime for `takes` seconds of the scene; with 0, what follows sounds with it. It may ring on."""

    name: ChimeName
    takes: float | None = None


@dataclass(frozen=True)
class Ask:
    """Listen for an answer.

    Attributes:
        name: the question that is open; the pack's sentences with `requires_context: {ask: NAME}` are its answers.
        within: seconds after which silence is the answer.
        free: the answer is free speech: it is waited for, not understood, and ends with a longer silence.
    """

    name: str
    within: float
    free: bool = False


Cue: TypeAlias = Say | Rest | Chime | Ask
