"""`moments demo`: a sample conversation between a synthetic partner and the assistant."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from voice.assistant import assemble
from voice.cli.options import OutFile, PackFolder, SettingsFile
from voice.clock import CountedClock
from voice.demo import EVENING, play
from voice.errors import SystemFailure
from voice.settings.file import load_settings
from voice.settings.schema import Settings

__all__ = ["demo", "play_demo"]


def demo(
    lang: Annotated[str | None, typer.Option("--lang", metavar="en|ko", help="The language of both voices.")] = None,
    out: OutFile = None,
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
) -> None:
    """Play a sample conversation, without hardware.

    A synthetic partner speaks, and the assistant answers; nothing of yours is changed.
    """
    settings = load_settings(settings_file)
    play_demo(settings.in_language(lang) if lang is not None else settings, pack, out)


def play_demo(settings: Settings, pack: Path | None, out: Path | None) -> None:
    """Play the demo, print it, and write its sound to `out` unless that is None.

    Raises:
        SystemFailure: a request was not understood.
        MomentsError: the settings or the pack are wrong.
    """
    clock = CountedClock(EVENING)
    with TemporaryDirectory(prefix="moments-demo-") as folder:  # keeps the couple's own data out of it
        keeping = settings.keeping.model_copy(update={"folder": folder})
        assistant = assemble(settings.model_copy(update={"keeping": keeping}), pack, clock)
        try:
            outcome = play(assistant.without_name, clock, print)
        finally:
            assistant.database.close()
    print(
        f"{outcome.understood} of {outcome.requests} requests understood; "
        f"{outcome.seconds:.0f} s of conversation in {outcome.computing:.1f} s"
    )
    if out is not None:
        outcome.sound.write(out)
        print(f"Listen to it: {out}")
    if outcome.understood < outcome.requests:
        raise SystemFailure("the demo was not understood in full: run moments doctor")
