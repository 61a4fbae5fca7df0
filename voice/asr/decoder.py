"""Token passing: the best path of a sound through a graph of words (CTC, time-synchronous Viterbi).

Each node of the graph is a phone in a place of a sentence. A token in a node is either sounding it or in the blank
after it (Graves et al. 2006, "Connectionist temporal classification", with a graph in place of one transcript).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.asr.grammar import WordGraph
from voice.asr.lexicon import Pronunciation
from voice.asr.phones import PHONES

__all__ = ["Hypothesis", "PhoneGraph", "SpokenWord", "build", "decode"]

_NEVER = np.float32(-1e9)


@dataclass(frozen=True)
class PhoneGraph:
    """A word graph spelled out in phones; N nodes, K junctions between words (junction 0 is the start).

    Attributes:
        phone: (N,) the column of each node's phone.
        source: (N,) where a token comes from that enters the node: an index into a frame's M, B and J (see `decode`).
        word: for each node, the word that it belongs to.
        last: (A,) the nodes that end a word, sorted by the junction that they lead to.
        junction: (U,) the junctions that words lead to, ascending.
        first: (U,) where the nodes of each such junction begin in `last`.
        final: (K,) whether a sentence may end in the junction.
        amid: (M,) the nodes after which no sentence may end.
    """

    phone: NDArray[np.intp]
    source: NDArray[np.intp]
    word: tuple[str, ...]
    last: NDArray[np.intp]
    junction: NDArray[np.intp]
    first: NDArray[np.intp]
    final: NDArray[np.bool_]
    amid: NDArray[np.intp]


@dataclass(frozen=True)
class SpokenWord:
    """A word on the best path: frames `start` to `end`, and its `gap` (see `Hypothesis`)."""

    text: str
    start: int
    end: int
    gap: float


@dataclass(frozen=True)
class Hypothesis:
    """The best path.

    Attributes:
        words: the words, in order.
        gap: how far the path lies below the best free path, for each phone of it; natural log, 0 at best.
        lead: how far the path lies above the best one that breaks off within a sentence; natural log, below 0 where
            such a one fits better.
    """

    words: tuple[SpokenWord, ...]
    gap: float
    lead: float


def build(graph: WordGraph, pronunciations: Mapping[str, frozenset[Pronunciation]]) -> PhoneGraph:
    """Spell a word graph out in phones; the pronunciations of a word share their beginnings."""
    trees = {word: _tree(ways) for word, ways in pronunciations.items()}
    arcs = [(junction, word, target) for junction, row in enumerate(graph.arcs) for word, target in row.items()]
    nodes = sum(len(trees[word].phones) for _, word, _ in arcs)
    phone: list[int] = []
    source: list[int] = []
    words: list[str] = []
    ends: list[tuple[int, int]] = []
    for junction, word, target in arcs:
        tree = trees[word]
        offset = len(phone)
        for number, parent in zip(tree.phones, tree.parents, strict=True):
            if parent is None:
                source.append(2 * nodes + junction)
            else:
                # The same phone twice needs a blank between: only from the parent's blank.
                source.append((nodes if tree.phones[parent] == number else 0) + offset + parent)
            phone.append(number)
            words.append(word)
        ends += [(target, offset + leaf) for leaf in tree.leaves]
    ends.sort()
    final = np.array([bool(tags) for tags in graph.tags])
    ending = [node for target, node in ends if final[target]]
    junctions, first = np.unique(np.array([target for target, _ in ends], dtype=np.intp), return_index=True)
    return PhoneGraph(
        phone=np.array(phone, dtype=np.intp),
        source=np.array(source, dtype=np.intp),
        word=tuple(words),
        last=np.array([node for _, node in ends], dtype=np.intp),
        junction=junctions,
        first=first,
        final=final,
        amid=np.setdiff1d(np.arange(len(phone)), ending),
    )


def decode(graph: PhoneGraph, emissions: NDArray[np.float32]) -> Hypothesis | None:
    """Find the best sentence of the graph in a sound.

    Args:
        graph: what may be said.
        emissions: (T, P + 1) float32, natural log: the phones' evidence, the blank's last.

    Returns:
        The best path, or None when no sentence fits into so few frames.
    """
    if not len(emissions) or not graph.phone.size:
        return None
    tokens = _pass_tokens(graph, emissions)
    nodes = graph.phone.size
    ends = np.where(graph.final, tokens[-1, 2 * nodes : 2 * nodes + graph.final.size], _NEVER)
    ends[0] = _NEVER
    junction = int(ends.argmax())
    if ends[junction] <= _NEVER / 2:
        return None
    broken_off = float(tokens[-1, graph.amid].max(initial=_NEVER))
    return _trace(graph, emissions, tokens, junction, float(ends[junction]) - broken_off)


def _pass_tokens(graph: PhoneGraph, emissions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (T + 1, 3N + K) scores of the best token: M (the better of P and B), B (blank), J (junctions), P (phone).

    P comes last because no token enters from it alone.
    """
    nodes, junctions = graph.phone.size, graph.final.size
    tokens = np.full((len(emissions) + 1, 3 * nodes + junctions), _NEVER, np.float32)
    either, blank = slice(0, nodes), slice(nodes, 2 * nodes)
    joint, sounding = slice(2 * nodes, 2 * nodes + junctions), slice(2 * nodes + junctions, None)
    tokens[0, 2 * nodes] = 0.0
    for before, now, emission in zip(tokens, tokens[1:], emissions, strict=False):
        np.maximum(before[sounding], before[graph.source], out=now[sounding])
        now[sounding] += emission[graph.phone]
        np.add(before[either], emission[-1], out=now[blank])
        np.maximum(now[sounding], now[blank], out=now[either])
        here = now[joint]
        here[graph.junction] = np.maximum.reduceat(now[graph.last], graph.first)
        # Silence before the first word: the start holds its token for as long as it likes.
        here[0] = before[2 * nodes] + emission[-1]
    return tokens


