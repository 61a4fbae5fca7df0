"""A pack: all that one language needs, checked when it is loaded."""

import itertools
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from string import Formatter
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from voice.asr.automaton import with_prefixes
from voice.asr.grammar import compile_templates
from voice.asr.lexicon import Lexicon, UnpronounceableError, heard_of
from voice.errors import InputError
from voice.languages.phones import Pronunciation, parse_pronunciation
from voice.moments import Moment
from voice.nlu.confusable import Alike, find_alike
from voice.nlu.matcher import Intent
from voice.nlu.sentences import ANYTIME, ASLEEP, SCENE, Scope, Sentences, asked, load_sentences
from voice.nlu.wake_name import Address
from voice.nlu.yaml_file import Document, read
from voice.packs.decks import Card, load_decks
from voice.packs.spoken_text import fault_of, stop_pattern
from voice.storage.disk_cache import disk_cached

__all__ = ["STOP", "Pack", "load_lexicon", "load_pack"]

log = logging.getLogger(__name__)

STOP = "Stop"
_LATIN_VOWELS = frozenset("aeiouy")
# What is shorter is believed in other people's speech: docs/recognition.md has how often, for each number of phones.
_FEWEST_PHONES = 7


@dataclass(frozen=True)
class Pack:
    """One language.

    Attributes:
        folder: where it was read from.
        sentences: what people may say.
        responses: what the assistant says: variants of each line, by key.
        decks: the cards, by the deck's name.
        openers: the words one of which begins each card of a deck of questions, by the deck's name; else empty.
        lexicon: how the words of the sentences sound.
        moments: the moments that it has sentences for, and those that come of them.
        alike: sentences that sound alike and mean different things: a line for each two intents, the most alike first.
    """

    folder: Path
    sentences: Sentences
    responses: Mapping[str, tuple[str, ...]]
    decks: Mapping[str, tuple[Card, ...]]
    lexicon: Lexicon
    openers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    moments: frozenset[str] = frozenset()
    alike: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The language's code, "en"."""
        return self.sentences.language

    def place_of(self, key: str) -> str:
        """Return "FILE:LINE" of a line."""
        return _place_of(key, _response_files(self.folder))

    @cached_property
    def stop_set(self) -> frozenset[tuple[str, ...]]:
        """The sentences that end everything, as words; each may have the assistant's name in front."""
        plain = replace(self.sentences, address=None)
        return frozenset(words for words, tags in plain.scope(SCENE).graph.sentences() if STOP in tags)


