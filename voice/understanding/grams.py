"""What sentences share: words, pairs of words and pieces of words, the rare ones more (tf-idf)."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grams"]

_CHARACTERS = (3, 4)  # the lengths of the pieces of words that are compared
_CHARACTER_WEIGHT = 0.5
_HASH_AT, _MOST_TEXTS = 21, 1 << 20
_PRIMES = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
# Those in more texts than this are multiplied as a matrix, so many at once.
_OFTEN, _AT_ONCE = 60, 1000


class Grams:
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
