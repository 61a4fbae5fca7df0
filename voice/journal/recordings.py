"""Recordings of kept notes: FLAC files that only their owner can read."""

import io
import logging
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import soundfile

from voice.audio.clip import Clip, to_int16
from voice.errors import InputError, SystemFailure
from voice.storage.files import PART, write_private
from voice.storage.paths import private_folder

__all__ = ["Recordings"]

_log = logging.getLogger(__name__)
_SUFFIXES = (".flac", PART)


class Recordings:
    """A folder of recordings, each known by its file name.

    Args:
        folder: where they are; it is created, mode 0700, with the first recording.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, sound: Clip, at: datetime) -> str:
        """Write a recording, 16 bit at its own sample rate, mode 0600, and return its file name.

        Raises:
            SystemFailure: it cannot be written.
        """
        private_folder(self._folder)
        name = f"{at:%Y-%m-%d-%H%M%S}-{secrets.token_hex(4)}.flac"
        content = io.BytesIO()
        soundfile.write(content, to_int16(sound.samples), sound.rate, format="FLAC", subtype="PCM_16")
        try:
            write_private(self._folder / name, content.getvalue())
        except InputError as error:  # the user did not choose this path
            raise SystemFailure(str(error)) from None
        return name

    def path(self, name: str) -> Path:
        """Return the path of a recording, which may be missing."""
        return self._folder / Path(name).name  # a damaged database must not lead out of the folder

    def read(self, name: str) -> Clip | None:
        """Return a recording, or None if its file is missing or damaged."""
        try:
            return Clip.read(self.path(name))
        except InputError as error:
            _log.warning("the recording of a note cannot be read: %s", error)
            return None

    def drop(self, name: str) -> None:
        """Remove a recording whose note was not stored; if that fails too, the next `keep_only` removes it."""
        with suppress(OSError):
            self.path(name).unlink(missing_ok=True)

    def keep_only(self, names: Collection[str]) -> None:
        """Remove all recordings but `names`, and the remains of interrupted writes.

        Raises:
            SystemFailure: a file cannot be removed.
        """
        try:
            for file in list(self._folder.iterdir()):
                if file.suffix in _SUFFIXES and file.name not in names:
                    file.unlink(missing_ok=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SystemFailure(f"{error.filename}: cannot be removed ({error.strerror}): remove it by hand") from None
        if not names:
            with suppress(OSError):  # other files in it are not ours
                self._folder.rmdir()