def load_pack(
    folder: Path,
    moments: Mapping[str, Moment],
    dictionary: Path,
    *,
    address: Address | None = None,
    pronounceable: bool = True,
) -> Pack:
    """Load and check a pack; warn of sentences that sound alike and mean different things.

    Args:
        folder: the language's folder.
        moments: what the pack has to serve.
        dictionary: the language's pronouncing dictionary (see `Lexicon`).
        address: how the assistant is called; None if it has no name.
        pronounceable: whether every word has to be in the lexicon; not where a recogniser is going to listen that has
            a vocabulary of its own.

    Raises:
        InputError: the first thing that is wrong: the file (or the setting), the place, and how to mend it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such pack: name a folder with sentences/, responses/ and decks/")
    if not (folder / "sentences").is_dir():
        raise InputError(f"{folder}/sentences: this folder is missing from the pack: add it, with *.yaml in it")
    documents = _response_files(folder)
    decks = load_decks(folder)
    pack = Pack(
        folder=folder,
        sentences=replace(load_sentences(folder), address=address),
        responses=dict(_all_lines(documents)),
        decks={name: deck.cards for name, deck in decks.items()},
        openers={name: deck.openers for name, deck in decks.items()},
        lexicon=load_lexicon(folder, dictionary, name=address.pronunciations if address else {}),
    )
    pack = replace(pack, moments=_served(pack, moments))
    served = {name: moment for name, moment in moments.items() if name in pack.moments}
    _check_intents(pack, moments, served)
    _check_lines(pack, moments, served, documents)
    _check_decks(pack, served)
    plain = replace(pack.sentences, address=None)
    _check_claims(pack, plain)
    if pronounceable:
        _check_words(pack, plain)
    if address is not None:
        _check_name(pack, address, plain, pronounceable=pronounceable)
    if pronounceable:
        _check_lengths(pack)
    _check_all_spoken(pack, documents)
    if pronounceable:
        found = disk_cached("alike", _circumstances(folder, dictionary), lambda: list(_alike(pack, plain)))
        pack = replace(pack, alike=tuple(found))
    for line in pack.alike:
        log.warning(line)
    return pack


def load_lexicon(
    folder: Path, dictionary: Path, voice: str = "en-us", name: Mapping[str, list[str]] | None = None
) -> Lexicon:
    """Make the lexicon of a pack: its own entries in pronunciations.yaml before the language's dictionary.

    Args:
        folder: the pack's folder.
        dictionary: the language's pronouncing dictionary.
        voice: the espeak-ng voice whose rules serve for all other words.
        name: entries of the assistant's name, before all others.

    Raises:
        InputError: an entry cannot be read.
    """
    path = folder / "pronunciations.yaml"
    if not path.exists():
        return Lexicon(name or {}, dictionary, voice)
    document = read(path)
    own = document.validated(_Pronunciations).words
    for word, ways in own.items():
        for number, way in enumerate(ways):
            try:
                parse_pronunciation(way)
            except ValueError as error:
                place = document.place("words", word, number)
                raise InputError(f'{place}: "{way}" is no way to say {word}: {error}: write ARPAbet') from None
    return Lexicon({**own, **(name or {})}, dictionary, voice)


class _Pronunciations(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: dict[str, list[str]]


def _response_files(folder: Path) -> tuple[Document, ...]:
    """Read what is said: `responses/*.yaml`, or `responses.yaml` where there is no such folder."""
    inner = folder / "responses"
    paths = sorted(inner.glob("*.yaml")) if inner.is_dir() else [folder / "responses.yaml"]
    if not paths:
        raise InputError(f"{inner}: has no lines: a pack needs responses/*.yaml")
    return tuple(map(read, paths))


def _all_lines(documents: tuple[Document, ...]) -> dict[str, tuple[str, ...]]:
    lines: dict[str, tuple[str, ...]] = {}
    for document in documents:
        for key, variants in _lines(document):
            if key in lines:
                raise InputError(f"{_place_of(key, (document,))}: {key} is said in two files: keep one of them")
            lines[key] = variants
    return lines


def _place_of(key: str, documents: tuple[Document, ...], *more: int) -> str:
    """Return "FILE:LINE" of a line, or of its variant."""
    group, name = key.split(".", 1)
    named = next((file for file in documents if str(name) in map(str, file.data.get(group, {}))), documents[0])
    return named.place(group, name, *more)


def _lines(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    for group, lines in document.data.items():
        if not isinstance(lines, dict):
            raise InputError(f"{document.place(group)}: {group} is no group of lines: indent its lines below it")
        for name, text in lines.items():
            variants = text if isinstance(text, list) else [text]
            if not variants or not all(isinstance(variant, str) and variant.strip() for variant in variants):
                raise InputError(f"{document.place(group, name)}: {group}.{name} is no text: put it in quotes")
            yield f"{group}.{name}", tuple(variants)


def _served(pack: Pack, moments: Mapping[str, Moment]) -> frozenset[str]:
    """Return the moments that somebody can ask for, and those that come of them."""
    asked_for = frozenset(Intent(name).moment for name in _requests(pack)) & moments.keys()
    return asked_for | {name for name, moment in moments.items() if moment.comes_with & asked_for}


def _requests(pack: Pack) -> dict[str, str]:
    """Return the intents that a moment has to play, each with the place where it stands."""
    contexts = (ANYTIME, SCENE, ASLEEP)
    return {name: place for context in contexts for name, place in pack.sentences.intents(context).items()}


def _check_intents(pack: Pack, moments: Mapping[str, Moment], served: Mapping[str, Moment]) -> None:
    for name, place in _requests(pack).items():
        if Intent(name).moment not in moments:
            known = ", ".join(sorted(Intent.of(moment).name for moment in moments))
            raise InputError(f"{place}: no moment plays the intent {name}: use one of {known}")
    asks = {asked(ask.name) for moment in served.values() for ask in moment.asks}
    for context in sorted(pack.sentences.contexts - asks - {ANYTIME, SCENE, ASLEEP}):
        name, place = next(iter(pack.sentences.intents(context).items()))
        known = ", ".join(sorted(ask.removeprefix("ask:") for ask in asks))
        raise InputError(
            f"{place}: nobody asks {context.removeprefix('ask:')}, which {name} answers: use one of {known}"
        )
    for context in sorted(asks - pack.sentences.contexts):
        raise InputError(
            f"{pack.folder}/sentences: nothing answers {context.removeprefix('ask:')}: "
            f"add sentences with requires_context: {{ask: {context.removeprefix('ask:')}}}"
        )
    if STOP not in pack.sentences.intents(SCENE):
        raise InputError(
            f"{pack.folder}/sentences: nothing stops it: add {STOP} with requires_context: {{scene: true}}"
        )


def _check_lines(
    pack: Pack, moments: Mapping[str, Moment], served: Mapping[str, Moment], documents: tuple[Document, ...]
) -> None:
    for name, moment in served.items():
        for key in moment.fields:
            if key not in pack.responses:
                where = documents[0].path if len(documents) == 1 else documents[0].path.parent
                raise InputError(f"{where}: the moment {name} needs the line {key}: add it")
    wanted: dict[str, frozenset[str]] = {}
    for key, fields in itertools.chain.from_iterable(moment.fields.items() for moment in moments.values()):
        wanted[key] = wanted.get(key, fields) | fields
    for key, variants in pack.responses.items():
        if key not in wanted:
            raise InputError(f"{_place_of(key, documents)}: no moment says {key}: take it out, or mend its name")
        for number, variant in enumerate(variants):
            _check_fields(variant, _place_of(key, documents, number), wanted[key])


def _check_fields(line: str, place: str, known: frozenset[str]) -> None:
    names = " and ".join(f"{{{name}}}" for name in sorted(known))
    mend = f"only {names} may stand in braces" if known else "no braces belong into this line"
    try:
        fields = [(name, spec or conversion) for _, name, spec, conversion in Formatter().parse(line)]
    except ValueError as error:
        raise InputError(f'{place}: "{line}": {error}: {mend}') from None
    for name, form in fields:
        if name is not None and (name not in known or form):
            raise InputError(f'{place}: "{line}": {{{name}}} cannot be filled in: {mend}')


def _check_decks(pack: Pack, moments: Mapping[str, Moment]) -> None:
    for name, moment in moments.items():
        for deck in moment.decks:
            if deck not in pack.decks:
                raise InputError(f"{pack.folder}/decks/{deck}.yaml: the moment {name} deals from it: add this file")


def _scope_within(sentences: Sentences, context: str) -> Scope:
    """Return the sentences that count at the same time as those of `context`."""
    return sentences.scope(context, *({SCENE} if context != ANYTIME else ()))


def _check_claims(pack: Pack, plain: Sentences) -> None:
    """No sentence may stand for two things at the same time."""
    for context in sorted(plain.contexts):
        claimed = _scope_within(plain, context).graph.ambiguous()
        if claimed:
            words, intents = claimed
            places = {**pack.sentences.intents(SCENE), **pack.sentences.intents(context)}
            both = " and ".join(f"{intent} ({places[intent]})" for intent in sorted(intents))
            raise InputError(f'{pack.folder}: "{" ".join(words)}" is claimed by {both}: reword one of them')


def _check_words(pack: Pack, plain: Sentences) -> None:
    """Every word of the sentences can be heard."""
    try:
        # All at once: what the dictionary lacks, espeak-ng is asked for, and starting it takes time.
        words = frozenset().union(*(plain.scope(context).graph.words for context in plain.contexts))
        pack.lexicon.pronounce(sorted({*words, *itertools.chain.from_iterable(plain.before_name)}))
    except UnpronounceableError as error:
        raise InputError(f"{plain.place_of(error.word)}: {error}") from None


def _check_name(pack: Pack, address: Address, plain: Sentences, *, pronounceable: bool) -> None:
    """The name can be heard, and makes no sentence stand for two things, by spelling or by sound."""
    sounds = _sounds_of_name(pack, address) if pronounceable else {}
    for context in sorted(plain.contexts):
        graph = _scope_within(plain, context).graph
        words = pack.lexicon.pronounce(sorted(graph.words)) if pronounceable else {}
        twins = [
            [name, *(word for word, ways in words.items() if word != name and ways & sounds[name])]
            for name in address.words
        ]
        claimed = with_prefixes(graph, itertools.product(*twins), graph).ambiguous()
        if claimed:
            sentence, intents = claimed
            raise InputError(
                f'listening.name is "{address.name}", and so "{" ".join(sentence)}" stands for both '
                f"{' and '.join(sorted(intents))}: choose another name"
            )


def _sounds_of_name(pack: Pack, address: Address) -> Mapping[str, frozenset[Pronunciation]]:
    try:
        sounds = pack.lexicon.pronounce(address.words)
        # espeak-ng spells out what has no vowel, letter by letter, and nobody calls anybody so.
        spelled = [word for word in address.words if not _LATIN_VOWELS.intersection(word)]
        unknown = spelled[0] if spelled and not address.sounds else None
    except UnpronounceableError as error:
        unknown = error.word
    if unknown is not None:
        raise InputError(
            f'listening.name is "{address.name}", and how "{unknown}" sounds is not known: '
            "tell it in listening.name_sounds, in ARPAbet"
        )
    return sounds


def _check_lengths(pack: Pack) -> None:
    """What counts at any time has enough phones to be believed by."""
    scope = pack.sentences.scope(ANYTIME)
    sounds = pack.lexicon.pronounce(sorted(scope.graph.words))
    found = scope.graph.shortest({word: min(map(len, ways)) for word, ways in sounds.items()})
    if found is None or found[0] >= _FEWEST_PHONES:
        return
    phones, words = found
    places = (
        template.place
        for part, rest in ((scope, words), *scope.without_call(words))
        for template in part.templates
        if compile_templates([template]).accepts(rest)
    )
    raise InputError(
        f'{next(places)}: "{" ".join(words)}" has {phones} phones, and with fewer than {_FEWEST_PHONES} other talk is '
        "taken for it: lengthen it, or let it count in a scene alone (requires_context: {scene: true})"
    )


def _circumstances(folder: Path, dictionary: Path) -> Iterator[bytes]:
    """Yield all that the search for sentences that sound alike depends on."""
    code = Path(__file__).parent.parent
    ours = (
        code / name
        for name in ("nlu/confusable.py", "nlu/sentences.py", "asr/grammar.py", "asr/lexicon.py", "asr/phones.py")
    )
    theirs = (
        *sorted((folder / "sentences").glob("*.yaml")),
        folder / "pronunciations.yaml",
        dictionary,
        heard_of(dictionary),
    )
    for path in (*ours, *theirs):
        yield f"{path}".encode()
        yield path.read_bytes() if path.is_file() else b""


def _alike(pack: Pack, plain: Sentences) -> Iterator[str]:
    """Yield a line for each two intents that have sentences which sound alike: which, where, and how alike."""
    closest: dict[frozenset[str], tuple[Alike, Scope]] = {}
    for context in sorted(plain.contexts):
        scope = _scope_within(plain, context)
        for alike in find_alike(scope.graph, pack.lexicon.pronounce(scope.graph.words)):
            intents = frozenset(alike.intents)
            if intents in plain.told_apart and alike.distance:
                continue
            if intents not in closest or alike.distance < closest[intents][0].distance:
                closest[intents] = alike, scope
    for alike, scope in sorted(closest.values(), key=lambda found: found[0].distance):
        (one, other), (intent, another) = alike.sentences, alike.intents
        yield (
            f'{scope.place_of(one, intent)}: "{" ".join(one)}" ({intent}) sounds {int(100 * alike.likeness)} % like '
            f'"{" ".join(other)}" ({another}, {scope.place_of(other, another)}): reword one of them'
        )


def _check_all_spoken(pack: Pack, documents: tuple[Document, ...]) -> None:
    """What the assistant says never stops it, and can be taken in by ear."""
    stops = stop_pattern(pack.stop_set)
    for key, variants in pack.responses.items():
        for number, variant in enumerate(variants):
            _check_spoken(variant, stops, _place_of(key, documents, number))
    for card in itertools.chain.from_iterable(pack.decks.values()):
        _check_spoken(card.text, stops, card.place)


def _check_spoken(text: str, stops: re.Pattern[str], place: str) -> None:
    fault = fault_of(text, stops)
    if fault:
        raise InputError(f'{place}: "{text}" {fault}')
