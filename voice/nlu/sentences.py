"""Sentence templates in Home Assistant's format, each valid in certain contexts."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from hassil import parse_sentence
from hassil.expression import Expression, Group, Sentence, TextChunk
from hassil.intents import Intent as HassilIntent
from hassil.intents import IntentData, Intents, SlotList, TextSlotList
from hassil.parser import ParseError
from pydantic import BaseModel, Field

from voice.asr.automaton import WordGraph, with_prefixes
from voice.asr.grammar import GrammarError, Template, compile_templates, has_slots
from voice.asr.words import without_punctuation, words_of
from voice.errors import InputError
from voice.languages.language import LANGUAGE_FILE, Language, language_of
from voice.nlu.compiled import compiled
from voice.nlu.contexts import ADDRESSED, ANYTIME, contexts_of, is_open, together_with
from voice.nlu.frames import FrameKind, Frames
from voice.nlu.open_answers import OpenAnswer
from voice.nlu.wake_name import WakeName
from voice.storage.yaml_file import Contents, YamlFile, contents_of, read

__all__ = ["Scope", "Sentences", "load_sentences"]

_LIST_KINDS = ("values", "range", "wildcard")


@dataclass(frozen=True)
class Scope:
    """The sentences that are valid at one time.

    Attributes:
        intents: the sentences without a prefix, in hassil's form.
        templates: the same sentences in the grammar's form.
        language: how the language is typed and spaced.
        prefixes: the assistant's name, with and without words such as "hey" before it.
        prefixed: the sentences that are valid after a prefix; None if they are the same.
    """

    intents: Intents
    templates: tuple[Template, ...]
    language: Language
    prefixes: tuple[tuple[str, ...], ...] = ()
    prefixed: "Scope | None" = None

    @cached_property
    def graph(self) -> WordGraph:
        """The word graph of all sentences, with and without a prefix.

        Raises:
            InputError: a template cannot be compiled.
        """
        templates = (*self.templates, *(self.prefixed.templates if self.prefixed else ()))
        return compiled(templates, (str(len(self.templates)), *self.prefixes), self._compile)

    def _compile(self) -> WordGraph:
        try:
            plain = compile_templates(self.templates)
        except GrammarError as error:
            raise InputError(f"{error}: mend the template, or add what it refers to") from None
        if not self.prefixes:
            return plain
        return with_prefixes(plain, self.prefixes, self.prefixed.graph if self.prefixed else plain)

    def without_prefix(self, words: tuple[str, ...]) -> Iterator[tuple["Scope", tuple[str, ...]]]:
        """Yield the words after each matching prefix, with the sentences that are valid there."""
        for prefix in self.prefixes:
            if words[: len(prefix)] == prefix and len(words) > len(prefix):
                yield self.prefixed or self, words[len(prefix) :]

    def is_final(self, words: Sequence[str]) -> bool:
        """Return whether no further word can change the meaning of these words."""
        tags = self.graph.tags_beyond(words)
        return not tags or (tags == self.graph.accepts(words) and not tags & self._with_slots)

    @cached_property
    def _with_slots(self) -> frozenset[str]:
        """The intents with slots: a longer sentence of the same intent may mean more."""
        listed = {template.tag for template in self.templates if has_slots(template)}
        fixed = {intent.name for intent in self.intents.intents.values() for data in intent.data if data.slots}
        return frozenset(listed | fixed) | (self.prefixed._with_slots if self.prefixed else frozenset())  # noqa: SLF001 - same class

    def place_of(self, words: Sequence[str], intent: str) -> str:
        """Return "FILE:LINE" of the template of `intent` that accepts the sentence."""
        templates = (template for template in self.templates if template.tag == intent)
        return next(template.place for template in templates if compile_templates([template]).accepts(words))


@dataclass(frozen=True)
class Sentences:
    """All sentences of a pack.

    Attributes:
        language: the language's code, "en".
        speech: the language itself: how it is typed, pronounced and spoken.
        blocks: the blocks of templates.
        lists: the slot lists, by name.
        rules: the expansion rules, by name.
        files: the files they were read from.
        before_name: the phrases that may stand before the assistant's name ("hey"), as words.
        told_apart: sets of intents that may sound alike, because the reply repeats what was understood.
        open_answers: the answers that may be anything after certain beginnings.
        frames: the polite and hesitant words around a request, which typed and read text may have.
        fragments: the parts of a sentence that fill an intent's slots, wherever they stand in it.
        required: the slots without which an intent means nothing.
        unless: the words with which a sentence that only resembles an intent's examples means nothing.
        wake_name: the assistant's name; None if it has none.
    """

    language: str
    speech: Language
    blocks: tuple["Block", ...]
    lists: dict[str, SlotList]
    rules: dict[str, Sentence]
    files: tuple[YamlFile, ...]
    before_name: tuple[tuple[str, ...], ...] = ()
    told_apart: frozenset[frozenset[str]] = frozenset()
    open_answers: tuple[OpenAnswer, ...] = ()
    frames: Frames = field(default_factory=Frames)
    fragments: Mapping[str, Scope] = field(default_factory=dict)
    required: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unless: Mapping[str, Scope] = field(default_factory=dict)
    wake_name: WakeName | None = None
    _scopes: dict[tuple[bool, frozenset[str]], Scope] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def contexts(self) -> frozenset[str]:
        """Every context that has a sentence, beside the parts of requests with open values."""
        heard = (block.contexts for block in self.blocks if not block.read_only)
        return frozenset(context for contexts in heard for context in contexts if not is_open(context))

    @property
    def open_contexts(self) -> frozenset[str]:
        """The contexts of the parts of requests with open values."""
        return frozenset(each for block in self.blocks for each in block.contexts if is_open(each))

    def intents(self, context: str) -> dict[str, str]:
        """Return the intents that are valid in `context`, each with its "FILE:LINE"."""
        return {block.intent: block.place for block in self.blocks if context in block.contexts}

    @cached_property
    def nameless(self) -> "Sentences":
        """The sentences without the assistant's name; what is compiled of them is shared by all who ask."""
        return self if self.wake_name is None else replace(self, wake_name=None)

    def scope_of_intent(self, intent: str, context: str) -> Scope:
        """Return the sentences of one intent that are heard in a context."""
        heard = [block for block in self.blocks if block.intent == intent and not block.read_only]
        return self._scope(heard, frozenset({context}))

    def scope(self, *contexts: str) -> Scope:
        """Return the sentences that are heard in any of `contexts`."""
        return self._scope_of(frozenset(contexts), text=False)

    def text_scope(self, *contexts: str) -> Scope:
        """Return the sentences and wordings that are read, as text, in any of `contexts`."""
        return self._scope_of(frozenset(contexts), text=True)

    def scope_within(self, context: str) -> Scope:
        """Return the sentences of `context` with all others that are heard at the same time."""
        return self.scope(*together_with(context))

    def place_of(self, word: str) -> str:
        """Return "FILE:LINE" of a line with the word, or else of a template that spells it in pieces."""
        written = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for file in self.files:
            lines = file.path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, start=1):
                if written.search(line.partition("#")[0].lower()):
                    return f"{file.path}:{number}"
        templates = self._templates(self.blocks)
        places = (template.place for template in templates if word in compile_templates([template]).words)
        return next(places, str(self.files[0].path))

    def _scope_of(self, contexts: frozenset[str], *, text: bool) -> Scope:
        if (text, contexts) not in self._scopes:
            self._scopes[text, contexts] = self._scope(
                [block for block in self.blocks if text or not block.read_only], contexts
            )
        return self._scopes[text, contexts]

    def _scope(self, blocks: Sequence["Block"], contexts: frozenset[str]) -> Scope:
        """Return the sentences of some contexts; after the assistant's name, those of `ADDRESSED` count too."""
        plain = [block for block in blocks if contexts & block.contexts]
        every = Scope(self._intents(plain), tuple(self._templates(plain)), self.speech)
        if self.wake_name is None:
            return every
        prefixes = self.wake_name.prefixes(self.before_name)
        wider = contexts | {ADDRESSED} if ANYTIME in contexts else contexts
        called = [block for block in blocks if wider & block.contexts]
        after = Scope(self._intents(called), tuple(self._templates(called)), self.speech) if called != plain else every
        if not self.wake_name.required:
            return replace(every, prefixes=prefixes, prefixed=None if after is every else after)
        free = [block for block in plain if block.contexts.isdisjoint({ANYTIME, ADDRESSED})]
        return Scope(self._intents(free), tuple(self._templates(free)), self.speech, prefixes, after)

    def _intents(self, blocks: Iterable["Block"]) -> Intents:
        intents: dict[str, HassilIntent] = {}
        for block in blocks:
            intents.setdefault(block.intent, HassilIntent(block.intent)).data.append(block.data)
        return Intents(self.language, intents, self.lists, self.rules)

    def _templates(self, blocks: Iterable["Block"]) -> Iterator[Template]:
        for block in blocks:
            lists = {**self.lists, **block.data.slot_lists} if block.data.slot_lists else self.lists
            rules = {**self.rules, **block.data.expansion_rules} if block.data.expansion_rules else self.rules
            for place, sentence in zip(block.places, block.sentences, strict=True):
                yield Template(block.intent, sentence, lists, rules, self.language, place)


