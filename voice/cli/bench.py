"""`moments bench`: recognition, measured on a folder of recordings."""

import json
from pathlib import Path
from typing import Annotated

import typer

from voice.bench import runner
from voice.cli.options import AsJson, SettingsFile

__all__ = ["bench"]


def bench(
    folder: Annotated[Path, typer.Argument(metavar="SET", help="A folder of recordings with a manifest.jsonl.")],
    noise: Annotated[
        list[Path] | None,
        typer.Option("--noise", metavar="FILE", help="Mix in this noise, at each level of --snr; may be repeated."),
    ] = None,
    snr: Annotated[str | None, typer.Option("--snr", metavar="6,9,12", help="Signal-to-noise ratios, in dB.")] = None,
    room: Annotated[
        Path | None, typer.Option("--room", metavar="FILE", help="Convolve each clip with this impulse response.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="The recogniser: embedded or vosk.")
    ] = "embedded",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Use only this many clips, from the first.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="The number of processes to use.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Start at another place in the noise.")] = 0,
    as_json: AsJson = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", metavar="FILE", help="Write a line of JSON for each wrong clip.")
    ] = None,
    settings_file: SettingsFile = None,
    pack: Annotated[
        Path | None, typer.Option("--pack", metavar="DIR", help="The pack for a set without one of its own.")
    ] = None,
) -> None:
    """Measure recognition on a folder of recordings."""
    levels = runner.levels_of(snr)
    options = runner.Options(folder, tuple(noise or ()), levels, room, engine, limit, jobs, seed)
    report = runner.measure(options, settings_file, pack, errors)
    print("\n".join([json.dumps(report.as_json())] if as_json else report.lines()))
