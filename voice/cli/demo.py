"""`moments demo`: a sample conversation between a synthetic partner and the assistant."""

from typing import Annotated

import typer

from voice.cli.options import OutFile, PackFolder, SettingsFile
from voice.demo import play_demo
from voice.settings.file import load_settings

__all__ = ["demo"]


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
