"""Finds rendered words in a recording."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances"]

_AROUND = 12_000


def distances(recorded: NDArray[np.float32], words: Sequence[NDArray[np.float32]], planned: Sequence[int]) -> list[int]:
    """Return how far each word lies from its planned place, in samples, aligned at the first word.

    Args:
        recorded: (n,) float32, all that was recorded.
        words: the words as they were rendered, at the rate of the recording.
        planned: where each word begins, in samples after the first one.
    """
    whole = np.zeros(planned[-1] + words[-1].size, np.float32)
    for word, start in zip(words, planned, strict=True):
        whole[start : start + word.size] += word
    start = _best(recorded, whole)
    found = [_near(recorded, word, start + place) for word, place in zip(words, planned, strict=True)]
    return [where - found[0] - place for where, place in zip(found, planned, strict=True)]


def _near(recorded: NDArray[np.float32], word: NDArray[np.float32], expected: int) -> int:
    first = max(0, expected - _AROUND)
    return first + _best(recorded[first : expected + _AROUND + word.size], word)


def _best(recorded: NDArray[np.float32], sound: NDArray[np.float32]) -> int:
    """Return where `sound` correlates best with the recording (by Fourier transforms)."""
    size = recorded.size + sound.size
    product = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(sound, size))
    return int(np.fft.irfft(product, size)[: max(1, recorded.size - sound.size + 1)].argmax())
