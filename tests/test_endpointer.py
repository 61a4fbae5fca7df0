"""The endpointer and voice detection: all speech, cut into utterances at the silences."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import FRAME, FRAME_SECONDS, RATE, Frame
from voice.listening.endpointer import Endpointer, Utterance
from voice.listening.vad import VoiceDetector

PRE_ROLL = 9
TAIL = 8
END = 16
SHORTEST = 7
LONGEST = 469

# Runs of frames, speech and silence in turn: most are short, some long enough to be cut.
RUNS = st.lists(st.one_of(st.integers(0, 30), st.integers(0, 30), st.integers(0, 600)), max_size=12)


def _frame(number: int) -> Frame:
    return Frame(np.full(FRAME, number, np.int16), number * FRAME_SECONDS)


def _numbers(utterance: Utterance) -> list[int]:
    """Return the numbers of an utterance's frames."""
    return [int(number) for number in utterance.samples[::FRAME]]


def _listen(speech: Iterable[bool], endpointer: Endpointer, first: int = 0) -> list[tuple[int, list[int]]]:
    """Push numbered frames; return each utterance's frames, after the number of the frame that ended it."""
    found = []
    for number, spoken in enumerate(speech, start=first):
        utterance = endpointer.push(_frame(number), speech=spoken)
        if utterance is not None:
            found.append((number, _numbers(utterance)))
    return found


def _speech(runs: Iterable[int]) -> list[bool]:
    return [bool(number % 2) for number, length in enumerate(runs) for _ in range(length)]


def test_an_utterance_has_a_beginning_and_an_end() -> None:
    """It begins 0.3 s before the speech, ends after half a second of silence, and keeps a quarter of a second of it."""
    speech = _speech([50, 20, 40])
    ((end, frames),) = _listen(speech, Endpointer(0.5))
    assert frames == list(range(50 - PRE_ROLL, 70 + TAIL))
    assert end == 69 + END
    assert pytest.approx(0.3, abs=FRAME_SECONDS) == PRE_ROLL * FRAME_SECONDS
    assert pytest.approx(0.5, abs=FRAME_SECONDS) == END * FRAME_SECONDS


@pytest.mark.parametrize("silence", [0.2, 0.5, 1.0, 2.5])
def test_the_silence_that_ends_is_a_setting(silence: float) -> None:
    """A pause shorter than the setting is part of the utterance; one as long ends it."""
    frames = round(silence / FRAME_SECONDS)
    assert len(_listen(_speech([0, 20, frames - 1, 20, frames]), Endpointer(silence))) == 1
    assert len(_listen(_speech([0, 20, frames, 20, frames]), Endpointer(silence))) == 2


def test_a_click_is_not_an_utterance() -> None:
    """Less than 0.2 s of speech is dropped, also at the end of a file; a word of 0.2 s is kept."""
    assert _listen(_speech([9, SHORTEST - 1, 60]), Endpointer()) == []
    assert len(_listen(_speech([9, SHORTEST, 60]), Endpointer())) == 1
    endpointer = Endpointer()
    _listen(_speech([9, SHORTEST - 1]), endpointer)
    assert endpointer.speaking
    assert not endpointer.heard_speech
    assert endpointer.flush() is None


def test_endless_speech_is_cut_and_loses_nothing() -> None:
    """After 15 s an utterance ends, and the next one begins with the next frame."""
    (first, second), rest = _listen([True] * 1000, Endpointer()), 1000 - 2 * LONGEST
    assert first[1] + second[1] == list(range(2 * LONGEST))
    assert len(first[1]) * FRAME_SECONDS == pytest.approx(15.0, abs=FRAME_SECONDS)
    assert rest > 0


def test_the_end_of_a_file_ends_an_utterance() -> None:
    """Speech at the end of a file is an utterance; silence there is not."""
    endpointer = Endpointer()
    _listen(_speech([20, 10, 3]), endpointer)
    flushed = endpointer.flush()
    assert flushed is not None
    assert _numbers(flushed) == list(range(20 - PRE_ROLL, 33))
    assert flushed.duration == pytest.approx(len(_numbers(flushed)) * FRAME_SECONDS)
    assert endpointer.flush() is None
    _listen([False] * 20, endpointer)
    assert endpointer.flush() is None


@given(RUNS, RUNS)
def test_a_reset_forgets_everything(before: list[int], after: list[int]) -> None:
    """After a reset the endpointer is as good as new."""
    used = Endpointer()
    _listen(_speech(before), used)
    used.reset()
    assert not used.speaking
    assert not used.heard_speech
    assert _listen(_speech(after), used) == _listen(_speech(after), Endpointer())


