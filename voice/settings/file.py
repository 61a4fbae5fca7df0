"""The settings file: read, parsed and validated."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from voice.errors import InputError
from voice.settings.mistakes import mistake_in, one_line
from voice.settings.schema import Settings
from voice.storage.paths import settings_file

__all__ = ["load_settings"]

_LARGEST_FILE = 1_000_000  # bytes; a device or a film named by mistake must not fill the memory
_LONGEST_REASON = 100  # characters


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings from `path`, or from the usual file, which need not exist.

    Raises:
        InputError: the file cannot be read, is not TOML, or has a mistake in it.
    """
    file = settings_file() if path is None else path
    try:
        text = _read(file)
    except FileNotFoundError:
        if path is None:
            return Settings()
        raise InputError(f"{file}: there is no such settings file: name one that exists, or none") from None
    try:
        return Settings.model_validate(_parse(file, text))
    except ValidationError as error:
        raise InputError(f"{file}: {mistake_in(error, Settings)}") from None


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise InputError(f"{file}: this is a folder: name the settings file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{file}: the settings file cannot be read ({reason}): fix that, or name another") from None
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{file}: this is too large for a settings file: name another")
    try:
        return content.decode("utf-8-sig")  # some editors put a byte order mark in front
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}, line {line}: this is not UTF-8 text: save the file as UTF-8") from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{file}: brackets are nested too deeply: remove some") from None
    except ValueError as error:  # TOML's own, and numbers with thousands of digits
        what, _, where = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", where)
        at = f", line {line[1]}" if line else f", line {len(text.splitlines())}" if where else ""
        raise InputError(
            f"{file}{at}: this is not TOML ({one_line(what, _LONGEST_REASON)}): put text and times in quotes"
        ) from None
