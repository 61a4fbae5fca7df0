"""The sounds of kept notes: FLAC files in a folder of their own, for the ears of their owner alone."""

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

__all__ = ["NoteSounds"]

_log = logging.getLogger(__name__)
_SUFFIXES = (".flac", PART)


class NoteSounds:
    """A folder of sounds, each known by the name of its file.

    Args:
        folder: where they lie; it is made, mode 0700, when the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, sound: Clip, at: datetime) -> str:
        """Write a sound, 16 bit at its own rate, mode 0600, and return the name of its file.

        Raises:
            SystemFailure: it cannot be written.
        """
        private_folder(self._folder)
        name = f"{at:%Y-%m-%d-%H%M%S}-{secrets.token_hex(4)}.flac"
        content = io.BytesIO()
        soundfile.write(content, to_int16(sound.samples), sound.rate, format="FLAC", subtype="PCM_16")
        try:
            write_private(self._folder / name, content.getvalue())
        except InputError as error:  # nobody named this file
            raise SystemFailure(str(error)) from None
        return name

    def path(self, name: str) -> Path:
        """Return the file of a sound, which may be gone."""
        return self._folder / Path(name).name  # a damaged database must not lead out of the folder

    def read(self, name: str) -> Clip | None:
        """Return a sound, or None if its file is gone or damaged."""
        try:
            return Clip.read(self.path(name))
        except InputError as error:
            _log.warning("a kept note cannot be heard: %s", error)
            return None

    def drop(self, name: str) -> None:
        """Remove a sound of which nothing came; if the disk refuses that too, forgetting finds it later."""
        with suppress(OSError):
            self.path(name).unlink(missing_ok=True)

    def forget_others(self, names: Collection[str]) -> None:
        """Remove all sounds but those of `names`, and what an interrupted write left behind.

        Raises:
            SystemFailure: one cannot be removed.
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
            with suppress(OSError):  # what else lies there is not ours
                self._folder.rmdir()
