"""The compiler of sentence templates: it makes a graph of words, without listing sentences."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)
from hassil.intents import RangeSlotList, SlotList, TextSlotList
from hassil.numbers import get_rbnf_engine

from voice.asr.automaton import WordGraph, minimal_automaton
from voice.asr.words import JoinedWords, Pieces, without_punctuation

__all__ = ["GrammarError", "Template", "compile_templates", "has_slots"]

_PERMUTATION_LIMIT = 6
# A larger range is a typing mistake ("0..1000000"), and would take minutes to compile.
_RANGE_LIMIT = 10_000


class GrammarError(ValueError):
    """A template that cannot be compiled; the text gives the reason."""


class _OnlyTypedError(GrammarError):
    """A part of a template that can only be typed, because it consists of digits."""


@dataclass(frozen=True)
class Template:
    """A sentence template with the lists and rules it refers to.

    Attributes:
        tag: the tag of its sentences (an intent's name).
        sentence: the parsed template.
        lists: the slot lists it may use, by name.
        rules: the expansion rules it may use, by name.
        language: language of spelled-out numbers, for example "en".
        place: its file and line, for error messages.
    """

    tag: str
    sentence: Sentence
    lists: Mapping[str, SlotList]
    rules: Mapping[str, Sentence]
    language: str
    place: str = "template"


# Most sentences with a time use the same few ranges.
@lru_cache(maxsize=256)
def _spelled(language: str, numbers: tuple[float, ...]) -> tuple[str, ...]:
    engine = get_rbnf_engine(language)
    ways = (engine.format_number(number).text_by_ruleset.values() for number in numbers)
    return tuple(sorted({text.replace("-", " ") for text in itertools.chain.from_iterable(ways)}))


def has_slots(template: Template) -> bool:
    """Tell whether a template has slots."""
    return _has_lists(template.sentence.expression, template.rules, frozenset())


def _has_lists(expression: Expression, rules: Mapping[str, Sentence], seen: frozenset[str]) -> bool:
    if isinstance(expression, RuleReference):
        name = expression.rule_name
        return name in rules and name not in seen and _has_lists(rules[name].expression, rules, seen | {name})
    if isinstance(expression, Group):
        return any(_has_lists(item, rules, seen) for item in expression.items)
    return isinstance(expression, ListReference)


def compile_templates(templates: Iterable[Template]) -> WordGraph:
    """Compile templates into one graph of words; its tags are theirs.

    Raises:
        GrammarError: a list or rule is missing, open (a wildcard), empty or refers to itself, a permutation or range
            is too long, or its numbers cannot be spelled out.
    """
    pieces = Pieces()
    finals: dict[int, str] = {}
    for template in templates:
        try:
            end = _Writer(pieces, template).write(template.sentence.expression, pieces.start)
        except GrammarError as error:
            raise GrammarError(f"{template.place}: {error}") from None
        final = pieces.state()
        pieces.link(end, None, final)
        finals[final] = template.tag
    words = JoinedWords(pieces, finals)
    return minimal_automaton(words.arcs, words.tags)


class _Writer:
    """Writes a template into the automaton of pieces."""

    def __init__(self, pieces: Pieces, template: Template) -> None:
        self._pieces = pieces
        self._template = template
        self._open: list[str] = []

    def write(self, expression: Expression, state: int) -> int:
        """Write `expression` from `state` on; return its end state."""
        if isinstance(expression, TextChunk):
            return self._text(expression.text, state)
        if isinstance(expression, Permutation):
            return self._permutation(expression.items, state)
        if isinstance(expression, Alternative):
            return self._either(expression.items, state)
        if isinstance(expression, Group):
            for item in expression.items:
                state = self.write(item, state)
            return state
        if isinstance(expression, ListReference):
            return self._list(expression, state)
        if isinstance(expression, RuleReference):
            return self._rule(expression.rule_name, state)
        raise GrammarError(f"cannot use {type(expression).__name__} in a sentence")

    def _text(self, text: str, state: int) -> int:
        text = without_punctuation(text).lower()
        for is_space, letters in itertools.groupby(text, str.isspace):
            following = self._pieces.state()
            self._pieces.link(state, " " if is_space else "".join(letters), following)
            state = following
        return state

    def _either(self, items: Iterable[Expression], state: int) -> int:
        """Write `items` in parallel; leave out those that can only be typed if others remain."""
        end = self._pieces.state()
        ways: list[int] = []
        typed: _OnlyTypedError | None = None
        for item in items:
            try:
                ways.append(self.write(item, state))
            except _OnlyTypedError as error:
                typed = error
        if typed is not None and not ways:
            raise typed
        for way in ways:
            self._pieces.link(way, None, end)
        return end

    def _permutation(self, items: list[Expression], state: int) -> int:
        """Write a lattice over the sets of items used so far, with 2**n states."""
        if len(items) > _PERMUTATION_LIMIT:
            raise GrammarError(f"a permutation of {len(items)} parts is too long (at most {_PERMUTATION_LIMIT})")
        said = [state, *(self._pieces.state() for _ in range(2 ** len(items) - 1))]
        for already, (number, item) in itertools.product(range(len(said)), enumerate(items)):
            if not already & 1 << number:
                self._pieces.link(self.write(item, said[already]), None, said[already | 1 << number])
        return said[-1]

    def _rule(self, name: str, state: int) -> int:
        rule = self._template.rules.get(name)
        if rule is None:
            raise GrammarError(f"there is no rule <{name}>")
        return self._nested(f"<{name}>", [rule.expression], state)

    def _list(self, reference: ListReference, state: int) -> int:
        name = reference.list_name
        inline = reference.get_inline_range()
        if inline is not None:
            start, stop, step = inline
            try:
                numbers = RangeSlotList(name=name, start=start, stop=stop, step=step)
            except AssertionError as error:
                raise GrammarError(f"the range {{{name}}} is broken ({error})") from None
            return self._numbers(numbers, state)
        values = self._template.lists.get(name)
        if values is None:
            raise GrammarError(f"there is no list {{{name}}}")
        if isinstance(values, RangeSlotList):
            return self._numbers(values, state)
        if not isinstance(values, TextSlotList):
            raise GrammarError(f"the list {{{name}}} is open (a wildcard), and only listed words can be heard")
        if not values.values:
            raise GrammarError(f"the list {{{name}}} is empty")
        return self._nested(f"{{{name}}}", [value.text_in for value in values.values], state)

    def _numbers(self, numbers: RangeSlotList, state: int) -> int:
        if not numbers.words:
            raise _OnlyTypedError(f"the list {{{numbers.name}}} is of digits only, and numbers are said in words")
        if len(range(numbers.start, numbers.stop, numbers.step)) > _RANGE_LIMIT:
            raise GrammarError(f"the range {{{numbers.name}}} has too many numbers (at most {_RANGE_LIMIT})")
        language = numbers.words_language or self._template.language
        try:
            spelled = _spelled(language, tuple(numbers.get_numbers()))
        except ValueError:
            raise GrammarError(f'the numbers of {{{numbers.name}}} cannot be spelled out in "{language}"') from None
        end = self._pieces.state()
        for text in spelled:
            self._pieces.link(self._text(text, state), None, end)
        return end

    def _nested(self, name: str, items: list[Expression], state: int) -> int:
        if name in self._open:
            raise GrammarError(f"{name} refers to itself")
        self._open.append(name)
        try:
            return self._either(items, state)
        finally:
            self._open.pop()
