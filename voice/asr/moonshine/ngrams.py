"""What people say, to the assistant and to each other, as probabilities of the next token: it helps to read them.

A trigram model with interpolated Kneser-Ney smoothing (Chen and Goodman 1999), in backed-off form: the probabilities of
the n-grams that occur, and a factor for each beginning that others follow. Capitals count as small letters, and
punctuation does not count.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.asr.moonshine.tokenizer import END, Tokenizer
from voice.storage.disk_cache import disk_cached

__all__ = ["NGrams", "State"]

_ORDER = 3
_DISCOUNT = 0.75
_BITS = 20  # of a key for each of its classes, which count from 1 there: 0 stands for none
_MARK = -1  # the class of punctuation
_FORMAT = b"1"  # of what is cached; to be changed with the order and the discount

State: TypeAlias = tuple[int, ...]
"""The last classes of a text, two at most."""
_Gram: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Table:
    """Values of keys: (N,) int64 in ascending order, and (N,) float32."""

    keys: NDArray[np.int64]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, found: Mapping[_Gram, float]) -> "_Table":
        keys = np.fromiter(map(_key, found), np.int64, len(found))
        order = np.argsort(keys)
        return cls(keys[order], np.fromiter(found.values(), np.float32, len(found))[order])

    def find(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Return which keys there are, and their values; those of others mean nothing."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return self.keys[places] == keys, self.values[places]


def _key(gram: _Gram) -> int:
    key = 0
    for one in gram:
        key = (key << _BITS) | (one + 1)
    return key


class NGrams:
    """The n-grams of some sentences; they are cached on disk.

    Args:
        sentences: sentences in small letters, numbers in words; one at least.
        tokenizer: the model's tokenizer.
    """

    def __init__(self, sentences: Sequence[str], tokenizer: Tokenizer) -> None:
        self._class_of, end = _classes(tokenizer)
        self._begin = end + 1
        key = [_FORMAT, self._class_of.tobytes(), "\n".join(sentences).encode()]
        found = disk_cached("ngrams", key, lambda: _packed(self._fitted(sentences, tokenizer, end)))
        unigrams, *others = _unpacked(found)
        self._unigrams = unigrams.values
        self._grams, self._factors = others[: _ORDER - 1], others[_ORDER - 1 :]

    @property
    def start(self) -> State:
        """The state before the first token."""
        return (self._begin,)

    def log_probs(self, state: State, tokens: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the natural log-probabilities of tokens, (n,), after a text: (n,) float32; 0 for punctuation."""
        classes = self._class_of[tokens]
        found = self._unigrams[classes]
        for length, grams, factors in zip(range(1, _ORDER), self._grams, self._factors, strict=True):
            if len(state) < length:
                break
            before = _key(state[-length:])
            begun, factor = factors.find(np.array([before]))
            if not begun[0]:
                continue
            known, values = grams.find((before << _BITS) | (classes + 1))
            found = np.where(known, values, found + factor[0])
        return np.where(classes == _MARK, np.float32(0.0), found)

    def after(self, state: State, token: int) -> State:
        """Return the state after one more token."""
        one = int(self._class_of[token])
        return state if one == _MARK else (*state, one)[1 - _ORDER :]

    def _fitted(self, sentences: Iterable[str], tokenizer: Tokenizer, end: int) -> list[_Table]:
        """Return the unigrams of all classes, the longer n-grams, and the factors of their beginnings."""
        (grams, factors), *longer = _backed_off(self._counts(sentences, tokenizer, end), classes=end + 1)
        unseen = factors[()]
        unigrams = _Table.of({(one,): grams.get((one,), unseen) for one in range(end + 1)})
        return [unigrams, *(_Table.of(found) for found, _ in longer), *(_Table.of(found) for _, found in longer)]

    def _counts(self, sentences: Iterable[str], tokenizer: Tokenizer, end: int) -> Counter[_Gram]:
        """Return how often each trigram occurs, and each shorter one at the beginning."""
        spelled: dict[str, list[int]] = {}
        counts: Counter[_Gram] = Counter()
        for sentence in sentences:
            classes = [self._begin]
            for word in sentence.split():
                if word not in spelled:
                    found = self._class_of[list(tokenizer.encode_word(word))]
                    spelled[word] = [int(one) for one in found if one != _MARK]
                classes += spelled[word]
            classes.append(end)
            counts.update(tuple(classes[max(0, last - _ORDER + 1) : last + 1]) for last in range(1, len(classes)))
        return counts


def _packed(tables: Iterable[_Table]) -> list[list[str]]:
    return [[base64.b64encode(part.tobytes()).decode() for part in (table.keys, table.values)] for table in tables]


def _unpacked(packed: Iterable[Sequence[str]]) -> list[_Table]:
    raw = [[base64.b64decode(part) for part in parts] for parts in packed]
    return [_Table(np.frombuffer(keys, np.int64), np.frombuffer(values, np.float32)) for keys, values in raw]


def _classes(tokenizer: Tokenizer) -> tuple[NDArray[np.int64], int]:
    """Return the class of each token, (V,) int64, and that of the end, the last one."""
    known: dict[str, int] = {}
    classes = np.empty(len(tokenizer), np.int64)
    for token in range(len(tokenizer)):
        piece = tokenizer.piece(token).lower()
        is_mark = bool(piece) and not any(map(str.isalnum, piece))
        classes[token] = _MARK if is_mark else known.setdefault(piece or f"<{token}>", len(known))
    classes[END] = len(known)
    return classes, len(known)


def _backed_off(counts: Counter[_Gram], classes: int) -> Iterable[tuple[dict[_Gram, float], dict[_Gram, float]]]:
    """Yield for each length the log-probabilities of its n-grams, and the log-factors of their beginnings.

    Args:
        counts: how often the n-grams of the highest order occur, and shorter ones where a text begins.
        classes: how many classes may follow.
    """
    lower = [Counter(counts)]
    for length in range(_ORDER - 1, 0, -1):
        # How many different classes stand in front: that many ways there are to come here.
        ways = Counter(gram[1:] for gram in lower[0] if len(gram) == length + 1)
        ways.update({gram: count for gram, count in counts.items() if len(gram) == length > 1})
        lower.insert(0, ways)
    before: dict[_Gram, float] = {}
    for length, found in enumerate(lower, start=1):
        grams = {gram: count for gram, count in found.items() if len(gram) == length}
        totals, kinds = Counter[_Gram](), Counter[_Gram]()
        for gram, count in grams.items():
            totals[gram[:-1]] += count
            kinds[gram[:-1]] += 1
        factors: dict[_Gram, float] = {begun: _DISCOUNT * kinds[begun] / totals[begun] for begun in totals}
        now = {}
        for gram, count in grams.items():
            less = before[gram[1:]] if length > 1 else 1.0 / classes
            now[gram] = (count - _DISCOUNT) / totals[gram[:-1]] + factors[gram[:-1]] * less
        if length == 1:
            factors = {(): factors[()] / classes}
        yield _logs(now), _logs(factors)
        before = now


def _logs(found: Mapping[_Gram, float]) -> dict[_Gram, float]:
    return dict(zip(found, np.log(np.fromiter(found.values(), np.float64, len(found))).tolist(), strict=True))
