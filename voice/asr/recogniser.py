"""What every recogniser does: an utterance and a grammar in, a transcript or nothing out."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voice.asr.grammar import WordGraph

__all__ = ["Dictation", "Recogniser", "StreamingRecogniser", "Transcript", "Word"]

GrammarT = TypeVar("GrammarT")


@dataclass(frozen=True)
class Word:
    """One heard word: its `start` and `end` in seconds of the utterance, and its confidence in [0, 1]."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Transcript:
    """The words that the grammar allows and that fit the utterance best.

    Attributes:
        words: the words with their times.
        confidence: how sure the recogniser is that they were said, in [0, 1].
        incomplete: whether the beginning of a longer sentence fits better than any whole one.
    """

    words: tuple[Word, ...]
    confidence: float
    incomplete: bool = False

    @property
    def text(self) -> str:
        """The words, with a space between."""
        return " ".join(word.text for word in self.words)


class Recogniser(Protocol, Generic[GrammarT]):
    """A speech recogniser for closed grammars."""

    def compile(self, graph: WordGraph) -> GrammarT:
        """Make a grammar ready for recognition.

        Raises:
            UnpronounceableError: a word cannot be recognised.
            InputError: no sentence of it can be recognised.
        """

    def recognise(self, samples: NDArray[np.int16], grammar: GrammarT) -> Transcript | None:
        """Find the sentence of the grammar that fits best.

        Args:
            samples: (n,) int16 at 16 kHz, one utterance.
            grammar: what may have been said, from `compile`.

        Returns:
            The transcript; None when not even the shortest sentence fits into the sound.
        """


@runtime_checkable
class StreamingRecogniser(Recogniser[GrammarT], Protocol[GrammarT]):
    """A recogniser that also listens while somebody speaks, so that little is left to do at the end."""

    def start(self, grammar: GrammarT) -> None:
        """Begin an utterance; one that has not been finished is dropped."""

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Hear the next piece of the utterance, (n,) int16 at 16 kHz."""

    def finish(self) -> Transcript | None:
        """End the utterance, and return what `recognise` would have returned for the whole."""


@runtime_checkable
class Dictation(Protocol):
    """A recogniser that also understands free speech."""

    def dictate(self, samples: NDArray[np.int16]) -> str | None:
        """Return what was said, (n,) int16 at 16 kHz, in words; None if it cannot be told."""
