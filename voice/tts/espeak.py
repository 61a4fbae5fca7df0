"""Text becomes sound: pyttsx3 on espeak-ng, kept at arm's length, and a cache of what it said."""

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
import wave
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import Clip, to_int16
from voice.errors import InputError, SystemFailure

__all__ = ["Pyttsx3Synthesiser", "Synthesiser"]

SAMPLE_RATE: Final = 22_050
"""What pyttsx3 writes."""

SLOWEST, FASTEST = 80, 450
"""Words a minute that espeak-ng speaks by itself; beyond them it would stretch the sound."""

QUIET: Final = 10 ** (-40 / 20)
"""Below this part of the peak a sound has not begun, or has ended."""

LOUDNESS: Final = 10 ** (-23 / 20)
"""Root mean square of the spoken parts of every rendering, re full scale."""

PEAK: Final = 10 ** (-3 / 20)
"""No sample of a rendering is larger."""

_FORMAT: Final = 1  # of what is stored: raise it when the treatment of the sound changes
_WORKER: Final = (sys.executable, "-I", "-S", str(Path(__file__).with_name("pyttsx3_worker.py")))
# -I, -S: nothing gets in from the current folder or the environment, no site is searched; it is told where pyttsx3 is
_LIBRARIES: Final = (
    "/opt/homebrew/lib/libespeak-ng.1.dylib",
    "/usr/local/lib/libespeak-ng.1.dylib",
    "libespeak-ng.so.1",
    "/usr/local/lib/libespeak-ng.so.1",
)  # where pyttsx3 looks, in its order
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it; it spares SD cards and is never full first
_LONGEST_PASSAGE: Final = 300  # letters that are rendered at once: well below what takes long or fills a buffer
_PASSAGE_PAUSE: Final = 0.4  # seconds between two passages; espeak leaves 0.3 to 0.45 between sentences
_LONGEST_PER_LETTER: Final = 3.0  # seconds; digits and symbols are read out, one letter can be a few words
_TAIL: Final = 0.01  # seconds kept and faded out behind the last loud sample
_BLOCK: Final = SAMPLE_RATE // 50  # samples over which loudness is measured
_STALE: Final = 3600.0  # seconds after which a half-written file was left behind by a process that is gone
_JOINERS: Final = "\u200c\u200d"  # invisible, but they shape words in several scripts
_SEAL: Final = hashlib.sha256().digest_size

_logger = logging.getLogger(__name__)


