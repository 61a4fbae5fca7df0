"""`moments`: the list of its commands, and how it exits.

A command's module is imported only when that command is used, so `moments stop` does not load the recogniser.
Exit codes: 0 for success, 2 for wrong usage or input, 1 when something broke.
"""

import io
import logging
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import NoReturn

import typer

from voice.errors import MomentsError

__all__ = ["COMMANDS", "Command", "main"]

log = logging.getLogger(__name__)

_POINTER_BYTES = 8  # on a 64-bit system


@dataclass(frozen=True)
class Command:
    """A command of `moments`.

    Attributes:
        name: the word on the command line.
        target: its function, or the Typer app of its subcommands, as "module:name".
        summary: its line in `moments --help`; its docstring begins with the same words.
    """

    name: str
    target: str
    summary: str


COMMANDS = (
    Command("run", "voice.cli.run:run", "Listen and speak until stopped (Ctrl-C)."),
    Command("demo", "voice.cli.run:demo", "Play a sample conversation, without hardware."),
    Command("hear", "voice.cli.listen:hear", "Answer the requests in a recording."),
    Command("say", "voice.cli.listen:say", "Answer a typed request."),
    Command("understand", "voice.cli.understand:understand_text", "Show what a sentence means."),
    Command("perform", "voice.cli.listen:perform", "Play one moment."),
    Command("rituals", "voice.cli.rituals:app", "Show the rituals; set, enable, disable or play them."),
    Command("reminders", "voice.cli.reminders:app", "Show the open reminders, or cancel one."),
    Command("journal", "voice.cli.journal:app", "Show, export or delete the journal."),
    Command("settings", "voice.cli.settings:app", "Show the settings, or undo changes made by voice."),
    Command("stop", "voice.cli.control:stop", "Silence the running assistant; it keeps listening."),
    Command("mute", "voice.cli.control:mute", "Switch the microphone off for a while."),
    Command("unmute", "voice.cli.control:unmute", "Switch the microphone on again."),
    Command("status", "voice.cli.control:status", "Show what the running assistant is doing."),
    Command("doctor", "voice.cli.doctor:doctor", "Check every part, and say how to fix what fails."),
    Command("models", "voice.cli.models:app", "List, fetch and verify speech models."),
    Command("bench", "voice.cli.bench:bench", "Measure recognition on a folder of recordings."),
)


def main() -> None:
    """Run a command; report a failure in one line, with the right exit code."""
    # The recogniser's matrices are small: more threads would only wait for each other, and use processor time for it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if struct.calcsize("P") < _POINTER_BYTES:
        _exit("this system is 32-bit, and the recogniser needs a 64-bit one: install the 64-bit Raspberry Pi OS", 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names are not always valid text
    try:
        result = _run(sys.argv[1:] or ["--help"])
        if sys.stdout is not None:
            sys.stdout.flush()  # here a failure to write can still be reported
    except MomentsError as error:
        _exit(str(error), error.exit_code)
    except typer.TyperException as error:
        _exit(f"{error.format_message().rstrip('.')}: see moments --help", error.exit_code)
    except typer.Abort:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has closed it; Python would complain once more at exit.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        log.debug("the disk or a device failed", exc_info=True)
        sys.stdout = None  # as above
        what = error.filename or "the output"
        _exit(f"{what}: cannot be used ({error.strerror}): check the disk, its free space and its permissions", 1)
    sys.exit(result if isinstance(result, int) else 0)


def _run(args: Sequence[str]) -> object:
    name = next((arg for arg in args if not arg.startswith("-")), None)
    return _app(name)(list(args), prog_name="moments", standalone_mode=False)


def _app(wanted: str | None) -> typer.Typer:
    """Return the Typer app: the wanted command in full, all others by name and summary only."""
    app = typer.Typer(
        name="moments",
        help="An offline voice assistant for couples.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for command in COMMANDS:
        target = resolve_name(command.target) if command.name == wanted else _not_loaded
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=command.name, short_help=command.summary)
        else:
            app.command(command.name, short_help=command.summary)(target)
    return app


def _not_loaded() -> None:
    """Stand in for a command that is only listed; never called."""


def _exit(line: str, code: int) -> NoReturn:
    print(f"moments: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(code)
