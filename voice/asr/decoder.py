"""The decoder: it finds the best path of a sound through a graph of words.

It passes tokens through CTC states, frame by frame (time-synchronous Viterbi). Each node of the graph is a phone at one
position of a sentence. A token in a node is either in the phone or in the blank after it (Graves et al. 2006,
"Connectionist temporal classification", with a graph instead of a single transcript).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.asr.automaton import WordGraph
from voice.languages.phones import PHONES, Pronunciation

__all__ = ["Hypothesis", "PhoneGraph", "SpokenWord", "build", "decode", "decode_best"]

_NEVER = np.float32(-1e9)


@dataclass(frozen=True)
class PhoneGraph:
    """A word graph spelled out in phones: N nodes, and K junctions between words.

    Junction 0 is the start.

    Attributes:
        phone: (N,) the column of each node's phone in the emissions.
        source: (N,) where tokens enter each node from: an index into a frame's M, B and J (see `_pass_tokens`).
        word: for each node, its word.
        last: (A,) the nodes that end a word, sorted by the junction they lead to.
        junction: (U,) the junctions that words lead to, ascending.
        first: (U,) the index in `last` of the first node of each such junction.
        final: (K,) whether a sentence may end in each junction.
        amid: (M,) the nodes that end no sentence.
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
    """A word on the best path: its frames, `start` to `end`, and its `gap` (see `Hypothesis`)."""

    text: str
    start: int
    end: int
    gap: float


@dataclass(frozen=True)
class Hypothesis:
    """The best path that ends in one junction.

    Attributes:
        words: the words, in order.
        score: the sum of the evidence on the path, natural log.
        gap: the distance per phone to the best free path, natural log; 0 at best, else negative.
        lead: the distance to the best path that stops within a sentence, natural log; negative if that one fits
            better.
    """

    words: tuple[SpokenWord, ...]
    score: float
    gap: float
    lead: float


def build(graph: WordGraph, pronunciations: Mapping[str, frozenset[Pronunciation]]) -> PhoneGraph:
    """Spell a word graph out in phones; the pronunciations of a word form a prefix tree."""
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
                # The same phone twice needs a blank between them: enter from the parent's blank only.
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
    """Find the sentence of the graph that fits a sound best.

    Args:
        graph: the grammar, spelled out in phones.
        emissions: (T, P + 1) float32, natural log: the evidence for each phone, and for the blank last.

    Returns:
        The best path; None if there are too few frames for any sentence.
    """
    return next(iter(decode_best(graph, emissions, 1)), None)


def decode_best(graph: PhoneGraph, emissions: NDArray[np.float32], most: int) -> list[Hypothesis]:
    """Find the best sentence of each junction in which sentences end; return the best few, the best one first.

    In a minimal graph, sentences with different tags end in different junctions. In a prefix tree every sentence has
    its own.

    Args:
        graph: the grammar, spelled out in phones.
        emissions: (T, P + 1) float32, natural log: the evidence for each phone, and for the blank last.
        most: the number of sentences.
    """
    if not len(emissions) or not graph.phone.size:
        return []
    tokens, trellis = _pass_tokens(graph, emissions)
    nodes = graph.phone.size
    ends = np.where(graph.final, tokens[2 * nodes : 2 * nodes + graph.final.size], _NEVER)
    ends[0] = _NEVER
    incomplete = float(tokens[graph.amid].max(initial=_NEVER))
    return [
        _trace(graph, emissions, trellis, int(junction), float(ends[junction]), incomplete)
        for junction in np.argsort(-ends, kind="stable")[:most]
        if ends[junction] > _NEVER / 2
    ]


@dataclass(frozen=True)
class _Trellis:
    """The choices of all tokens, for the traceback; row t holds those after t frames.

    Attributes:
        entered: (T + 1, ceil(N / 8)) bits: whether the token in a node's phone came from another node.
        blank: (T + 1, ceil(N / 8)) bits: whether the better token of a node is the one in the blank.
        winner: (T + 1, U) int32, the node whose token won each junction in `PhoneGraph.junction`.
    """

    entered: NDArray[np.uint8]
    blank: NDArray[np.uint8]
    winner: NDArray[np.int32]

    def is_entered(self, frame: int, node: int) -> bool:
        return bool(self.entered[frame, node >> 3] >> (7 - (node & 7)) & 1)

    def is_blank(self, frame: int, node: int) -> bool:
        return bool(self.blank[frame, node >> 3] >> (7 - (node & 7)) & 1)


