"""The cues of a scene: what a moment may ask for. Everything else is plumbing around them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from voice.audio.clip import Clip

__all__ = ["Ask", "Chime", "ChimeName", "Cue", "Replay", "Rest", "Say"]

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


@dataclass(frozen=True, eq=False)
class Replay:
    """Play what somebody once said."""

    sound: Clip


@dataclass(frozen=True)
class Ask:
    """Listen for an answer.

    Of a "choice" the answer is one of the pack's sentences with `requires_context: {ask: NAME}`; what counts at any
    time ends the scene and begins another. "Free" speech is waited for, and ends with a longer silence: only the
    stop set and the question's own short answers ("skip") are understood. A "talk" is free speech within which what
    counts at any time is understood too.

    Attributes:
        name: the question that is open.
        within: seconds after which silence is the answer.
        kind: what is waited for.
        silence: of free speech and talk: seconds of silence that end it; those of the settings if None.
        record: of free speech: whether its sound comes back with the answer.
    """

    name: str
    within: float
    kind: Literal["choice", "free", "talk"] = "choice"
    silence: float | None = None
    record: bool = False


Cue: TypeAlias = Say | Rest | Chime | Replay | Ask
