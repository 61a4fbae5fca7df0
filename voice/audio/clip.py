"""Sound files: WAV and FLAC of any sample rate, width and number of channels, as mono samples."""

import os
import stat
import wave
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from voice.errors import InputError, SystemFailure

__all__ = ["FULL_SCALE", "Clip", "Sound", "open_sound", "to_int16"]

BLOCK_SECONDS = 0.5
"""Length of the blocks that a file is read in: long enough to be fast, short enough for a small memory."""
RATES = range(4_000, 384_001)
"""Plausible sample rates; beyond them a header is broken, and resampling could exhaust the memory."""
UNKNOWN_SIZE = 0x7FFF_0000
"""Writers that cannot know a WAV's length yet (pipes) put this size or more into its header."""
UNKNOWN_FRAMES = 1 << 60
"""libsndfile reports at least this many frames for a FLAC file without a length."""
FULL_SCALE = 32_768.0
_BLOCK = 1 << 20
MEND = "give a WAV or FLAC file"


@dataclass(frozen=True)
class Sound:
    """A sound file that is read block by block.

    Attributes:
        rate: samples per second, as in the file.
        blocks: the samples, (n,) float32 mono in [-1, 1]; each block half a second long, the last one shorter. Raises
            `InputError` where the file turns out to be damaged. Closing the generator closes the file.
    """

    rate: int
    blocks: Generator[NDArray[np.float32], None, None]


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip: a sound in memory.

    Attributes:
        samples: (n,) float32 mono in [-1, 1].
        rate: samples per second.
    """

    samples: NDArray[np.float32]
    rate: int

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return len(self.samples) / self.rate

    def resampled(self, rate: int) -> "Clip":
        """Return the same sound at `rate` samples per second."""
        if rate == self.rate:
            return self
        samples = soxr.resample(self.samples, self.rate, rate)
        return Clip(np.clip(samples, -1.0, 1.0).astype(np.float32, copy=False), rate)

    @classmethod
    def read(cls, path: Path | str) -> "Clip":
        """Read a whole WAV or FLAC file.

        Raises:
            InputError: the file is missing, damaged or not a sound file.
        """
        sound = open_sound(path)
        return cls(np.concatenate(list(sound.blocks)), sound.rate)

    def write(self, path: Path | str) -> None:
        """Write a 16-bit mono WAV file atomically: an existing file stays until the new one is complete.

        Raises:
            InputError: the folder is missing, or the path cannot be written.
            SystemFailure: the disk is full or read-only.
        """
        target = Path(path).resolve()
        if target.is_dir():
            raise InputError(f"{path} is a folder: give the name of a WAV file to write")
        try:
            if target.exists() and not target.is_file():
                self._write(target)  # a device such as /dev/null must not be replaced by a file
            else:
                self._replace(target)
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise InputError(
                f"{path} cannot be written ({error.strerror}): choose a folder that is there and yours"
            ) from error
        except OSError as error:
            raise SystemFailure(
                f"{path} cannot be written ({error.strerror}): make room there, or choose another folder"
            ) from error

    def _replace(self, target: Path) -> None:
        part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
        try:
            self._write(part)
            part.replace(target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _write(self, target: Path) -> None:
        with target.open("wb") as file, wave.open(file, "wb") as out:
            out.setparams((1, 2, self.rate, len(self.samples), "NONE", ""))
            out.writeframesraw(to_int16(self.samples).astype("<i2", copy=False).tobytes())


def to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return float32 samples in [-1, 1] as int16 of the same shape; samples beyond are clipped."""
    whole = np.empty(samples.shape, np.int16)
    # Block by block: otherwise an hour of sound would be in memory three more times.
    for start in range(0, len(samples), _BLOCK):
        part = slice(start, start + _BLOCK)
        whole[part] = np.clip(np.rint(samples[part] * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return whole


def open_sound(path: Path | str) -> Sound:
    """Open a WAV or FLAC file to read it block by block, so that an hour of sound needs little memory.

    Args:
        path: the file: 8, 16, 24 or 32 bits or float, any sample rate, any number of channels (mixed down to mono).

    Raises:
        InputError: the file is missing, a folder, empty, without frames, cut short or not a sound file. Damage that
            shows only while reading (invalid numbers, a damaged FLAC) is raised by `blocks`.
    """
    path = Path(path)
    _check_file(path)
    try:
        with soundfile.SoundFile(path) as file:
            rate, frames = int(file.samplerate), int(file.frames)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path} is not a sound file that can be read: {MEND}") from error
    if frames == 0:
        raise InputError(f"{path} holds no sound (0 frames): record it again")
    if rate not in RATES:
        raise InputError(f"{path} claims {rate} samples per second, which is impossible: {MEND}")
    return Sound(rate, _blocks(path, rate, frames))


def _check_file(path: Path) -> None:
    """Raise an `InputError` for a file that cannot be a whole sound file."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{path} is a folder: {MEND}")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path} is a pipe or a device, which cannot be read twice: {MEND}")
        if status.st_size == 0:
            raise InputError(f"{path} is empty (0 bytes): record it again")
        with path.open("rb") as file:
            missing = _missing_bytes(file, status.st_size)
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there: check the name") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): {MEND}") from error
    if missing:
        raise InputError(f"{path} is cut short ({missing} bytes of its sound are missing): copy or record it again")


def _missing_bytes(file: BinaryIO, size: int) -> int:
    """Return how many bytes of sound are missing at a file's end, by its RIFF header.

    libsndfile does not report that, so half a sentence would pass for a whole one.
    """
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    while len(chunk := file.read(8)) == 8:  # noqa: PLR2004 - a chunk's name and length
        promised = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            return 0 if promised >= UNKNOWN_SIZE else max(0, promised - (size - file.tell()))
        file.seek(promised + promised % 2, os.SEEK_CUR)  # chunks are padded to even lengths
    return 0


def _blocks(path: Path, rate: int, frames: int) -> Generator[NDArray[np.float32], None, None]:
    """Yield a file's samples, (n,) float32 mono, checked as they are read."""
    seen = 0
    try:
        with soundfile.SoundFile(path) as file:
            while len(block := file.read(round(rate * BLOCK_SECONDS), dtype="float32", always_2d=True)):
                if not np.isfinite(block).all():
                    raise InputError(
                        f"{path} holds samples that are not numbers after {seen / rate:.1f} s: export it again"
                    )
                seen += len(block)
                yield np.clip(block.mean(axis=1), -1.0, 1.0)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path} is damaged after {seen / rate:.1f} s: copy or record it again") from error
    if seen == 0 or (seen < frames < UNKNOWN_FRAMES):
        raise InputError(f"{path} is cut short after {seen / rate:.1f} s: copy or record it again")
