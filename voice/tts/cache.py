"""The cache of rendered speech: sounds on disk by key, bounded in size."""

import hashlib
import io
import logging
import os
import tempfile
import time
import wave
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from voice.audio.clip import FULL_SCALE, Clip, to_int16

__all__ = ["SoundCache"]

_STALE: Final = 3600.0  # seconds after which a half-written file must have been left by a process that is gone
_DIGEST_SIZE: Final = hashlib.sha256().digest_size

_logger = logging.getLogger(__name__)


class SoundCache:
    """A folder of sounds, 16-bit mono; the least recently used are removed first.

    A cache that cannot be read or written only costs time: it is logged once, and every look-up misses.

    Args:
        folder: the folder; created on the first write.
        limit: the most bytes that all sounds together may take.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._warned = False

    def get(self, key: str) -> Clip | None:
        """Return a sound, or None if it is missing or damaged.

        Args:
            key: 64 hexadecimal digits.
        """
        path = self._folder / f"{key}.wav"
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._warn(problem)
            return None
        # Set the access time by hand: most disks are mounted so that reading does not.
        with suppress(OSError):  # a read-only disk; nothing will be removed from it either
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        return _decoded(sealed)

    def put(self, key: str, clip: Clip) -> None:
        """Store a sound atomically: another process sees the whole file or none.

        Args:
            key: 64 hexadecimal digits.
            clip: the sound; stored as 16-bit samples.
        """
        part = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)  # readable by its owner only
            with os.fdopen(handle, "wb") as file:
                file.write(_encoded(clip))
            Path(part).replace(self._folder / f"{key}.wav")
            self._prune()
        except OSError as problem:
            self._warn(problem)
            if part is not None:
                with suppress(OSError):
                    Path(part).unlink(missing_ok=True)

    def _prune(self) -> None:
        """Remove the least recently used sounds until the rest fits, and stale partial files; no one else's files."""
        for part in self._folder.glob(".*.part"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > _STALE:
                    part.unlink(missing_ok=True)
        kept = []
        for path in self._folder.glob("[0-9a-f]" * 64 + ".wav"):
            with suppress(FileNotFoundError):  # another process may prune at the same time
                status = path.stat()
                kept.append((status.st_atime_ns, status.st_size, path))
        surplus = sum(size for _, size, _ in kept) - self._limit
        for _, size, path in sorted(kept):
            if surplus <= 0:
                break
            path.unlink(missing_ok=True)
            surplus -= size

    def _warn(self, problem: OSError) -> None:
        """Log once that the cache cannot be used."""
        if not self._warned:
            self._warned = True
            _logger.warning("speech cannot be cached in %s (%s): answers take longer", self._folder, problem)


def _encoded(clip: Clip) -> bytes:
    """Return a WAV file with its SHA-256 digest appended, where players do not look."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(clip.rate)
        file.writeframes(to_int16(clip.samples).astype("<i2", copy=False).tobytes())
    return buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest()


def _decoded(sealed: bytes) -> Clip | None:
    """Return the sound of an encoded file, or None if a bit of it has changed."""
    content = sealed[:-_DIGEST_SIZE]
    if hashlib.sha256(content).digest() != sealed[-_DIGEST_SIZE:]:
        return None
    with wave.open(io.BytesIO(content), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return Clip(samples.astype(np.float32) / np.float32(FULL_SCALE), file.getframerate())
