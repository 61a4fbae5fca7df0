"""The commands that speak to the assistant that is running: stop, mute, unmute, status."""

from datetime import datetime
from pathlib import Path

from voice.cli import output as display
from voice.control.server import Request, Status, ask
from voice.settings import file as all_settings
from voice.storage.paths import user_data

__all__ = ["mute", "status", "stop", "unmute"]


def stop(settings_file: Path | None) -> None:
    """Silence whatever plays.

    Raises:
        MomentsError: no assistant is running, or a setting is not as it should be.
    """
    _ask(settings_file, Request("stop"))
    print("silent")


def mute(settings_file: Path | None, minutes: int) -> None:
    """Have the microphone let go of for so many minutes, 1 to 1440.

    Raises:
        MomentsError: no assistant is running, or a setting is not as it should be.
    """
    _print(_ask(settings_file, Request("mute", minutes * 60.0)))


def unmute(settings_file: Path | None) -> None:
    """Have the assistant listen again.

    Raises:
        MomentsError: no assistant is running, or a setting is not as it should be.
    """
    _print(_ask(settings_file, Request("unmute")))


def status(settings_file: Path | None, *, as_json: bool) -> None:
    """Print what the assistant is doing, and the ritual that comes next.

    Raises:
        MomentsError: no assistant is running, or a setting is not as it should be.
    """
    told = _ask(settings_file, Request("status"))
    if as_json:
        display.print_json(told.as_json())
        return
    _print(told)
    if told.next is not None:
        print(f"next {told.next.name} {_time(told.next.at)}")


def _ask(settings_file: Path | None, request: Request) -> Status:
    return ask(user_data(all_settings.load(settings_file).keeping.folder), request)


def _print(told: Status) -> None:
    moment = f" {told.moment}" if told.moment else ""
    until = f" until {_time(told.muted_until)}" if told.muted_until else ""
    print(f"{told.state}{moment} since {_time(told.since)}{until}")


def _time(moment: datetime) -> str:
    return f"{moment:%a %d %b %H:%M}"
