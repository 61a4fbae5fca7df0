"""The cues of a scene: all that a moment can play and ask."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from voice.audio.clip import Clip

__all__ = ["Ask", "Chime", "ChimeName", "Cue", "Replay", "Rest", "Say"]

ChimeName: TypeAlias = Literal["high", "low"]


@dataclass(frozen=True)
class Say:
    """Speak `text`, in exactly `takes` seconds if that is set."""

    text: str
    takes: float | None = None


@dataclass(frozen=True)
class Rest:
    """A silence of `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Chime:
    """A chime.

    Attributes:
        name: which one.
        takes: seconds until the next cue, while the chime may ring on; as long as it is audible if None.
    """

    name: ChimeName
    takes: float | None = None


@dataclass(frozen=True, eq=False)
class Replay:
    """A recording of one of the partners, such as a word of thanks."""

    sound: Clip


@dataclass(frozen=True)
class Ask:
    """A question: listen for its answer.

    A "choice" is answered by one of the pack's sentences with `requires_context: {ask: NAME}`; a sentence that counts
    at any time ends the scene and begins another. "Free" speech ends with a longer silence; only the stop set and the
    question's own short answers ("skip") are understood in it. A "talk" is free speech in which sentences that count at
    any time are understood too.

    Attributes:
        name: the question's name in the pack.
        within: seconds after which silence is the answer.
        kind: the kind of answer.
        silence: seconds of silence that end free speech or a talk; those of the settings if None.
        record: whether the sound of free speech comes back with the answer.
    """

    name: str
    within: float
    kind: Literal["choice", "free", "talk"] = "choice"
    silence: float | None = None
    record: bool = False


Cue: TypeAlias = Say | Rest | Chime | Replay | Ask
