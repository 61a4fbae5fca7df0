"""A language: its voice, its pronunciation, its typed forms and its times."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from hassil.numbers import get_rbnf_engine

from voice.errors import SystemFailure
from voice.languages import hangul
from voice.languages.forms import LanguageFile, ReducedForm, TypedForm
from voice.languages.phones import ESPEAK_PHONES, PHONES, VOWELS, Pronunciation
from voice.languages.spoken_times import SpokenTimes
from voice.storage.paths import data_folder
from voice.storage.yaml_file import read

__all__ = ["LANGUAGE_FILE", "Language", "language_of"]

LANGUAGE_FILE = "language.yaml"
# For languages without a file of their own.
_APOSTROPHES = frozenset("\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4`\uff07")
_DICTIONARY = "cmudict.tsv.gz"
_MOST_DIGITS = 4  # of a number that is read as one
_SPACES_OPTIONAL = frozenset({"ja", "zh"})


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
        embeds: whether the model of meaning knows the language.
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
    embeds: bool = False
    typed_forms: tuple[TypedForm, ...] = ()
    source: Path | None = None

    @property
    def is_pronounceable(self) -> bool:
        """Whether the lexicon can tell how its words sound."""
        return self.dictionary is None or self.dictionary.exists()

    def normalise(self, text: str) -> str:
        """Return a typed text as the sentences spell it: "10pm" as "10 in the afternoon", any apostrophe as "'".

        This is the one place where typed variants are folded; symbols such as emoji are left out.
        """
        text = "".join(map(_as_typed_plainly, unicodedata.normalize("NFC", text)))
        for form in self.typed_forms:
            text = re.sub(form.find, form.becomes, text, flags=re.IGNORECASE)
        return text

    def spelled_out(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return words with their numbers in words: "9 30" as "nine thirty", "8 05" as "eight zero five"."""
        return tuple(part for word in words for part in self._spelled(word))

    @cached_property
    def _number_words(self) -> frozenset[str]:
        every, few = (self.spelled_out([str(number) for number in range(most)]) for most in (60, 3))
        return frozenset(every) - frozenset(few)

    def is_number(self, word: str) -> bool:
        """Return whether a word is part of a number from 3 to 59; "one" and "two" also stand for things, and people."""
        return word in self._number_words

    def _spelled(self, word: str) -> Sequence[str]:
        if not (word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS):
            return (word,)
        if len(word) > 1 and word.startswith("0"):
            return self.spelled_out(("0", word[1:]))
        try:
            number = get_rbnf_engine(self.code.partition("-")[0]).format_number(int(word))
        except ValueError:  # a language without rules
            return (word,)
        return number.text_by_ruleset["spellout-cardinal"].replace("-", " ").split()

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


def _as_typed_plainly(letter: str) -> str:
    if letter in _APOSTROPHES:
        return "'"
    return " " if unicodedata.category(letter) in {"So", "Sk", "Cf"} else letter


def _without_phone(pronunciation: Pronunciation, form: ReducedForm) -> Pronunciation:
    """Return the reduced form of a pronunciation, or the same if the form does not apply."""
    first, last = pronunciation[0], pronunciation[-1]
    if len(pronunciation) <= form.longer_than or (last if form.at == "end" else first) not in form.drop:
        return pronunciation
    if form.at == "start":
        return pronunciation[1:]
    before = "vowel" if pronunciation[-2] in VOWELS else "consonant"
    return pronunciation[:-1] if form.after in {None, before} else pronunciation


def language_of(code: str, pack: Path | None = None) -> Language:
    """Return a language; without a `language.yaml` it says and types times in English.

    Args:
        code: the language's code, "en" or "en-GB".
        pack: the folder of its pack, whose own `language.yaml` comes first if it is of this language.

    Raises:
        InputError: the file is broken: where, and how to mend it.
        SystemFailure: the package's data is missing.
    """
    base = code.partition("-")[0]
    shipped = data_folder("intents")
    for folder in (*([pack] if pack else []), shipped / code, shipped / base):
        source = folder / LANGUAGE_FILE
        content = _content(source) if source.is_file() else None
        if content and content.language in {code, base}:
            return _language(code, content, source)
    bare = LanguageFile(
        language=code,
        dictionary=_DICTIONARY,
        spaces_optional=base in _SPACES_OPTIONAL,
        typed=_content(shipped / "en" / LANGUAGE_FILE).typed,
    )
    return _language(code, bare, None)


def _content(source: Path) -> LanguageFile:
    return read(source).validated(LanguageFile)


def _language(code: str, content: LanguageFile, source: Path | None) -> Language:
    base = code.partition("-")[0]
    return Language(
        code=code,
        voice=content.voice or f"{base}+f2",
        rules=content.rules or (content.voice or base).partition("+")[0],
        dictionary=_dictionary(code, content.dictionary, source) if content.dictionary else None,
        spoken=SpokenTimes(base, content.spoken) if content.spoken else _english(),
        letters=content.letters,
        phones=content.phones,
        reduced_forms=content.reduced_forms,
        spaces_optional=content.spaces_optional,
        embeds=content.embeds,
        typed_forms=content.typed,
        source=source,
    )


def _english() -> SpokenTimes:
    source = data_folder("intents") / "en" / LANGUAGE_FILE
    forms = _content(source).spoken
    if forms is None:
        raise SystemFailure(f"{source}: it does not tell how times are said: install micro-moments again")
    return SpokenTimes("en", forms)


def _dictionary(code: str, name: str, source: Path | None) -> Path:
    """Return the dictionary beside the file, else the one that came with the package."""
    beside = [source.with_name(name)] if source else []
    places = [*beside, *(data_folder("models") / folder / name for folder in (code, code.partition("-")[0]))]
    return next((place for place in places if place.exists()), places[-1])
