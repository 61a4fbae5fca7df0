"""The meaning of sentences that the grammar does not have: the nearest of the pack's own sentences decide.

A kernel ridge regression (Saunders, Gammerman and Vovk 1998) is fitted to the pack's example sentences and to the talk
that means nothing. Two sentences are alike by the square of their embeddings' cosine, and by the words and letters that
they share. All groups of contexts share one factorisation; their targets alone differ. The fit is cached on disk.
"""

import base64
import heapq
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.asr.words import words_of
from voice.nlu.embedding import DIMENSIONS, Embedder
from voice.storage.disk_cache import disk_cached

__all__ = ["Example", "Guess", "Label", "MeaningModel", "fit"]

log = logging.getLogger(__name__)

Slots: TypeAlias = tuple[tuple[str, Any], ...]

# Chosen on sentences of writers whose other sentences were left out; docs/recognition.md has the figures.
_SHARED_WORDS = 0.7  # the weight of shared words and letters beside the meaning
_RIDGE = 0.17
_CHARACTERS = (3, 4)  # the lengths of the pieces of words that are compared
_CHARACTER_WEIGHT = 0.5
# Those in more texts than this are multiplied as a matrix, so many at once.
_OFTEN, _AT_ONCE = 60, 1000
_FORMAT = b"1"  # of what is cached


@dataclass(frozen=True)
class Label:
    """What an example stands for: an intent with the slots that the example itself decides."""

    intent: str
    slots: Slots = ()


@dataclass(frozen=True)
class Example:
    """A sentence, and what it stands for in each group of contexts; nothing in all others."""

    text: str
    labels: frozenset[tuple[str, Label]]


@dataclass(frozen=True)
class Guess:
    """The most likely label of a sentence, and how far it is ahead of all others and of no meaning, about 0 to 1."""

    label: Label
    margin: float


@dataclass(frozen=True, eq=False)
class MeaningModel:
    """A fitted model: N examples, and C pairs of a group and a label (None for no meaning).

    Attributes:
        embedder: embeds sentences; None where the language has no such model, and shared words alone count.
        embeddings: (N, 384) float32.
        weights: (N, C) float32.
        columns: the C pairs.
        grams: the words and letters of the examples.
    """

    embedder: Embedder | None
    embeddings: NDArray[np.float32]
    weights: NDArray[np.float32]
    columns: tuple[tuple[str, Label | None], ...]
    grams: "_Grams"

    def guess(self, text: str, group: str) -> Guess | None:
        """Return the most likely meaning of a sentence in a group of contexts; None if it is none of them.

        Raises:
            SystemFailure: the embedding model cannot be loaded.
        """
        places = self._places.get(group)
        if places is None:
            return None
        alike = _SHARED_WORDS * self.grams.alike(text)
        if self.embedder is not None:
            alike += _meant_alike(self.embedder.embed([text]), self.embeddings)[0]
        scores = (alike @ self.weights[:, places]).tolist()
        by_intent: dict[str, float] = defaultdict(float)
        for score, place in zip(scores, places, strict=True):
            label = self.columns[place][1]
            by_intent[label.intent if label else ""] += max(score, 0.0)
        ahead, behind = heapq.nlargest(2, by_intent.items(), key=itemgetter(1))
        if not ahead[0]:
            return None
        labels = ((score, self.columns[place][1]) for score, place in zip(scores, places, strict=True))
        best = max((pair for pair in labels if pair[1] and pair[1].intent == ahead[0]), key=itemgetter(0))[1]
        return Guess(best, ahead[1] - behind[1]) if best else None

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        found = defaultdict(list)
        for place, (group, _) in enumerate(self.columns):
            found[group].append(place)
        return found


def fit(examples: Sequence[Example], embedder: Embedder | None) -> MeaningModel | None:
    """Fit a model to examples, or take it from the cache; None without examples.

    Raises:
        SystemFailure: the embedding model cannot be loaded.
    """
    if not examples:
        return None
    columns = _columns(examples)
    texts = [example.text for example in examples]
    grams = _Grams(texts)
    inputs = [_FORMAT, (embedder.version if embedder else "").encode(), *(repr(e.text).encode() for e in examples)]
    inputs += [repr(sorted((group, repr(label)) for group, label in e.labels)).encode() for e in examples]
    cached = disk_cached("meaning", inputs, lambda: _solve(examples, columns, grams, embedder))
    return MeaningModel(
        embedder,
        _unpacked(cached["embeddings"], DIMENSIONS),
        _unpacked(cached["weights"], len(columns)),
        columns,
        grams,
    )


