"""Spotting: finds the parts of a sentence that fill slots, wherever they stand in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from voice.nlu.amended import amended
from voice.nlu.frames import Frames
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope

__all__ = ["left_over", "slots_in"]


def slots_in(words: Sequence[str], fragments: Scope, frames: Frames) -> Mapping[str, Any]:
    """Return the slots that the fragments in a sentence fill.

    Of two fragments that fill the same slot the longer one counts; where a correction stands between them ("at nine,
    no, make it ten"), the later one amends the earlier. A fragment behind a denial ("not at nine") does not count.

    Args:
        words: the sentence.
        fragments: the fragments of its intent.
        frames: the corrections and denials of the language.
    """
    spans = [span for span in sorted(_apart(words, fragments)) if not _is_denied(words, span[0], frames)]
    corrected = _corrected(words, spans, frames)
    earlier, later = ([span for span in spans if (span[0] >= corrected) is late] for late in (False, True))
    slots = _filled(words, later, fragments)
    return amended(_filled(words, earlier, fragments), slots) if earlier else slots


def left_over(words: Sequence[str], fragments: Scope, counts: Callable[[str], bool]) -> list[str]:
    """Return the words that stand in no fragment and count ("thirty" in "at twenty one and thirty")."""
    covered = {place for start, end in _apart(words, fragments) for place in range(start, end)}
    return [word for place, word in enumerate(words) if place not in covered and counts(word)]


def _filled(words: Sequence[str], spans: Sequence[tuple[int, int]], fragments: Scope) -> dict[str, Any]:
    """Return the slots that some spans fill, the longest first."""
    slots: dict[str, Any] = {}
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        found = match(" ".join(words[start:end]), fragments)
        if found is not None and not slots.keys() & found.slots.keys():
            slots |= found.slots
    return slots


def _apart(words: Sequence[str], fragments: Scope) -> Iterator[tuple[int, int]]:
    """Yield the spans of fragments, the longest first, that do not overlap."""
    taken: set[int] = set()
    spans = [(start, end) for start in range(len(words)) for end in fragments.graph.ends(words, start)]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if taken.isdisjoint(range(start, end)):
            taken |= set(range(start, end))
            yield start, end


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
