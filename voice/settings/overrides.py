"""Settings overrides: changes made by voice or by a command win over the settings file."""

import json
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
from voice.storage.database import Database

__all__ = ["Applied", "Override", "OverrideStore", "Overrides", "Setting", "apply", "explain", "override"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Override:
    """A setting that was changed by voice: its value as in JSON, and the local wall time."""

    value: Any
    at: datetime


@dataclass(frozen=True)
class Applied:
    """Settings with overrides applied.

    Attributes:
        settings: the result.
        rejected: the reason why an override is no longer valid, by its key.
    """

    settings: Settings
    rejected: Mapping[str, str]


@dataclass(frozen=True)
class Setting:
    """A setting's value, and where it comes from.

    Attributes:
        key: its dotted name.
        value: its value, as in JSON.
        source: the origin of the value.
        at: when it was changed by voice, local wall time.
        default: its value without the override.
        default_source: the origin of that value.
    """

    key: str
    value: Any
    source: Literal["default", "file", "voice"]
    at: datetime | None
    default: Any
    default_source: Literal["default", "file"]


class OverrideStore:
    """The overrides in the database. Every method raises `SystemFailure` as the database does.

    Args:
        database: where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Override]:
        """Return the overrides by their dotted keys, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT key, value, at FROM change ORDER BY at, rowid")
            return {key: Override(json.loads(value), datetime.fromisoformat(at)) for key, value, at in rows}

    def save(self, values: Mapping[str, Any], at: datetime) -> None:
        """Save overrides, all or none: values as in JSON, by their dotted keys."""
        with self._database.writing() as connection:
            rows = [(key, json.dumps(value), at.isoformat()) for key, value in values.items()]
            connection.executemany("INSERT OR REPLACE INTO change VALUES (?, ?, ?)", rows)

    def remove(self, key: str | None = None) -> None:
        """Remove the override of a key, or all of them."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM change WHERE ?1 IS NULL OR key = ?1", (key,))


class Overrides:
    """The current settings, which can be changed while the assistant runs.

    Args:
        settings: the settings from the file.
        database: where the overrides are stored.

    Raises:
        SystemFailure: the database cannot be read.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._file = settings
        self._database = database
        self._store = OverrideStore(database)
        self._settings = settings
        self._counter: tuple[int, int] | None = None
        self.refresh()

    @property
    def settings(self) -> Settings:
        """The current settings."""
        return self._settings

    def change(self, values: Mapping[str, Any], at: datetime) -> None:
        """Change settings, all or none, at once and permanently.

        Args:
            values: values as in JSON, by their dotted keys.
            at: local wall time.

        Raises:
            InputError: a key is not a setting, or its value is not valid; nothing is changed.
            SystemFailure: the database cannot be written; nothing is changed.
        """
        applied = apply(self._settings, values)
        for reason in applied.rejected.values():
            raise InputError(f"this cannot be changed by voice: {reason}")
        self._store.save(values, at)
        self._settings = applied.settings

    def refresh(self) -> bool:
        """Read the overrides again if another process wrote to the database; return whether the settings changed.

        Raises:
            SystemFailure: the database cannot be read; the settings stay as they were.
        """
        counter = self._database.change_counter()
        if counter == self._counter:
            return False
        before, self._settings = self._settings, override(self._file, _values(self._store.all()))
        self._counter = counter
        return self._settings != before


def override(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return settings with overrides applied; those that are no longer valid are logged and left out.

    Args:
        settings: the settings from the file.
        values: values as in JSON, by their dotted keys, such as "rituals.gratitude.at"; the oldest first.
    """
    applied = apply(settings, values)
    for key, reason in applied.rejected.items():
        _log.warning("a change by voice is ignored: %s; remove it with moments settings reset %s", reason, key)
    return applied.settings


def apply(settings: Settings, values: Mapping[str, Any]) -> Applied:
    """Apply overrides one after the other, and tell which are no longer valid."""
    known = dict(_flat(settings.model_dump()))
    rejected: dict[str, str] = {}
    for key, value in values.items():
        if key not in known:
            rejected[key] = f"{key} is not a setting any more"
            continue
        tree = _with(settings.model_dump(exclude_unset=True), key.split("."), value)
        try:
            settings = Settings.model_validate(tree)
        except ValidationError as error:
            rejected[key] = mistake_in(error, Settings)
    return Applied(settings, rejected)


def explain(settings: Settings, overrides: Mapping[str, Override]) -> list[Setting]:
    """Return every setting with its value and where that comes from, in the order of the sections."""
    applied = apply(settings, _values(overrides))
    in_file = dict(_flat(settings.model_dump(exclude_unset=True)))
    defaults = dict(_flat(settings.model_dump()))
    valid = {key: one for key, one in overrides.items() if key not in applied.rejected}
    return [
        Setting(
            key,
            _as_json(value),
            "voice" if key in valid else _default_source(key, in_file),
            valid[key].at if key in valid else None,
            _as_json(defaults[key]),
            _default_source(key, in_file),
        )
        for key, value in _flat(applied.settings.model_dump())
    ]


def _default_source(key: str, in_file: Mapping[str, Any]) -> Literal["default", "file"]:
    return "file" if key in in_file else "default"


def _values(overrides: Mapping[str, Override]) -> dict[str, Any]:
    return {key: one.value for key, one in overrides.items()}


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


def _as_json(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a setting's value as the settings file has it."""
    match value:
        case time():
            return f"{value:%H:%M}"
        case Mapping():
            return {name: _as_json(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_as_json(inner) for inner in value]
        case frozenset():
            return days_in_words(value)
        case _:
            return value
