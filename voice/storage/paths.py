"""Paths: the data that comes with the package, and the folders of the user."""

import hashlib
import os
import stat
import warnings
from pathlib import Path
from typing import Literal

import platformdirs

from voice.errors import SystemFailure

__all__ = [
    "control_sockets",
    "data_folder",
    "database_file",
    "private_folder",
    "settings_file",
    "user_cache",
    "user_data",
]

_APPLICATION = "micro-moments"
_PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(kind: Literal["intents", "models"]) -> Path:
    """Return the folder of packs or models that comes with the package.

    In a wheel it is in `voice/data`; in an editable install it is at the root of the repository.

    Raises:
        SystemFailure: it is in neither place.
    """
    places = (_PACKAGE / "data" / kind, _PACKAGE.parent / kind)
    for place in places:
        if place.is_dir():
            return place
    raise SystemFailure(f"{places[0]}: the folder of {kind} is missing: install micro-moments again")


def settings_file() -> Path:
    """Return the path of the usual settings file, which need not exist."""
    return platformdirs.user_config_path(_APPLICATION, appauthor=False) / "settings.toml"


def user_data(folder: str | None = None) -> Path:
    """Return the folder for everything that is kept, which need not exist.

    Args:
        folder: the setting `keeping.folder`, which may begin with `~`; the system's data folder if None.
    """
    if folder is not None:
        return Path(folder).expanduser()
    return platformdirs.user_data_path(_APPLICATION, appauthor=False)


def database_file(folder: str | None = None) -> Path:
    """Return the path of the database, which need not exist.

    Args:
        folder: the setting `keeping.folder`, as for `user_data`.
    """
    return user_data(folder) / "moments.sqlite3"


def user_cache() -> Path:
    """Return the folder for results that can be computed again; it need not exist."""
    return platformdirs.user_cache_path(_APPLICATION, appauthor=False)


def control_sockets(data: Path) -> tuple[Path, ...]:
    """Return the paths of the control socket for the assistant whose data folder is `data`.

    The assistant listens at the first; commands try them all, since a login session and a cron job may have different
    runtime folders.
    """
    # All assistants of a user share the runtime folder; only those with the same data folder share a lock.
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    beside_the_lock = data / "control.sock"
    runtime = _runtime_folder()
    return (beside_the_lock,) if runtime is None else (runtime / _APPLICATION / f"{name}.sock", beside_the_lock)


def _runtime_folder() -> Path | None:
    """Return the user's runtime folder, or None if there is none that is private."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs warns if there is none; the data folder will do
            folder = platformdirs.user_runtime_path()
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return folder if private and found.st_uid == os.geteuid() else None


def private_folder(path: Path) -> Path:
    """Return the folder `path`, created with mode 0700 if it was missing.

    Raises:
        SystemFailure: it cannot be created, or is not a folder.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SystemFailure(
            f"{path}: the folder cannot be made ({error.strerror}): free its place, or name another"
        ) from None
    return path
