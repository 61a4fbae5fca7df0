"""How the assistant is called: a name in front of a sentence, for homes that want one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from voice.asr.words import words_of

__all__ = ["Address"]


@dataclass(frozen=True)
class Address:
    """The name that may stand in front of every sentence.

    Attributes:
        name: the name, one or two words.
        required: whether sentences that count at any time count with the name alone; those of a scene, and answers,
            never need it.
        sounds: how each word of the name sounds, in ARPAbet; none if the lexicon has to know.
    """

    name: str
    required: bool = False
    sounds: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The name as the grammar spells it."""
        return words_of(self.name)

    @property
    def pronunciations(self) -> Mapping[str, list[str]]:
        """The entries of the name in a lexicon."""
        return {word: [sound] for word, sound in zip(self.words, self.sounds, strict=False)}

    def calls(self, before: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
        """Return all that may call it: the name, alone or with one of `before` ("hey") in front."""
        return tuple((*words, *self.words) for words in ((), *before))
