"""Spotting: finds the parts of a sentence that fill slots, wherever they stand in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hassil.numbers import get_rbnf_engine

from voice.asr.automaton import WordGraph
from voice.asr.words import words_of
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope

__all__ = ["slots_in", "spelled_out"]

_MOST_DIGITS = 4


def slots_in(words: Sequence[str], fragments: Scope, corrections: WordGraph | None = None) -> Mapping[str, Any]:
    """Return the slots that the fragments in a sentence fill.

    Of two fragments that fill the same slot the longer one counts; the later one if a correction stands between them
    ("at nine, no, make it ten").

    Args:
        words: the sentence.
        fragments: the fragments of its intent.
        corrections: the words that take back what was said before; None if there are none.
    """
    spans = sorted(_apart(words, fragments))
    corrected = _corrected(words, spans, corrections) if corrections is not None else 0
    found = [(end - start, match(" ".join(words[start:end]), fragments)) for start, end in spans if start >= corrected]
    found += [(0, match(" ".join(words[start:end]), fragments)) for start, end in spans if start < corrected]
    slots: dict[str, Any] = {}
    for _, intent in sorted(found, key=lambda pair: -pair[0]):
        if intent is not None and not slots.keys() & intent.slots.keys():
            slots |= intent.slots
    return slots


def spelled_out(words: Sequence[str], language: str) -> tuple[str, ...]:
    """Return a sentence with its numbers in words: "9 30" as "nine thirty"."""
    return tuple(part for word in words for part in _spelled(word, language))


def _spelled(word: str, language: str) -> Sequence[str]:
    if not (word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS):
        return (word,)
    try:
        number = get_rbnf_engine(language.partition("-")[0]).format_number(int(word))
    except ValueError:
        return (word,)
    return words_of(number.text_by_ruleset["spellout-cardinal"].replace("-", " "))


def _apart(words: Sequence[str], fragments: Scope) -> Iterator[tuple[int, int]]:
    """Yield the spans of fragments, the longest first, that do not overlap."""
    taken: set[int] = set()
    spans = [(start, end) for start in range(len(words)) for end in fragments.graph.ends(words, start)]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if taken.isdisjoint(range(start, end)):
            taken |= set(range(start, end))
            yield start, end


def _corrected(words: Sequence[str], spans: Sequence[tuple[int, int]], corrections: WordGraph) -> int:
    """Return the place of the last correction between two fragments; 0 without one."""
    if len(spans) <= 1:
        return 0
    places = range(spans[0][1], spans[-1][0])
    return max((place for place in places if next(corrections.ends(words, place), None) is not None), default=0)
