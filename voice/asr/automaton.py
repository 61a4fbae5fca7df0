"""The grammar: a minimal deterministic automaton over words."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

__all__ = ["WordGraph", "minimal_automaton", "sentence_graph", "sentence_tree", "with_prefixes"]


@dataclass(frozen=True)
class WordGraph:
    """A minimal deterministic acyclic automaton over words.

    Node 0 is the start, and arcs lead to higher numbers only.

    Attributes:
        arcs: for each node, the target node of each word.
        tags: for each node, the tags (intents) of the sentences that end there; empty if none does.
    """

    arcs: tuple[Mapping[str, int], ...]
    tags: tuple[frozenset[str], ...]

    @property
    def words(self) -> frozenset[str]:
        """All words of the grammar."""
        return frozenset(itertools.chain.from_iterable(self.arcs))

    def accepts(self, words: Iterable[str]) -> frozenset[str]:
        """Return the tags of a sentence; empty if the grammar does not have it."""
        node = self._node_after(words)
        return frozenset() if node is None else self.tags[node]

    def tags_beyond(self, words: Iterable[str]) -> frozenset[str]:
        """Return the tags of all longer sentences that begin with `words`."""
        node = self._node_after(words)
        return frozenset() if node is None else self._beyond[node]

    def ends(self, words: Sequence[str], start: int = 0) -> Iterator[int]:
        """Yield the end of each sentence that begins at `words[start]`, the shortest first."""
        node = 0
        for place in range(start, len(words)):
            following = self.arcs[node].get(words[place])
            if following is None:
                return
            node = following
            if self.tags[node]:
                yield place + 1

    def spaced(self, letters: str) -> tuple[str, ...] | None:
        """Split text without spaces into the words of a sentence; None if it is no sentence.

        Of several ways, the one with the longest first word wins.
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
        """Yield all sentences with their tags; there may be millions."""
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
        """The tags reachable beyond each node, computed from the last node back to the first."""
        beyond: list[frozenset[str]] = [frozenset()] * len(self.arcs)
        for node in range(len(self.arcs) - 1, -1, -1):
            targets = set(self.arcs[node].values())
            beyond[node] = frozenset().union(*(self.tags[target] | beyond[target] for target in targets))
        return beyond

    def ambiguous(self) -> tuple[tuple[str, ...], frozenset[str]] | None:
        """Return a shortest sentence with several tags, and its tags, or None."""
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
        """Return a shortest sentence and its length (Dijkstra 1959); None if there are no sentences.

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


def sentence_tree(sentences: Iterable[Sequence[str]]) -> WordGraph:
    """Return the prefix tree of some sentences: each ends in a node of its own."""
    arcs: list[dict[str, int]] = [{}]
    ends: set[int] = set()
    for words in sentences:
        node = 0
        for word in words:
            if word not in arcs[node]:
                arcs[node][word] = len(arcs)
                arcs.append({})
            node = arcs[node][word]
        ends.add(node)
    tags = tuple(frozenset({"sentence"}) if node in ends else frozenset[str]() for node in range(len(arcs)))
    return WordGraph(tuple(arcs), tags)


def with_prefixes(plain: WordGraph, prefixes: Iterable[Sequence[str]], after: WordGraph) -> WordGraph:
    """Join two graphs: the sentences of `plain`, and those of `after` behind a prefix.

    A prefix alone is no sentence.

    Args:
        plain: sentences without a prefix.
        prefixes: the words of each prefix ("hey Juniper"), none of them empty.
        after: sentences that may follow a prefix.
    """
    # The states of `plain`, then those of `after`, then those of the prefixes.
    first = len(plain.arcs)
    states = [list(row.items()) for row in plain.arcs]
    states += [[(word, first + target) for word, target in row.items()] for row in after.arcs]
    tags = [*plain.tags, *after.tags]
    for prefix in prefixes:
        state = 0
        for word in prefix[:-1]:
            states[state].append((word, len(states)))
            state = len(states)
            states.append([])
            tags.append(frozenset())
        states[state].append((prefix[-1], first))
    return minimal_automaton(states.__getitem__, tags.__getitem__)


def minimal_automaton(
    arcs_of: Callable[[int], Iterable[tuple[str, int]]], tags_of: Callable[[int], frozenset[str]]
) -> WordGraph:
    """Make a nondeterministic automaton deterministic, and minimal.

    Args:
        arcs_of: the words that may follow a state, each with its target state; 0 is the start.
        tags_of: the tags of the sentences that end in a state.
    """
    return _minimal(*_deterministic(arcs_of, tags_of))


def _deterministic(
    arcs_of: Callable[[int], Iterable[tuple[str, int]]], tags_of: Callable[[int], frozenset[str]]
) -> tuple[list[dict[str, int]], list[frozenset[str]]]:
    """Build one state from each reachable set of states (subset construction)."""
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
    # A template whose parts are all optional has the empty sentence, which cannot be spoken.
    tags[0] = frozenset()
    return arcs, tags


def _minimal(arcs: list[dict[str, int]], tags: list[frozenset[str]]) -> WordGraph:
    """Merge states with equal futures (Revuz 1992, for acyclic automata)."""
    merged: dict[tuple[object, ...], int] = {}
    kept: list[int] = []
    new_number = [-1] * len(arcs)
    for state in _last_first(arcs):
        signature = (tags[state], tuple((word, new_number[target]) for word, target in arcs[state].items()))
        if signature not in merged:
            merged[signature] = len(kept)
            kept.append(state)
        new_number[state] = merged[signature]
    # The start comes last: number the states backwards, so that it is 0.
    last = len(kept) - 1
    return WordGraph(
        arcs=tuple(
            {word: last - new_number[target] for word, target in arcs[state].items()} for state in reversed(kept)
        ),
        tags=tuple(tags[state] for state in reversed(kept)),
    )


def _last_first(arcs: list[dict[str, int]]) -> list[int]:
    """Return the states in reverse topological order; the start comes last."""
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
