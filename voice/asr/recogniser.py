"""The interface of all recognisers: an utterance and a grammar in, a transcript or None out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voice.asr.automaton import WordGraph

__all__ = [
    "Dictation",
    "FreeTranscript",
    "Recogniser",
    "RecordedRecogniser",
    "StreamingRecogniser",
    "Transcript",
    "Word",
]

GrammarT = TypeVar("GrammarT")


@dataclass(frozen=True)
class Word:
    """A recognised word: `start` and `end` in seconds of the utterance, confidence in [0, 1]."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class FreeTranscript:
    """What was said in anybody's words, without a grammar.

    Attributes:
        text: with capitals and punctuation; empty if nothing was said.
        confidence: the recogniser's confidence in a word of it, in [0, 1]; 0 if it is made up, as from noise.
    """

    text: str
    confidence: float


@dataclass(frozen=True)
class Transcript:
    """The sentence of the grammar that fits an utterance best.

    Attributes:
        words: its words with their times.
        confidence: the recogniser's confidence in it, in [0, 1].
        incomplete: whether the beginning of a longer sentence fits better than any whole one.
        free: what was said without the grammar; None if the recogniser cannot tell.
    """

    words: tuple[Word, ...]
    confidence: float
    incomplete: bool = False
    free: FreeTranscript | None = None

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(word.text for word in self.words)


class Recogniser(Protocol, Generic[GrammarT]):
    """A speech recogniser for closed grammars."""

    def compile(self, graph: WordGraph) -> GrammarT:
        """Prepare a grammar for recognition.

        Raises:
            UnpronounceableError: a word cannot be recognised.
            InputError: none of its sentences can be recognised.
        """

    def recognise(self, samples: NDArray[np.int16], grammar: GrammarT) -> Transcript | None:
        """Find the sentence of the grammar that fits best.

        Args:
            samples: (n,) int16 at 16 kHz, one utterance.
            grammar: a grammar from `compile`.

        Returns:
            The transcript; None if the sound is too short for any sentence, or holds none.
        """


@runtime_checkable
class RecordedRecogniser(Recogniser[GrammarT], Protocol[GrammarT]):
    """A recogniser that does better with the utterance as it was recorded."""

    def recognise_recorded(
        self, recorded: NDArray[np.int16], cleaned: Callable[[], NDArray[np.int16]], grammar: GrammarT
    ) -> Transcript | None:
        """Find the sentence of the grammar that fits best.

        Args:
            recorded: (n,) int16 at 16 kHz, one utterance as it was recorded.
            cleaned: returns the same with less noise and echo; called only if that is needed, since it takes time.
            grammar: a grammar from `compile`.

        Returns:
            The transcript; None if the sound is too short for any sentence, or holds none.
        """


@runtime_checkable
class StreamingRecogniser(Recogniser[GrammarT], Protocol[GrammarT]):
    """A recogniser that decodes while the user is still speaking."""

    def start(self, grammar: GrammarT) -> None:
        """Begin an utterance; drop an unfinished one."""

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Decode the next block of the utterance, (n,) int16 at 16 kHz."""

    def finish(self) -> Transcript | None:
        """End the utterance; return the same as `recognise` for the whole of it."""


@runtime_checkable
class Dictation(Protocol):
    """A recogniser that also transcribes free speech."""

    def dictate(self, samples: NDArray[np.int16]) -> str | None:
        """Transcribe free speech, (n,) int16 at 16 kHz; None if no word is found."""
