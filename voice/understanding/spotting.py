"""Spotting: finds the parts of a sentence that fill slots, wherever they stand in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from voice.nlu.amended import amended
from voice.nlu.frames import Frames
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope
from voice.nlu.times import is_minutes_to

__all__ = ["Spotted", "spotted"]

_Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Spotted:
    """What the fragments in a sentence say.

    Attributes:
        slots: the slots that they fill.
        unread: the other words, in order; those of a fragment that is denied are read, but fill nothing.
    """

    slots: Mapping[str, Any]
    unread: tuple[str, ...]


def spotted(words: Sequence[str], fragments: Scope, frames: Frames) -> Spotted:
    """Find the slots that the fragments in a sentence fill.

    Of two fragments that fill the same slot the longer one counts; where a correction stands between them ("at nine,
    no, make it ten"), the later one amends the earlier. A fragment behind a denial ("not at nine") does not count.

    Args:
        words: the sentence.
        fragments: the fragments of its intent.
        frames: the corrections and denials of the language.
    """
    every = sorted(_apart(words, fragments))
    denied = [span for span in every if _is_denied(words, span[0], frames)]
    spans = [span for span in every if span not in denied]
    corrected = _corrected(words, spans, frames)
    earlier, before = _filled(words, [span for span in spans if span[0] < corrected], fragments)
    slots, behind = _filled(words, [span for span in spans if span[0] >= corrected], fragments)
    read = {place for start, end in (*denied, *before, *behind) for place in range(start, end)}
    unread = tuple(word for place, word in enumerate(words) if place not in read)
    return Spotted(amended(earlier, slots) if earlier else slots, unread)


def _filled(words: Sequence[str], spans: Sequence[_Span], fragments: Scope) -> tuple[dict[str, Any], list[_Span]]:
    """Return the slots that some spans fill, the longest first, and the spans that fill them."""
    slots: dict[str, Any] = {}
    used: list[_Span] = []
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        found = match(" ".join(words[start:end]), fragments)
        if found is not None and not slots.keys() & found.slots.keys():
            slots |= found.slots
            used.append((start, end))
    return slots, used


def _apart(words: Sequence[str], fragments: Scope) -> Iterator[_Span]:
    """Yield the spans of fragments, the longest first, that do not overlap."""
    taken: set[int] = set()
    every = ((start, end) for start in range(len(words)) for end in fragments.graph.ends(words, start))
    spans = [span for span in every if not _is_minutes_to(words, span, fragments)]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if taken.isdisjoint(range(start, end)):
            taken |= set(range(start, end))
            yield start, end


def _is_minutes_to(words: Sequence[str], span: _Span, fragments: Scope) -> bool:
    """Return whether a span that goes on is minutes to no hour ("at six to call mum" is six)."""
    start, end = span
    found = match(" ".join(words[start:end]), fragments) if end < len(words) else None
    return found is not None and is_minutes_to(found.slots)


def _is_denied(words: Sequence[str], start: int, frames: Frames) -> bool:
    """Return whether a denial stands right before a place."""
    return any(start in frames.ends("denial", words, place) for place in range(start))


def _corrected(words: Sequence[str], spans: Sequence[_Span], frames: Frames) -> int:
    """Return the place of the last correction between two fragments; 0 without one."""
    if len(spans) <= 1:
        return 0
    places = range(spans[0][1], spans[-1][0])
    found = (place for place in places if frames.begins("correction", words, place))
    return max(found, default=0)
