"""Sound files and simulated devices: sound read as a whole or by frames, and written."""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice.audio.clip import Clip, open_sound
from voice.audio.microphone import FRAME, RATE, EndOfSound, Frame
from voice.audio.simulated import FileMicrophone, NoMicrophone, TimelineLoudspeaker
from voice.clock import CountedClock
from voice.errors import InputError, MomentsError, SystemFailure

SECONDS = 0.8


def tone(rate: int, seconds: float = SECONDS, pitch: float = 440.0) -> Clip:
    """Return a sine at half of full scale, faded in and out so that every rate can hold it."""
    times = np.arange(round(rate * seconds)) / rate
    sine = 0.5 * np.sin(2 * np.pi * pitch * times) * np.sin(np.pi * times / seconds)
    return Clip(sine.astype(np.float32), rate)


def all_frames(microphone: FileMicrophone) -> Iterator[Frame]:
    """Give the frames of a file, to its end."""
    with suppress(EndOfSound):
        while (frame := microphone.read(0.1)) is not None:
            yield frame


def one_line(error: pytest.ExceptionInfo[MomentsError], name: str) -> None:
    """Check that a message is one line that names the file and says what to do."""
    text = str(error.value)
    assert name in text
    assert "\n" not in text
    assert ": " in text


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 6), (22_050, 1), (44_100, 2), (96_000, 2)])
@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("PCM_U8.wav", 1 / 100),
        ("PCM_16.wav", 1 / 30_000),
        ("PCM_24.wav", 1e-6),
        ("FLOAT.wav", 1e-7),
        ("DOUBLE.wav", 1e-7),
        ("PCM_16.flac", 1 / 30_000),
        ("PCM_24.flac", 1e-6),
    ],
)
def test_every_kind_of_file_reads_to_the_same_samples(
    tmp_path: Path, name: str, within: float, rate: int, channels: int
) -> None:
    """A tone sounds the same from a file of any width, rate, channel count and container."""
    path = tmp_path / name
    wanted = tone(rate)
    soundfile.write(path, np.repeat(wanted.samples[:, np.newaxis], channels, axis=1), rate, subtype=path.stem)
    clip = Clip.read(path)
    assert clip.rate == rate
    assert clip.duration == pytest.approx(SECONDS)
    np.testing.assert_allclose(clip.samples, wanted.samples, atol=within)
    np.testing.assert_allclose(clip.resampled(RATE).samples, tone(RATE).samples, atol=1.5 * within + 2e-4)


def test_channels_are_mixed_down(tmp_path: Path) -> None:
    """A voice on one channel only is heard at half the level, not lost."""
    path = tmp_path / "left.wav"
    left = tone(16_000).samples
    soundfile.write(path, np.stack((left, np.zeros_like(left)), axis=1), 16_000, subtype="FLOAT")
    np.testing.assert_allclose(Clip.read(path).samples, left / 2, atol=1e-7)


def test_an_unknown_length_is_not_damage(tmp_path: Path) -> None:
    """A WAV from a pipe, whose header cannot tell its length, is read to its end."""
    path = tmp_path / "piped.wav"
    tone(16_000).write(path)
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", 0xFFFF_FFFF)
    path.write_bytes(data)
    assert Clip.read(path).duration == pytest.approx(SECONDS)


def whole_wav(path: Path) -> bytes:
    """Return the bytes of a good WAV file."""
    tone(16_000).write(path)
    return path.read_bytes()


def truncated_flac(path: Path) -> None:
    """Write the first two thirds of a FLAC file of noise, so that its end is really missing."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 48_000)
    soundfile.write(path, noise, 16_000, format="FLAC")
    data = path.read_bytes()
    path.write_bytes(data[: 2 * len(data) // 3])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "not there"),
    "folder": (lambda path: path.mkdir(), "a folder"),
    "pipe": (os.mkfifo, "a pipe"),
    "empty": (lambda path: path.touch(), "0 bytes"),
    "no frames": (lambda path: soundfile.write(path, np.zeros(0), 16_000, format="WAV"), "0 frames"),
    "text": (lambda path: path.write_text("help us pause\n" * 50), "not a sound file"),
    "header only in part": (lambda path: path.write_bytes(whole_wav(path)[:30]), "not a sound file"),
    "WAV cut short": (lambda path: path.write_bytes(whole_wav(path)[:-1000]), "cut short (1000 bytes"),
    "FLAC cut short": (truncated_flac, "damaged after 1.5 s"),
    "not a number": (
        lambda path: soundfile.write(path, np.array([0, 0.1, np.nan]), 16_000, subtype="FLOAT", format="WAV"),
        "not numbers",
    ),
    "infinite": (
        lambda path: soundfile.write(path, np.array([0, np.inf, 0.1]), 16_000, subtype="FLOAT", format="WAV"),
        "not numbers",
    ),
    "impossible rate": (lambda path: soundfile.write(path, np.zeros(9), 1, format="WAV"), "claims 1 samples"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_one_line(tmp_path: Path, kind: str) -> None:
    """A bad file gives one line with its name, what is wrong and what to do, and no partial sound."""
    make, says = BAD[kind]
    path = tmp_path / "bad.sound"
    make(path)
    with pytest.raises(InputError, match=r"bad\.sound") as error:
        Clip.read(path)
    one_line(error, str(path))
    assert says in str(error.value)


def test_an_hour_is_not_held_in_memory(tmp_path: Path) -> None:
    """A file is read in blocks of half a second, and can be closed before its end."""
    path = tmp_path / "tone.wav"
    tone(44_100, seconds=10.0).write(path)
    sound = open_sound(path)
    assert len(next(sound.blocks)) == 22_050
    sound.blocks.close()
    assert next(sound.blocks, None) is None


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A WAV holds the clip at 16 bits, clipped where it was too loud, and leaves no other file."""
    samples = np.array([0.0, 0.5, -1.0, 1.0, 3.0, -3.0, 1 / 32_768], dtype=np.float32)
    Clip(samples, 22_050).write(tmp_path / "out.wav")
    back = Clip.read(tmp_path / "out.wav")
    loudest = 32_767 / 32_768
    assert back.rate == 22_050
    assert back.samples.tolist() == [0.0, 0.5, -1.0, loudest, loudest, -1.0, 1 / 32_768]
    assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]


