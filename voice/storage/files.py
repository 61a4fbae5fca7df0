"""Private files: mode 0600, written completely or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from voice.errors import InputError, SystemFailure

__all__ = ["PART", "write_private"]

PART = ".part"
"""The suffix of a file that is not complete yet."""


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to `path`, mode 0600; an older file stays until the new one is complete.

    Raises:
        InputError: the folder is missing, or the path is not writable.
        SystemFailure: the disk is full or read-only.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: give the name of a file to write")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # do not replace a device such as /dev/null by a file
        else:
            _replace(path.resolve(), content)
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): choose a folder that is there and yours"
        ) from None
    except OSError as error:
        raise SystemFailure(
            f"{path} cannot be written ({error.strerror}): make room there, or choose another folder"
        ) from None


def _replace(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}{PART}")
    part.unlink(missing_ok=True)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
