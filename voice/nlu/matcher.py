"""From text to intent: a whole sentence matches a template, or nothing does."""

from dataclasses import replace
from typing import Any

from hassil import recognize_all
from hassil.intents import Intents

from voice.asr.words import words_of
from voice.nlu.intent import Intent
from voice.nlu.sentences import Scope
from voice.nlu.times import folded

__all__ = ["match", "readings", "unfolded"]


def match(text: str, scope: Scope) -> Intent | None:
    """Return the intent of a sentence, or None if the scope has no such sentence.

    Of several readings the one with the most literal letters wins, and of equal ones the first in the pack.
    """
    return max(readings(text, scope), key=lambda reading: reading[0], default=(0, None))[1]


def readings(text: str, scope: Scope) -> list[tuple[int, Intent]]:
    """Return every reading of a sentence with its number of literal letters; empty text has none.

    A prefix (the assistant's name) is removed where the scope allows one. Spaces are ignored in a language that is
    written with or without them.
    """
    text = scope.language.normalise(text)
    words = words_of(text)
    if not words:
        return []
    found = _readings(text, scope)
    for after, rest in scope.without_prefix(words):
        found += _readings(" ".join(rest), after)
    if not found and scope.language.spaces_optional:
        spaced = scope.graph.spaced("".join(words))
        found = readings(" ".join(spaced), scope) if spaced and spaced != words else []
    return found


def unfolded(text: str, scope: Scope) -> list[tuple[int, str, dict[str, Any]]]:
    """Return every reading of a normalised sentence without prefix: its literal letters, its intent and raw slots."""
    return [
        (
            result.text_chunks_matched,
            result.intent.name,
            {name: _plain(entity.value) for name, entity in result.entities.items()},
        )
        for result in recognize_all(text, _possible(text, scope))
    ]


def _readings(text: str, scope: Scope) -> list[tuple[int, Intent]]:
    return [(literal, Intent(name, folded(slots))) for literal, name, slots in unfolded(text, scope)]


def _possible(text: str, scope: Scope) -> Intents:
    """Return the intents that have the sentence, which are few; all if the graph lacks it, as it lacks digits."""
    tags = scope.graph.accepts(words_of(text))
    intents = {name: intent for name, intent in scope.intents.intents.items() if name in tags}
    return replace(scope.intents, intents=intents) if intents else scope.intents


def _plain(value: Any) -> Any:  # noqa: ANN401 - a list's `out` may be any YAML value
    """Return whole numbers as int: hassil reads digits as floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if isinstance(value, str) else value
