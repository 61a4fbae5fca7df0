"""Events: states, moments and cues, for any number of listeners. They hold no word that was said."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias

from voice.dialogue.rules import Ending

__all__ = [
    "CueBegan",
    "CueKind",
    "Event",
    "Events",
    "Listener",
    "MomentBegan",
    "MomentEnded",
    "QuestionOpened",
    "State",
    "StateChanged",
]

log = logging.getLogger(__name__)

CueKind: TypeAlias = Literal["say", "rest", "chime", "replay"]


class State(Enum):
    """The state of the conversation."""

    LISTENING = auto()
    PERFORMING = auto()
    AWAITING = auto()
    ASLEEP = auto()
    MUTED = auto()


@dataclass(frozen=True)
class StateChanged:
    """The state of the conversation changed."""

    state: State


@dataclass(frozen=True)
class MomentBegan:
    """A moment began; its name is None if it is private."""

    moment: str | None


@dataclass(frozen=True)
class MomentEnded:
    """A moment ended; its name is None if it is private."""

    moment: str | None
    how: Ending


@dataclass(frozen=True)
class CueBegan:
    """A cue began to sound.

    Attributes:
        moment: the playing moment; None if it is private.
        number: its number within the turn, from 0.
        kind: its kind, without its text.
        at: the time its first sample is heard, in seconds of the conversation's monotonic clock.
        seconds: the time until the next cue.
    """

    moment: str | None
    number: int
    kind: CueKind
    at: float
    seconds: float


@dataclass(frozen=True)
class QuestionOpened:
    """A question opened for answers.

    Attributes:
        moment: the moment that asks; None if it is private.
        question: the question's name in the pack, such as "ritual.ready"; None if the moment is private.
        at: the time it opened, in seconds of the conversation's monotonic clock.
        within: seconds after which silence is the answer.
    """

    moment: str | None
    question: str | None
    at: float
    within: float


Event: TypeAlias = StateChanged | MomentBegan | MomentEnded | CueBegan | QuestionOpened
Listener: TypeAlias = Callable[[Event], None]


class Events:
    """The listeners of a conversation. They run in the loop's thread and must be quick."""

    def __init__(self) -> None:
        self._listeners: dict[int, Listener] = {}
        self._next = 0

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; return the function that removes it."""
        number, self._next = self._next, self._next + 1
        self._listeners[number] = listener

        def leave() -> None:
            self._listeners.pop(number, None)

        return leave

    def tell(self, event: Event) -> None:
        """Tell all listeners an event; one that raises is removed."""
        for number, listener in list(self._listeners.items()):
            if number not in self._listeners:  # it left meanwhile
                continue
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - a listener's fault must not disturb the conversation
                del self._listeners[number]
                log.error("an event listener is dropped: %s: %s", type(error).__name__, error)  # noqa: TRY400 - one line