def _columns(examples: Sequence[Example]) -> tuple[tuple[str, Label | None], ...]:
    known: dict[tuple[str, Label | None], None] = {}
    for example in examples:
        for group, label in sorted(example.labels, key=repr):
            known[group, label] = None
    groups = dict.fromkeys(group for group, _ in known)
    return (*known, *((group, None) for group in groups))


def _solve(
    examples: Sequence[Example],
    columns: Sequence[tuple[str, Label | None]],
    grams: "_Grams",
    embedder: Embedder | None,
) -> dict[str, str]:
    """Return the embeddings of the examples and the weights, packed."""
    texts = [example.text for example in examples]
    embeddings = embedder.embed(texts) if embedder else np.zeros((len(texts), DIMENSIONS), np.float32)
    kernel = np.float32(_SHARED_WORDS) * grams.matrix()
    if embedder:
        kernel += _meant_alike(embeddings, embeddings)
    kernel[np.diag_indices(len(texts))] += np.float32(_RIDGE)
    targets = np.zeros((len(texts), len(columns)), np.float32)
    place_of = {pair: place for place, pair in enumerate(columns)}
    groups = {group for group, _ in columns}
    for row, example in enumerate(examples):
        meant: dict[str, int] = {}
        for group, label in example.labels:
            meant[group] = place_of[group, label]
        for group in groups:
            targets[row, meant.get(group, place_of[group, None])] = 1.0
    return {"embeddings": _packed(embeddings), "weights": _packed(np.linalg.solve(kernel, targets))}


def _meant_alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.maximum(one @ other.T, 0.0) ** 2, dtype=np.float32)


def _packed(values: NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype(np.float16).tobytes()).decode()


def _unpacked(packed: str, columns: int) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(packed), np.float16).reshape(-1, columns).astype(np.float32)


class _Grams:
    """The words, pairs of words and pieces of words of some texts, weighted by how rare they are (tf-idf).

    Args:
        texts: the texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(dict(_grams(text))) for text in texts]
        frequency = Counter(gram for counts in counted for gram in counts)
        self._rarity = {gram: math.log((len(texts) + 1) / (number + 0.5)) for gram, number in frequency.items()}
        rows: dict[str, list[int]] = defaultdict(list)
        values: dict[str, list[float]] = defaultdict(list)
        for row, counts in enumerate(counted):
            for gram, value in self._scaled(counts).items():
                rows[gram].append(row)
                values[gram].append(value)
        self._count = len(texts)
        self._found = {gram: (np.array(rows[gram]), np.array(values[gram], np.float32)) for gram in rows}

    def alike(self, text: str) -> NDArray[np.float32]:
        """Return how much a text shares with each of the texts: (N,) float32, 0 to 1."""
        shared = np.zeros(self._count, np.float32)
        for gram, value in self._scaled(Counter(dict(_grams(text)))).items():
            rows, values = self._found[gram]
            shared[rows] += np.float32(value) * values
        return shared

    def matrix(self) -> NDArray[np.float32]:
        """Return how much each pair of texts shares: (N, N) float32."""
        shared = np.zeros((self._count, self._count), np.float32)
        often = [found for found in self._found.values() if len(found[0]) > _OFTEN]
        for start in range(0, len(often), _AT_ONCE):
            dense = np.zeros((self._count, _AT_ONCE), np.float32)
            for column, (rows, values) in enumerate(often[start : start + _AT_ONCE]):
                dense[rows, column] = values
            shared += dense @ dense.T
        for rows, values in self._found.values():
            if len(rows) <= _OFTEN:
                shared[np.ix_(rows, rows)] += np.outer(values, values)
        return shared

    def _scaled(self, counts: Mapping[str, float]) -> dict[str, float]:
        weighted = {gram: value * self._rarity[gram] for gram, value in counts.items() if gram in self._rarity}
        length = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
        return {gram: value / length for gram, value in weighted.items()}


def _grams(text: str) -> Iterator[tuple[str, float]]:
    """Yield the words, the pairs of words and the pieces of words of a text, with their weight."""
    words = words_of(text)
    yield from ((f"word {word}", 1.0) for word in words)
    yield from ((f"pair {one} {other}", 1.0) for one, other in zip(("^", *words), (*words, "$"), strict=True))
    joined = f" {' '.join(words)} "
    for length in _CHARACTERS:
        for start in range(len(joined) - length + 1):
            yield f"part {joined[start : start + length]}", _CHARACTER_WEIGHT
