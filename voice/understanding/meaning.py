"""The meaning of sentences that the grammar does not have: the nearest of the pack's own sentences decide.

A kernel ridge regression (Saunders, Gammerman and Vovk 1998) is fitted to the pack's example sentences and to the talk
that means nothing. Two sentences are alike by the square of their embeddings' cosine, and by the words and letters that
they share. All groups of contexts share one factorisation; their targets alone differ. The fit is cached on disk.
"""

import base64
import hashlib
import heapq
import logging
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.nlu.contexts import ANYTIME
from voice.storage.disk_cache import disk_cached
from voice.understanding.embedding import DIMENSIONS, Embedder

__all__ = ["Example", "Guess", "Label", "MeaningModel", "fit", "write"]

log = logging.getLogger(__name__)

Slots: TypeAlias = tuple[tuple[str, Any], ...]
Negations: TypeAlias = Callable[[Sequence[str]], bool]

# Chosen on sentences of writers whose other sentences were left out; docs/recognition.md has the figures.
_SHARED_WORDS = 0.7  # the weight of shared words and letters beside the meaning
_RIDGE = 0.17
_CHARACTERS = (3, 4)  # the lengths of the pieces of words that are compared
_CHARACTER_WEIGHT = 0.5
_HASH_AT, _MOST_TEXTS = 21, 1 << 20
_PRIMES = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
# Those in more texts than this are multiplied as a matrix, so many at once.
_OFTEN, _AT_ONCE = 60, 1000
# No meaning counts in full while nothing is asked; an answer is expected after a question.
_NOTHING, _NOTHING_ANYTIME, _NOTHING_ASKED = "", 1.0, 0.4
# A negated sentence ("don't skip tonight") is no request if it is less like the negated examples of one than this
# share of its likeness to the others.
_AS_NEGATED = 0.55
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
        fitted: the embeddings of the examples, and the weights.
        columns: the C pairs.
        grams: the words and letters of the examples.
        negations: tells which sentences are negated.
        negated: (N,) bool, whether the examples are.
        examples_of: the places of each intent's examples.
    """

    embedder: Embedder | None
    fitted: "_Fitted"
    columns: tuple[tuple[str, Label | None], ...]
    grams: "_Grams"
    negations: Negations
    negated: NDArray[np.bool_]
    examples_of: Mapping[str, NDArray[np.intp]]

    def guesses(self, texts: Sequence[str], groups: Sequence[str]) -> list[Guess | None]:
        """Return the most likely meaning of each sentence in any of some groups of contexts; None if it has none.

        Raises:
            SystemFailure: the embedding model cannot be loaded.
        """
        alike = np.stack([self.grams.alike(text) for text in texts]) * np.float32(_SHARED_WORDS)
        if self.embedder is not None:
            alike += self.fitted.meant_alike(self.embedder.embed(texts))
        scores = alike @ self.fitted.weights
        known = [group for group in groups if group in self._places]
        found = [self._best([self._guess(row, group) for group in known]) for row in scores]
        opposite = ANYTIME in groups
        return [
            None if guess and opposite and self._is_opposite(text, row, guess.label.intent) else guess
            for text, row, guess in zip(texts, alike, found, strict=True)
        ]

    @staticmethod
    def _best(guesses: Sequence[Guess | None]) -> Guess | None:
        return max(filter(None, guesses), key=lambda guess: guess.margin, default=None)

    def _is_opposite(self, text: str, alike: NDArray[np.float32], intent: str) -> bool:
        """Return whether a negated sentence is near to the examples of an intent that are not negated, and those alone.

        Args:
            text: the sentence.
            alike: (N,) float32, how much it is like each example.
            intent: what it would mean.
        """
        if not self.negations(text.split()):
            return False
        own = self.examples_of[intent]
        negated = self.negated[own]
        nearest = (alike[own[side]].max(initial=0.0) for side in (negated, ~negated))
        return bool(next(nearest) < _AS_NEGATED * next(nearest))

    def _guess(self, scores: NDArray[np.float32], group: str) -> Guess | None:
        """Return the best intent of a group with its best label, if it is ahead of all others and of no meaning."""
        labelled = [(float(scores[place]), self.columns[place][1]) for place in self._places[group]]
        by_intent: dict[str, float] = defaultdict(float)
        for score, label in labelled:
            by_intent[label.intent if label else _NOTHING] += max(score, 0.0)
        nothing = by_intent.pop(_NOTHING, 0.0) * (_NOTHING_ANYTIME if group == ANYTIME else _NOTHING_ASKED)
        ranked = heapq.nlargest(2, by_intent.items(), key=itemgetter(1))
        intent, ahead = ranked[0]
        margin = ahead - max(nothing, *(score for _, score in ranked[1:]), 0.0)
        best = max(((score, label) for score, label in labelled if label and label.intent == intent), key=itemgetter(0))
        return Guess(best[1], margin) if margin > 0 else None

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        found = defaultdict(list)
        for place, (group, _) in enumerate(self.columns):
            found[group].append(place)
        return found


def fit(
    examples: Sequence[Example],
    embedder: Embedder | None,
    shipped: Path | None = None,
    negations: Negations = lambda _words: False,
) -> MeaningModel | None:
    """Fit a model to examples, or take it from a file or the cache; None without examples.

    Args:
        examples: the examples.
        embedder: embeds them; None to compare shared words alone.
        shipped: a file from `write`, which counts if it was fitted to the same examples.
        negations: tells of the words of a sentence whether it is negated.

    Raises:
        SystemFailure: the embedding model cannot be loaded.
    """
    if not examples:
        return None
    if embedder is not None:
        embedder.load()  # what is fitted already does not need it, but every sentence does
    columns = _columns(examples)
    grams = _Grams([example.text for example in examples])
    negated = _negated([example.text for example in examples], negations)
    key = _key(examples, embedder)
    fitted = _read(shipped, key) if shipped is not None else None
    if fitted is None:
        fitted = _Fitted.unpacked(
            disk_cached("meaning", [key], lambda: _solve(examples, columns, grams, embedder).packed()),
            len(columns),
        )
    return MeaningModel(
        embedder,
        fitted,
        columns,
        grams,
        negations,
        negated,
        _examples_of(examples),
    )


def write(examples: Sequence[Example], embedder: Embedder | None, path: Path) -> None:
    """Fit a model, and write it to a file that `fit` takes."""
    fitted = _solve(examples, _columns(examples), _Grams([example.text for example in examples]), embedder)
    key = np.frombuffer(_key(examples, embedder), np.uint8)
    found = fitted.arrays()
    np.savez_compressed(path, key=key, steps=found["steps"], scales=found["scales"], weights=found["weights"])


@dataclass(frozen=True, eq=False)
class _Fitted:
    """The fitted numbers in few bytes.

    Attributes:
        steps: (N, 384) int8, the embeddings in steps of `scales`.
        scales: (N, 1) float32.
        weights: (N, C) float32, rounded to float16.
    """

    steps: NDArray[np.int8]
    scales: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, embeddings: NDArray[np.float32], weights: NDArray[np.float32]) -> "_Fitted":
        scales = np.maximum(np.abs(embeddings).max(axis=1, keepdims=True), np.float32(1e-6)) / np.float32(127)
        return cls(np.rint(embeddings / scales).astype(np.int8), scales, weights.astype(np.float16).astype(np.float32))

    def meant_alike(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how much some embeddings, (M, 384) float32, are like those of the examples: (M, N) float32."""
        alike = np.empty((len(embeddings), len(self.steps)), np.float32)
        for start in range(0, len(self.steps), _AT_ONCE):  # all of them as float32 would take four times the memory
            rows = slice(start, start + _AT_ONCE)
            alike[:, rows] = _meant_alike(embeddings, self.steps[rows] * self.scales[rows])
        return alike

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays as they are stored."""
        return {"steps": self.steps, "scales": self.scales, "weights": self.weights.astype(np.float16)}

    def packed(self) -> dict[str, str]:
        return {name: base64.b64encode(found.tobytes()).decode() for name, found in self.arrays().items()}

    @classmethod
    def unpacked(cls, packed: Mapping[str, str], columns: int) -> "_Fitted":
        raw = {name: base64.b64decode(value) for name, value in packed.items()}
        return cls(
            np.frombuffer(raw["steps"], np.int8).reshape(-1, DIMENSIONS),
            np.frombuffer(raw["scales"], np.float32).reshape(-1, 1),
            np.frombuffer(raw["weights"], np.float16).reshape(-1, columns).astype(np.float32),
        )


def _key(examples: Sequence[Example], embedder: Embedder | None) -> bytes:
    """Return the fingerprint of all that a fitted model depends on."""
    digest = hashlib.sha256(_FORMAT + (embedder.version if embedder else "").encode())
    for example in examples:
        digest.update(repr((example.text, sorted(example.labels, key=repr))).encode())
    return digest.digest()


def _read(path: Path, key: bytes) -> _Fitted | None:
    """Return the model in a file; None if there is none, or one of other examples."""
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:  # numpy leaves a broken one open
            if file["key"].tobytes() == key:
                return _Fitted(file["steps"], file["scales"], file["weights"].astype(np.float32))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.debug("no fitted model in %s: %s", path, error)
    return None


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
) -> _Fitted:
    """Return the embeddings of the examples and the weights."""
    texts = [example.text for example in examples]
    fitted = embedder.embed(texts) if embedder else np.zeros((len(texts), DIMENSIONS), np.float32)
    kernel = grams.matrix()
    kernel *= np.float32(_SHARED_WORDS)
    if embedder:
        for start in range(0, len(texts), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            kernel[rows] += _meant_alike(fitted[rows], fitted)
    kernel[np.diag_indices(len(texts))] += np.float32(_RIDGE)
    return _Fitted.of(fitted, np.linalg.solve(kernel, _targets(examples, columns)))


def _targets(examples: Sequence[Example], columns: Sequence[tuple[str, Label | None]]) -> NDArray[np.float32]:
    """Return 1 in the columns that each example stands for, 0 elsewhere: (N, C) float32."""
    targets = np.zeros((len(examples), len(columns)), np.float32)
    place_of = {pair: place for place, pair in enumerate(columns)}
    groups = {group for group, _ in columns}
    for row, example in enumerate(examples):
        meant = dict(example.labels)
        for group in groups:
            targets[row, place_of[group, meant.get(group)]] = 1.0
    return targets


def _negated(texts: Sequence[str], negations: Negations) -> NDArray[np.bool_]:
    return np.fromiter((negations(text.split()) for text in texts), np.bool_, len(texts))


def _examples_of(examples: Sequence[Example]) -> dict[str, NDArray[np.intp]]:
    places: dict[str, set[int]] = defaultdict(set)
    for place, example in enumerate(examples):
        for _, label in example.labels:
            places[label.intent].add(place)
    return {intent: np.array(sorted(found), np.intp) for intent, found in places.items()}


def _meant_alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    alike = one @ other.T
    np.maximum(alike, 0.0, out=alike)
    np.square(alike, out=alike)
    return np.asarray(alike, dtype=np.float32)


class _Grams:
    """The words, pairs of words and pieces of words of some texts, weighted by how rare they are (tf-idf).

    Args:
        texts: the texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        grams = _grams(texts)
        hashes = _hashes(grams)
        starts = np.flatnonzero(np.diff(hashes, prepend=-1))
        self._hashes, self._starts = hashes[starts], starts
        self._ends = np.append(starts[1:], hashes.size)
        frequency = self._ends - starts
        self._rarity = np.log((len(texts) + 1) / (frequency + 0.5)).astype(np.float32)
        rows = ((grams >> 1) & (_MOST_TEXTS - 1)).astype(np.min_scalar_type(len(texts)))
        values = _weights(grams) * np.repeat(self._rarity, frequency)
        length = np.sqrt(np.bincount(rows, np.square(values), minlength=len(texts)))
        values /= np.where(length > 0, length, 1.0)[rows].astype(np.float32)
        self._count = len(texts)
        # The texts of a gram, and its values in them, stand one after the other.
        self._rows, self._values = rows, values.astype(np.float16)

    def alike(self, text: str) -> NDArray[np.float32]:
        """Return how much a text shares with each of the texts: (N,) float32, 0 to 1."""
        shared = np.zeros(self._count, np.float32)
        grams = _grams([text])
        numbers = self._numbers(_hashes(grams))
        known = numbers >= 0
        values = _weights(grams)[known] * self._rarity[numbers[known]]
        length = float(np.linalg.norm(values)) or 1.0
        for number, value in zip(numbers[known], values / np.float32(length), strict=True):
            texts = slice(self._starts[number], self._ends[number])
            shared[self._rows[texts]] += value * self._values[texts]
        return shared

    def knows(self, word: str) -> bool:
        """Return whether a word occurs in any of the texts."""
        grams = _packed(np.array([_number(word)], np.uint64), np.zeros(1, np.int64), is_piece=False)
        return bool(self._numbers(_hashes(grams))[0] >= 0)

    def _numbers(self, hashes: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the number of each gram; -1 for those in none of the texts."""
        places = np.minimum(np.searchsorted(self._hashes, hashes), self._hashes.size - 1)
        return np.where(self._hashes[places] == hashes, places, -1)

    def matrix(self) -> NDArray[np.float32]:
        """Return how much each pair of texts shares: (N, N) float32."""
        shared = np.zeros((self._count, self._count), np.float32)
        often = self._ends - self._starts > _OFTEN
        common = np.flatnonzero(often)
        for start in range(0, common.size, _AT_ONCE):
            dense = np.zeros((self._count, _AT_ONCE), np.float32)
            for column, number in enumerate(common[start : start + _AT_ONCE]):
                texts = slice(self._starts[number], self._ends[number])
                dense[self._rows[texts], column] = self._values[texts]
            for first in range(0, self._count, _AT_ONCE):
                shared[first : first + _AT_ONCE] += dense[first : first + _AT_ONCE] @ dense.T
        for number in np.flatnonzero(~often):
            texts = slice(self._starts[number], self._ends[number])
            rows, values = self._rows[texts], self._values[texts]
            shared[np.ix_(rows, rows)] += np.outer(values, values)
        return shared


def _grams(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the words, the pairs of words and the pieces of words of some texts, each once for a text.

    The texts are words with a space between them, as examples are. A gram is a number: hundreds of thousands of strings
    would take seconds, and more memory than all the rest.

    Returns:
        (G,) int64, sorted: 32 bits of the hash of a gram, 20 of the place of its text, one for a piece of words.
    """
    chunks = [_some_grams(texts[start : start + _AT_ONCE], start) for start in range(0, len(texts), _AT_ONCE)]
    found = np.concatenate(chunks)
    found.sort()
    return np.asarray(found[np.diff(found, prepend=-1) != 0], dtype=np.int64)


def _some_grams(texts: Sequence[str], first: int) -> NDArray[np.int64]:
    """Return the grams of some texts, not sorted; `first` is the place of the first text."""
    split = [text.split() for text in texts]
    words = np.fromiter((_number(word) for found in split for word in ("^", *found, "$")), np.uint64)
    at = np.repeat(np.arange(first, first + len(split)), [len(found) + 2 for found in split])
    pairs = at[1:] == at[:-1]
    inner = np.append(False, pairs) & np.append(pairs, False)  # neither the mark of a beginning nor that of an end
    parts = [
        _packed(words[inner], at[inner], is_piece=False),
        _packed(_mixed(words[:-1], words[1:])[pairs], at[1:][pairs], is_piece=False),
    ]
    letters = [f" {' '.join(found)} " for found in split]
    codes = np.frombuffer("".join(letters).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    places = np.repeat(np.arange(first, first + len(split)), list(map(len, letters)))
    for length in _CHARACTERS:
        ends = range(length, codes.size + 1)
        same = places[: len(ends)] == places[length - 1 :]
        pieces = np.full(len(ends), length, np.uint64)
        for start in range(length):
            pieces = _mixed(pieces, codes[start : start + len(ends)])
        parts.append(_packed(pieces[same], places[: len(ends)][same], is_piece=True))
    return np.concatenate(parts)


def _number(word: str) -> int:
    """Return a word's number, the same in every process."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _mixed(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a hash of each pair of numbers."""
    mixed = (one * np.uint64(_PRIMES[0])) ^ (other * np.uint64(_PRIMES[1]))
    return np.asarray(mixed ^ (mixed >> np.uint64(29)), dtype=np.uint64)


def _packed(hashes: NDArray[np.uint64], places: NDArray[np.int64], *, is_piece: bool) -> NDArray[np.int64]:
    mixed = _mixed(hashes, hashes) >> np.uint64(32)
    return (mixed.astype(np.int64) << _HASH_AT) | (places << 1) | int(is_piece)


def _hashes(grams: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(grams >> _HASH_AT, dtype=np.int64)


def _weights(grams: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.where(grams & 1, np.float32(_CHARACTER_WEIGHT), np.float32(1.0))
