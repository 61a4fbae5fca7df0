"""Mixing: puts clips into noise and rooms."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import Clip
from voice.audio.microphone import RATE
from voice.errors import InputError

__all__ = [
    "CLEAN",
    "TAIL_SECONDS",
    "Condition",
    "Noise",
    "Samples",
    "conditions_of",
    "end_of_speech",
    "in_room",
    "loudest_frame",
    "noise_start",
    "read_sound",
    "render",
]

Samples: TypeAlias = NDArray[np.float32]

TAIL_SECONDS = 2.0
_LEVEL_FRAME = 2048
_SPEECH_WINDOW = RATE // 100
_SPEECH_RANGE = 35.0
_LARGEST_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class Noise:
    """A noise: the name of its file, and (n,) float32 at 16 kHz, which are looped."""

    name: str
    samples: Samples


@dataclass(frozen=True, eq=False)
class Condition:
    """A noise that clips are heard in, and the signal-to-noise ratio in dB."""

    noise: Noise | None = None
    snr: float = 0.0


CLEAN = Condition()


def conditions_of(noises: Sequence[Path], levels: Sequence[float]) -> tuple[Condition, ...]:
    """Return the conditions to measure: clean, then each noise at each level.

    Raises:
        InputError: there are noises but no levels, or levels but no noises, or a noise cannot be used.
    """
    if bool(noises) != bool(levels):
        given, missing = ("--noise", "--snr 6,9,12") if noises else ("--snr", "--noise FILE")
        raise InputError(f"{given} needs another option: add {missing}")
    read = [Noise(path.name, read_sound(path)) for path in noises]
    return (CLEAN, *(Condition(noise, level) for noise in read for level in levels))


def read_sound(path: Path) -> Samples:
    """Return a noise or an impulse response as (n,) float32 at 16 kHz."""
    samples = Clip.read(path).resampled(RATE).samples
    if not samples.any():
        raise InputError(f"{path} is silent: choose another file")
    return samples


def end_of_speech(samples: Samples) -> float:
    """Return the end of speech in a clean clip, in seconds; 0 for silence.

    Args:
        samples: (n,) float32 at 16 kHz.
    """
    windows = np.pad(samples, (0, -samples.size % _SPEECH_WINDOW)).reshape(-1, _SPEECH_WINDOW)
    power = np.einsum("ij,ij->i", windows, windows, dtype=np.float64)
    if not power.any():
        return 0.0
    loud = np.flatnonzero(power >= power.max() * 10 ** (-_SPEECH_RANGE / 10))
    return min((int(loud[-1]) + 1) * _SPEECH_WINDOW, samples.size) / RATE


def loudest_frame(samples: Samples) -> float:
    """Return the sum of squares of the loudest frame of 2048 samples.

    The frames do not overlap, and an incomplete last one does not count, as in the mixer of Picovoice's
    speech-to-intent benchmark; a shorter clip is one frame.
    """
    whole = samples.size - samples.size % _LEVEL_FRAME
    frames = samples[:whole].reshape(-1, _LEVEL_FRAME) if whole else samples.reshape(1, -1)
    return float(np.einsum("ij,ij->i", frames, frames, dtype=np.float64).max())


def noise_start(seed: int, name: str, size: int) -> int:
    """Return where a clip starts in a noise, in [0, size), from seed and clip name."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * size >> 64


def in_room(speech: Samples, impulse: Samples, size: int) -> Samples:
    """Convolve speech with a room's impulse response.

    The strongest sample of the impulse response counts as the direct path, whose delay is removed. The loudest frame
    keeps its loudness: rooms do not simulate distance.

    Args:
        speech: (n,) float32.
        impulse: (m,) float32 at the same rate.
        size: the number of samples to return; after the speech, the room goes on ringing.
    """
    delay = int(np.abs(impulse).argmax())
    wet = _convolve(speech, impulse)[delay : delay + size]
    wet = np.pad(wet, (0, size - wet.size))
    loudness = loudest_frame(wet[: speech.size])
    return wet if loudness == 0.0 else wet * np.float32(math.sqrt(loudest_frame(speech) / loudness))


def render(speech: Samples, condition: Condition, start: int = 0, room: Samples | None = None) -> Samples:
    """Mix a clip as the microphone hears it, followed by 2 s without speech.

    The level of the noise is set by the loudest frames: that of the speech (in its room) and that of the noise under
    it. The noise goes on after the clip. A silent clip gets no noise, since it has no level. The sum is scaled down if
    it would clip.

    Args:
        speech: (n,) float32 in [-1, 1] at 16 kHz.
        condition: the noise and its level.
        start: the sample of the noise that the clip starts at.
        room: (m,) float32, an impulse response.

    Returns:
        (n + 32000,) float32 in [-1, 1].
    """
    size = speech.size + round(TAIL_SECONDS * RATE)
    sound = np.pad(speech, (0, size - speech.size)) if room is None else in_room(speech, room, size)
    if condition.noise is not None:
        noise = condition.noise.samples
        piece = np.resize(np.roll(noise, -start), size)
        loudness = loudest_frame(piece[: speech.size]) or loudest_frame(noise)
        ratio = loudest_frame(sound[: speech.size]) / loudness
        piece *= np.float32(math.sqrt(ratio / 10 ** (condition.snr / 10)))
        sound += piece
    peak = float(max(sound.max(), -sound.min()))
    if peak > 1.0:
        sound /= np.float32(peak)
    return sound


def _convolve(one: Samples, other: Samples) -> Samples:
    """Return the full convolution, (n + m - 1,), computed in blocks to save memory."""
    if not one.size:
        return one
    total = one.size + other.size - 1
    step = min(one.size, max(_LARGEST_BLOCK, other.size))
    size = 1 << (step + other.size - 2).bit_length()
    spectrum = np.fft.rfft(other, size)
    whole = np.zeros(total, np.float32)
    for begin in range(0, one.size, step):
        block = one[begin : begin + step]
        length = block.size + other.size - 1
        whole[begin : begin + length] += np.fft.irfft(np.fft.rfft(block, size) * spectrum, size)[:length]
    return whole
