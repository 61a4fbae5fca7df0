"""The settings in force: the file's, and above them what was changed by voice."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal

from pydantic import ValidationError

from voice.errors import InputError
from voice.settings.fields import days_in_words
from voice.settings.mistakes import mistake_in
from voice.settings.schema import Settings
from voice.storage.database import Change, Store

__all__ = ["Overlay", "Overrides", "Setting", "effective", "explained", "overlay"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Overlay:
    """Settings with changes laid over them.

    Attributes:
        settings: the settings in force.
        left_out: of each change that no longer fits, why, by its key.
    """

    settings: Settings
    left_out: Mapping[str, str]


@dataclass(frozen=True)
class Setting:
    """One setting in force, and where it comes from.

    Attributes:
        key: its dotted name.
        value: its value, as JSON has it.
        source: who set it.
        at: when it was changed by voice, local wall time.
        beneath: the value that it would have if it had not been changed by voice.
        beneath_source: who set that.
    """

    key: str
    value: Any
    source: Literal["default", "file", "voice"]
    at: datetime | None
    beneath: Any
    beneath_source: Literal["default", "file"]


def effective(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the file's settings with what was changed by voice; a change that does not fit is left out, and logged.

    Args:
        settings: the file's.
        changes: values as JSON has them, by their dotted keys, such as "rituals.gratitude.at"; the oldest first.
    """
    laid = overlay(settings, changes)
    for key, why in laid.left_out.items():
        _log.warning("what was changed by voice is left out: %s; take it back with moments settings reset %s", why, key)
    return laid.settings


def overlay(settings: Settings, changes: Mapping[str, Any]) -> Overlay:
    """Do the same, and return what does not fit."""
    known = dict(_flat(settings.model_dump()))
    left_out: dict[str, str] = {}
    for key, value in changes.items():
        if key not in known:
            left_out[key] = f"{key} is no setting any more"
            continue
        tree = _with(settings.model_dump(exclude_unset=True), key.split("."), value)
        try:
            settings = Settings.model_validate(tree)
        except ValidationError as error:
            left_out[key] = mistake_in(error, Settings)
    return Overlay(settings, left_out)


def explained(settings: Settings, changes: Mapping[str, Change]) -> list[Setting]:
    """Return every setting with its value in force and where it comes from, in the order of the sections."""
    laid = overlay(settings, _values(changes))
    in_file = dict(_flat(settings.model_dump(exclude_unset=True)))
    beneath = dict(_flat(settings.model_dump()))
    return [
        Setting(
            key,
            _plain(value),
            "voice" if (by_voice := key in changes and key not in laid.left_out) else _beneath(key, in_file),
            changes[key].at if by_voice else None,
            _plain(beneath[key]),
            _beneath(key, in_file),
        )
        for key, value in _flat(laid.settings.model_dump())
    ]


class Overrides:
    """The settings in force, for all who read them and change them while the assistant runs.

    Args:
        settings: the file's.
        store: what was changed by voice.

    Raises:
        SystemFailure: the store cannot be read.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._file = settings
        self._store = store
        self._settings = settings
        self._version: tuple[int, int] | None = None
        self.refresh()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def change(self, values: Mapping[str, Any], at: datetime) -> None:
        """Change settings by voice, all or none, at once and for good.

        Args:
            values: as JSON has them, by their dotted keys.
            at: local wall time.

        Raises:
            InputError: one is no setting, or its value does not fit; nothing is changed.
            SystemFailure: the store cannot be written; nothing is changed.
        """
        laid = overlay(self._settings, values)
        for why in laid.left_out.values():
            raise InputError(f"this cannot be changed by voice: {why}")
        self._store.change(values, at)
        self._settings = laid.settings

    def refresh(self) -> bool:
        """Read again what was changed, if another program changed something; return whether it did. Cheap.

        Raises:
            SystemFailure: the store cannot be read; the settings stay as they were.
        """
        version = self._store.version()
        if version == self._version:
            return False
        before, self._settings = self._settings, effective(self._file, _values(self._store.changes()))
        self._version = version
        return self._settings != before


def _values(changes: Mapping[str, Change]) -> dict[str, Any]:
    return {key: change.value for key, change in changes.items()}


def _beneath(key: str, in_file: Mapping[str, Any]) -> Literal["default", "file"]:
    return "file" if key in in_file else "default"


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values within sections, by their dotted keys."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _with(tree: Mapping[str, Any], path: Sequence[str], value: object) -> dict[str, Any]:
    """Return `tree` with `value` at the end of `path`."""
    name, *rest = path
    return {**tree, name: _with(tree.get(name, {}), rest, value) if rest else value}


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can have
    """Return a value of a setting as it stands in a file."""
    match value:
        case time():
            return f"{value:%H:%M}"
        case Mapping():
            return {name: _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case frozenset():
            return days_in_words(value)
        case _:
            return value
