"""A pack: the sentences, lines, cards and pronunciations of one language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from voice.asr.lexicon import Lexicon
from voice.languages.language import Language
from voice.nlu.contexts import SCENE
from voice.nlu.intent import Meaning, Reader, Tier
from voice.nlu.sentences import Sentences
from voice.packs.decks import Card
from voice.packs.responses import place_of, response_files

__all__ = ["STOP", "Pack"]

STOP = "Stop"


@dataclass(frozen=True)
class Pack:
    """The contents of one language's folder.

    Attributes:
        folder: the folder it was read from.
        sentences: the sentences that are understood.
        responses: the variants of each line, by its key.
        decks: the cards, by the deck's name.
        openers: for each deck of questions the words that a card may begin with; empty for other decks.
        lexicon: the pronunciations of the words.
        reader: finds the meaning of typed and dictated sentences.
        moments: the moments that can be requested, and those that come with them.
        confusable: a warning for each pair of intents with sentences that sound alike, the most alike first.
    """

    folder: Path
    sentences: Sentences
    responses: Mapping[str, tuple[str, ...]]
    decks: Mapping[str, tuple[Card, ...]]
    lexicon: Lexicon
    reader: Reader
    openers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    moments: frozenset[str] = frozenset()
    confusable: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The language's code, "en"."""
        return self.sentences.language

    @property
    def speech(self) -> Language:
        """The language itself: how it is spoken, pronounced and typed."""
        return self.sentences.speech

    def read(self, text: str, *tiers: Tier) -> Meaning:
        """Return the meaning of a text; contexts of a later tier count only if nothing in an earlier one fits."""
        return self.reader([text], tiers)[0]

    def place_of(self, key: str) -> str:
        """Return "FILE:LINE" of a line."""
        return place_of(key, response_files(self.folder))

    @cached_property
    def stop_set(self) -> frozenset[tuple[str, ...]]:
        """The sentences that end every scene, as words, without the assistant's name."""
        graph = self.sentences.nameless.scope_of_intent(STOP, SCENE).graph
        return frozenset(words for words, _ in graph.sentences())
