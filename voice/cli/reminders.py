"""`moments reminders`: show the open reminders, and cancel one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from voice.assistant import database_of
from voice.cli.options import AsJson, SettingsFile, has_no_subcommand
from voice.cli.output import print_json
from voice.errors import InputError
from voice.rituals.reminders import Reminders
from voice.rituals.state import Reminder
from voice.settings.file import load_settings

__all__ = ["app"]

app = typer.Typer(invoke_without_command=True)


@app.callback()
def show(context: typer.Context, settings_file: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show the open reminders, or cancel one.

    Without a command, it shows for each its number, when it is due, and what it is about.
    """
    if not has_no_subcommand(context, settings_file):
        return
    with _reminders(settings_file) as reminders:
        found = reminders.all()
    if as_json:
        print_json([_as_json(reminder) for reminder in found])
    elif not found:
        print("There are no reminders.")
    else:
        for reminder in found:
            print(_line(reminder))


@app.command()
def cancel(
    number: Annotated[int, typer.Argument(metavar="N", help="The reminder's number.")],
    settings_file: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a reminder; a running assistant notices within a second."""
    with _reminders(settings_file) as reminders:
        cancelled = next((reminder for reminder in reminders.all() if reminder.number == number), None)
        if cancelled is None or not reminders.end(number, "dropped"):
            raise InputError(f"there is no reminder {number}: moments reminders lists them")
    if as_json:
        print_json(_as_json(cancelled))
    else:
        print(f"Cancelled: {_line(cancelled)}")


@contextmanager
def _reminders(settings_file: Path | None) -> Iterator[Reminders]:
    with closing(database_of(load_settings(settings_file))) as database:
        yield Reminders(database)


def _line(reminder: Reminder) -> str:
    return f"{reminder.number:4}  {reminder.due:%a %d %b %H:%M}  {_about(reminder)}".rstrip()


def _about(reminder: Reminder) -> str:
    """Return what a reminder is about, in a few words."""
    match reminder.what:
        case "do":
            return reminder.todo or ""
        case "timer":
            return f"timer ({reminder.todo} min)"
        case "about" | "that" as link:
            return f"{link} {reminder.todo}"
        case "plain":
            return ""
        case topic:
            return topic


def _as_json(reminder: Reminder) -> dict[str, Any]:
    return {
        "number": reminder.number,
        "due": reminder.due.isoformat(),
        "what": reminder.what,
        "todo": reminder.todo,
    }
