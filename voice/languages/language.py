"""A language: its voice, its pronunciation, its typed forms and its times."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from voice.languages import hangul
from voice.languages.forms import ReducedForm, TypedForm
from voice.languages.phones import ESPEAK_PHONES, PHONES, VOWELS, Pronunciation
from voice.languages.spoken_times import SpokenTimes

__all__ = ["Language"]


@dataclass(frozen=True)
class Language:
    """All that the program knows about one language, beside the contents of its pack.

    Attributes:
        code: the language's code, "en".
        voice: the espeak-ng voice that speaks it, with a variant: "en-us+f2".
        rules: the espeak-ng voice whose rules pronounce words: "en-us".
        dictionary: the pronouncing dictionary (see `Lexicon`), which may be missing; None if rules are enough.
        spoken: how times are said.
        letters: the letters of its words beside a to z.
        phones: espeak-ng's symbols and the phones that they stand for, beside `ESPEAK_PHONES`.
        reduced_forms: the phones that people leave out.
        spaces_optional: whether words are written with or without spaces between them.
        typed_forms: typed forms, and what the sentences have instead.
        source: the `language.yaml` it was read from; None if there is none.
    """

    code: str
    voice: str
    rules: str
    dictionary: Path | None
    spoken: SpokenTimes
    letters: str = ""
    phones: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reduced_forms: tuple[ReducedForm, ...] = ()
    spaces_optional: bool = False
    typed_forms: tuple[TypedForm, ...] = ()
    source: Path | None = None

    @property
    def is_pronounceable(self) -> bool:
        """Whether the lexicon can tell how its words sound."""
        return self.dictionary is None or self.dictionary.exists()

    def normalise(self, text: str) -> str:
        """Return a typed text as the sentences spell it: "10pm" as "10 in the afternoon"."""
        for form in self.typed_forms:
            text = re.sub(form.find, form.becomes, text, flags=re.IGNORECASE)
        return text

    def by_spelling(self, word: str) -> tuple[Pronunciation, ...]:
        """Return the pronunciations of a word whose writing tells them (Hangul); none of another word."""
        return tuple(hangul.pronunciations(word)) if hangul.is_hangul(word) else ()

    def is_writable(self, word: str) -> bool:
        """Return whether a word has only letters of the language, hyphens and apostrophes."""
        letters = f"[a-z{re.escape(self.letters)}]+"
        return re.fullmatch(rf"['\u2019]?{letters}(?:['\u2019-]{letters})*['\u2019]?", word) is not None

    def from_espeak(self, symbols: Sequence[str]) -> tuple[Pronunciation, ...]:
        """Return the pronunciation that espeak-ng's symbols spell; none if the lexicon lacks a phone."""
        known = {**ESPEAK_PHONES, **self.phones}
        phones = tuple(phone for symbol in symbols for phone in known.get(symbol, symbol).split())
        return (phones,) if phones and all(phone in PHONES for phone in phones) else ()

    def reduced(self, pronunciation: Pronunciation) -> set[Pronunciation]:
        """Return a pronunciation with all its reduced forms."""
        ways = {pronunciation}
        for form in self.reduced_forms:
            ways |= {_without_phone(way, form) for way in ways}
        return ways


def _without_phone(pronunciation: Pronunciation, form: ReducedForm) -> Pronunciation:
    """Return the reduced form of a pronunciation, or the same if the form does not apply."""
    first, last = pronunciation[0], pronunciation[-1]
    if len(pronunciation) <= form.longer_than or (last if form.at == "end" else first) not in form.drop:
        return pronunciation
    if form.at == "start":
        return pronunciation[1:]
    before = "vowel" if pronunciation[-2] in VOWELS else "consonant"
    return pronunciation[:-1] if form.after in {None, before} else pronunciation
