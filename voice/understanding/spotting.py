"""Spotting: finds the parts of a sentence that fill slots, wherever they stand in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from voice.nlu.amended import amended
from voice.nlu.frames import Frames
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope

__all__ = ["left_over", "slots_in"]

_HALF_AN_HOUR = 30


def slots_in(words: Sequence[str], fragments: Scope, frames: Frames) -> Mapping[str, Any]:
    """Return the slots that the fragments in a sentence fill.

    Of two fragments that fill the same slot the longer one counts; where a correction stands between them ("at nine,
    no, make it ten"), the later one amends the earlier. A fragment behind a denial ("not at nine") does not count.

    Args:
        words: the sentence.
        fragments: the fragments of its intent.
        frames: the corrections and denials of the language.
    """
    earlier, later = (_filled(words, spans, fragments) for spans in _spans(words, fragments, frames))
    return amended(earlier[0], later[0]) if earlier[0] else later[0]


def left_over(words: Sequence[str], fragments: Scope, frames: Frames, counts: Callable[[str], bool]) -> list[str]:
    """Return the words that count and are not read ("thirty" in "at twenty one and thirty"); see `slots_in`.

    What fills a slot is read, and what is denied.
    """
    used = [span for spans in _spans(words, fragments, frames) for span in _filled(words, spans, fragments)[1]]
    denied = [span for span in _apart(words, fragments) if _is_denied(words, span[0], frames)]
    read = {place for start, end in (*used, *denied) for place in range(start, end)}
    return [word for place, word in enumerate(words) if place not in read and counts(word)]


_Spans: TypeAlias = Sequence[tuple[int, int]]


def _spans(words: Sequence[str], fragments: Scope, frames: Frames) -> tuple[_Spans, _Spans]:
    """Return the spans of the fragments before the last correction, and those behind it; all of them without one."""
    spans = [span for span in sorted(_apart(words, fragments)) if not _is_denied(words, span[0], frames)]
    corrected = _corrected(words, spans, frames)
    return [span for span in spans if span[0] < corrected], [span for span in spans if span[0] >= corrected]


def _filled(words: Sequence[str], spans: _Spans, fragments: Scope) -> tuple[dict[str, Any], _Spans]:
    """Return the slots that some spans fill, the longest first, and the spans that fill them."""
    slots: dict[str, Any] = {}
    used: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        found = match(" ".join(words[start:end]), fragments)
        if found is not None and not slots.keys() & found.slots.keys():
            slots |= found.slots
            used.append((start, end))
    return slots, used


def _apart(words: Sequence[str], fragments: Scope) -> Iterator[tuple[int, int]]:
    """Yield the spans of fragments, the longest first, that do not overlap."""
    taken: set[int] = set()
    every = ((start, end) for start in range(len(words)) for end in fragments.graph.ends(words, start))
    spans = [span for span in every if not _is_minutes_to(words, span, fragments)]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if taken.isdisjoint(range(start, end)):
            taken |= set(range(start, end))
            yield start, end


def _is_minutes_to(words: Sequence[str], span: tuple[int, int], fragments: Scope) -> bool:
    """Return whether a span is a number of minutes to no hour that is named, and goes on ("at six to call mum")."""
    start, end = span
    found = match(" ".join(words[start:end]), fragments) if end < len(words) else None
    return found is not None and "hour" not in found.slots and found.slots.get("minute", 0) > _HALF_AN_HOUR


def _is_denied(words: Sequence[str], start: int, frames: Frames) -> bool:
    """Return whether a denial stands right before a place."""
    return any(start in frames.ends("denial", words, place) for place in range(start))


def _corrected(words: Sequence[str], spans: Sequence[tuple[int, int]], frames: Frames) -> int:
    """Return the place of the last correction between two fragments; 0 without one."""
    if len(spans) <= 1:
        return 0
    places = range(spans[0][1], spans[-1][0])
    found = (place for place in places if frames.begins("correction", words, place))
    return max(found, default=0)
