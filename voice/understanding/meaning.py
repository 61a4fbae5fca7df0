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
from voice.understanding.grams import Grams

__all__ = ["Example", "Guess", "Label", "MeaningModel", "fit", "write"]

log = logging.getLogger(__name__)

Slots: TypeAlias = tuple[tuple[str, Any], ...]
Negations: TypeAlias = Callable[[Sequence[str]], bool]

# Chosen on sentences of writers whose other sentences were left out; docs/recognition.md has the figures.
_SHARED_WORDS = 0.7  # the weight of shared words and letters beside the meaning
_RIDGE = 0.17
_AT_ONCE = 1000  # rows that are multiplied at once
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
    grams: Grams
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
        scores = self.fitted.scores(alike)
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
    grams = Grams([example.text for example in examples])
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
    fitted = _solve(examples, _columns(examples), Grams([example.text for example in examples]), embedder)
    key = np.frombuffer(_key(examples, embedder), np.uint8)
    found = fitted.arrays()
    np.savez_compressed(path, key=key, steps=found["steps"], scales=found["scales"], weights=found["weights"])


@dataclass(frozen=True, eq=False)
class _Fitted:
    """The fitted numbers in few bytes.

    Attributes:
        steps: (N, 384) int8, the embeddings in steps of `scales`.
        scales: (N, 1) float32.
        weights: (N, C) float16.
    """

    steps: NDArray[np.int8]
    scales: NDArray[np.float32]
    weights: NDArray[np.float16]

    @classmethod
    def of(cls, embeddings: NDArray[np.float32], weights: NDArray[np.float32]) -> "_Fitted":
        scales = np.maximum(np.abs(embeddings).max(axis=1, keepdims=True), np.float32(1e-6)) / np.float32(127)
        return cls(np.rint(embeddings / scales).astype(np.int8), scales, weights.astype(np.float16))

    def meant_alike(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how much some embeddings, (M, 384) float32, are like those of the examples: (M, N) float32."""
        alike = np.empty((len(embeddings), len(self.steps)), np.float32)
        for start in range(0, len(self.steps), _AT_ONCE):  # all of them as float32 would take four times the memory
            rows = slice(start, start + _AT_ONCE)
            alike[:, rows] = _meant_alike(embeddings, self.steps[rows] * self.scales[rows])
        return alike

    def scores(self, alike: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores of sentences that are so much like each example, (M, N) float32: (M, C) float32."""
        scores = np.zeros((len(alike), self.weights.shape[1]), np.float32)
        for start in range(0, len(self.weights), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            scores += alike[:, rows] @ self.weights[rows].astype(np.float32)
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays as they are stored."""
        return {"steps": self.steps, "scales": self.scales, "weights": self.weights}

    def packed(self) -> dict[str, str]:
        return {name: base64.b64encode(found.tobytes()).decode() for name, found in self.arrays().items()}

    @classmethod
    def unpacked(cls, packed: Mapping[str, str], columns: int) -> "_Fitted":
        raw = {name: base64.b64decode(value) for name, value in packed.items()}
        return cls(
            np.frombuffer(raw["steps"], np.int8).reshape(-1, DIMENSIONS),
            np.frombuffer(raw["scales"], np.float32).reshape(-1, 1),
            np.frombuffer(raw["weights"], np.float16).reshape(-1, columns),
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
                return _Fitted(file["steps"], file["scales"], file["weights"])
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
    grams: Grams,
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
