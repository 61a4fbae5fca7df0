"""`moments stop`, `mute`, `unmute` and `status`: commands to the running assistant."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from voice.cli.options import AsJson, SettingsFile
from voice.cli.output import print_json
from voice.control.client import ask
from voice.control.messages import Request, Status
from voice.errors import InputError
from voice.settings.file import load_settings
from voice.storage.paths import user_data

__all__ = ["mute", "status", "stop", "unmute"]

_USUAL_MUTE = 60  # minutes


def stop(settings_file: SettingsFile = None) -> None:
    """Silence the running assistant; it keeps listening."""
    _ask(settings_file, Request("stop"))
    print("silent")


def mute(
    minutes: Annotated[
        int | None, typer.Argument(metavar="MINUTES", min=1, max=1440, help="For how long; 60 if not given.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="The same as moments unmute.")] = False,
    settings_file: SettingsFile = None,
) -> None:
    """Switch the microphone off for a while."""
    if off and minutes is not None:
        raise InputError("moments mute takes minutes or --off, not both: leave one out")
    if off:
        unmute(settings_file)
    else:
        _print(_ask(settings_file, Request("mute", (minutes or _USUAL_MUTE) * 60.0)))


def unmute(settings_file: SettingsFile = None) -> None:
    """Switch the microphone on again."""
    _print(_ask(settings_file, Request("unmute")))


def status(settings_file: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show what the running assistant is doing.

    The ritual that comes next is shown too.
    """
    current = _ask(settings_file, Request("status"))
    if as_json:
        print_json(current.as_json())
        return
    _print(current)
    if current.next is not None:
        print(f"next {current.next.name} {_time(current.next.at)}")


def _ask(settings_file: Path | None, request: Request) -> Status:
    return ask(user_data(load_settings(settings_file).keeping.folder), request)


def _print(status: Status) -> None:
    moment = f" {status.moment}" if status.moment else ""
    until = f" until {_time(status.muted_until)}" if status.muted_until else ""
    print(f"{status.state}{moment} since {_time(status.since)}{until}")


def _time(moment: datetime) -> str:
    return f"{moment:%a %d %b %H:%M}"