@dataclass(frozen=True)
class Block:
    """One block of templates, with its intent, its contexts and the place of each template.

    Attributes:
        intent: the intent's name.
        contexts: where it counts.
        data: the block in hassil's form.
        sentences: its parsed templates.
        place: its "FILE:LINE".
        places: those of its templates.
        read_only: whether it counts in text alone, typed or read by a second recogniser, and not in the grammar.
    """

    intent: str
    contexts: frozenset[str]
    data: IntentData
    sentences: tuple[Sentence, ...]
    place: str
    places: tuple[str, ...]
    read_only: bool = False


def load_sentences(folder: Path) -> Sentences:
    """Read the sentences of a language: `folder/sentences/*.yaml`, else `folder/*.yaml`, and `folder/wordings/*.yaml`.

    Raises:
        InputError: a file is missing or broken: which, where, and how to mend it.
    """
    inner = folder / "sentences"
    found = (inner if inner.is_dir() else folder).glob("*.yaml")
    paths = sorted(path for path in found if path.name != LANGUAGE_FILE)
    if not paths:
        raise InputError(f"{folder}: has no sentences: a pack needs sentences/*.yaml")
    wordings = sorted((folder / "wordings").glob("*.yaml"))
    return _load(folder, contents_of((*paths, *wordings)), contents_of([folder / LANGUAGE_FILE]))


