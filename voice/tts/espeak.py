"""The espeak-ng voice, through pyttsx3: each rendering in a process of its own, where it may hang or die."""

import ctypes
import importlib.metadata
import importlib.util
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import FULL_SCALE, Clip
from voice.errors import InputError, SystemFailure

__all__ = ["EspeakVoice"]

SAMPLE_RATE: Final = 22_050
"""The sample rate of pyttsx3's files."""

_WORKER: Final = (sys.executable, "-I", "-S", str(Path(__file__).with_name("pyttsx3_worker.py")))
# -I, -S: the current folder, the environment and the site packages are left out; the worker is told where pyttsx3 is
_LIBRARIES: Final = (
    "/opt/homebrew/lib/libespeak-ng.1.dylib",
    "/usr/local/lib/libespeak-ng.1.dylib",
    "libespeak-ng.so.1",
    "/usr/local/lib/libespeak-ng.so.1",
)  # where pyttsx3 looks, in its order
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a private folder is made in it; it spares SD cards and is rarely full
_LONGEST_PER_LETTER: Final = 3.0  # seconds; digits and symbols are read out, so one letter may take a few words

_logger = logging.getLogger(__name__)


class EspeakVoice:
    """A voice of espeak-ng; see `voice.tts.synthesiser.Voice`.

    Args:
        name: espeak-ng's name of the voice, optionally with a variant: "en-us", "en-us+f2".
        timeout: seconds that one rendering may take before its process is killed.
        worker: the command line that starts `pyttsx3_worker`, or a program that answers like it.
    """

    rates = range(80, 451)  # words a minute; beyond them espeak-ng stretches or squeezes the sound

    def __init__(self, name: str, *, timeout: float = 20.0, worker: Sequence[str] = _WORKER) -> None:
        self.name = name
        self._timeout = timeout
        self._worker = tuple(worker)

    @property
    def version(self) -> str:
        """The versions of pyttsx3 and espeak-ng. Raises `SystemFailure` if pyttsx3 is missing."""
        return _engine()[1]

    def speak(self, text: str, rate: int) -> Clip:
        """Return a passage as speech, as espeak-ng makes it: with silence at its ends.

        Args:
            text: one line; nothing in it is taken for markup.
            rate: words a minute, 80 to 450.

        Returns:
            mono at 22 050 Hz; only silence if the text has nothing to speak.

        Raises:
            InputError: espeak-ng has no such voice.
            SystemFailure: espeak-ng is missing, or its process failed or gave no answer in time.
        """
        try:
            with tempfile.TemporaryDirectory(prefix="micro-moments-", dir=_scratch()) as folder:
                out = Path(folder) / "speech.wav"
                self._order({"text": text, "voice": self.name, "rate": rate, "out": str(out)})
                samples = _read_wave(out, _LONGEST_PER_LETTER * (len(text) + 1))
        except OSError as problem:
            raise SystemFailure(
                f"there is no room for the voice's sound ({problem}): free some space on the disk"
            ) from problem
        return Clip(samples.astype(np.float32) / np.float32(FULL_SCALE), SAMPLE_RATE)

    def voices(self) -> list[str]:
        """Return the names of all voices that can be chosen, without variants.

        Raises:
            SystemFailure: espeak-ng is missing, or its process failed or gave no answer in time.
        """
        return list(self._order({})["voices"])

    def _order(self, order: dict[str, object]) -> dict[str, Any]:
        """Start a worker, send it an order and return its answer."""
        folder, _ = _engine()
        order = {"engine": folder, "patience": self._timeout, **order}
        started = time.perf_counter()
        returncode, said, chatter = _run(self._worker, json.dumps(order), self._timeout)
        _logger.debug("the voice's worker took %.0f ms; %s", (time.perf_counter() - started) * 1000, chatter.strip())
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError as problem:
            raise SystemFailure(f"the voice died (exit code {returncode}): see what `moments doctor` says") from problem
        if "refused" in answer:
            raise InputError(_unknown(answer["refused"], answer["voices"]))
        if "missing" in answer:
            raise SystemFailure(f"espeak-ng is missing, so there is no voice: {_how_to_install()}")
        if "failed" in answer:
            raise SystemFailure(f"the voice failed ({answer['failed']}): see what `moments doctor` says")
        return answer