def _pass_tokens(graph: PhoneGraph, emissions: NDArray[np.float32]) -> tuple[NDArray[np.float32], _Trellis]:
    """Return the (3N + K,) scores after the last frame, and the trellis.

    The scores belong to the best tokens in M (the better of P and B), B (blank), J (junctions) and P (phone). P comes
    last because no token enters from it alone. For earlier frames only the choices are kept, one bit each: otherwise a
    pack of 5 000 sentences would take 1.5 GB.
    """
    frames, nodes, junctions = len(emissions), graph.phone.size, graph.final.size
    before = np.full(3 * nodes + junctions, _NEVER, np.float32)
    now = before.copy()
    either, blank = slice(0, nodes), slice(nodes, 2 * nodes)
    joint, sounding = slice(2 * nodes, 2 * nodes + junctions), slice(2 * nodes + junctions, None)
    width = -(-nodes // 8)
    trellis = _Trellis(
        np.zeros((frames + 1, width), np.uint8),
        np.zeros((frames + 1, width), np.uint8),
        np.zeros((frames + 1, graph.junction.size), np.int32),
    )
    into = np.repeat(np.arange(graph.junction.size), np.diff(graph.first, append=graph.last.size))
    before[2 * nodes] = 0.0
    for frame, emission in enumerate(emissions, start=1):
        coming = before[graph.source]
        trellis.entered[frame] = np.packbits(coming > before[sounding])
        np.maximum(before[sounding], coming, out=now[sounding])
        now[sounding] += emission[graph.phone]
        np.add(before[either], emission[-1], out=now[blank])
        trellis.blank[frame] = np.packbits(now[blank] > now[sounding])
        np.maximum(now[sounding], now[blank], out=now[either])
        ends = now[graph.last]
        best = np.maximum.reduceat(ends, graph.first)
        # Of equal ones the first wins, which is written last.
        won = np.flatnonzero(ends == best[into])[::-1]
        trellis.winner[frame, into[won]] = graph.last[won]
        here = now[joint]
        here[graph.junction] = best
        # Silence before the first word: the start may hold its token for any time.
        here[0] = before[2 * nodes] + emission[-1]
        before, now = now, before
    return before, trellis


def _trace(  # noqa: PLR0913, PLR0917 - what the traceback reads
    graph: PhoneGraph,
    emissions: NDArray[np.float32],
    trellis: _Trellis,
    junction: int,
    score: float,
    incomplete: float,
) -> Hypothesis:
    """Trace the best path back from the junction that it ends in."""
    nodes = graph.phone.size
    loss = emissions.max(axis=1)
    frame, total_phones, total_loss = len(emissions), 0, 0.0
    words: list[SpokenWord] = []
    while junction != 0:
        node = int(trellis.winner[frame, np.searchsorted(graph.junction, junction)])
        word, spent, phones, end = graph.word[node], 0.0, 0, None
        in_blank = trellis.is_blank(frame, node)
        while True:
            now = emissions[frame - 1]
            spent += float(loss[frame - 1] - (now[-1] if in_blank else now[graph.phone[node]]))
            frame -= 1
            if in_blank:
                in_blank = trellis.is_blank(frame, node)
                continue
            end = frame + 1 if end is None else end
            if not trellis.is_entered(frame + 1, node):
                continue
            phones += 1
            source = int(graph.source[node])
            if source >= 2 * nodes:
                break
            # From the parent's blank only (a doubled phone), or from the better of its two tokens.
            node = source % nodes
            in_blank = source >= nodes or trellis.is_blank(frame, node)
        junction = source - 2 * nodes
        words.append(SpokenWord(word, frame, end, -spent / phones))
        total_loss += spent
        total_phones += phones
    total_loss += float((loss[:frame] - emissions[:frame, -1]).sum())
    return Hypothesis(tuple(reversed(words)), score, gap=-total_loss / total_phones, lead=score - incomplete)


@dataclass(frozen=True)
class _Tree:
    """The prefix tree of a word's pronunciations: for each node its phone's column and its parent."""

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