# Parsing takes a while, and who loads a pack again has mostly the same files.
@lru_cache(maxsize=4)
def _load(folder: Path, contents: Contents, _language: Contents) -> Sentences:
    files = tuple(read(path) for path, _ in contents)
    wordings = frozenset(path for path, _ in contents if path.parent == folder / "wordings")
    blocks: list[Block] = []
    lists: dict[str, SlotList] = {}
    rules: dict[str, Sentence] = {}
    languages: set[str] = set()
    before_name: list[tuple[str, ...]] = []
    told_apart: set[frozenset[str]] = set()
    open_answers: list[OpenAnswer] = []
    frames: dict[FrameKind, list[tuple[str, str]]] = defaultdict(list)
    fragments: dict[str, list[tuple[str, str]]] = {}
    required: dict[str, frozenset[str]] = {}
    unless: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        shape = file.validated(_File)
        languages.add(shape.language)
        blocks += _blocks(file, shape, read_only=file.path in wordings)
        for kind, texts in shape.frames.items():
            frames[kind] += [(text, file.place("frames", kind, number)) for number, text in enumerate(texts)]
        for intent, texts in shape.fragments.items():
            placed = [(text, file.place("fragments", intent, number)) for number, text in enumerate(texts)]
            fragments.setdefault(intent, []).extend(placed)
        for intent, texts in shape.unless.items():
            placed = [(text, file.place("unless", intent, number)) for number, text in enumerate(texts)]
            unless.setdefault(intent, []).extend(placed)
        required |= {intent: frozenset(slots) for intent, slots in shape.requires.items()}
        before_name += filter(None, map(words_of, shape.before_name))
        told_apart |= set(map(frozenset, shape.told_apart))
        open_answers += shape.open_answers
        _add(lists, _lists(file, shape.lists), file, "lists")
        _add(rules, _rules(file, shape.expansion_rules), file, "expansion_rules")
    if len(languages) > 1:
        raise InputError(f"{folder}: its files are of several languages ({', '.join(sorted(languages))}): keep to one")
    (code,) = languages
    speech = language_of(code, folder)
    own = folder / LANGUAGE_FILE
    if own.is_file() and speech.source != own:
        raise InputError(f"{own}: it is of another language than the sentences: write language: {code}")
    return Sentences(
        language=code,
        speech=speech,
        blocks=tuple(blocks),
        lists=lists,
        rules=rules,
        files=files,
        before_name=tuple(before_name),
        told_apart=frozenset(told_apart),
        open_answers=tuple(open_answers),
        frames=Frames({kind: _parts(kind, texts, lists, rules, code) for kind, texts in frames.items()}),
        fragments={intent: _fragments(intent, texts, lists, rules, speech) for intent, texts in fragments.items()},
        required=required,
        unless={intent: _fragments(intent, texts, lists, rules, speech) for intent, texts in unless.items()},
    )


