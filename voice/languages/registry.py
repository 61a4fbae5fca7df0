"""Finds languages by their code: in a pack's own folder, or among the packs that came with the package."""

from pathlib import Path

from voice.errors import SystemFailure
from voice.languages.forms import LanguageFile
from voice.languages.language import Language
from voice.languages.spoken_times import SpokenTimes
from voice.storage.paths import data_folder
from voice.storage.yaml_file import read

__all__ = ["LANGUAGE_FILE", "language_of"]

LANGUAGE_FILE = "language.yaml"
# For languages without a file of their own.
_DICTIONARY = "cmudict.tsv.gz"
_SPACES_OPTIONAL = frozenset({"ja", "zh"})


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