@given(RUNS, st.sampled_from((0.2, 0.5, 2.5)))
def test_no_frame_is_lost_or_doubled(runs: list[int], silence: float) -> None:
    """Utterances have no gaps and do not overlap, and all speech but clicks is in one of them."""
    speech = _speech(runs)
    endpointer = Endpointer(silence)
    found = [frames for _, frames in _listen(speech, endpointer)]
    last = endpointer.flush()
    found += [_numbers(last)] if last else []
    for frames in found:
        assert frames == list(range(frames[0], frames[-1] + 1))
        assert len(frames) <= LONGEST
        assert sum(speech[frame] for frame in frames) >= SHORTEST
    heard = [frame for frames in found for frame in frames]
    assert heard == sorted(set(heard))
    # Missing speech was a click: too little between two silences that end an utterance.
    missing = [frame for frame, spoken in enumerate(speech) if spoken and frame not in set(heard)]
    for click in _groups(missing, round(silence / FRAME_SECONDS)):
        assert len(click) < SHORTEST


def _groups(frames: Iterable[int], gap: int) -> list[list[int]]:
    """Split ascending numbers where `gap` of them or more are missing."""
    groups: list[list[int]] = []
    for frame in frames:
        if not groups or frame - groups[-1][-1] > gap:
            groups.append([])
        groups[-1].append(frame)
    return groups


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """Give a sentence spoken by flite at half of full scale: (n,) float32 at 16 kHz."""
    flite = shutil.which("flite")
    assert flite is not None, "flite is missing: script/setup installs it"
    path = tmp_path_factory.mktemp("flite") / "spoken.wav"
    subprocess.run([flite, "-voice", "slt", "-t", "Please give us another question.", "-o", str(path)], check=True)
    return _at_rate(path)


def _at_rate(path: Path) -> NDArray[np.float32]:
    samples = Clip.read(path).resampled(RATE).samples
    return samples * np.float32(0.5 / np.abs(samples).max())


def _noise(seconds: float, decibels: float) -> NDArray[np.float32]:
    """Return white noise, `decibels` below full scale."""
    noise = np.random.default_rng(7).standard_normal(round(seconds * RATE)).astype(np.float32)
    return noise * np.float32(10 ** (decibels / 20))


def _hum(seconds: float, decibels: float) -> NDArray[np.float32]:
    """Return the hum of an unshielded cable: 50 Hz and its harmonics."""
    time = np.arange(round(seconds * RATE)) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * harmonic * time) / harmonic for harmonic in range(1, 6))
    return (np.asarray(hum) * 10 ** (decibels / 20)).astype(np.float32)


def _share(samples: NDArray[np.float32], vad: VoiceDetector | None = None) -> float:
    """Return the share of frames that are speech, 0 to 1."""
    vad = vad or VoiceDetector()
    frames = to_int16(samples[: samples.size // FRAME * FRAME]).reshape(-1, FRAME)
    return float(np.mean([vad.is_speech(frame) for frame in frames]))


@pytest.mark.parametrize("decibels", [0, -12, -24, -36])
def test_speech_is_speech(spoken: NDArray[np.float32], decibels: int) -> None:
    """A sentence counts as speech, near or far, in a quiet room."""
    room = _noise(1.0, -72)
    vad = VoiceDetector()
    assert _share(room, vad) == 0.0
    assert _share(spoken * np.float32(10 ** (decibels / 20)) + _noise(5.0, -72)[: spoken.size], vad) > 0.7
    assert _share(np.concatenate([room, room]), vad) < 0.2


@pytest.mark.parametrize("decibels", [-60, -40, -20])
def test_noise_is_not_speech(decibels: int) -> None:
    """Neither hiss nor hum counts as speech, however loud, even if it starts suddenly."""
    silence = np.zeros(RATE, np.float32)
    assert _share(silence) == 0.0
    assert _share(np.concatenate([silence, _noise(4.0, decibels), silence])) == 0.0
    assert _share(np.concatenate([silence, _hum(4.0, decibels), silence])) == 0.0


def test_soft_speech_after_a_loud_room(spoken: NDArray[np.float32]) -> None:
    """When the kettle goes off, soft speech is heard at once."""
    vad = VoiceDetector()
    _share(_noise(5.0, -20), vad)
    _share(_noise(0.5, -70), vad)
    assert _share(spoken * np.float32(0.03), vad) > 0.7


def test_a_reset_does_not_deafen(spoken: NDArray[np.float32]) -> None:
    """After the assistant has spoken, the first word is heard."""
    vad = VoiceDetector()
    _share(np.concatenate([_noise(1.0, -72), spoken]), vad)
    vad.reset()
    assert _share(spoken, vad) > 0.7