def _fragments(
    intent: str,
    texts: Sequence[tuple[str, str]],
    lists: dict[str, SlotList],
    rules: dict[str, Sentence],
    speech: Language,
) -> Scope:
    data = HassilIntent(intent, [IntentData([text for text, _ in texts])])
    templates = _parts(intent, texts, lists, rules, speech.code)
    return Scope(Intents(speech.code, {intent: data}, lists, rules), templates, speech)


def _parts(
    tag: str, texts: Sequence[tuple[str, str]], lists: dict[str, SlotList], rules: dict[str, Sentence], language: str
) -> tuple[Template, ...]:
    return tuple(Template(tag, _parse(text, place), lists, rules, language, place) for text, place in texts)


class _Block(BaseModel):
    sentences: list[str] = Field(min_length=1)
    slots: dict[str, Any] = {}
    requires_context: dict[str, Any] = {}
    lists: dict[str, dict[str, Any]] = {}
    expansion_rules: dict[str, str] = {}


class _Intent(BaseModel):
    data: list[_Block] = Field(min_length=1)


class _File(BaseModel):
    language: str
    intents: dict[str, _Intent] = {}
    lists: dict[str, dict[str, Any]] = {}
    expansion_rules: dict[str, str] = {}
    before_name: list[str] = []
    told_apart: list[list[str]] = []
    open_answers: list[OpenAnswer] = []
    frames: dict[FrameKind, list[str]] = {}
    fragments: dict[str, list[str]] = {}
    requires: dict[str, list[str]] = {}
    unless: dict[str, list[str]] = {}


def _blocks(file: YamlFile, shape: _File, *, read_only: bool) -> Iterator[Block]:
    for name, intent in shape.intents.items():
        for number, block in enumerate(intent.data):
            where: tuple[str | int, ...] = ("intents", name, "data", number)
            place = file.place(*where)
            places = tuple(file.place(*where, "sentences", row) for row in range(len(block.sentences)))
            data = IntentData(
                block.sentences,
                slots=block.slots,
                slot_lists=_lists(file, block.lists, *where),
                expansion_rules=_rules(file, block.expansion_rules, *where),
            )
            contexts, sentences = contexts_of(block.requires_context, place), _sentences(data, places)
            yield Block(name, contexts, data, sentences, place, places, read_only)


def _sentences(data: IntentData, places: tuple[str, ...]) -> tuple[Sentence, ...]:
    """Parse all templates at once, which hassil caches; one by one only to name a broken one."""
    try:
        sentences = tuple(data.sentences)
    except (ParseError, AssertionError, ValueError, IndexError):
        return tuple(map(_parse, data.sentence_texts, places))
    for sentence in sentences:
        _strip(sentence.expression)
    return sentences


def _lists(file: YamlFile, lists: dict[str, dict[str, Any]], *where: str | int) -> dict[str, SlotList]:
    parsed: dict[str, SlotList] = {}
    for name, shape in lists.items():
        place = file.place(*where, "lists", name)
        if not any(kind in shape for kind in _LIST_KINDS):
            raise InputError(f"{place}: the list {{{name}}} has neither values nor a range: add one of them")
        try:
            parsed |= Intents.from_dict({"language": "en", "intents": {}, "lists": {name: shape}}).slot_lists
        except (ParseError, KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
            raise InputError(f"{place}: the list {{{name}}} is broken ({_reason(error)}): mend it") from None
        values = parsed[name]
        for value in values.values if isinstance(values, TextSlotList) else ():
            _strip(value.text_in)
    return parsed


def _rules(file: YamlFile, rules: dict[str, str], *where: str | int) -> dict[str, Sentence]:
    return {name: _parse(body, file.place(*where, "expansion_rules", name)) for name, body in rules.items()}


def _parse(text: str, place: str) -> Sentence:
    try:
        sentence = parse_sentence(text, keep_text=True)
    except (ParseError, AssertionError, ValueError, IndexError) as error:
        raise InputError(f'{place}: "{text}" is a broken template ({_reason(error)}): check its brackets') from None
    _strip(sentence.expression)
    return sentence


def _strip(expression: Expression) -> None:
    """Remove punctuation, which hassil drops from its input but not from its templates."""
    if isinstance(expression, TextChunk):
        expression.text = without_punctuation(expression.text)
    elif isinstance(expression, Group):
        for item in expression.items:
            _strip(item)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _add(known: dict[str, Any], new: dict[str, Any], file: YamlFile, kind: str) -> None:
    for name, value in new.items():
        if name in known:
            raise InputError(f"{file.place(kind, name)}: {name} is defined in two files: keep one of them")
        known[name] = value
