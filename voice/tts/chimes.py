"""Two chimes of our own making: soft bells of a few inharmonic partials, computed, not recorded."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice.cues import ChimeName

__all__ = ["AUDIBLE", "DURATION", "PEAK", "chime"]

DURATION: Final = 2.5
"""Seconds until a chime has died away (-60 dB)."""

AUDIBLE: Final = 1.5
"""Seconds of it that one listens to; the rest lies more than 35 dB below its peak."""

PEAK: Final = 10 ** (-14 / 20)
"""The largest sample: -14 dBFS."""

_FUNDAMENTALS: Final[dict[ChimeName, float]] = {"high": 587.33, "low": 392.0}  # D5 and G4, a fifth: neither alarms
_PARTIALS: Final = ((1.0, 1.0, 2.5), (1.003, 0.4, 2.5), (2.76, 0.2, 1.1), (5.4, 0.05, 0.45))
# (ratio to the fundamental, amplitude, seconds to -60 dB); 2.76 and 5.4 are a free bar's, 1.003 lets the tone breathe
_ATTACK: Final = 0.015
_RELEASE: Final = 0.1


@cache
def chime(name: ChimeName, rate: int) -> NDArray[np.float32]:
    """Return a chime's sound.

    Args:
        name: which of the two.
        rate: samples a second; partials that it cannot carry are left out.

    Returns:
        (DURATION * rate,) float32, mono, peak -14 dBFS, silent at both ends; read-only, the same array every time.
    """
    time = np.arange(round(DURATION * rate)) / rate
    sound = np.zeros_like(time)
    for ratio, amplitude, fading in _PARTIALS:
        frequency = ratio * _FUNDAMENTALS[name]
        if frequency < 0.45 * rate:
            sound += amplitude * np.sin(2 * np.pi * frequency * time) * 10.0 ** (-3 * time / fading)
    sound *= _rise(time / _ATTACK) * _rise((time[-1] - time) / _RELEASE)
    sound *= PEAK / np.abs(sound).max()
    samples = sound.astype(np.float32)
    samples.setflags(write=False)
    return samples


def _rise(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a raised cosine from 0 to 1, for progress from 0 to 1 and beyond."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0))
