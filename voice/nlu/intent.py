"""Intents: what a sentence asks for or answers, and how sure that is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

__all__ = ["LASTING", "NEVER_IGNORED", "SAID_TO_OTHERS", "Intent", "Meaning", "Reader", "Tier"]

Tier: TypeAlias = tuple[str, ...]
"""Contexts that count at the same time."""


LASTING = frozenset(
    {
        *("SetRitual", "TurnOn", "TurnOff", "NotTonight", "KeepOn", "KeepOff", "ForgetToday", "ForgetEverything"),
        *("Remind", "CancelReminder", "StopListening", "Undo", "GoodMoment", "HardMoment"),
    }
)
"""The intents whose effect outlasts the moment."""

NEVER_IGNORED = frozenset({"Safety", "Stop"})
"""The intents that no doubt stops: a call for help isn't taken back, and who says stop need not be heard well."""

SAID_TO_OTHERS = frozenset({"Social", "Louder", "Softer", "Slower", "Faster", "Help", "Why", "Repeat"})
"""The intents of what people say to each other as well: they greet, tell how to speak, and ask what, how and why."""


@dataclass(frozen=True)
class Intent:
    """A request or an answer: a name and its slots."""

    name: str
    slots: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, moment: str, slots: Mapping[str, Any] | None = None) -> "Intent":
        """Return the intent that the moment plays."""
        return cls("".join(part.title() for part in moment.split("_")), slots or {})

    @property
    def moment(self) -> str:
        """The name of its moment: `GoodNight` is played by `good_night`."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("_")


@dataclass(frozen=True)
class Meaning:
    """The meaning of a text.

    Attributes:
        intent: the request or answer; None if it is neither.
        by: the stage that found it.
        confidence: how sure it is, in [0, 1]; 1 for a sentence of the grammar.
        then: a second request in the same sentence ("give us a question and then a pause"); None if it has one only.
        maybe: what it may mean, where it is not sure enough to be done.
        withdrawn: whether it asks for something and takes it back ("..., never mind").
    """

    intent: Intent | None = None
    by: Literal["grammar", "meaning"] | None = None
    confidence: float = 0.0
    then: Intent | None = None
    maybe: Intent | None = None
    withdrawn: bool = False


Reader: TypeAlias = Callable[[Sequence[str], Sequence[Tier]], list[Meaning]]
"""Finds the meaning of texts in tiers of contexts (see `voice.understanding.text`)."""
