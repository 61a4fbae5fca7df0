"""The commands. Each exits with 0 on success, 2 on wrong usage or input, 1 when something broke."""

import logging
import struct
import sys
from pathlib import Path
from typing import Annotated, NoReturn, TypeAlias

import typer

from voice.errors import MomentsError

__all__ = ["app", "main"]

app = typer.Typer(
    name="moments",
    help="An offline voice assistant for couples.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

SettingsFile: TypeAlias = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="Read the settings from this file.")
]
PackFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--pack", metavar="DIR", help="Take sentences, lines and decks from this folder.")
]
OutFile: TypeAlias = Annotated[
    Path | None, typer.Option("--out", metavar="FILE.wav", help="Write the sound to this file.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Answers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="TEXT", help="Answer to the next question of the moment; may be repeated."),
]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", help="Log what happens, what was said included, to standard error.")
]


def main() -> None:
    """Run a command; turn whatever goes wrong into one line and the right exit code."""
    if struct.calcsize("P") < 8:  # noqa: PLR2004 - bytes of a pointer on a 64-bit system
        _exit("this system is 32-bit, and the recogniser needs a 64-bit one: install the 64-bit Raspberry Pi OS", 1)
    try:
        result = app(standalone_mode=False)
    except MomentsError as error:
        _exit(str(error), error.exit_code)
    except typer.TyperException as error:
        _exit(f"{error.format_message().rstrip('.')}: see moments --help", error.exit_code)
    except typer.Abort:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more at exit.
        sys.stdout = None
        sys.exit(0)
    sys.exit(result if isinstance(result, int) else 0)


@app.command()
def run(
    settings: SettingsFile = None,
    pack: PackFolder = None,
    or_demo: Annotated[
        Path | None,
        typer.Option(
            "--or-demo", metavar="FILE.wav", help="Where there is no sound device, play the demo to this file."
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Listen and speak until stopped (Ctrl-C)."""
    from voice import commands  # noqa: PLC0415 - `moments --help` should not load the recogniser

    _log(verbose=verbose)
    commands.run(settings, pack, or_demo)


@app.command()
def demo(out: OutFile = None, settings: SettingsFile = None, pack: PackFolder = None) -> None:
    """Play a whole conversation between a synthetic partner and the assistant, without hardware."""
    from voice import commands  # noqa: PLC0415

    commands.demo(settings, pack, out)


@app.command()
def hear(
    file: Annotated[Path, typer.Argument(metavar="FILE.wav", help="A recording, WAV or FLAC.")],
    settings: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Run a recording through the microphone path; print what was heard and what is answered."""
    from voice import commands  # noqa: PLC0415

    commands.hear(settings, pack, file, commands.Output(out, as_json, tuple(answer or ())))


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What somebody says.")],
    settings: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Do the same from text."""
    from voice import commands  # noqa: PLC0415

    commands.say(settings, pack, text, commands.Output(out, as_json, tuple(answer or ())))


@app.command()
def perform(
    name: Annotated[str, typer.Argument(help="The moment's name.")],
    settings: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Play one moment."""
    from voice import commands  # noqa: PLC0415

    commands.perform(settings, pack, name, commands.Output(out, as_json, tuple(answer or ())))


@app.command()
def rituals(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show the rituals and when each is next due."""
    from voice import commands  # noqa: PLC0415

    commands.rituals(settings, as_json=as_json)


@app.command()
def doctor(settings: SettingsFile = None, pack: PackFolder = None) -> None:
    """Check microphone, loudspeaker, voice, recogniser and pack; say what to do."""
    from voice.doctor import examine  # noqa: PLC0415

    if not examine(settings, pack):
        raise typer.Exit(1)


def _log(*, verbose: bool) -> None:
    """Log to standard error; what people say is logged at debug alone, and that only when asked for."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def _exit(line: str, code: int) -> NoReturn:
    print(f"moments: {line}", file=sys.stderr)
    sys.exit(code)
