"""What the commands on settings do, once their options are read."""

import json
from pathlib import Path
from typing import Any

from voice.assistant import database_of
from voice.cli import output as display
from voice.errors import InputError
from voice.settings import file as all_settings
from voice.settings.overrides import OverrideStore, Setting, apply, explain
from voice.storage.paths import settings_file as usual_file

__all__ = ["reset", "show"]


def show(settings_file: Path | None, *, as_json: bool) -> None:
    """Print every setting in force, and where it comes from.

    Raises:
        MomentsError: the file or the store is not as it should be.
    """
    settings = all_settings.load(settings_file)
    changes = OverrideStore(database_of(settings)).all()
    found = explain(settings, changes)
    if as_json:
        display.print_json([_as_json(setting) for setting in found])
    else:
        file = settings_file or usual_file()
        print(file if file.exists() else f"{file} (not there: the defaults hold)")
        for setting in found:
            print(f"{setting.key:<{_width(found)}}  {_shown(setting.value):<12}  {_source(setting)}")
    for key, why in apply(settings, {key: change.value for key, change in changes.items()}).rejected.items():
        display.note(f"changed by voice, but left out: {why}; moments settings reset {key} takes it back")


def reset(settings_file: Path | None, key: str | None) -> None:
    """Take back what was changed by voice, of one key or of all, and print what holds again.

    Raises:
        MomentsError: the key was not changed by voice, or the file or the store is not as it should be.
    """
    settings = all_settings.load(settings_file)
    database = database_of(settings)
    store = OverrideStore(database)
    changes = {name: change for name, change in store.all().items() if key in {None, name}}
    if not changes:
        if key is not None:
            raise InputError(f"{key} was not changed by voice: moments settings shows what was")
        print("Nothing was changed by voice.")
        return
    defaults = {setting.key: setting.default for setting in explain(settings, {})}
    store.remove(key)
    database.close()
    for name, change in changes.items():
        again = f"{_shown(defaults[name])} again" if name in defaults else "gone"
        print(f"{name} is {again}; by voice it was {_shown(change.value)}")


def _as_json(setting: Setting) -> dict[str, Any]:
    return {
        "key": setting.key,
        "value": setting.value,
        "source": setting.source,
        "at": setting.at.isoformat(timespec="seconds") if setting.at else None,
        "without_voice": {"value": setting.default, "source": setting.default_source},
    }


def _width(found: list[Setting]) -> int:
    return max(len(setting.key) for setting in found)


def _source(setting: Setting) -> str:
    if setting.at is None:
        return setting.source
    return f"by voice on {setting.at:%d %B %Y} ({setting.default_source}: {_shown(setting.default)})"


def _shown(value: object) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)
