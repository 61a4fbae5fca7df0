"""`moments settings`: show the settings, and undo changes made by voice."""

import json
from typing import Annotated, Any

import typer

from voice.assistant import database_of
from voice.cli.options import AsJson, SettingsFile, has_no_subcommand
from voice.cli.output import note, print_json
from voice.errors import InputError
from voice.settings.file import load_settings
from voice.settings.overrides import OverrideStore, Setting, apply, explain
from voice.storage import paths

__all__ = ["app"]

app = typer.Typer(invoke_without_command=True)


@app.callback()
def show(context: typer.Context, settings_file: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show the settings, or undo changes made by voice.

    Without a command, it shows each setting and where it comes from: the default, the file, or your voice.
    """
    if not has_no_subcommand(context, settings_file):
        return
    settings = load_settings(settings_file)
    changes = OverrideStore(database_of(settings)).all()
    found = explain(settings, changes)
    if as_json:
        print_json([_as_json(setting) for setting in found])
    else:
        file = settings_file or paths.settings_file()
        print(file if file.exists() else f"{file} (not there: the defaults hold)")
        width = max(len(setting.key) for setting in found)
        for setting in found:
            print(f"{setting.key:<{width}}  {_shown(setting.value):<12}  {_source(setting)}")
    for key, why in apply(settings, {key: change.value for key, change in changes.items()}).rejected.items():
        note(f"a change by voice is ignored: {why}; moments settings reset {key} takes it back")


@app.command()
def reset(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="Only this setting, such as rituals.gratitude.at.")
    ] = None,
    settings_file: SettingsFile = None,
) -> None:
    """Undo changes made by voice."""
    settings = load_settings(settings_file)
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


def _source(setting: Setting) -> str:
    if setting.at is None:
        return setting.source
    return f"changed on {setting.at:%d %B %Y} ({setting.default_source}: {_shown(setting.default)})"


def _shown(value: object) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)
