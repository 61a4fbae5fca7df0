"""The front end: it reduces noise and echo, and leaves clean speech alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice.audio.microphone import RATE
from voice.listening.echo import dereverberate
from voice.listening.noise import NoiseReducer

Spoken = Callable[[str, str], Path]
Samples = NDArray[np.int16]


@pytest.fixture
def speech(spoken: Spoken) -> Samples:
    """Give three seconds of speech, (n,) int16 at 16 kHz."""
    text = "could we have another question for tonight please"
    return np.asarray(soundfile.read(spoken(text, "rms"), dtype="int16")[0], dtype=np.int16)


def distance(one: Samples, other: Samples) -> float:
    """Return the level of the difference between two sounds, in dB below `other`."""
    error = one.astype(float) - other
    return float(10.0 * np.log10(np.sum(other.astype(float) ** 2) / np.sum(error**2)))


def in_hall(speech: Samples) -> Samples:
    """Return speech in a room with a reverberation time of 0.8 s."""
    ringing = np.random.default_rng(1).normal(0.0, 1.0, RATE) * 10.0 ** (-3.0 * np.arange(RATE) / (0.8 * RATE))
    ringing[: RATE // 50] = 0.0
    ringing *= 0.8 / np.sqrt(np.sum(ringing**2))
    ringing[0] = 1.0
    size = 2 * (speech.size + RATE)
    return np.asarray(
        np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(ringing, size))[: speech.size] * 0.5, np.int16
    )


def test_echo_is_taken_out(speech: Samples) -> None:
    """Speech in a hall comes closer to the dry speech, and the echo after it becomes softer."""
    dry = np.concatenate([speech, np.zeros(RATE // 2, np.int16)])
    wet = in_hall(dry)
    cleaned = dereverberate(wet)
    assert distance(cleaned, dry // 2) > distance(wet, dry // 2) + 1.0
    late = slice(speech.size + RATE // 20, None)
    assert np.sum(cleaned[late].astype(float) ** 2) < np.sum(wet[late].astype(float) ** 2) * 0.9


def test_speech_without_echo_stays(speech: Samples) -> None:
    """Speech without echo hardly changes, and keeps its length."""
    cleaned = dereverberate(speech)
    assert cleaned.size == speech.size
    assert distance(cleaned, speech) > 6.0


@given(st.integers(0, 6000), st.sampled_from([0, 1, 32767]))
def test_no_length_and_no_level_breaks_it(length: int, level: int) -> None:
    """Short sounds, silence and full scale keep their length."""
    samples = np.full(length, level, np.int16)
    assert dereverberate(samples).size == length


def test_noise_is_taken_out_while_somebody_speaks(speech: Samples) -> None:
    """In hiss, speech comes at least 3 dB closer to the clean speech, fed in pieces or at once."""
    before = np.zeros(RATE, np.int16)
    clear = np.concatenate([before, speech, before])
    level = np.sqrt(np.mean(speech.astype(float) ** 2)) / 2.0
    noisy = (clear + np.random.default_rng(2).normal(0.0, level, clear.size)).clip(-32768, 32767).astype(np.int16)
    whole, pieces = NoiseReducer(), NoiseReducer()
    whole.feed(noisy)
    for start in range(0, noisy.size, 512):
        pieces.feed(noisy[start : start + 512])
    spoken = slice(before.size, before.size + speech.size)
    reduced = whole.reduced(spoken.start, spoken.stop)
    assert np.abs(reduced.astype(int) - pieces.reduced(spoken.start, spoken.stop)).max() <= 1
    assert distance(reduced, speech) > distance(noisy[spoken], speech) + 3.0


def test_samples_still_being_processed_are_silence() -> None:
    """Asked for its newest samples, which are not ready, the reducer gives silence of the right length."""
    reducer = NoiseReducer()
    assert not reducer.reduced(0, 100).any()
    reducer.feed(np.full(512, 1000, np.int16))
    assert reducer.reduced(0, 512).size == 512