def _trace(
    graph: PhoneGraph, emissions: NDArray[np.float32], tokens: NDArray[np.float32], junction: int, lead: float
) -> Hypothesis:
    """Walk back from the end. Every choice is found again by comparing the same sums that made it."""
    nodes, junctions = graph.phone.size, graph.final.size
    sounding = 2 * nodes + junctions
    loss = emissions.max(axis=1)
    frame, total_phones, total_loss = len(emissions), 0, 0.0
    words: list[SpokenWord] = []
    while junction != 0:
        node = _best_ending(graph, tokens[frame], junction)
        word, spent, phones, end = graph.word[node], 0.0, 0, None
        in_blank = tokens[frame, nodes + node] > tokens[frame, sounding + node]
        while True:
            now, before = emissions[frame - 1], tokens[frame - 1]
            spent += float(loss[frame - 1] - (now[-1] if in_blank else now[graph.phone[node]]))
            if in_blank:
                in_blank = before[nodes + node] > before[sounding + node]
                frame -= 1
                continue
            end = frame if end is None else end
            source = int(graph.source[node])
            frame -= 1
            if before[sounding + node] >= before[source]:
                continue
            phones += 1
            if source >= 2 * nodes:
                break
            # From the parent's blank alone (a doubled phone), or from whichever of its two was better.
            node = source % nodes
            in_blank = source >= nodes or before[nodes + node] > before[sounding + node]
        junction = source - 2 * nodes
        words.append(SpokenWord(word, frame, end, -spent / phones))
        total_loss += spent
        total_phones += phones
    total_loss += float((loss[:frame] - emissions[:frame, -1]).sum())
    return Hypothesis(words=tuple(reversed(words)), gap=-total_loss / total_phones, lead=lead)


def _best_ending(graph: PhoneGraph, scores: NDArray[np.float32], junction: int) -> int:
    """Return the node whose token won the junction."""
    place = int(np.searchsorted(graph.junction, junction))
    start = graph.first[place]
    stop = graph.first[place + 1] if place + 1 < graph.first.size else graph.last.size
    candidates = graph.last[start:stop]
    return int(candidates[scores[candidates].argmax()])


@dataclass(frozen=True)
class _Tree:
    """The pronunciations of one word as a tree: for each node its phone's column and its parent."""

    phones: tuple[int, ...]
    parents: tuple[int | None, ...]
    leaves: tuple[int, ...]


def _tree(pronunciations: frozenset[Pronunciation]) -> _Tree:
    phones: list[int] = []
    parents: list[int | None] = []
    found: dict[tuple[int | None, str], int] = {}
    leaves = set()
    for pronunciation in sorted(pronunciations):
        node: int | None = None
        for phone in pronunciation:
            if (node, phone) not in found:
                found[node, phone] = len(phones)
                phones.append(PHONES.index(phone))
                parents.append(node)
            node = found[node, phone]
        if node is not None:
            leaves.add(node)
    return _Tree(tuple(phones), tuple(parents), tuple(sorted(leaves)))
