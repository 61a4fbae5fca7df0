"""The commands. Each exits with 0 on success, 2 on wrong usage or input, 1 when something broke."""

import io
import json
import logging
import os
import struct
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeAlias

import typer

from voice.errors import InputError, MomentsError

__all__ = ["app", "main"]

log = logging.getLogger(__name__)

app = typer.Typer(
    name="moments",
    help="An offline voice assistant for couples.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

models = typer.Typer(help="List, fetch and verify speech models; nothing else uses the network.")
app.add_typer(models, name="models")
rituals_app = typer.Typer(help="Show the rituals; set, enable, disable and run them.", invoke_without_command=True)
app.add_typer(rituals_app, name="rituals")
settings_app = typer.Typer(help="Show the settings in force, and where each comes from.", invoke_without_command=True)
app.add_typer(settings_app, name="settings")
journal = typer.Typer(help="Show what was kept; export it, forget it.", invoke_without_command=True)
app.add_typer(journal, name="journal")

ManifestFile: TypeAlias = Annotated[
    Path | None, typer.Option("--manifest", metavar="FILE", help="Another list of known models.")
]
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
RitualName: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="The ritual's name.")]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", help="Log what happens, what was said included, to standard error.")
]


def main() -> None:
    """Run a command; turn whatever goes wrong into one line and the right exit code."""
    # The recogniser's matrices are small: more threads only wait for each other, and the waiting counts as work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if struct.calcsize("P") < 8:  # noqa: PLR2004 - bytes of a pointer on a 64-bit system
        _exit("this system is 32-bit, and the recogniser needs a 64-bit one: install the 64-bit Raspberry Pi OS", 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may be no text
    try:
        result = app(sys.argv[1:] or ["--help"], prog_name="moments", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written has to be told while there is someone to tell it
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
    except OSError as error:
        log.debug("the disk or a device refused", exc_info=True)
        sys.stdout = None  # as above
        what = error.filename or "the output"
        _exit(f"{what}: cannot be used ({error.strerror}): check the disk, its room and its rights", 1)
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
    from voice.cli import commands  # noqa: PLC0415 - `moments --help` should not load the recogniser

    _log(verbose=verbose)
    commands.run(settings, pack, or_demo)


@app.command()
def demo(
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="en|ko", help="The language, spoken by its own voice.")
    ] = None,
    out: OutFile = None,
    settings: SettingsFile = None,
    pack: PackFolder = None,
) -> None:
    """Play a whole conversation between a synthetic partner and the assistant, without hardware."""
    from voice.cli import commands  # noqa: PLC0415

    commands.demo(settings, pack, lang, out)


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
    from voice.cli import commands  # noqa: PLC0415

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
    from voice.cli import commands  # noqa: PLC0415

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
    from voice.cli import commands  # noqa: PLC0415

    commands.perform(settings, pack, name, commands.Output(out, as_json, tuple(answer or ())))


