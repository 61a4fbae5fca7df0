"""Finding rendered words in a recording."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances"]

_AROUND = 12_000


def distances(recorded: NDArray[np.float32], words: Sequence[NDArray[np.float32]], planned: Sequence[int]) -> list[int]:
    """Return how far each word lies from its planned place, in samples, relative to the first word.

    Args:
        recorded: (n,) float32, the whole recording.
        words: (m,) float32 each, the rendered words at the recording's rate.
        planned: the planned start of each word, in samples after the first one.
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
    """Return the place in the recording, in samples, with which `sound` correlates best."""
    size = recorded.size + sound.size
    product = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(sound, size))
    return int(np.fft.irfft(product, size)[: max(1, recorded.size - sound.size + 1)].argmax())
