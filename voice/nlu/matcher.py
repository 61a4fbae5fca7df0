"""Text to intent: the whole sentence matches a template, or nothing does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hassil import recognize_all

from voice.asr.words import words_of
from voice.nlu.sentences import Scope
from voice.nlu.times import folded, typed

__all__ = ["Intent", "match", "readings"]


# Where words are written with spaces or without, as people please.
_SPACED_AT_WILL = frozenset({"ja", "ko", "zh"})


@dataclass(frozen=True)
class Intent:
    """What is wanted: a name and its slots."""

    name: str
    slots: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, moment: str, slots: Mapping[str, Any] | None = None) -> "Intent":
        """Return the intent that the moment plays."""
        return cls("".join(part.title() for part in moment.split("_")), slots or {})

    @property
    def moment(self) -> str:
        """The name of the moment that plays it: `GoodNight` is played by `good_night`."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("_")


def match(text: str, scope: Scope) -> Intent | None:
    """Return the intent of a sentence, or None if it is none of the scope's.

    Of several readings, the one with the most literal letters counts, and of equal ones the first in the pack.
    """
    return max(readings(text, scope), key=lambda reading: reading[0], default=(0, None))[1]


def readings(text: str, scope: Scope) -> list[tuple[int, Intent]]:
    """Return every reading of a sentence, with the number of its literal letters; nothing said has none.

    The assistant's name in front counts as the scope says, and for nothing else.
    In a language that spaces words at will, spaces do not count.
    """
    text = typed(text)
    words = words_of(text)
    if not words:
        return []
    found = _readings(text, scope)
    for after, rest in scope.without_call(words):
        found += _readings(" ".join(rest), after)
    if not found and scope.intents.language.partition("-")[0] in _SPACED_AT_WILL:
        spaced = scope.graph.spaced("".join(words))
        found = readings(" ".join(spaced), scope) if spaced and spaced != words else []
    return found


def _readings(text: str, scope: Scope) -> list[tuple[int, Intent]]:
    return [
        (
            result.text_chunks_matched,
            Intent(
                result.intent.name, folded({name: _plain(entity.value) for name, entity in result.entities.items()})
            ),
        )
        for result in recognize_all(text, scope.intents)
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a list's `out` may be any YAML value
    """Numbers that were written with digits come as floats; whole ones are numbers of things."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if isinstance(value, str) else value
