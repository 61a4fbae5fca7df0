"""Loads and checks a pack."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from voice.asr.lexicon import Lexicon
from voice.errors import InputError
from voice.languages.language import Language
from voice.languages.phones import parse_pronunciation
from voice.nlu.intent import Intent
from voice.nlu.sentences import Sentences, load_sentences
from voice.nlu.wake_name import WakeName
from voice.packs.checks import check_contents, check_spoken, requests
from voice.packs.confusable import circumstances, confusable_sentences
from voice.packs.decks import load_decks
from voice.packs.needs import Needs
from voice.packs.pack import Pack
from voice.packs.responses import addressed, all_lines, response_files
from voice.packs.sentence_checks import check_sentences
from voice.storage.disk_cache import disk_cached
from voice.storage.yaml_file import read
from voice.understanding.text import reader_of

__all__ = ["load_lexicon", "load_pack"]

log = logging.getLogger(__name__)


def load_pack(
    folder: Path, needs: Mapping[str, Needs], *, wake_name: WakeName | None = None, pronounceable: bool = True
) -> Pack:
    """Load and check a pack; log a warning for sentences that sound alike and mean different things.

    Args:
        folder: the language's folder.
        needs: the needs of each moment, by its name.
        wake_name: the assistant's name; None if it has none.
        pronounceable: whether every word has to be in the lexicon; not needed by a recogniser with its own vocabulary.

    Raises:
        InputError: the first mistake: the file (or the setting), the place, and how to mend it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such pack: name a folder with sentences/, responses/ and decks/")
    if not (folder / "sentences").is_dir():
        raise InputError(f"{folder}/sentences: this folder is missing from the pack: add it, with *.yaml in it")
    files = response_files(folder)
    decks = load_decks(folder)
    plain = load_sentences(folder)
    sentences = replace(plain, wake_name=wake_name) if wake_name else plain
    pack = Pack(
        folder=folder,
        sentences=sentences,
        responses=addressed(all_lines(files), wake_name.name if wake_name and wake_name.required else None),
        decks={name: deck.cards for name, deck in decks.items()},
        openers={name: deck.openers for name, deck in decks.items()},
        lexicon=load_lexicon(folder, sentences.speech, wake_name.pronunciations if wake_name else {}),
        reader=reader_of(folder, sentences),
    )
    pack = replace(pack, moments=_served(pack, needs))
    check_contents(pack, needs, files)
    _check_sentences(pack, plain, pronounceable=pronounceable)
    check_spoken(pack, files)
    if pronounceable:
        pack = replace(pack, confusable=confusable_sentences(pack, plain))
    for line in pack.confusable:
        log.warning(line)
    return pack


def _check_sentences(pack: Pack, plain: Sentences, *, pronounceable: bool) -> None:
    """Check the sentences of a pack, once for the same files, code and name."""

    def check() -> bool:
        check_sentences(pack, plain, pronounceable=pronounceable)
        return True

    inputs = [*circumstances(pack), repr((pack.sentences.wake_name, pronounceable)).encode()]
    disk_cached("checked", inputs, check)


def load_lexicon(folder: Path, language: Language, name: Mapping[str, list[str]] | None = None) -> Lexicon:
    """Return the lexicon of a pack: its `pronunciations.yaml` over the language's own.

    Args:
        folder: the pack's folder.
        language: its language.
        name: the entries of the assistant's name, over all others.

    Raises:
        InputError: an entry cannot be read.
    """
    path = folder / "pronunciations.yaml"
    if not path.exists():
        return Lexicon(name or {}, language)
    file = read(path)
    own = file.validated(_Pronunciations).words
    for word, ways in own.items():
        for number, way in enumerate(ways):
            try:
                parse_pronunciation(way)
            except ValueError as error:
                place = file.place("words", word, number)
                raise InputError(f'{place}: "{way}" is no way to say {word}: {error}: write ARPAbet') from None
    return Lexicon({**own, **(name or {})}, language)


class _Pronunciations(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: dict[str, list[str]]


def _served(pack: Pack, needs: Mapping[str, Needs]) -> frozenset[str]:
    """Return the moments that can be requested, and those that come with them."""
    requested = frozenset(Intent(name).moment for name in requests(pack.sentences)) & needs.keys()
    return requested | {name for name, need in needs.items() if need.comes_with & requested}