@pytest.mark.parametrize(
    ("place", "kind", "says"),
    [
        ("no/such/folder/out.wav", InputError, "No such file"),
        ("kept.wav/out.wav", InputError, "Not a directory"),
        (".", InputError, "a folder"),
        ("/dev/full", SystemFailure, "No space left"),
    ],
)
def test_what_cannot_be_written_gives_one_line(tmp_path: Path, place: str, kind: type[MomentsError], says: str) -> None:
    """A missing folder or a full disk gives one line, and leaves no partial file."""
    (tmp_path / "kept.wav").write_bytes(b"kept")
    with pytest.raises(kind) as error:
        tone(16_000).write(tmp_path / place)
    one_line(error, str(tmp_path / place))
    assert says in str(error.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"kept.wav": b"kept"}


def test_a_device_is_written_to_not_replaced() -> None:
    """`--out /dev/null` discards the sound; the device stays a device."""
    tone(16_000).write("/dev/null")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_file_stands_in_for_the_microphone(tmp_path: Path, rate: int) -> None:
    """A file gives frames at 16 kHz, each with its counted time, then a tail of silence, then the end."""
    path = tmp_path / "tone.wav"
    tone(rate).write(path)
    clock = CountedClock()
    microphone = FileMicrophone(path, clock, tail=1.0)
    frames = list(all_frames(microphone))
    assert all(frame.samples.shape == (FRAME,) and frame.samples.dtype == np.int16 for frame in frames)
    assert [frame.time for frame in frames] == pytest.approx([0.032 * number for number in range(len(frames))])
    assert clock.monotonic() == pytest.approx(0.032 * len(frames))
    assert len(frames) == np.ceil((SECONDS + 1.0) * RATE / FRAME)
    heard = np.concatenate([frame.samples for frame in frames]) / 32_768
    spoken = round(SECONDS * RATE)
    np.testing.assert_allclose(heard[:spoken], tone(RATE).samples, atol=4e-4)
    assert np.abs(heard[spoken + 200 :]).max() < 1e-3
    with pytest.raises(EndOfSound):
        microphone.read(0.1)
    microphone.close()


def test_a_file_that_breaks_midway_says_so_when_it_gets_there(tmp_path: Path) -> None:
    """Sound before the damage is heard; then one line reports it."""
    path = tmp_path / "cut.flac"
    truncated_flac(path)
    microphone = FileMicrophone(path, CountedClock())
    frames = all_frames(microphone)
    assert len([next(frames) for _ in range(40)]) == 40
    with pytest.raises(InputError, match=r"cut\.flac is damaged after"):
        list(frames)


def test_without_a_microphone_time_still_passes() -> None:
    """Without a microphone the clock still goes on, so that rituals come due."""
    clock = CountedClock()
    assert NoMicrophone(clock).read(0.1) is None
    assert clock.monotonic() == pytest.approx(0.1)


def test_the_timeline_holds_every_sound_at_its_time() -> None:
    """Each sound lies at its counted second, and one that is stopped ends within 20 ms."""
    clock = CountedClock()
    loudspeaker = TimelineLoudspeaker(clock, rate=1_000)
    clock.sleep(1.0)
    loudspeaker.play(np.full(1_000, 0.25, dtype=np.float32))
    assert (loudspeaker.playing, loudspeaker.position()) == (True, 0)
    clock.sleep(0.4)
    assert loudspeaker.position() == 400
    loudspeaker.stop()
    clock.sleep(1.6)
    assert (loudspeaker.playing, loudspeaker.position()) == (False, 420)
    loudspeaker.play(np.full(500, 0.5, dtype=np.float32))
    loudspeaker.add(np.full(1_000, -0.5, dtype=np.float32), rate=1_000, at_seconds=0.0)
    mixed = loudspeaker.mixdown()
    expected = np.zeros(3_500, dtype=np.float32)
    expected[:1_000] = -0.5
    expected[1_000:1_400] = 0.25
    expected[1_400:1_420] = 0.25 * np.linspace(1, 0, 20)
    expected[3_000:] = 0.5
    assert mixed.rate == 1_000
    np.testing.assert_allclose(mixed.samples, expected, atol=1e-6)


def test_the_timeline_never_clips() -> None:
    """Two loud voices at once are made quieter together; one alone keeps its level."""
    loudspeaker = TimelineLoudspeaker(CountedClock(), rate=1_000)
    loud = np.full(100, 0.8, dtype=np.float32)
    loudspeaker.play(loud)
    assert loudspeaker.mixdown().samples.max() == pytest.approx(0.8)
    loudspeaker.add(loud, rate=1_000, at_seconds=0.05)
    mixed = loudspeaker.mixdown().samples
    assert mixed.max() == pytest.approx(1.0)
    assert mixed[0] == pytest.approx(0.5)
