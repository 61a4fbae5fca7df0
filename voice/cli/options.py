"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from voice.errors import InputError

__all__ = ["Answers", "AsJson", "OutFile", "PackFolder", "SettingsFile", "has_no_subcommand"]

SettingsFile: TypeAlias = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="Read the settings from this file.")
]
PackFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--pack", metavar="DIR", help="Use the language pack in this folder.")
]
OutFile: TypeAlias = Annotated[
    Path | None, typer.Option("--out", metavar="FILE.wav", help="Write the sound to this file.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Answers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="TEXT", help="Answer the moment's next question; may be repeated."),
]


def has_no_subcommand(context: typer.Context, settings_file: Path | None) -> bool:
    """Tell whether a group such as `moments rituals` was called without a subcommand.

    Raises:
        InputError: --settings stands before a subcommand, which would not see it.
    """
    if context.invoked_subcommand is not None and settings_file is not None:
        command = context.invoked_subcommand
        raise InputError(f"--settings has no effect before {command}: write it after {command}")
    return context.invoked_subcommand is None
