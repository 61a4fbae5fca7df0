"""Sentences that sound alike and mean different things: found in the graph, without listing its sentences.

Two walkers go through the same graph, phone by phone, from the same start (the product of the graph with itself; Mohri
2003, "Edit-distance of weighted automata"). Where they stand on different phones, or one goes on alone, that costs
something; where both have come to an end, but to ends that stand for different intents, two sentences are found, and
the cheapest come first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from voice.asr.automaton import WordGraph
from voice.asr.phones import near_phones
from voice.languages.phones import Pronunciation

__all__ = ["Alike", "find_alike"]

# What a difference costs, in half phones: phones next to each other in the mouth, and all others; a phone too many too.
_NEAR = 1
_OTHER = 2
# Sentences that differ by this much (half phones) are told apart by one phone alone, and in noise not at all.
_FURTHEST = 2
# How many pairs of places are looked at, beyond those that sound the same, before the search is given up: 0.2 s.
_MOST_PAIRS = 20_000
_NEAR_PHONES = near_phones()


@dataclass(frozen=True)
class Alike:
    """Two sentences that sound alike, and stand for different intents.

    Attributes:
        intents: what each stands for.
        sentences: the words of each.
        distance: by how many phones they differ; phones next to each other in the mouth differ by half.
        phones: the phones of the longer one.
    """

    intents: tuple[str, str]
    sentences: tuple[tuple[str, ...], tuple[str, ...]]
    distance: float
    phones: int

    @property
    def likeness(self) -> float:
        """How alike they are: 1 if nobody can tell them apart."""
        return 1.0 - self.distance / self.phones


def find_alike(
    graph: WordGraph, pronunciations: Mapping[str, frozenset[Pronunciation]], most_pairs: int = _MOST_PAIRS
) -> tuple[Alike, ...]:
    """Find the two sentences that sound most alike, for each two intents that have any within a phone of each other.

    Sentences that sound the same are always found. Those that only sound nearly the same are looked for among
    `most_pairs` pairs of places in the graph, the most alike first, so that a large pack does not take seconds to load:
    the default pack has 1,300 such pairs, 5,000 sentences of random words 90,000.

    Args:
        graph: the sentences; its tags are the intents.
        pronunciations: how its words sound.
        most_pairs: how many pairs of places to look at.

    Returns:
        One for each two intents, the most alike first.
    """
    return tuple(_Search(_Places(graph, pronunciations), most_pairs).run())


class _Places:
    """The places of a word graph that is spelled out in phones, each junction when somebody first comes there.

    Junctions between words come first, numbered as the graph's nodes, and then the places within words.

    Attributes:
        names: the intents; their numbers are those of the bits that stand for them.
        intents: for each place, the bits of the intents that a sentence from there on may end in.
        ends: for each junction where a sentence ends, the bits of its intents.
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
        """Return the places that each phone leads to."""
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
        """Return the place after some phones of a word, and its arcs; words that begin alike share their places."""
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
    """Return the bits of the intents that each node leads to."""
    intents = [ends.get(node, 0) for node in range(len(graph.arcs))]
    for node in reversed(range(len(graph.arcs))):
        for target in graph.arcs[node].values():
            intents[node] |= intents[target]
    return intents


# Where two walkers are; the phone of each one's last step (None: it stood still); a step: its cost, and both of these.
_Pair: TypeAlias = tuple[int, int]
_Phones: TypeAlias = tuple[str | None, str | None]
_Step: TypeAlias = tuple[int, _Pair, _Phones]
_START: _Pair = (0, 0)


@dataclass
class _Search:
    """Takes pairs of places in the order of what they cost (Dijkstra 1959)."""

    graph: _Places
    left: int
    _found: set[tuple[int, int]] = field(default_factory=set)
    _hopeful: dict[tuple[int, int], bool] = field(default_factory=dict)
    _came: dict[_Pair, tuple[int, _Pair, _Phones]] = field(default_factory=dict)

    def run(self) -> Iterator[Alike]:
        """Yield what is found, the closest first."""
        waiting: list[list[_Pair]] = [[_START], *([] for _ in range(_FURTHEST))]
        self._came[_START] = 0, _START, (None, None)
        for cost, pairs in enumerate(waiting):
            for pair in pairs:  # which grows while it is gone through
                if self._came[pair][0] < cost or not self._hope(pair):
                    continue
                if cost and not self.left:
                    return
                self.left -= bool(cost)
                yield from (self._alike(intents, pair, cost) for intents in self._ended(pair))
                for more, following, phones in self._steps(pair, _FURTHEST - cost):
                    known = self._came.get(following)
                    if (known is None or known[0] > cost + more) and self._hope(following):
                        self._came[following] = cost + more, pair, phones
                        waiting[cost + more].append(following)

    def _hope(self, pair: _Pair) -> bool:
        """Whether sentences of two intents that have not been found yet may come of it."""
        key = (self.graph.intents[pair[0]], self.graph.intents[pair[1]])
        if key not in self._hopeful:
            self._hopeful[key] = any(intents not in self._found for intents in _pairs(*key))
        return self._hopeful[key]

    def _ended(self, pair: _Pair) -> Iterator[tuple[str, str]]:
        one_ends, other_ends = (self.graph.ends.get(place, 0) for place in pair)
        if not one_ends or not other_ends or pair[0] == pair[1]:
            return
        names = self.graph.names
        for one, other in _pairs(one_ends, other_ends):
            if (one, other) not in self._found:
                self._found |= {(one, other), (other, one)}
                self._hopeful.clear()
                yield names[one], names[other]

    def _steps(self, pair: _Pair, affordable: int) -> Iterator[_Step]:
        """Yield each next step of the two."""
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

    def _alike(self, intents: tuple[str, str], pair: _Pair, cost: int) -> Alike:
        """Walk back to the start; note the words on the way, and count the phones."""
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
        return Alike(intents, (one, other), cost / 2, max(steps))


def _heard(phone: str, others: Mapping[str, list[int]], affordable: int) -> Iterator[tuple[int, str]]:
    """Yield what may be heard for a phone, with its cost."""
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
    """Yield each two different bits, one of each."""
    for one in _bits(ones):
        yield from ((one, other) for other in _bits(others) if one != other)


def _bits(number: int) -> list[int]:
    return [bit for bit in range(number.bit_length()) if number >> bit & 1]
