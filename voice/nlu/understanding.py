"""Understanding of text: what people type, or a recogniser reads without a grammar.

A sentence of the grammar counts first, with or without the frames around it. Where the grammar has none, the nearest of
the pack's examples decide (`voice.nlu.meaning`), and the slots are spotted in the words.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from voice.asr.words import words_of
from voice.errors import SystemFailure
from voice.nlu.embedding import Embedder
from voice.nlu.examples import load_examples
from voice.nlu.matcher import Intent, match
from voice.nlu.meaning import Guess, MeaningModel, fit
from voice.nlu.sentences import ADDRESSED, ANYTIME, Scope, Sentences
from voice.nlu.spotting import slots_in

__all__ = ["Meaning", "Tier", "Understanding"]

log = logging.getLogger(__name__)

Tier: TypeAlias = tuple[str, ...]

# Nobody asks for anything in more words; a text of any length is answered quickly.
_MOST_WORDS = 60
# How far the best meaning has to be ahead of the next one, and of none; docs/recognition.md has the figures.
_SURE = 0.2


@dataclass(frozen=True)
class Meaning:
    """The meaning of a text.

    Attributes:
        intent: the request or answer; None if it is neither.
        by: the stage that found it.
        confidence: how sure it is, in [0, 1]; 1 for a sentence of the grammar.
    """

    intent: Intent | None = None
    by: Literal["grammar", "meaning"] | None = None
    confidence: float = 0.0


@dataclass(frozen=True, eq=False)
class Understanding:
    """Understands text in one language.

    Attributes:
        folder: the language's folder, with its examples.
        sentences: its sentences.
        embedder: embeds sentences; None for the languages without such a model.
    """

    folder: Path
    sentences: Sentences
    embedder: Embedder | None = field(default_factory=Embedder)

    def understand(self, text: str, *tiers: Tier) -> Meaning:
        """Return the meaning of a text.

        Args:
            text: the text, in any case and punctuation.
            tiers: the contexts that count; those of a later tier only if nothing in an earlier one fits.
        """
        words = words_of(self.sentences.speech.normalise(text))
        if not words or len(words) > _MOST_WORDS:
            return Meaning()
        found = (self._by_grammar(words, self.sentences.text_scope(*tier)) for tier in tiers)
        intent = next((intent for intent in found if intent is not None), None)
        if intent is not None:
            return Meaning(intent, "grammar", 1.0)
        guesses = (self._by_meaning(words, tier) for tier in tiers)
        return next((meaning for meaning in guesses if meaning is not None), Meaning())

    def _by_grammar(self, words: Sequence[str], scope: Scope) -> Intent | None:
        """Return the intent of the longest part of a sentence that the frames leave."""
        found = (match(" ".join(core), scope) for core in self._cores(words, scope))
        return next((intent for intent in found if intent is not None), None)

    def _cores(self, words: Sequence[str], scope: Scope) -> Iterator[Sequence[str]]:
        yield words
        for core in self.sentences.frames.cores(words):
            if scope.graph.accepts(core):
                yield core

    def _by_meaning(self, words: Sequence[str], tier: Tier) -> Meaning | None:
        if self._model is None:
            return None
        text = " ".join(words)
        groups = dict.fromkeys(ANYTIME if context == ADDRESSED else context for context in tier)
        guesses = [guess for group in groups if (guess := self._model.guess(text, group)) is not None]
        best = max(guesses, key=lambda guess: guess.margin, default=None)
        return self._filled(best, words) if best is not None and best.margin >= _SURE else None

    def _filled(self, guess: Guess, words: Sequence[str]) -> Meaning | None:
        """Return a guess with the slots in the words; None if it lacks one that it needs."""
        name = guess.label.intent
        fragments = self.sentences.fragments.get(name)
        slots = {**dict(guess.label.slots), **(slots_in(words, fragments) if fragments else {})}
        if not self.sentences.required.get(name, frozenset()) <= slots.keys():
            return None
        return Meaning(Intent(name, slots), "meaning", min(guess.margin, 1.0))

    @cached_property
    def _model(self) -> MeaningModel | None:
        try:
            return fit(load_examples(self.folder), self.embedder)
        except SystemFailure as error:
            log.warning("only sentences of the grammar are understood: %s", error)
            return None
