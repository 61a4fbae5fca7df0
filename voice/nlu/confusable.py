"""Finds sentences that sound alike and mean different things, without listing all sentences.

The search walks pairs of paths through the graph, phone by phone, from the same start (the product of the graph with
itself; Mohri 2003, "Edit-distance of weighted automata"). A step with two different phones, or with a phone on one path
alone, has a cost. Two paths that end in different intents are a pair of sentences; the cheapest pairs come first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from voice.asr.automaton import WordGraph
from voice.asr.phones import near_phones
from voice.languages.phones import Pronunciation

__all__ = ["Confusable", "find_confusable"]

# The cost of a difference in half phones: between neighbouring phones; between others, or for an extra phone.
_NEAR = 1
_OTHER = 2
# The largest difference in half phones: one phone alone, which is lost in noise.
_FURTHEST = 2
# The number of pairs of places, beyond those that sound the same, after which the search ends (0.2 s).
_MOST_PAIRS = 20_000
_NEAR_PHONES = near_phones()


@dataclass(frozen=True)
class Confusable:
    """Two sentences that sound alike and have different intents.

    Attributes:
        intents: the intent of each.
        sentences: the words of each.
        distance: the number of phones they differ by; neighbouring phones differ by half.
        phones: the number of phones of the longer one.
    """

    intents: tuple[str, str]
    sentences: tuple[tuple[str, ...], tuple[str, ...]]
    distance: float
    phones: int

    @property
    def likeness(self) -> float:
        """How alike they sound: 1 if they sound the same."""
        return 1.0 - self.distance / self.phones


def find_confusable(
    graph: WordGraph, pronunciations: Mapping[str, frozenset[Pronunciation]], most_pairs: int = _MOST_PAIRS
) -> tuple[Confusable, ...]:
    """Return the closest two sentences of each pair of intents, if they are within one phone.

    Sentences that sound the same are always found. Others are searched for among `most_pairs` pairs of places in the
    graph, the most alike first, so that a large pack loads quickly (docs/recognition.md has the figures).

    Args:
        graph: the sentences; its tags are the intents.
        pronunciations: the pronunciations of its words.
        most_pairs: the number of pairs of places to search.

    Returns:
        One for each pair of intents, the most alike first.
    """
    return tuple(_Search(_Places(graph, pronunciations), most_pairs).run())


class _Places:
    """The places of a word graph spelled out in phones, each junction on its first visit.

    Junctions between words have the numbers of the graph's nodes; the places within words follow.

    Attributes:
        names: the intents, in the order of their bits.
        intents: for each place, the bits of the intents that can be reached from it.
        ends: for each junction that ends a sentence, the bits of its intents.
        words: the word that ends with an arc (place before, phone, junction).
    """

    def __init__(self, graph: WordGraph, pronunciations: Mapping[str, frozenset[Pronunciation]]) -> None:
        self.names = tuple(sorted(frozenset().union(*graph.tags)))
        bits = {name: 1 << number for number, name in enumerate(self.names)}
        self.ends = {node: sum(bits[tag] for tag in tags) for node, tags in enumerate(graph.tags) if tags}
        self.intents = _reachable(graph, self.ends)
        self.words: dict[tuple[int, str, int], str] = {}
        self._graph = graph
        self._pronunciations = pronunciations
        self._arcs: list[dict[str, list[int]] | None] = [None] * len(graph.arcs)

    def arcs(self, place: int) -> dict[str, list[int]]:
        """Return the places after each phone."""
        arcs = self._arcs[place]
        return self._spell(place) if arcs is None else arcs

    def _spell(self, junction: int) -> dict[str, list[int]]:
        first: dict[str, list[int]] = {}
        self._arcs[junction] = first
        inner: dict[Pronunciation, tuple[int, dict[str, list[int]]]] = {(): (junction, first)}
        for word, target in self._graph.arcs[junction].items():
            for way in sorted(self._pronunciations[word]):
                place, arcs = self._beginning(way[:-1], inner, self.intents[target])
                following = arcs.setdefault(way[-1], [])
                if target not in following:
                    following.append(target)
                    self.words[place, way[-1], target] = word
        return first

    def _beginning(
        self, phones: Pronunciation, inner: dict[Pronunciation, tuple[int, dict[str, list[int]]]], intents: int
    ) -> tuple[int, dict[str, list[int]]]:
        """Return the place after the first phones of a word, with its arcs; words share their beginnings."""
        if phones not in inner:
            _, arcs = self._beginning(phones[:-1], inner, intents)
            inner[phones] = (len(self._arcs), {})
            arcs.setdefault(phones[-1], []).append(len(self._arcs))
            self._arcs.append(inner[phones][1])
            self.intents.append(0)
        elif phones:
            self._beginning(phones[:-1], inner, intents)
        place, arcs = inner[phones]
        self.intents[place] |= intents
        return place, arcs


def _reachable(graph: WordGraph, ends: Mapping[int, int]) -> list[int]:
    """Return the bits of the intents that can be reached from each node."""
    intents = [ends.get(node, 0) for node in range(len(graph.arcs))]
    for node in reversed(range(len(graph.arcs))):
        for target in graph.arcs[node].values():
            intents[node] |= intents[target]
    return intents


# The places of two paths; the phone of each one's last step (None: no step); a step with its cost.
_Pair: TypeAlias = tuple[int, int]
_Phones: TypeAlias = tuple[str | None, str | None]
_Step: TypeAlias = tuple[int, _Pair, _Phones]
_START: _Pair = (0, 0)


@dataclass
class _Search:
    """Visits pairs of places in the order of their cost (Dijkstra 1959)."""

    graph: _Places
    left: int
    _found: set[tuple[int, int]] = field(default_factory=set)
    _promising: dict[tuple[int, int], bool] = field(default_factory=dict)
    _came: dict[_Pair, tuple[int, _Pair, _Phones]] = field(default_factory=dict)

    def run(self) -> Iterator[Confusable]:
        """Yield the pairs of sentences, the closest first."""
        waiting: list[list[_Pair]] = [[_START], *([] for _ in range(_FURTHEST))]
        self._came[_START] = 0, _START, (None, None)
        for cost, pairs in enumerate(waiting):
            for pair in pairs:  # grows during the loop
                if self._came[pair][0] < cost or not self._is_promising(pair):
                    continue
                if cost and not self.left:
                    return
                self.left -= bool(cost)
                yield from (self._confusable(intents, pair, cost) for intents in self._ended(pair))
                for more, following, phones in self._steps(pair, _FURTHEST - cost):
                    known = self._came.get(following)
                    if (known is None or known[0] > cost + more) and self._is_promising(following):
                        self._came[following] = cost + more, pair, phones
                        waiting[cost + more].append(following)

    def _is_promising(self, pair: _Pair) -> bool:
        """Return whether a pair of places may lead to a new pair of intents."""
        key = (self.graph.intents[pair[0]], self.graph.intents[pair[1]])
        if key not in self._promising:
            self._promising[key] = any(intents not in self._found for intents in _pairs(*key))
        return self._promising[key]

    def _ended(self, pair: _Pair) -> Iterator[tuple[str, str]]:
        one_ends, other_ends = (self.graph.ends.get(place, 0) for place in pair)
        if not one_ends or not other_ends or pair[0] == pair[1]:
            return
        names = self.graph.names
        for one, other in _pairs(one_ends, other_ends):
            if (one, other) not in self._found:
                self._found |= {(one, other), (other, one)}
                self._promising.clear()
                yield names[one], names[other]

    def _steps(self, pair: _Pair, affordable: int) -> Iterator[_Step]:
        """Yield each next step of a pair."""
        here, there = pair
        ones, others = self.graph.arcs(here), self.graph.arcs(there)
        for phone, targets in ones.items():
            for cost, heard in _heard(phone, others, affordable):
                for one in targets:
                    for other in others[heard]:
                        yield cost, (one, other), (phone, heard)
        if affordable >= _OTHER:
            for phone, targets in ones.items():
                yield from ((_OTHER, (one, there), (phone, None)) for one in targets)
            for phone, targets in others.items():
                yield from ((_OTHER, (here, other), (None, phone)) for other in targets)

    def _confusable(self, intents: tuple[str, str], pair: _Pair, cost: int) -> Confusable:
        """Return the pair of sentences: the words and phones on the way back to the start."""
        words: tuple[list[str], list[str]] = ([], [])
        steps = [0, 0]
        while pair != _START:
            _, before, phones = self._came[pair]
            for side, phone in enumerate(phones):
                if phone is not None:
                    steps[side] += 1
                    word = self.graph.words.get((before[side], phone, pair[side]))
                    words[side].extend([] if word is None else [word])
            pair = before
        one, other = (tuple(reversed(side)) for side in words)
        return Confusable(intents, (one, other), cost / 2, max(steps))


def _heard(phone: str, others: Mapping[str, list[int]], affordable: int) -> Iterator[tuple[int, str]]:
    """Yield the phones that may be heard instead of a phone, with their costs."""
    if phone in others:
        yield 0, phone
    if affordable < _NEAR:
        return
    near = _NEAR_PHONES[phone]
    for other in others:
        if other in near:
            yield _NEAR, other
        elif other != phone and affordable >= _OTHER:
            yield _OTHER, other


def _pairs(ones: int, others: int) -> Iterator[tuple[int, int]]:
    """Yield all pairs of different bits, one from each number."""
    for one in _bits(ones):
        yield from ((one, other) for other in _bits(others) if one != other)


def _bits(number: int) -> list[int]:
    return [bit for bit in range(number.bit_length()) if number >> bit & 1]
