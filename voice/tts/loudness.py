"""Trimming and levelling: speech without silence at its ends, at one common loudness."""

from typing import Final

import numpy as np

from voice.audio.clip import Clip

__all__ = ["LOUDNESS", "PEAK", "level", "trim"]

QUIET: Final = 10 ** (-40 / 20)
"""Samples below this share of the peak count as silence."""

LOUDNESS: Final = 10 ** (-23 / 20)
"""Root mean square of the spoken parts after levelling, relative to full scale: -23 dBFS."""

PEAK: Final = 10 ** (-3 / 20)
"""The largest sample after levelling, relative to full scale: -3 dBFS."""

_TAIL: Final = 0.01  # seconds kept after the last loud sample, and faded out
_BLOCKS_PER_SECOND: Final = 50  # loudness is measured over blocks of 20 ms
_SPOKEN: Final = 1 / 100  # blocks with this share of the loudest block's power (20 dB less) count as spoken


def trim(clip: Clip) -> Clip:
    """Return a clip without the silence at both ends.

    The first sample kept is the first one above -40 dB of the peak. It is small, so it needs no fade-in, and the onset
    keeps its exact place. After the last such sample 10 ms are kept and faded out, for soft consonants.

    Args:
        clip: mono speech.

    Returns:
        the speech at the same rate; no samples at all if the clip is silent.
    """
    loudness = np.abs(clip.samples)
    peak = loudness.max(initial=0.0)
    loud = np.flatnonzero(loudness >= peak * QUIET)
    if peak == 0 or not loud.size:
        return Clip(clip.samples[:0], clip.rate)
    kept = clip.samples[loud[0] : loud[-1] + 1 + round(_TAIL * clip.rate)].copy()
    tail = len(kept) - int(loud[-1] + 1 - loud[0])
    kept[len(kept) - tail :] *= np.linspace(1.0, 0.0, tail, dtype=np.float32)
    return Clip(kept, clip.rate)


def level(clip: Clip) -> Clip:
    """Return a clip at the common loudness.

    Loudness is the root mean square over the spoken parts: blocks of 20 ms within 20 dB of the loudest one.

    Args:
        clip: mono speech.

    Returns:
        the speech at the same rate, at -23 dBFS, or less where its peaks would exceed -3 dBFS.
    """
    if not clip.samples.size:
        return clip
    block = clip.rate // _BLOCKS_PER_SECOND
    blocks = np.pad(clip.samples, (0, -len(clip.samples) % block)).reshape(-1, block)
    power = np.square(blocks, dtype=np.float64).mean(axis=1)
    loudness = np.sqrt(power[power >= power.max() * _SPOKEN].mean())
    gain = np.float32(min(LOUDNESS / loudness, PEAK / np.abs(clip.samples).max()))
    return Clip(clip.samples * gain, clip.rate)
