"""The chimes: two soft bells, computed from a few inharmonic partials."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice.cues import ChimeName

__all__ = ["AUDIBLE", "DURATION", "PEAK", "chime"]

DURATION: Final = 2.5
"""Seconds until a chime has died away (-60 dB)."""

AUDIBLE: Final = 1.5
"""Seconds of a chime that are audible; the rest is more than 35 dB below its peak."""

PEAK: Final = 10 ** (-14 / 20)
"""The largest sample, relative to full scale: -14 dBFS."""

_FUNDAMENTALS: Final[dict[ChimeName, float]] = {
    "high": 587.33,
    "low": 392.0,
}  # D5 and G4, a fifth: neither sounds like an alarm
_PARTIALS: Final = ((1.0, 1.0, 2.5), (1.003, 0.4, 2.5), (2.76, 0.2, 1.1), (5.4, 0.05, 0.45))
# (ratio to the fundamental, amplitude, seconds to -60 dB); 2.76 and 5.4 are those of a free bar, 1.003 makes it beat
_ATTACK: Final = 0.015  # seconds
_RELEASE: Final = 0.1  # seconds


@cache
def chime(name: ChimeName, rate: int) -> NDArray[np.float32]:
    """Return the sound of a chime.

    Args:
        name: "high" or "low".
        rate: samples per second; partials too high for it are left out.

    Returns:
        (DURATION * rate,) float32 mono, peak -14 dBFS, silent at both ends; read-only, the same array every time.
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
    """Return a raised cosine that goes from 0 to 1 as progress does; progress beyond counts as 0 or 1."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0))