@rituals_app.callback()
def show_rituals(context: typer.Context, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show the rituals: whether they are on, their time and days, when each is next due and when it was last done."""
    from voice.cli import rituals as ritual_commands  # noqa: PLC0415

    if _alone(context, settings):
        ritual_commands.show(ritual_commands.Where(settings, as_json))


@rituals_app.command("set")
def set_ritual(
    name: RitualName,
    at: Annotated[str, typer.Argument(metavar="TIME", help="The time of day, such as 21:30.")],
    days: Annotated[
        str | None,
        typer.Option("--days", metavar="DAYS", help="daily, weekdays, weekends, or days such as fri,sat."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Move a ritual, and turn it on; an assistant that is running follows at once."""
    from voice.cli import rituals as ritual_commands  # noqa: PLC0415

    ritual_commands.set_time(ritual_commands.Where(settings, as_json), name, at, days)


@rituals_app.command("enable")
def enable_ritual(name: RitualName, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Let a ritual speak up by itself."""
    from voice.cli import rituals as ritual_commands  # noqa: PLC0415

    ritual_commands.turn(ritual_commands.Where(settings, as_json), name, on=True)


@rituals_app.command("disable")
def disable_ritual(name: RitualName, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Let a ritual speak up by itself no more."""
    from voice.cli import rituals as ritual_commands  # noqa: PLC0415

    ritual_commands.turn(ritual_commands.Where(settings, as_json), name, on=False)


@rituals_app.command("run")
def run_ritual(
    name: RitualName,
    settings: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Play a ritual now; it comes at its time all the same."""
    from voice.cli import commands  # noqa: PLC0415
    from voice.cli import rituals as ritual_commands  # noqa: PLC0415

    ritual_commands.run(settings, pack, name, commands.Output(out, as_json, tuple(answer or ())))


@app.command()
def stop(settings: SettingsFile = None) -> None:
    """Silence the assistant that is running; it goes on listening."""
    from voice.cli import control as control_commands  # noqa: PLC0415

    control_commands.stop(settings)


@app.command()
def mute(
    minutes: Annotated[
        int | None, typer.Argument(metavar="MINUTES", min=1, max=1440, help="For how long; an hour if not given.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Listen again: the same as moments unmute.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Let the assistant that is running let go of the microphone for a while."""
    from voice.cli import control as control_commands  # noqa: PLC0415

    if off and minutes is not None:
        raise InputError("moments mute takes minutes or --off, not both: leave one out")
    if off:
        control_commands.unmute(settings)
    else:
        control_commands.mute(settings, 60 if minutes is None else minutes)


@app.command()
def unmute(settings: SettingsFile = None) -> None:
    """Let the assistant that is running listen again."""
    from voice.cli import control as control_commands  # noqa: PLC0415

    control_commands.unmute(settings)


@app.command()
def status(settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show what the assistant that is running does, and what comes next."""
    from voice.cli import control as control_commands  # noqa: PLC0415

    control_commands.status(settings, as_json=as_json)


@app.command()
def doctor(settings: SettingsFile = None, pack: PackFolder = None) -> None:
    """Check microphone, loudspeaker, voice, recogniser and pack; say what to do."""
    from voice.cli.doctor import examine  # noqa: PLC0415

    if not examine(settings, pack):
        raise typer.Exit(1)


@settings_app.callback()
def show_settings(context: typer.Context, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show the settings in force, and where each comes from: default, file, or changed by voice."""
    from voice.cli import settings as settings_commands  # noqa: PLC0415

    if _alone(context, settings):
        settings_commands.show(settings, as_json=as_json)


@settings_app.command("reset")
def reset_settings(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="This one alone, such as rituals.gratitude.at.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Take back what was changed by voice."""
    from voice.cli import settings as settings_commands  # noqa: PLC0415

    settings_commands.reset(settings, key)


@journal.callback()
def show_journal(context: typer.Context, settings: SettingsFile = None) -> None:
    """Show what was kept: the last weeks as a chart, and the notes."""
    from voice.cli import journal as journal_commands  # noqa: PLC0415

    if _alone(context, settings):
        journal_commands.show(settings)


@journal.command("export")
def export_journal(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to this file, for your eyes alone.")
    ] = None,
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="How it is written.")] = "json",
    settings: SettingsFile = None,
) -> None:
    """Give out all that was kept; of sounds, their length and the names of their files."""
    from voice.cli import journal as journal_commands  # noqa: PLC0415

    journal_commands.export(settings, out, form)


@journal.command("forget")
def forget_journal(
    what: Annotated[Literal["today", "everything"], typer.Argument(help="What is to be forgotten.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Forget what was kept, for good; asks once."""
    from voice.cli import journal as journal_commands  # noqa: PLC0415

    journal_commands.forget(settings, what, sure=yes)


@models.command("list")
def list_models(settings: SettingsFile = None, manifest: ManifestFile = None) -> None:
    """Show the known models: name, language, size, licence, and whether and where they are here."""
    from voice.cli import models as model_commands  # noqa: PLC0415

    model_commands.list_models(model_commands.shelf(settings, manifest))


@models.command("fetch")
def fetch_model(
    wanted: Annotated[str, typer.Argument(metavar="NAME|LANGUAGE", help="The model, or the language it is for.")],
    settings: SettingsFile = None,
    manifest: ManifestFile = None,
) -> None:
    """Bring a model from the network; goes on where it broke off."""
    from voice.cli import models as model_commands  # noqa: PLC0415

    model_commands.fetch(model_commands.shelf(settings, manifest), wanted)


@models.command("verify")
def verify_models(
    wanted: Annotated[str | None, typer.Argument(metavar="NAME|LANGUAGE", help="This one alone.")] = None,
    settings: SettingsFile = None,
    manifest: ManifestFile = None,
) -> None:
    """Check that the files of the models are as they were."""
    from voice.cli import models as model_commands  # noqa: PLC0415

    model_commands.verify(model_commands.shelf(settings, manifest), wanted)


@app.command()
def bench(
    folder: Annotated[Path, typer.Argument(metavar="SET", help="A folder of recordings with a manifest.jsonl.")],
    noise: Annotated[
        list[Path] | None,
        typer.Option("--noise", metavar="FILE", help="Mix this noise in, at each level of --snr; may be repeated."),
    ] = None,
    snr: Annotated[
        str | None, typer.Option("--snr", metavar="6,9,12", help="By how many dB the speech is above the noise.")
    ] = None,
    room: Annotated[
        Path | None, typer.Option("--room", metavar="FILE", help="Convolve each clip with this impulse response.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="The recogniser: embedded or vosk.")
    ] = "embedded",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Take the first so many clips alone.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Share the clips among so many processes.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Begin elsewhere in the noise.")] = 0,
    as_json: AsJson = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", metavar="FILE", help="Write a line of JSON for each clip gone wrong.")
    ] = None,
    settings: SettingsFile = None,
    pack: Annotated[
        Path | None, typer.Option("--pack", metavar="DIR", help="The pack for a set that has none of its own.")
    ] = None,
) -> None:
    """Measure recognition on a folder of recordings."""
    from voice.bench import runner as measuring  # noqa: PLC0415

    levels = measuring.levels_of(snr)
    options = measuring.Options(folder, tuple(noise or ()), levels, room, engine, limit, jobs, seed)
    report = measuring.measure(options, settings, pack, errors)
    print("\n".join([json.dumps(report.as_json())] if as_json else report.lines()))


def _alone(context: typer.Context, settings: Path | None) -> bool:
    """Return whether no command follows; an option in front of one would not be heard by it."""
    if context.invoked_subcommand is not None and settings is not None:
        raise InputError(f"--settings stands in front of {context.invoked_subcommand}: write it behind")
    return context.invoked_subcommand is None


def _log(*, verbose: bool) -> None:
    """Log to standard error; what people say is logged at debug alone, and that only when asked for."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def _exit(line: str, code: int) -> NoReturn:
    print(f"moments: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(code)