class Synthesiser(Protocol):
    """Whatever turns text into sound."""

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return `text`, spoken.

        Args:
            text: what to say, in plain words.
            pace: 1.2 is a fifth faster than usual.

        Returns:
            the sound, mono, without silence at its ends: its first sample is the onset.

        Raises:
            InputError: nothing in the text can be spoken, or the voice is unknown.
            SystemFailure: there is no voice.
        """


class Pyttsx3Synthesiser:
    """espeak-ng through pyttsx3, each rendering in a process of its own, and kept in a cache unless it must not be.

    What is stored, and returned, is trimmed of silence (below -40 dB of its peak) at both ends, so that a count can be
    placed by its onset, and brought to a common loudness (-23 dBFS, peaks below -3 dBFS). A rendering is the same,
    sample by sample, each time.

    Args:
        voice: espeak-ng's name of a voice, a variant may follow: "en-us", "en-us+f2".
        rate: words a minute at pace 1, 80 to 450.
        cache: the folder for what was said; made when needed. Without it all works, only slower.
        cache_limit: bytes that the cache may take; what was not said for the longest time goes first.
        keeps: whether a text may be kept; the others leave nothing behind, and take their time each time.
        timeout: seconds that one rendering may take before its process is ended.
        worker: the command line that starts `pyttsx3_worker`, or something that answers like it.

    Raises:
        InputError: the rate is none that espeak-ng can speak at.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that can be set; all but the first three have good defaults
        self,
        voice: str,
        rate: int,
        cache: Path,
        *,
        cache_limit: int = 64_000_000,
        keeps: Callable[[str], bool] = lambda _text: True,
        timeout: float = 20.0,
        worker: Sequence[str] = _WORKER,
    ) -> None:
        if not SLOWEST <= rate <= FASTEST:
            raise InputError(
                f"the voice cannot speak {rate} words a minute: choose {SLOWEST} to {FASTEST}, such as 140"
            )
        self._voice = voice
        self._rate = rate
        self._shelf = _Shelf(cache, cache_limit)
        self._keeps = keeps
        self._timeout = timeout
        self._worker = tuple(worker)

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return `text`, spoken.

        Long texts are rendered in passages of whole sentences, with a short pause between them. Nothing in the text is
        taken for markup; control characters are left out.

        Args:
            text: what to say.
            pace: 1.2 is a fifth faster than usual; what espeak-ng cannot speak is brought to its nearest rate.

        Returns:
            the sound at 22 050 Hz; its first sample is the onset.

        Raises:
            InputError: nothing in the text can be spoken, or the voice is unknown.
            SystemFailure: espeak-ng is missing, or the worker failed or gave no answer in time.
        """
        rate = min(max(round(self._rate * pace), SLOWEST), FASTEST)
        passage_of = self._kept_passage if self._keeps(text) else self._passage
        passages = (passage_of(passage, rate) for passage in _passages(_cleaned(text)))
        spoken = [passage for passage in passages if passage.size]
        if not spoken:
            raise InputError("there is nothing to say: the text has no word that can be spoken")
        pause = np.zeros(round(_PASSAGE_PAUSE * SAMPLE_RATE), np.int16)
        joined = np.concatenate([spoken[0], *(part for passage in spoken[1:] for part in (pause, passage))])
        return Clip(_as_float(joined), SAMPLE_RATE)

    def voices(self) -> list[str]:
        """Return the names of all voices that can be chosen, without variants; for the doctor.

        Raises:
            SystemFailure: espeak-ng is missing, or the worker failed or gave no answer in time.
        """
        return list(self._order({})["voices"])

    def _kept_passage(self, text: str, rate: int) -> NDArray[np.int16]:
        """Return a passage from the cache, or rendered and kept there: as `_passage`."""
        key = _key(text, self._voice, rate)
        samples = self._shelf.get(key)
        if samples is None:
            samples = self._passage(text, rate)
            self._shelf.put(key, samples)
        return samples

    def _passage(self, text: str, rate: int) -> NDArray[np.int16]:
        """Render a passage: (n,) int16, n = 0 where it holds nothing to speak."""
        return to_int16(_levelled(_trimmed(_as_float(self._spoken(text, rate)))))

    def _spoken(self, text: str, rate: int) -> NDArray[np.int16]:
        """Have a worker speak `text`: (n,) int16 as espeak-ng made it."""
        try:
            with tempfile.TemporaryDirectory(prefix="micro-moments-", dir=_scratch()) as folder:
                out = Path(folder) / "speech.wav"
                self._order({"text": text, "voice": self._voice, "rate": rate, "out": str(out)})
                return _read_wave(out, _LONGEST_PER_LETTER * (len(text) + 1))
        except OSError as problem:
            raise SystemFailure(
                f"the voice found no room for its sound ({problem}): free some space on the disk"
            ) from problem

    def _order(self, order: dict[str, object]) -> dict[str, Any]:
        """Start a worker, give it an order, and return its answer."""
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
            raise SystemFailure(f"espeak-ng is missing, without it there is no voice: {_remedy()}")
        if "failed" in answer:
            raise SystemFailure(f"the voice failed ({answer['failed']}): see what `moments doctor` says")
        return answer


class _Shelf:
    """Sounds on disk by key; the least recently used go first. Whatever goes wrong with it only costs time."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._warned = False

    def get(self, key: str) -> NDArray[np.int16] | None:
        """Return the samples, or None if they are not there or damaged."""
        path = self._folder / f"{key}.wav"
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._unusable(problem)
            return None
        # The time of use is written by hand: most disks are mounted so that reading leaves none.
        with suppress(OSError):  # on a read-only one nothing will be pruned anyway
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        return _opened(sealed)

    def put(self, key: str, samples: NDArray[np.int16]) -> None:
        """Store samples in one step: another process sees the whole file or none."""
        part = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)  # only its owner may read it
            with os.fdopen(handle, "wb") as file:
                file.write(_sealed(samples))
            Path(part).replace(self._folder / f"{key}.wav")
            self._prune()
        except OSError as problem:
            self._unusable(problem)
            if part is not None:
                with suppress(OSError):
                    Path(part).unlink(missing_ok=True)

    def _prune(self) -> None:
        """Remove the least recently used until all fits, and what dead processes left; touch only our own files."""
        for part in self._folder.glob(".*.part"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > _STALE:
                    part.unlink(missing_ok=True)
        kept = []
        for path in self._folder.glob("[0-9a-f]" * 64 + ".wav"):
            with suppress(FileNotFoundError):  # another process prunes too
                status = path.stat()
                kept.append((status.st_atime_ns, status.st_size, path))
        surplus = sum(size for _, size, _ in kept) - self._limit
        for _, size, path in sorted(kept):
            if surplus <= 0:
                break
            path.unlink(missing_ok=True)
            surplus -= size

    def _unusable(self, problem: OSError) -> None:
        """Say once that there is no cache."""
        if not self._warned:
            self._warned = True
            _logger.warning("what is spoken cannot be kept in %s (%s): answers take longer", self._folder, problem)


def _key(text: str, voice: str, rate: int) -> str:
    """Return the name of a rendering: all that decides how it sounds, digested."""
    parts = (_FORMAT, _engine()[1], voice, rate, text)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def _engine() -> tuple[str, str]:
    """Return the folder that pyttsx3 is imported from, and the versions of it and of espeak-ng.

    espeak-ng is asked in this process: loading its library takes 4 ms and changes nothing (`espeak_Info` returns a
    constant and needs no initialisation), a process would take 100.
    """
    found = importlib.util.find_spec("pyttsx3")
    if found is None or found.origin is None:
        raise SystemFailure("pyttsx3 is missing, without it there is no voice: install micro-moments again")
    version = importlib.metadata.version("pyttsx3")
    return str(Path(found.origin).parents[1]), f"pyttsx3 {version}, espeak-ng {_espeak_version()}"


def _espeak_version() -> str:
    for name in _LIBRARIES:
        with suppress(OSError, AttributeError):
            info = ctypes.CDLL(name).espeak_Info
            info.restype = ctypes.c_char_p
            info.argtypes = [ctypes.c_void_p]
            return str(info(None), "utf-8", "replace")
    return "missing"  # the worker says so when it is needed: what is in no cache cannot be spoken


def _run(command: Sequence[str], order: str, timeout: float) -> tuple[int, str, str]:
    """Run a worker; return its exit code and what it wrote. However this ends, no process of its group is left."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a group that can be ended as a whole
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
                    f"the voice gave no sound within {timeout:g} s and was ended: see what `moments doctor` says"
                ) from problem
            raise
    return process.returncode, said, chatter


def _read_wave(path: Path, longest: float) -> NDArray[np.int16]:
    """Return the samples of what pyttsx3 wrote, after a look at whether it is that: (n,) int16, n > 0."""
    try:
        with wave.open(str(path), "rb") as file:
            kind = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            count = file.getnframes()
            samples = np.frombuffer(file.readframes(count), "<i2")
    except (FileNotFoundError, EOFError, wave.Error, ValueError) as problem:
        raise SystemFailure("the voice wrote no sound: see what `moments doctor` says") from problem
    if kind != (1, 2, SAMPLE_RATE) or not len(samples) == count > 0 or count > longest * SAMPLE_RATE:
        raise SystemFailure(f"the voice wrote a strange sound ({kind}, {count} frames): see what `moments doctor` says")
    return samples.astype(np.int16, copy=False)


def _as_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(32_768)


def _trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut silence off both ends.

    The first sample kept is the first above -40 dB of the peak: it is small, so it needs no fade, and the onset stays
    where it is. Behind the last such sample 10 ms are kept and faded out, for the sake of soft consonants.
    """
    loudness = np.abs(samples)
    peak = loudness.max(initial=0.0)
    loud = np.flatnonzero(loudness >= peak * QUIET)
    if peak == 0 or not loud.size:
        return samples[:0]
    kept = samples[loud[0] : loud[-1] + 1 + round(_TAIL * SAMPLE_RATE)].copy()
    tail = len(kept) - int(loud[-1] + 1 - loud[0])
    kept[len(kept) - tail :] *= np.linspace(1.0, 0.0, tail, dtype=np.float32)
    return kept


def _levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the spoken parts (blocks of 20 ms within 20 dB of the loudest) to a common loudness, peaks allowing."""
    if not samples.size:
        return samples
    padded = np.pad(samples, (0, -len(samples) % _BLOCK)).reshape(-1, _BLOCK)
    power = np.square(padded, dtype=np.float64).mean(axis=1)
    loudness = np.sqrt(power[power >= power.max() / 100].mean())
    gain = np.float32(min(LOUDNESS / loudness, PEAK / np.abs(samples).max()))
    return samples * gain


def _sealed(samples: NDArray[np.int16]) -> bytes:
    """Return a WAV with its digest behind it, where players do not look."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest()


def _opened(sealed: bytes) -> NDArray[np.int16] | None:
    """Return the samples of a sealed WAV, or None if a bit of it has changed."""
    content = sealed[:-_SEAL]
    if hashlib.sha256(content).digest() != sealed[-_SEAL:]:
        return None
    with wave.open(io.BytesIO(content), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16, copy=False)


def _cleaned(text: str) -> str:
    """Return the text on one line, without characters that are none: espeak-ng would take some for commands."""
    spaced = " ".join(text.split())
    return "".join(
        letter for letter in spaced if letter in _JOINERS or not unicodedata.category(letter).startswith("C")
    ).strip()


_RUN: Final = f".{{1,{_LONGEST_PASSAGE}}}"
_PASSAGE: Final = re.compile(
    rf"\s*({_RUN}$|{_RUN}[.!?…][\"')\]\u201d\u2019»]*(?=\s)|{_RUN}[,;:](?=\s)|{_RUN}(?=\s)|{_RUN})"
)


def _passages(text: str) -> list[str]:
    """Split a text where a speaker would breathe: after sentences, else after commas, else between words."""
    return [passage.strip() for passage in _PASSAGE.findall(text)]


def _scratch() -> str | None:
    """Return a folder in memory for sounds that live a moment, or None for the system's own choice."""
    return str(_MEMORY) if os.access(_MEMORY, os.W_OK | os.X_OK) else None


def _unknown(voice: str, voices: Sequence[str]) -> str:
    """Say that a voice is unknown, and which might be meant."""
    language, _, variant = voice.partition("+")
    if variant and language in voices:
        return (
            f'the voice "{language}" has no variant "{variant}": try {language}+f2, {language}+m3 or {language} alone'
        )
    alike = [name for name in voices if name[:2].lower() == language[:2].lower()] or ["en", "en-us"]
    return f'no voice is called "{voice}": try {", ".join(sorted(alike, key=len)[:6])}; `espeak-ng --voices` lists all'


def _remedy() -> str:
    return "brew install espeak-ng" if sys.platform == "darwin" else "sudo apt install espeak-ng"
