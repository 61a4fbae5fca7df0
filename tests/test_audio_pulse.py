"""Microphone and loudspeaker on a real sound server: playing, recording, and the echo of one in the other."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sound_server import SoundServer

# Sound in real time breaks off whenever the machine stalls, so a test may need another attempt.
pytestmark = [pytest.mark.realtime, pytest.mark.flaky(reruns=3, reruns_delay=2)]

RATE = 48_000

PLAYING = """
import json, sys, time
from voice.audio.clip import Clip
from voice.audio.loudspeaker import DeviceLoudspeaker
path, stop_after, lead_in = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
loudspeaker = DeviceLoudspeaker(None, lead_in=lead_in)
before = (loudspeaker.position(), loudspeaker.playing)
loudspeaker.play(Clip.read(path).resampled(loudspeaker.rate).samples)
stopped_at = None
while loudspeaker.playing:
    time.sleep(0.005)
    if loudspeaker.position() >= stop_after * loudspeaker.rate:
        stopped_at = loudspeaker.position()
        loudspeaker.stop()
        break
loudspeaker.close()
print(json.dumps({
    "before": before, "rate": loudspeaker.rate, "position": loudspeaker.position(), "stopped_at": stopped_at,
    "underruns": loudspeaker.underruns, "latency": loudspeaker.latency,
}))
"""
LISTENING = """
import sys
import numpy as np
import soundfile
from voice.audio.microphone import DeviceMicrophone
from voice.clock import SystemClock
microphone = DeviceMicrophone(None, SystemClock())
frames = []
print("listening", flush=True)
while len(frames) * 0.032 < float(sys.argv[2]):
    frame = microphone.read(0.1)
    if frame is not None:
        frames.append(frame.samples)
microphone.close()
soundfile.write(sys.argv[1], np.concatenate(frames), 16_000)
print(microphone.overflows)
"""
WATCHING = """
import logging, sys
from voice.audio.microphone import DeviceMicrophone
from voice.clock import SystemClock
from voice.errors import SystemFailure
logging.basicConfig(stream=sys.stdout, format="%(message)s")
microphone = DeviceMicrophone(None, SystemClock())
silent = 10
try:
    while True:
        if microphone.read(0.1) is None:
            silent += 1
            continue
        if silent >= 10:
            print("hears", flush=True)
        silent = 0
except SystemFailure as error:
    print("SystemFailure", error, flush=True)
"""

ECHOING = """
import json, sys
import numpy as np
import soundfile
from voice.audio.clip import Clip
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import DeviceMicrophone, with_reference
from voice.clock import SystemClock
clock = SystemClock()
microphone, loudspeaker = DeviceMicrophone(None, clock), DeviceLoudspeaker(None, clock=clock)
frames, end = [], None
loudspeaker.play(Clip.read(sys.argv[1]).resampled(loudspeaker.rate).samples)
while end is None or clock.monotonic() < end:
    frame = microphone.read(0.1)
    if frame is not None:
        frames.append(with_reference(frame, loudspeaker.played))
        frames[-1].playing  # at once, as an echo canceller asks for it
    if end is None and not loudspeaker.playing:
        end = clock.monotonic() + 0.5
microphone.close()
loudspeaker.close()
heard = np.concatenate([frame.samples / np.float32(32768) for frame in frames])
playing = np.concatenate([frame.playing for frame in frames])
soundfile.write(sys.argv[2], np.stack([heard, playing], axis=1), 16_000)
print(json.dumps({"times": [frame.time for frame in frames], "rate": loudspeaker.rate}))
"""

RELEASING = """
import sys
from voice.audio.microphone import DeviceMicrophone
from voice.clock import SystemClock
from voice.errors import SystemFailure
microphone = DeviceMicrophone(None, SystemClock())
try:
    for line in sys.stdin:
        if line == "read\\n":
            while microphone.read(0.1) is None:
                pass
        else:
            microphone.release()
        print("done", flush=True)
except SystemFailure as error:
    print("SystemFailure", error, flush=True)
