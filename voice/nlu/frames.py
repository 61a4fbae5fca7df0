"""Frames: the words around a request ("um, could you maybe ... please, love"), and those that change what it means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Literal, TypeAlias, get_args

from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template, compile_templates

__all__ = ["FrameKind", "Frames"]

FrameKind: TypeAlias = Literal[
    "before",
    "after",
    "correction",
    "withdrawal",
    "denial",
    "negation",
    "reason",
    "unfinished",
    "telling",
    "question",
    "report",
    "join",
]
"""The kinds of frames:

- before, after: what a request may begin and end with, in any number ("could you [maybe]", "please");
- correction: what takes back the words before it ("no, make it");
- withdrawal: what takes back a whole request, at its end ("never mind");
- denial: what rules out the words after it ("not");
- negation: what makes a sentence mean the opposite ("don't");
- reason: what begins the reason for a request ("because");
- unfinished: what cannot end a sentence, so that no reason or request begins after it ("that it's");
- telling: what begins a sentence behind an answer ("we're", "the baby");
- question: what begins a question, which orders nothing that lasts ("why did we");
- report: what tells that somebody said it ("she asked");
- join: what stands between two requests ("and then").
"""


@dataclass(frozen=True)
class Frames:
    """The frames of a language.

    Attributes:
        templates: the templates of each kind that it has.
    """

    templates: Mapping[FrameKind, tuple[Template, ...]] = field(default_factory=dict)

    def ends(self, kind: FrameKind, words: Sequence[str], start: int) -> Iterator[int]:
        """Yield the ends of the frames of a kind that begin at a place."""
        yield from self._graphs[kind].ends(words, start)

    def begins(self, kind: FrameKind, words: Sequence[str], start: int) -> bool:
        """Return whether a frame of a kind begins at a place."""
        return next(self.ends(kind, words, start), None) is not None

    def cores(self, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield the words without frames, the longest rest first; the whole comes first of all."""
        starts = self.starts(words)
        ends = self._endings(words)
        spans = sorted(((end - start, start, end) for start in starts for end in ends if start < end), reverse=True)
        for _, start, end in spans:
            yield tuple(words[start:end])

    def starts(self, words: Sequence[str]) -> list[int]:
        """Return the places that beginnings can reach, one after the other; the first word is one."""
        found = [0]
        for start in found:
            found += [end for end in self.ends("before", words, start) if end not in found]
        return found

    def is_negated(self, words: Sequence[str]) -> bool:
        """Return whether a sentence is negated, but for the frames around it ("why don't we")."""
        start, end = max(self.starts(words)), min(self._endings(words))
        core = words[start:end] if start < end else words
        return any(self.begins("negation", core, place) for place in range(len(core)))

    def is_question(self, words: Sequence[str]) -> bool:
        """Return whether a sentence begins as a question does, with the frames in front of it or without."""
        return any(self.begins("question", words, start) for start in {0, max(self.starts(words))})

    def is_reported(self, words: Sequence[str]) -> bool:
        """Return whether words tell that somebody said something ("she asked the robot")."""
        return any(self.begins("report", words, place) for place in range(len(words)))

    def is_withdrawn(self, clauses: Sequence[Sequence[str]]) -> bool:
        """Return whether a sentence ends in taking back what it asked for ("help us pause, never mind, thanks").

        Args:
            clauses: the words between its punctuation. The end is a clause by itself, or stands behind a correction
                ("oh never mind"): "I don't want to forget it" and "tell him never mind" take nothing back.
        """
        words = [word for clause in clauses for word in clause]
        bounds = accumulate(map(len, clauses))
        starts = {bound for bound in bounds if bound < len(words)}
        corrected = {end for start in range(1, len(words)) for end in self.ends("correction", words, start)}
        endings = self._endings(words)
        taken = (end for start in starts | corrected for end in self.ends("withdrawal", words, start))
        return any(end in endings for end in taken)

    def is_aside(self, words: Sequence[str]) -> bool:
        """Return whether words begin as a reason does ("honey, the baby's asleep"), or are nothing but frames."""
        starts = self.starts(words)
        told = any(self.begins(kind, words, start) for kind in ("telling", "reason") for start in starts)
        return told or len(words) in starts

    def without_reason(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words before the reason that is given for them; all of them where there is none."""
        begun = (place for place in range(1, len(words)) if self.begins("reason", words, place))
        places = (place for place in begun if not self.is_unfinished(words[:place]))
        return tuple(words[: next(places, len(words))])

    def is_unfinished(self, words: Sequence[str]) -> bool:
        """Return whether words end in the middle of a sentence ("tell him that it's")."""
        return any(len(words) in self.ends("unfinished", words, start) for start in range(len(words)))

    def halves(self, words: Sequence[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield the words before and after each join, of joins that begin at one place the longest first."""
        for place in range(1, len(words)):
            for end in sorted(self.ends("join", words, place), reverse=True):
                if end < len(words):
                    yield tuple(words[:place]), tuple(words[end:])

    def _endings(self, words: Sequence[str]) -> list[int]:
        """Return the places from which endings reach the last word."""
        found = {len(words)}
        for start in range(len(words) - 1, 0, -1):
            if not found.isdisjoint(self.ends("after", words, start)):
                found.add(start)
        return sorted(found)

    @cached_property
    def _graphs(self) -> Mapping[FrameKind, WordGraph]:
        kinds: tuple[FrameKind, ...] = get_args(FrameKind)
        return {kind: compile_templates(self.templates.get(kind, ())) for kind in kinds}
