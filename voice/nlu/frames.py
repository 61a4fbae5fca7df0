"""Frames: the polite, hesitant and loving words around a request ("um, could you maybe ... please, love").

Here are also the words between two requests ("... and then ...").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template, compile_templates

__all__ = ["Frames"]


@dataclass(frozen=True)
class Frames:
    """The beginnings and endings that every request may have, in any number.

    Attributes:
        before: the templates of beginnings: "could you [maybe]", "um".
        after: the templates of endings: "please", "for us".
        correction: the templates of what takes back the words before it: "no, make it".
        denial: the templates of what rules out the words after it: "not".
        negation: the templates of what makes a sentence mean the opposite: "don't".
        reason: the templates of what begins the reason for a request: "because".
        question: the templates of what begins a question, which orders nothing: "why did we".
        report: the templates of what tells that somebody else said it: "she asked".
        join: the templates of what stands between two requests: "and then".
    """

    before: tuple[Template, ...] = ()
    after: tuple[Template, ...] = ()
    correction: tuple[Template, ...] = ()
    denial: tuple[Template, ...] = ()
    negation: tuple[Template, ...] = ()
    reason: tuple[Template, ...] = ()
    question: tuple[Template, ...] = ()
    report: tuple[Template, ...] = ()
    join: tuple[Template, ...] = ()

    def cores(self, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield the words without frames, the longest rest first; the whole comes first of all."""
        starts = self.starts(words)
        ends = self._ends(words)
        spans = sorted(((end - start, start, end) for start in starts for end in ends if start < end), reverse=True)
        for _, start, end in spans:
            yield tuple(words[start:end])

    def is_negated(self, words: Sequence[str]) -> bool:
        """Return whether a sentence is negated, but for the frames around it ("why don't we")."""
        start, end = max(self.starts(words)), min(self._ends(words))
        core = words[start:end] if start < end else words
        return any(next(self._negations.ends(core, place), None) is not None for place in range(len(core)))

    def is_question(self, words: Sequence[str]) -> bool:
        """Return whether a sentence begins as a question does, but for the frames in front of it ("could you")."""
        return any(next(self._questions.ends(words, start), None) is not None for start in {0, max(self.starts(words))})

    def is_reported(self, words: Sequence[str]) -> bool:
        """Return whether words tell that somebody said something ("she asked the robot")."""
        return any(next(self._reports.ends(words, place), None) is not None for place in range(len(words)))

    def without_reason(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words before the reason that is given for them; all of them where there is none."""
        places = (place for place in range(1, len(words)) if next(self._reasons.ends(words, place), None) is not None)
        return tuple(words[: next(places, len(words))])

    def halves(self, words: Sequence[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield the words before and after each join, of joins that begin at one place the longest first."""
        for place in range(1, len(words)):
            for end in sorted(self._joins.ends(words, place), reverse=True):
                if end < len(words):
                    yield tuple(words[:place]), tuple(words[end:])

    @cached_property
    def corrections(self) -> WordGraph:
        """The word graph of corrections."""
        return compile_templates(self.correction)

    @cached_property
    def denials(self) -> WordGraph:
        """The word graph of denials."""
        return compile_templates(self.denial)

    def starts(self, words: Sequence[str]) -> list[int]:
        """Return the places that beginnings can reach, one after the other; the first word is one."""
        found = [0]
        for start in found:
            found += [end for end in self._beginnings.ends(words, start) if end not in found]
        return found

    def _ends(self, words: Sequence[str]) -> list[int]:
        """Return the places from which endings reach the last word."""
        found = {len(words)}
        for start in range(len(words) - 1, 0, -1):
            if not found.isdisjoint(self._endings.ends(words, start)):
                found.add(start)
        return sorted(found)

    @cached_property
    def _beginnings(self) -> WordGraph:
        return compile_templates(self.before)

    @cached_property
    def _joins(self) -> WordGraph:
        return compile_templates(self.join)

    @cached_property
    def _endings(self) -> WordGraph:
        return compile_templates(self.after)

    @cached_property
    def _negations(self) -> WordGraph:
        return compile_templates(self.negation)

    @cached_property
    def _reasons(self) -> WordGraph:
        return compile_templates(self.reason)

    @cached_property
    def _reports(self) -> WordGraph:
        return compile_templates(self.report)

    @cached_property
    def _questions(self) -> WordGraph:
        return compile_templates(self.question)