"""


def noise(seconds: float, seed: int, top: int = 6_000) -> "NDArray[np.float32]":
    """Return soft noise below `top` Hz at 48 kHz, whose place in a recording is unmistakable."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(round(RATE * seconds)))
    spectrum[round(top * seconds) :] = 0
    samples = np.fft.irfft(spectrum, round(RATE * seconds))
    soft: NDArray[np.float32] = (samples * 0.3 / np.abs(samples).max()).astype(np.float32)
    return soft


def place(recording: "NDArray[np.float32]", wanted: "NDArray[np.float32]") -> tuple[int, float]:
    """Return where `wanted` lies in a recording, in samples, and its correlation there (1: the same sound)."""
    size = 1 << (len(recording) + len(wanted)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(wanted, size)), size)
    start = int(alike[: len(recording)].argmax())
    found = recording[start : start + len(wanted)]
    return start, float(alike[start] / np.linalg.norm(found) / np.linalg.norm(wanted))


def play(
    server: "SoundServer", path: Path, stop_after: float = 1e9, lead_in: float = 0.0
) -> tuple["NDArray[np.float32]", dict[str, Any]]:
    """Play a file on the loudspeaker; return its recording and the loudspeaker's report."""
    command = [sys.executable, "-c", PLAYING, str(path), str(stop_after), str(lead_in)]
    with server.record() as recording:
        done = subprocess.run(command, env=server.env, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
    return recording.samples, json.loads(done.stdout)


def test_what_is_played_is_heard_at_its_place(sound_server: "SoundServer", tmp_path: Path) -> None:
    """Three sounds are played whole, each within 2 ms of its place, without an underrun."""
    parts = {0.0: noise(0.3, 1), 0.7: noise(0.3, 2), 1.9: noise(0.1, 3)}
    score = np.zeros(2 * RATE, dtype=np.float32)
    for at, part in parts.items():
        score[round(at * RATE) : round(at * RATE) + len(part)] = part
    soundfile.write(tmp_path / "score.wav", score, RATE)
    heard, told = play(sound_server, tmp_path / "score.wav")
    (first, *others) = [place(heard, part) for part in parts.values()]
    assert min(alike for _, alike in [first, *others]) > 0.99
    for at, (start, _) in zip(list(parts)[1:], others, strict=True):
        assert abs((start - first[0]) / RATE - at) < 0.002
    assert told["before"] == [0, False]
    assert told["position"] == 2 * told["rate"]
    assert told["underruns"] == 0


def test_stopping_goes_silent_within_a_block(sound_server: "SoundServer", tmp_path: Path) -> None:
    """A stop fades the sound out over 20 ms, and exactly as much was heard as `position` says."""
    soundfile.write(tmp_path / "long.wav", 0.5 * np.sin(np.arange(5 * RATE) * 2 * np.pi * 200 / RATE), RATE)
    heard, told = play(sound_server, tmp_path / "long.wav", stop_after=0.5)
    assert 0 <= told["position"] - told["stopped_at"] <= 2 * 0.02 * told["rate"]
    sounding = np.flatnonzero(np.abs(heard) > 0.002)
    length = (sounding[-1] - sounding[0]) / RATE
    assert abs(length - told["position"] / told["rate"]) < 0.005
    steepest = 0.5 * 2 * np.pi * 200 / RATE
    assert np.abs(np.diff(heard[sounding[0] + 480 :])).max() < 1.1 * steepest, "it clicks"


def test_the_lead_in_is_silence_that_does_not_count(sound_server: "SoundServer", tmp_path: Path) -> None:
    """A lead-in for HDMI comes before the first sound, which is played whole and counted from zero."""
    part = noise(0.3, 4)
    soundfile.write(tmp_path / "part.wav", part, RATE)
    heard, told = play(sound_server, tmp_path / "part.wav", lead_in=0.5)
    assert place(heard, part)[1] > 0.99
    assert told["position"] == round(0.3 * told["rate"])


def test_the_microphone_hears_the_room(sound_server: "SoundServer", tmp_path: Path) -> None:
    """Sound in the room arrives whole, in frames at 16 kHz."""
    said = noise(1.0, 5)
    soundfile.write(tmp_path / "said.wav", said, RATE)
    command = [sys.executable, "-c", LISTENING, str(tmp_path / "heard.wav"), "3"]
    with subprocess.Popen(command, env=sound_server.env, stdout=subprocess.PIPE, text=True) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == "listening\n"
        sound_server.speak(tmp_path / "said.wav")
        assert listening.stdout.read() == "0\n"
    heard, rate = soundfile.read(tmp_path / "heard.wav", dtype="float32")
    assert rate == 16_000
    assert place(heard, said[::3])[1] > 0.99


def test_a_stuck_microphone_is_reopened_once(sound_server: "SoundServer") -> None:
    """A stuck device is reopened and heard again; if it stays stuck, one line ends it, and the service restarts."""
    command = [sys.executable, "-c", WATCHING]
    env = {**sound_server.env, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "hears\n"
        sound_server.mute_microphone(mute=True)
        assert "reopening it" in watching.stdout.readline()
        sound_server.mute_microphone(mute=False)
        assert watching.stdout.readline() == "hears\n"
        sound_server.mute_microphone(mute=True)
        rest = watching.stdout.read().splitlines()
        sound_server.mute_microphone(mute=False)
    assert [line.split(":")[0] for line in rest[-1:]] == [
        'SystemFailure The microphone "default" delivers no sound, even after reopening'
    ]


def test_a_frame_knows_what_the_loudspeaker_played(sound_server: "SoundServer", tmp_path: Path) -> None:
    """With the loudspeaker looped into the microphone, each frame's reference is its own sound, at one constant lag."""
    soundfile.write(tmp_path / "played.wav", noise(6.0, 6, 2_000), RATE)
    command = [sys.executable, "-c", ECHOING, str(tmp_path / "played.wav"), str(tmp_path / "echo.wav")]
    env = {**sound_server.env, "PULSE_SOURCE": "speaker.monitor"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    times = np.array(json.loads(done.stdout)["times"])
    assert np.diff(times[40:]) == pytest.approx(0.032, abs=0.0005), "frames follow each other without a gap"
    heard, playing = soundfile.read(tmp_path / "echo.wav", dtype="float32")[0].T
    first = int(np.flatnonzero(np.abs(heard) > 0.01)[0])
    reach = 16 * 100
    lags = []
    for start in range(first + 8_000, first + 80_000, 8_000):
        part = playing[start : start + 8_000]
        at, correlation = place(heard[start - reach : start + 8_000 + reach], part)
        lags.append((at - reach) / 16 if correlation > 0.5 else np.inf)
    usual = float(np.median(lags))
    assert abs(usual) < 60, "milliseconds"
    assert sum(abs(lag - usual) < 2 for lag in lags) >= 7, f"of nine half seconds, two may break off: {lags} ms"


@pytest.fixture
def releasing(sound_server: "SoundServer", tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Give a function that tells a program to "read" or "release" its microphone, and returns its answer."""
    shutil.copy(sound_server.env["ALSA_CONFIG_PATH"], tmp_path / "asound.conf")
    env = sound_server.env | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    command = [sys.executable, "-c", RELEASING]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holding:

        def tell(what: str) -> str:
            assert holding.stdin is not None
            assert holding.stdout is not None
            holding.stdin.write(f"{what}\n")
            holding.stdin.flush()
            return holding.stdout.readline().strip()

        yield tell


def test_a_microphone_that_is_released_records_nothing(
    sound_server: "SoundServer", releasing: Callable[[str], str]
) -> None:
    """A released microphone is closed, so that its light goes off; the next read opens it again."""
    for _ in range(2):
        assert (releasing("read"), sound_server.recorders()) == ("done", 1)
        assert (releasing("release"), sound_server.recorders()) == ("done", 0)
        assert (releasing("release"), sound_server.recorders()) == ("done", 0)


def test_a_microphone_that_went_while_released_is_missed_in_one_line(
    releasing: Callable[[str], str], tmp_path: Path
) -> None:
    """A microphone unplugged while it was released is reported in one line by the next read."""
    assert (releasing("read"), releasing("release")) == ("done", "done")
    (tmp_path / "asound.conf").write_text("pcm.none { type hw card 99 }\n")
    assert releasing("read").startswith("SystemFailure No microphone found: plug one in")
