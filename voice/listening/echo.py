"""Dereverberation: takes the room's late echo out of an utterance, by weighted prediction error (WPE)."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["dereverberate"]

# At 16 kHz: windows of 32 ms, a new one every 8 ms.
_WINDOW = 512
_HOP = 128
# The echo is predicted from the sound 16 to 256 ms before; the sound just before belongs to the speech itself.
_DELAY = 2
_TAPS = 30
_ROUNDS = 2
# Keeps the equations solvable if a band is silent, or the utterance is hardly longer than the prediction's reach.
_LOADING = 1e-5
_DEEPEST = 1e-10
# The bands are processed in this many parts: all at once would take 200 MB for a long utterance, and be slower.
_PARTS = 64


def dereverberate(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return an utterance with less echo.

    In each frequency band, the echo is the part that a linear filter predicts from the band's own past. Frames with
    little speech count more in finding that filter (Nakatani et al. 2010, "Speech dereverberation based on
    variance-normalized delayed linear prediction", here with one microphone). Speech without echo hardly changes.

    Args:
        samples: (n,) int16 at 16 kHz.

    Returns:
        (n,) int16 at 16 kHz.
    """
    heard = _spectra(samples.astype(np.float32))
    if heard.shape[1] <= _DELAY + _TAPS or not samples.any():
        return samples
    floor = float((np.abs(heard) ** 2).max()) * _DEEPEST
    speech = np.concatenate([_without_echo(bands, floor) for bands in np.array_split(heard, _PARTS)])
    return np.clip(np.rint(_sound(speech, samples.size)), -32768, 32767).astype(np.int16)


def _without_echo(heard: NDArray[np.complex128], floor: float) -> NDArray[np.complex128]:
    """Return some bands without the echo predicted from their past.

    Args:
        heard: (F, T) complex128, the spectra of F bands in T frames.
        floor: the least power that a frame counts with.

    Returns:
        (F, T) complex128.
    """
    bands, frames = heard.shape
    past = np.zeros((bands, _TAPS, frames), heard.dtype)
    for tap in range(_TAPS):
        past[:, tap, _DELAY + tap :] = heard[:, : frames - _DELAY - tap]
    earlier = past.conj().transpose(0, 2, 1)
    speech = heard
    for _ in range(_ROUNDS):
        weighted = past / np.maximum(np.abs(speech) ** 2, floor)[:, np.newaxis]
        correlation = weighted @ earlier
        loading = _LOADING * np.trace(correlation, axis1=1, axis2=2).real / _TAPS + _DEEPEST
        correlation += loading[:, np.newaxis, np.newaxis] * np.eye(_TAPS)
        filters = np.linalg.solve(correlation, weighted @ heard.conj()[:, :, np.newaxis])
        speech = heard - (filters.conj().transpose(0, 2, 1) @ past)[:, 0]
    return speech


def _spectra(samples: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Return the short-time Fourier transform of (n,) samples: (257, T).

    Silence is added at both ends, so that each sample lies in four windows.
    """
    padded = np.pad(samples, (_WINDOW, _WINDOW + -samples.size % _HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectra: NDArray[np.complex128] = np.fft.rfft(windows * _SHAPE, axis=1).T.astype(np.complex128)
    return spectra


def _sound(spectra: NDArray[np.complex128], size: int) -> NDArray[np.float32]:
    """Return the inverse of `_spectra`, by overlap-add: (size,) samples."""
    pieces = np.fft.irfft(spectra.T, _WINDOW, axis=1).astype(np.float32) * _SHAPE
    whole = np.zeros((len(pieces) + _WINDOW // _HOP - 1) * _HOP, np.float32)
    for part in range(_WINDOW // _HOP):
        shifted = pieces[:, part * _HOP : (part + 1) * _HOP].ravel()
        whole[part * _HOP : part * _HOP + shifted.size] += shifted
    # The squares of Hann windows with three quarters of overlap add up to 1.5 everywhere.
    return whole[_WINDOW : _WINDOW + size] / np.float32(1.5)


_SHAPE = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
