"""Where everything lies: the data that travels with the package, and the folders of the person who uses it."""

import hashlib
import os
import stat
import warnings
from pathlib import Path
from typing import Literal

import platformdirs

from voice.errors import SystemFailure

__all__ = ["control_sockets", "data_folder", "private_folder", "settings_file", "user_cache", "user_data"]

_APPLICATION = "micro-moments"
_PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(kind: Literal["intents", "models"]) -> Path:
    """Return the folder of packs or of models that came with the package.

    A wheel carries them in `voice/data`; an editable install has them at the repository's root.

    Raises:
        SystemFailure: neither is there.
    """
    places = (_PACKAGE / "data" / kind, _PACKAGE.parent / kind)
    for place in places:
        if place.is_dir():
            return place
    raise SystemFailure(f"{places[0]}: the folder of {kind} is missing: install micro-moments again")


def settings_file() -> Path:
    """Return where the settings are read from unless another file is named; it need not exist."""
    return platformdirs.user_config_path(_APPLICATION, appauthor=False) / "settings.toml"


def user_data(folder: str | None = None) -> Path:
    """Return the folder of all that is kept; whoever keeps something makes it.

    Args:
        folder: the setting `keeping.folder`, which may begin with `~`; the system's own place if not given.
    """
    if folder is not None:
        return Path(folder).expanduser()
    return platformdirs.user_data_path(_APPLICATION, appauthor=False)


def user_cache() -> Path:
    """Return the folder of what can be made again; whoever makes something makes it."""
    return platformdirs.user_cache_path(_APPLICATION, appauthor=False)


def control_sockets(data: Path) -> tuple[Path, ...]:
    """Return where the assistant that keeps its things in `data` may be spoken to; it listens at the first.

    The others are for who asks from elsewhere: a session and a job of cron need not have the same runtime folder.
    """
    # All assistants of a user share the runtime folder, and only those with the same data share a lock.
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    beside_the_lock = data / "control.sock"
    runtime = _runtime_folder()
    return (beside_the_lock,) if runtime is None else (runtime / _APPLICATION / f"{name}.sock", beside_the_lock)


def _runtime_folder() -> Path | None:
    """Return the system's folder for sockets of this user, if there is one that nobody else can open."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there is none is no concern of whoever waits for a command
            folder = platformdirs.user_runtime_path()
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return folder if private and found.st_uid == os.geteuid() else None


def private_folder(path: Path) -> Path:
    """Return `path` after making it, mode 0700, if it is not there; a folder that is there stays as it is.

    Raises:
        SystemFailure: it cannot be made, or is something else.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SystemFailure(
            f"{path}: the folder cannot be made ({error.strerror}): free its place, or name another"
        ) from None
    return path
