"""Requests with an open value: "remind me to call my mother tomorrow at five" says what in any words.

What stands around the value is data of the pack, in blocks with `requires_context: {open: SLOT, part: PART}`:

- before: the words in front of it, with or without a time ("remind me at five to");
- within: the times within or behind it;
- after: what may stand at the end ("please");
- unless: the words it does not begin with ("remind me what her name is" is a question);
- unread: how a time begins that was not understood, right behind an opening with the slot `bare`; that is "timed" where
  words of their own need a time beside them;
- torn: how the words go on behind a time that was understood in part ("in five" "or six minutes");
- recurring: words of a wish for every day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice.asr.automaton import WordGraph
from voice.asr.words import words_of
from voice.nlu.contexts import ANYTIME, Part, opened
from voice.nlu.intent import Intent
from voice.nlu.matcher import unfolded
from voice.nlu.sentences import Scope, Sentences
from voice.nlu.times import folded, is_minutes_to, is_timed

__all__ = ["open_request"]

_SLOT = "todo"
_EVERY = "every"
_BARE = "bare"
_MOST_WORDS = 60
_MOST_UNREAD = 4  # words of a time that was not understood ("at aid in the evening")
_FEWEST_OWN = 2  # so many words that begin as a time does are one, and not what to be reminded of


def open_request(text: str, sentences: Sentences) -> Intent | None:
    """Return a request with what it is about in its own words, or None if the text is no such request.

    The slot `todo` has these words, in lower case and without punctuation; it is absent where nothing is left beside
    the times. `every` is True in a wish that recurs. A time that was not understood ("in plenty minutes") is left out,
    and so is a part of the day beside it, and a time that was understood in part ("in five or six minutes"): the
    assistant asks for it.

    Args:
        text: a sentence, with the assistant's name and the frames in front of it or without.
        sentences: the sentences of the pack.
    """
    words = sentences.speech.spelled_out(words_of(sentences.speech.normalise(text)))
    if len(words) > _MOST_WORDS or opened(_SLOT, "before") not in sentences.open_contexts:
        return None
    anytime = sentences.scope(ANYTIME)
    called = [rest for _, rest in anytime.without_prefix(words)]
    required = sentences.wake_name is not None and sentences.wake_name.required
    tried = [part[start:] for part in ([] if required else [words]) + called for start in sentences.frames.starts(part)]
    found = (_read(part, sentences) for part in tried)
    return next((intent for intent in found if intent is not None), None)


@dataclass(frozen=True)
class _Span:
    """The words from `start` to `end`."""

    start: int
    end: int

    def has(self, place: int) -> bool:
        """Return whether the word at `place` is one of them."""
        return self.start <= place < self.end


def _read(words: Sequence[str], sentences: Sentences) -> Intent | None:
    def part(name: Part) -> Scope:
        return sentences.text_scope(opened(_SLOT, name))

    before, within = part("before"), part("within")
    if before.language.spaces_optional:
        return None
    every = _any_of(words, part("recurring").graph)
    words = _without_end(words, part("after").graph)
    half_heard = _without_torn_time(words, sentences)
    if half_heard is not None:
        opening = _openings(half_heard, before.graph)[0]
        return _intent(_slots(half_heard[:opening], before)[0], {}, half_heard[opening:], every=every)
    for opening in _openings(words, before.graph)[:1]:
        if _begins(words[opening:], part("unless").graph):
            return None
        name, slots = _slots(words[:opening], before)
        todo, times = _split(words[opening:], slots, within)
        unread = _BARE in slots and _begins(todo, part("unread").graph)
        own = bool(todo)
        if unread:
            todo = _behind_unread(words[:opening], todo, before.graph)
            if not {"hour", "length"} & {_kind(key) for key in slots | times}:
                times = {}  # the rest of a time that was misread
        # "Remind me", with the time taken out of "remind me at two about lunch", goes on with "about".
        joined = (*words[:opening], *todo)
        longer = _openings(joined, before.graph)[0]
        if longer > opening:
            name, slots = _slots(joined[:longer], before)
        if own and slots.get(_BARE) == "timed" and not is_timed(folded(slots | times)):
            return None  # "buzz me in", "we need an alarm on the back door"
        return _intent(name, slots | times, joined[longer:], every=every)
    return None


def _without_torn_time(words: Sequence[str], sentences: Sentences) -> Sequence[str] | None:
    """Return the words without a time that was understood in part ("in five or six minutes"); None if none was.

    It stands right behind the opening, or at the end.
    """
    before, within, torn = (sentences.text_scope(opened(_SLOT, part)) for part in ("before", "within", "torn"))
    openings = _openings(words, before.graph)
    if not openings or _begins(words[openings[0] :], sentences.text_scope(opened(_SLOT, "unless")).graph):
        return None
    opening, rest = words[: openings[-1]], words[openings[-1] :]
    spans = _times(rest, {}, within)
    for span in spans:
        kinds = {_kind(key) for key in _slots(rest[span.start : span.end], within)[1]}
        ends = list(torn.graph.ends(rest, span.end))
        if "length" in kinds and before.language.is_number(rest[span.end - 1]):
            # One word was misread: "twenty" "fife minutes".
            ends += [end for end in torn.graph.ends(rest, span.end + 1) if end == span.end + 2]
        end = max(ends, default=0)
        if end and (span.start == 0 or end == len(rest)):
            gone = (*spans, _Span(span.start, end))
            return (*opening, *(word for place, word in enumerate(rest) if not any(one.has(place) for one in gone)))
    return None


def _behind_unread(opening: Sequence[str], words: Sequence[str], graph: WordGraph) -> Sequence[str]:
    """Return the words behind a time that was not understood, from "to" or "about" on; all of them without one.

    Nothing is left of a few words that tell nothing but a time ("remind us in plenty").
    """
    places = range(min(len(words), _MOST_UNREAD + 1))
    found = (place for place in places if _openings((*opening, *words[place:]), graph)[0] > len(opening))
    place = next(found, None)
    return words[place:] if place is not None else words if len(words) > _FEWEST_OWN else ()


def _split(words: Sequence[str], slots: Mapping[str, Any], within: Scope) -> tuple[Sequence[str], dict[str, Any]]:
    """Return the words without the time in them, and its slots; `slots` has what was said before."""
    spans = _times(words, slots, within)
    said: dict[str, Any] = {}
    for span in spans:
        said |= _slots(words[span.start : span.end], within)[1]
    return [word for place, word in enumerate(words) if not any(span.has(place) for span in spans)], said


def _intent(name: str, slots: Mapping[str, Any], todo: Sequence[str], *, every: bool) -> Intent | None:
    """Return the intent; None where a sentence that is complete by itself goes on."""
    complete = "timer" in slots
    if complete and todo:
        return None
    about = {_BARE} if todo else {_BARE, "about"}
    kept = {key: value for key, value in folded(slots).items() if key not in about}
    return Intent(name, kept | ({_SLOT: " ".join(todo)} if todo else {}) | ({_EVERY: True} if every else {}))


def _openings(words: Sequence[str], graph: WordGraph) -> list[int]:
    """Return the ends of all openings, the longest first."""
    return sorted(graph.ends(words), reverse=True)


def _begins(words: Sequence[str], graph: WordGraph) -> bool:
    return any(True for _ in graph.ends(words))


def _any_of(words: Sequence[str], graph: WordGraph) -> bool:
    return any(_begins(words[place:], graph) for place in range(len(words)))


def _without_end(words: Sequence[str], graph: WordGraph) -> Sequence[str]:
    """Return the words without the endings, as many as there are."""
    for start in range(len(words) - 1, 0, -1):
        if len(words) in graph.ends(words, start):
            return _without_end(words[:start], graph)
    return words


def _times(words: Sequence[str], slots: Mapping[str, Any], scope: Scope) -> list[_Span]:
    """Return the spans of the time: the longest one, and another that adds what it lacks (a day to an hour)."""
    every = [_Span(start, end) for start in range(len(words)) for end in sorted(scope.graph.ends(words, start))]
    # The longest one from each place; "at six to call mum" is six, and no minutes to an hour.
    longest = {
        span.start: span
        for span in every
        if span.end == len(words) or not is_minutes_to(folded(_slots(words[span.start : span.end], scope)[1]))
    }
    spans = sorted(longest.values(), key=lambda span: span.start - span.end)
    chosen: list[_Span] = []
    known = {_kind(key) for key in slots} - {None}
    for span in spans:
        kinds = {_kind(key) for key in _slots(words[span.start : span.end], scope)[1]} - {None}
        apart = all(span.end <= other.start or other.end <= span.start for other in chosen)
        if apart and kinds.isdisjoint(known) and not ("length" in kinds | known and known):
            chosen.append(span)
            known |= kinds
    return chosen


_KINDS = {
    **dict.fromkeys(("hour", "minute", "minute_ones", "time_named"), "hour"),
    **dict.fromkeys(("time_past", "time_past_ones", "time_before", "time_before_ones"), "hour"),
    **dict.fromkeys(("minutes", "minutes_ones", "hours", "seconds", "time_unit"), "length"),
    **dict.fromkeys(("day", "time_every", "day_2", "day_3", "time_week", "time_date", "time_month"), "day"),
    "time_part": "part",
}
"""What each slot of a time tells."""


def _kind(slot: str) -> str | None:
    return _KINDS.get(slot)


def _slots(words: Sequence[str], scope: Scope) -> tuple[str, dict[str, Any]]:
    """Return the intent and the slots, not folded, of a sentence that the scope has."""
    readings = unfolded(" ".join(words), scope)
    _, name, slots = max(readings, key=lambda reading: reading[0])
    return name, dict(slots)
