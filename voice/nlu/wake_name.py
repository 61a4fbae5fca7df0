"""The assistant's name: an optional prefix of every sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from voice.asr.words import words_of

__all__ = ["WakeName"]


@dataclass(frozen=True)
class WakeName:
    """A name that may stand in front of every sentence.

    Attributes:
        name: the name, one or two words.
        required: whether requests need the name; answers, and the sentences of a scene, never do.
        sounds: the pronunciation of each word in ARPAbet; empty to leave it to the lexicon.
    """

    name: str
    required: bool = False
    sounds: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the name, as the grammar spells them."""
        return words_of(self.name)

    @property
    def pronunciations(self) -> Mapping[str, list[str]]:
        """The lexicon entries of the name."""
        return {word: [sound] for word, sound in zip(self.words, self.sounds, strict=False)}

    def prefixes(self, before: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
        """Return the name alone, and with each of `before` ("hey") in front."""
        return tuple((*words, *self.words) for words in ((), *before))
