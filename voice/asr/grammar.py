"""Sentence templates to a graph of words: every sentence of the templates is one path, and none is listed."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from hassil import normalize_text
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
from hassil.util import DASH_STR, PUNCTUATION_STR

__all__ = [
    "GrammarError",
    "Template",
    "WordGraph",
    "called",
    "compile_templates",
    "has_slots",
    "sentence_graph",
    "without_punctuation",
    "words_of",
]

_PERMUTATION_LIMIT = 6
# A pack that spells out more is a slip of the pen ("0..1000000"), and would take minutes to start.
_RANGE_LIMIT = 10_000
_SILENT = str.maketrans({**dict.fromkeys(PUNCTUATION_STR + '"“”„', ""), **dict.fromkeys(DASH_STR + "…", " ")})


class GrammarError(ValueError):
    """A template that cannot become a graph; the text says what is wrong with it."""


class _OnlyTypedError(GrammarError):
    """A part of a template that nobody can say, as it is of digits."""


@dataclass(frozen=True)
class Template:
    """One sentence template with all that it may refer to.

    Attributes:
        tag: what a sentence that matches stands for (an intent's name).
        sentence: the parsed template.
        lists: the slot lists it may use, by name.
        rules: the expansion rules it may use, by name.
        language: language of spelled-out numbers, for example "en".
        place: where it stands, to name it in an error.
    """

    tag: str
    sentence: Sentence
    lists: Mapping[str, SlotList]
    rules: Mapping[str, Sentence]
    language: str
    place: str = "template"


@dataclass(frozen=True)
class WordGraph:
    """A minimal deterministic acyclic automaton over words; node 0 is the start, and arcs lead to higher numbers only.

    Attributes:
        arcs: for each node, the node that each word leads to.
        tags: for each node, what a sentence that ends there stands for; empty if none ends there.
    """

    arcs: tuple[Mapping[str, int], ...]
    tags: tuple[frozenset[str], ...]

    @property
    def words(self) -> frozenset[str]:
        """Every word of the grammar."""
        return frozenset(itertools.chain.from_iterable(self.arcs))

    def accepts(self, words: Iterable[str]) -> frozenset[str]:
        """Return what the sentence stands for; empty if the grammar does not have it."""
        node = self._node_after(words)
        return frozenset() if node is None else self.tags[node]

    def tags_beyond(self, words: Iterable[str]) -> frozenset[str]:
        """Return what the longer sentences stand for that begin with `words`; empty if there are none."""
        node = self._node_after(words)
        return frozenset() if node is None else self._beyond[node]

    def spaced(self, letters: str) -> tuple[str, ...] | None:
        """Return the words of the sentence that is `letters` when it is written without spaces, or None.

        Of several, the one whose first word is the longest counts.
        """
        dead: set[tuple[int, int]] = set()

        def walk(node: int, position: int) -> tuple[str, ...] | None:
            if position == len(letters):
                return () if self.tags[node] else None
            if (node, position) in dead:
                return None
            fitting = [word for word in self.arcs[node] if letters.startswith(word, position)]
            for word in sorted(fitting, key=len, reverse=True):
                rest = walk(self.arcs[node][word], position + len(word))
                if rest is not None:
                    return (word, *rest)
            dead.add((node, position))
            return None

        return walk(0, 0)

    def sentences(self) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
        """List the sentences with what they stand for; mind that there may be millions."""
        stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        while stack:
            node, words = stack.pop()
            if self.tags[node]:
                yield words, self.tags[node]
            stack.extend((following, (*words, word)) for word, following in self.arcs[node].items())

    def _node_after(self, words: Iterable[str]) -> int | None:
        node: int | None = 0
        for word in words:
            node = None if node is None else self.arcs[node].get(word)
        return node

    @cached_property
    def _beyond(self) -> list[frozenset[str]]:
        """What may still come after each node; arcs lead to higher numbers only, so the last node is known first."""
        beyond: list[frozenset[str]] = [frozenset()] * len(self.arcs)
        for node in range(len(self.arcs) - 1, -1, -1):
            targets = set(self.arcs[node].values())
            beyond[node] = frozenset().union(*(self.tags[target] | beyond[target] for target in targets))
        return beyond

    def ambiguous(self) -> tuple[tuple[str, ...], frozenset[str]] | None:
        """Return a shortest sentence that stands for two things, with both, or None."""
        seen = {0}
        queue: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        for node, words in queue:
            if len(self.tags[node]) > 1:
                return words, self.tags[node]
            for word, following in self.arcs[node].items():
                if following not in seen:
                    seen.add(following)
                    queue.append((following, (*words, word)))
        return None

    def shortest(self, lengths: Mapping[str, int]) -> tuple[int, tuple[str, ...]] | None:
        """Return the length of a shortest sentence, and the sentence; None if there is none (Dijkstra 1959).

        Args:
            lengths: the length of each word.
        """
        queue: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
        seen: set[int] = set()
        while queue:
            length, node, words = heapq.heappop(queue)
            if self.tags[node]:
                return length, words
            if node not in seen:
                seen.add(node)
                for word, following in self.arcs[node].items():
                    heapq.heappush(queue, (length + lengths[word], following, (*words, word)))
        return None


def sentence_graph(words: Sequence[str]) -> WordGraph:
    """Return the graph of one sentence."""
    arcs = tuple({word: number + 1} for number, word in enumerate(words))
    tags = (*(frozenset[str]() for _ in words), frozenset({"sentence"}))
    return WordGraph(arcs=(*arcs, {}), tags=tags)


def words_of(text: str) -> tuple[str, ...]:
    """Split a text into words as the grammar spells them: lower case, no punctuation."""
    return tuple(without_punctuation(text).lower().split())


# The same words come again and again: without its memory, this took half the time that a large pack needs to compile.
@lru_cache(maxsize=1 << 14)
def without_punctuation(text: str) -> str:
    """Take out of a text what nobody pronounces; dashes become spaces, hyphens and apostrophes stay."""
    return normalize_text(normalize_text(text).translate(_SILENT))


# The same few ranges stand in most sentences with a time.
@lru_cache(maxsize=256)
def _spelled(language: str, numbers: tuple[float, ...]) -> tuple[str, ...]:
    engine = get_rbnf_engine(language)
    ways = (engine.format_number(number).text_by_ruleset.values() for number in numbers)
    return tuple(sorted({text.replace("-", " ") for text in itertools.chain.from_iterable(ways)}))


def has_slots(template: Template) -> bool:
    """Return whether a sentence of the template may fill a slot."""
    return _has_lists(template.sentence.expression, template.rules, frozenset())


def _has_lists(expression: Expression, rules: Mapping[str, Sentence], seen: frozenset[str]) -> bool:
    if isinstance(expression, RuleReference):
        name = expression.rule_name
        return name in rules and name not in seen and _has_lists(rules[name].expression, rules, seen | {name})
    if isinstance(expression, Group):
        return any(_has_lists(item, rules, seen) for item in expression.items)
    return isinstance(expression, ListReference)


def compile_templates(templates: Iterable[Template]) -> WordGraph:
    """Compile templates into one graph of words.

    Raises:
        GrammarError: a list or rule is missing, open (a wildcard), empty or refers to itself, a permutation or range
            is too long, or its numbers cannot be spelled out.
    """
    pieces = _Pieces()
    finals: dict[int, str] = {}
    for template in templates:
        try:
            end = _Writer(pieces, template).write(template.sentence.expression, pieces.start)
        except GrammarError as error:
            raise GrammarError(f"{template.place}: {error}") from None
        final = pieces.state()
        pieces.link(end, None, final)
        finals[final] = template.tag
    words = _Words(pieces, finals)
    return _minimal(*_deterministic(words.arcs, words.tags))


def called(plain: WordGraph, calls: Iterable[Sequence[str]], after: WordGraph) -> WordGraph:
    """Return the graph of the sentences of `plain`, and of those of `after` with one of `calls` before them.

    A call alone is no sentence.
    """
    # The states of `plain`, then those of `after`, then those of the calls.
    first = len(plain.arcs)
    states = [list(row.items()) for row in plain.arcs]
    states += [[(word, first + target) for word, target in row.items()] for row in after.arcs]
    tags = [*plain.tags, *after.tags]
    for call in calls:
        state = 0
        for word in call[:-1]:
            states[state].append((word, len(states)))
            state = len(states)
            states.append([])
            tags.append(frozenset())
        states[state].append((call[-1], first))
    return _minimal(*_deterministic(states.__getitem__, tags.__getitem__))


@dataclass
class _Pieces:
    """An automaton over pieces of words: an arc is a piece, a space (" ") or nothing (None)."""

    arcs: list[list[tuple[str | None, int]]] = field(default_factory=lambda: [[]])
    start: int = 0

    def state(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def link(self, source: int, piece: str | None, target: int) -> None:
        self.arcs[source].append((piece, target))

    def closure(self, state: int, *, over_spaces: bool = False) -> list[int]:
        """Return the states that can be reached from `state` without a piece, itself among them."""
        found = [state]
        seen = {state}
        for here in found:
            for piece, target in self.arcs[here]:
                if (piece is None or (over_spaces and piece == " ")) and target not in seen:
                    seen.add(target)
                    found.append(target)
        return found


class _Writer:
    """Writes one template into the automaton of pieces."""

    def __init__(self, pieces: _Pieces, template: Template) -> None:
        self._pieces = pieces
        self._template = template
        self._open: list[str] = []

    def write(self, expression: Expression, state: int) -> int:
        """Write `expression` from `state` on; return the state it ends in."""
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
        """Write each of `items` beside the others; one that can only be typed is left out, if any other is there."""
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
        """A lattice over the sets of items said so far, so that n items cost 2**n states and not n! paths."""
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


class _Words:
    """The automaton of pieces, read word by word: pieces without a space between them are one word."""

    def __init__(self, pieces: _Pieces, finals: Mapping[int, str]) -> None:
        self._pieces = pieces
        self._finals = finals
        self._arcs: dict[int, list[tuple[str, int]]] = {}

    def tags(self, state: int) -> frozenset[str]:
        """What a sentence stands for that ends after the word (and space) that leads to `state`."""
        ends = self._pieces.closure(state, over_spaces=True)
        return frozenset(self._finals[end] for end in ends if end in self._finals)

    def arcs(self, state: int) -> list[tuple[str, int]]:
        """The words that may come next, and the states they end in."""
        if state not in self._arcs:
            starts = self._pieces.closure(state, over_spaces=True)
            self._arcs[state] = list({arc for start in starts for arc in self._spell(start)})
        return self._arcs[state]

    def _spell(self, start: int) -> Iterator[tuple[str, int]]:
        queue = [(start, "")]
        seen = {(start, "")}
        for state, word in queue:
            if word and state in self._finals:
                yield word, state
            for piece, target in self._pieces.arcs[state]:
                if piece == " ":
                    # The target and not this state: what else may follow here would have been joined to the word.
                    if word:
                        yield word, target
                    continue
                # Without a piece yet, the closure has the ways that add none.
                following = (target, word + (piece or ""))
                if following[1] and following not in seen:
                    seen.add(following)
                    queue.append(following)


def _deterministic(
    arcs_of: Callable[[int], Iterable[tuple[str, int]]], tags_of: Callable[[int], frozenset[str]]
) -> tuple[list[dict[str, int]], list[frozenset[str]]]:
    """Subset construction: one path for each sentence."""
    first = frozenset({0})
    numbers = {first: 0}
    arcs: list[dict[str, int]] = []
    tags: list[frozenset[str]] = []
    queue = [first]
    for subset in queue:
        targets: dict[str, set[int]] = defaultdict(set)
        for word, target in itertools.chain.from_iterable(map(arcs_of, subset)):
            targets[word].add(target)
        following = {word: frozenset(states) for word, states in sorted(targets.items())}
        for states in following.values():
            if states not in numbers:
                numbers[states] = len(queue)
                queue.append(states)
        arcs.append({word: numbers[states] for word, states in following.items()})
        tags.append(frozenset().union(*map(tags_of, subset)))
    # A template whose parts are all optional has the empty sentence, which nobody can say.
    tags[0] = frozenset()
    return arcs, tags


def _minimal(arcs: list[dict[str, int]], tags: list[frozenset[str]]) -> WordGraph:
    """Merge the states that the same ends follow (Revuz 1992, for acyclic automata)."""
    merged: dict[tuple[object, ...], int] = {}
    kept: list[int] = []
    new_number = [-1] * len(arcs)
    for state in _last_first(arcs):
        signature = (tags[state], tuple((word, new_number[target]) for word, target in arcs[state].items()))
        if signature not in merged:
            merged[signature] = len(kept)
            kept.append(state)
        new_number[state] = merged[signature]
    # The start comes last of all: count backwards, so that it is 0.
    last = len(kept) - 1
    return WordGraph(
        arcs=tuple(
            {word: last - new_number[target] for word, target in arcs[state].items()} for state in reversed(kept)
        ),
        tags=tuple(tags[state] for state in reversed(kept)),
    )


def _last_first(arcs: list[dict[str, int]]) -> list[int]:
    """Order the states so that each comes after all that follow it; the start comes last."""
    order: list[int] = []
    done = [False] * len(arcs)
    stack = [(0, False)]
    while stack:
        state, expanded = stack.pop()
        if expanded:
            order.append(state)
        elif not done[state]:
            done[state] = True
            stack.append((state, True))
            stack.extend((target, False) for target in arcs[state].values() if not done[target])
    return order
