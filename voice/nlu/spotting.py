"""Spotting: finds the parts of a sentence that fill slots, wherever they stand in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voice.nlu.matcher import match
from voice.nlu.sentences import Scope

__all__ = ["slots_in"]


def slots_in(words: Sequence[str], fragments: Scope) -> Mapping[str, Any]:
    """Return the slots that the fragments in a sentence fill; of two that fill the same one, the longer counts."""
    slots: dict[str, Any] = {}
    taken: set[int] = set()
    for start, end in sorted(_spans(words, fragments), key=lambda span: (span[0] - span[1], span[0])):
        if taken.isdisjoint(range(start, end)):
            found = match(" ".join(words[start:end]), fragments)
            if found is not None and not slots.keys() & found.slots.keys():
                slots |= found.slots
                taken |= set(range(start, end))
    return slots


def _spans(words: Sequence[str], fragments: Scope) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for end in fragments.graph.ends(words, start):
            yield start, end
