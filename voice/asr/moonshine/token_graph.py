"""The token graph: the sentences of a grammar, spelled out in the model's tokens."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voice.asr.automaton import WordGraph
from voice.asr.moonshine.spelling import PUNCTUATION, shapes, written_words
from voice.asr.moonshine.tokenizer import END, Tokenizer

__all__ = ["Place", "TokenGraph"]


@dataclass
class _Node:
    """A node of a junction's prefix tree: what may follow, and the words that end here with their junctions."""

    following: dict[int, "_Node"] = field(default_factory=dict)
    ends: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    @cached_property
    def tokens(self) -> NDArray[np.int64]:
        """The tokens that may follow."""
        return np.fromiter(self.following, np.int64, len(self.following))

    def add(self, tokens: Iterable[int], words: tuple[str, ...], target: int) -> None:
        """Add the tokens of some words that lead to a junction."""
        node = self
        for token in tokens:
            node = node.following.setdefault(token, _Node())
        node.ends.append((words, target))


@dataclass(frozen=True)
class Place:
    """A place in the graph.

    Attributes:
        node: a node of a junction's tree.
        words: the complete words on the way here.
        junction: the junction that has just been reached; None within a word.
        marked: whether punctuation follows the last word.
    """

    node: _Node
    words: tuple[str, ...]
    junction: int | None
    marked: bool = False


class TokenGraph:
    """The sentences of a word graph as the model may write them.

    A sentence may begin with a capital, have commas and full stops, hyphens between its words, and digits. The trees of
    the junctions are made when the search reaches them.

    Args:
        graph: the sentences.
        tokenizer: the model's tokenizer.
    """

    def __init__(self, graph: WordGraph, tokenizer: Tokenizer) -> None:
        self._graph = graph
        self._tokenizer = tokenizer
        self._trees: dict[int, _Node] = {}
        self._marks = {token: mark for mark in PUNCTUATION for token in tokenizer.encode_piece(mark)}

    @property
    def start(self) -> Place:
        """The place before the first word."""
        return Place(self._tree(0), (), 0)

    def is_final(self, place: Place) -> bool:
        """Tell whether a sentence ends here."""
        return place.junction is not None and bool(place.words) and bool(self._graph.tags[place.junction])

    def sentence(self, tokens: Sequence[int]) -> tuple[str, ...] | None:
        """Return the words of a sentence that is written so, its end included; None if it is none."""
        places = self._after(tokens[:-1]) if tokens[-1:] == (END,) else []
        return next((place.words for place in places if self.is_final(place)), None)

    def is_beginning(self, tokens: Sequence[int]) -> bool:
        """Tell whether a text begins sentences and is none itself; its end, and a full stop, do not count."""
        while tokens and (tokens[-1] == END or tokens[-1] in self._marks):
            tokens = tokens[:-1]
        places = self._after(tokens) if tokens else []
        return bool(places) and not any(map(self.is_final, places))

    def _after(self, tokens: Sequence[int]) -> list[Place]:
        """Return the places that tokens lead to from the start."""
        places = [self.start]
        for token in tokens:
            places = [after for place in places for after in self.follow(place, token)]
        return places

    def tokens(self, place: Place) -> NDArray[np.int64]:
        """Return the tokens that may follow, but for the end."""
        if place.junction is None or not place.words or place.marked:
            return place.node.tokens
        return np.concatenate([place.node.tokens, np.fromiter(self._marks, np.int64, len(self._marks))])

    def follow(self, place: Place, token: int) -> Iterator[Place]:
        """Yield the places that a token leads to; several if a word ends and a longer one goes on."""
        if token in self._marks and place.junction is not None and place.words and not place.marked:
            yield Place(place.node, place.words, place.junction, marked=True)
        node = place.node.following.get(token)
        if node is None:
            return
        if node.following:
            yield Place(node, place.words, None)
        for words, target in node.ends:
            yield Place(self._tree(target), (*place.words, *words), target)

    def _tree(self, junction: int) -> _Node:
        if junction not in self._trees:
            tree = self._trees[junction] = _Node()
            for word, target in self._graph.arcs[junction].items():
                for shape in shapes(word):
                    tree.add(self._tokenizer.encode_word(shape), (word,), target)
                if junction:
                    tree.add(self._tokenizer.encode_piece("-" + word), (word,), target)
            for words, target in self._phrases(junction, ()):
                for text in written_words()[words]:
                    encode = self._tokenizer.encode_word if text[0] == " " else self._tokenizer.encode_piece
                    tree.add(encode(text.strip()), words, target)
        return self._trees[junction]

    def _phrases(self, junction: int, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield the phrases of `written_words` that begin in a junction, with the junctions they lead to."""
        for word, target in self._graph.arcs[junction].items():
            words = (*before, word)
            if words in written_words():
                yield words, target
            if words in _beginnings(written_words()):
                yield from self._phrases(target, words)


_BEGINNINGS: dict[int, frozenset[tuple[str, ...]]] = {}


def _beginnings(phrases: Mapping[tuple[str, ...], tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    """Return all proper beginnings of phrases."""
    if id(phrases) not in _BEGINNINGS:
        _BEGINNINGS[id(phrases)] = frozenset(words[:length] for words in phrases for length in range(1, len(words)))
    return _BEGINNINGS[id(phrases)]