@cache
def _engine() -> tuple[str, str]:
    """Return the folder that pyttsx3 is imported from, and the versions of it and of espeak-ng.

    espeak-ng is asked in this process: loading its library takes 4 ms and has no side effects (`espeak_Info` returns a
    constant and needs no initialisation); a process would take 100 ms.
    """
    found = importlib.util.find_spec("pyttsx3")
    if found is None or found.origin is None:
        raise SystemFailure("pyttsx3 is missing, so there is no voice: install micro-moments again")
    version = importlib.metadata.version("pyttsx3")
    return str(Path(found.origin).parents[1]), f"pyttsx3 {version}, espeak-ng {_espeak_version()}"


def _espeak_version() -> str:
    for name in _LIBRARIES:
        with suppress(OSError, AttributeError):
            info = ctypes.CDLL(name).espeak_Info
            info.restype = ctypes.c_char_p
            info.argtypes = [ctypes.c_void_p]
            return str(info(None), "utf-8", "replace")
    return "missing"  # the worker reports it when a text is rendered that is not cached


def _run(command: Sequence[str], order: str, timeout: float) -> tuple[int, str, str]:
    """Run a worker; return its exit code, output and errors. However this ends, its process group is gone."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a process group that can be killed as a whole
        )
    except OSError as problem:
        raise SystemFailure(f"the voice cannot be started ({problem}): install micro-moments again") from problem
    with process:
        try:
            said, chatter = process.communicate(order, timeout)
        except BaseException as problem:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(problem, subprocess.TimeoutExpired):
                raise SystemFailure(
                    f"the voice made no sound within {timeout:g} s and was stopped: see what `moments doctor` says"
                ) from problem
            raise
    return process.returncode, said, chatter


def _read_wave(path: Path, longest: float) -> NDArray[np.int16]:
    """Return the samples of the file that pyttsx3 wrote, checked: (n,) int16 at 22 050 Hz, n > 0."""
    try:
        with wave.open(str(path), "rb") as file:
            kind = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            count = file.getnframes()
            samples = np.frombuffer(file.readframes(count), "<i2")
    except (FileNotFoundError, EOFError, wave.Error, ValueError) as problem:
        raise SystemFailure("the voice wrote no sound: see what `moments doctor` says") from problem
    if kind != (1, 2, SAMPLE_RATE) or not len(samples) == count > 0 or count > longest * SAMPLE_RATE:
        raise SystemFailure(
            f"the voice wrote an unexpected sound ({kind}, {count} frames): see what `moments doctor` says"
        )
    return samples.astype(np.int16, copy=False)


def _scratch() -> str | None:
    """Return a folder in memory for short-lived files, or None for the system's default."""
    return str(_MEMORY) if os.access(_MEMORY, os.W_OK | os.X_OK) else None


def _unknown(voice: str, voices: Sequence[str]) -> str:
    """Return the message that a voice is unknown, with similar ones."""
    language, _, variant = voice.partition("+")
    if variant and language in voices:
        return (
            f'the voice "{language}" has no variant "{variant}": try {language}+f2, {language}+m3 or {language} alone'
        )
    similar = [name for name in voices if name[:2].lower() == language[:2].lower()] or ["en", "en-us"]
    return (
        f'no voice is called "{voice}": try {", ".join(sorted(similar, key=len)[:6])}; `espeak-ng --voices` lists all'
    )


def _how_to_install() -> str:
    return "brew install espeak-ng" if sys.platform == "darwin" else "sudo apt install espeak-ng"
