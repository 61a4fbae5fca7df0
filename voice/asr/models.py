"""Speech models: the list of known ones, the installed ones, and their checksums."""

import hashlib
import importlib.metadata
import importlib.util
import json
import tomllib
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice.errors import InputError
from voice.storage.paths import data_folder, user_data

__all__ = [
    "RECORD",
    "Download",
    "FileChecksum",
    "InstalledModel",
    "Manifest",
    "ModelStore",
    "Package",
    "check_model",
    "model_store_in",
    "read_manifest",
    "sha256_of",
]

RECORD = "micro-moments.json"
"""The file in a fetched model's folder with its name, its language, and the size and SHA-256 of each file."""

_REQUIRED_FILES = (
    "am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/disambig_tid.int", "graph/phones/word_boundary.int",
)  # fmt: skip
_GRAPH = ("graph/HCLr.fst", "graph/Gr.fst")
_IVECTOR = tuple(
    f"ivector/{name}"
    for name in ("final.dubm", "final.ie", "final.mat", "global_cmvn.stats", "online_cmvn.conf", "splice.conf")
)
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(pattern=rf"^{_NAME}$")
    engine: Literal["vosk"]
    language: _Language
    licence: str = Field(min_length=1)

    def serves(self, wanted: str) -> bool:
        """Tell whether it has this name or language; a model of "en" also serves "en-GB"."""
        return wanted in {self.name, self.language} or wanted.partition("-")[0] == self.language


class Download(_Entry):
    """A model to download: the address, size in bytes and SHA-256 of its zip file."""

    address: str
    size: int = Field(gt=0)
    sha256: _Sha256


class Package(_Entry):
    """A Python package, `name` on PyPI, with a model in `folder` of its `module`."""

    module: str = Field(pattern=r"^[a-z_][a-z0-9_]*$")
    folder: str = Field(pattern=rf"^{_NAME}$")


class Manifest(BaseModel):
    """The list of known models."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    downloads: Annotated[list[Download], Field(alias="model")] = []
    packages: Annotated[list[Package], Field(alias="package")] = []

    def download(self, wanted: str) -> Download:
        """Return the model of that name, or the first of that language ("en-GB" also finds "en").

        Raises:
            InputError: none is known.
        """
        for entry in self.downloads:
            if entry.serves(wanted):
                return entry
        for package in self.packages:
            if package.serves(wanted):
                raise InputError(f"{package.name} is a Python package: pip install {package.name}")
        known = ", ".join(f"{entry.name} ({entry.language})" for entry in self.downloads)
        raise InputError(f'no model "{wanted}" is known: name one of {known}')

    def command(self, language: str) -> str | None:
        """Return the command that installs a model of the language, None if none is known."""
        if any(entry.serves(language) for entry in self.downloads):
            return f"moments models fetch {language}"
        return next((f"pip install {entry.name}" for entry in self.packages if entry.serves(language)), None)


class FileChecksum(BaseModel):
    """The size in bytes and the SHA-256 of a model's file."""

    model_config = ConfigDict(frozen=True)

    size: int
    sha256: _Sha256


class _Record(BaseModel):
    name: str
    language: _Language
    archive: _Sha256
    files: dict[str, FileChecksum]


@dataclass(frozen=True)
class InstalledModel:
    """A model that was fetched, or came with a Python package.

    Attributes:
        name: its name.
        language: its language.
        folder: its folder.
        files: the checksums of its files, by their names in `folder`.
    """

    name: str
    language: str
    folder: Path
    files: Mapping[str, FileChecksum]

    @property
    def size(self) -> int:
        """The size of all its files, in bytes."""
        return sum(checksum.size for checksum in self.files.values())

    @property
    def is_complete(self) -> bool:
        """Whether all files exist in their full size, which is checked without reading them."""
        return next(self._wrong_sizes(), None) is None

    def changes(self) -> Iterator[str]:
        """Read all files; yield a line "FILE: REASON" for each that has changed."""
        yield from self._wrong_sizes()
        for name, checksum in self.files.items():
            path = self.folder / name
            try:
                if path.stat().st_size == checksum.size and sha256_of(path) != checksum.sha256:
                    yield f"{path}: it has changed"
            except FileNotFoundError:
                continue
            except OSError as error:
                yield f"{path}: it cannot be read ({error.strerror})"
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if name not in self.files and name != RECORD and (path.is_symlink() or not path.is_dir()):
                yield f"{path}: it does not belong there"

    def _wrong_sizes(self) -> Iterator[str]:
        for name, checksum in self.files.items():
            path = self.folder / name
            if not path.is_file():
                yield f"{path}: it is missing"
            elif path.stat().st_size != checksum.size:
                yield f"{path}: it has {path.stat().st_size} bytes, not {checksum.size}"


@dataclass(frozen=True)
class ModelStore:
    """The installed models, and the known ones.

    Attributes:
        folder: the folder of fetched models, with a folder for each; it may not exist.
        manifest: the known models.
    """

    folder: Path
    manifest: Manifest

    def find(self, language: str) -> InstalledModel | None:
        """Return a complete model of the language; fetched models come before packages.

        Only the sizes of its files are checked: their content was, when the model was fetched.
        """
        for model in self.installed():
            if model.language in {language, language.partition("-")[0]} and model.is_complete:
                return model
        return None

    def installed(self) -> Iterator[InstalledModel]:
        """Yield the installed models, complete or not."""
        for path in sorted(self.folder.glob(f"*/{RECORD}")):
            record = _record(path)
            if record is not None:
                yield InstalledModel(record.name, record.language, path.parent, record.files)
        for package in self.manifest.packages:
            model = _installed(package)
            if model is not None:
                yield model


def read_manifest(path: Path) -> Manifest:
    """Read the list of known models.

    Raises:
        InputError: it cannot be read, or an entry is invalid.
    """
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: {where}: {first['msg']}: correct this entry") from None
    except OSError as error:
        raise InputError(f"{path}: the list of models cannot be read ({error.strerror}): name another") from None
    except ValueError as error:  # no UTF-8, no TOML
        raise InputError(f"{path}: this is no list of models ({error}): correct it") from None


def model_store_in(kept_in: str | None, manifest: Path | None = None) -> ModelStore:
    """Return the user's model store.

    Args:
        kept_in: the setting `keeping.folder`.
        manifest: the list of known models; if None, the one of this package.

    Raises:
        InputError: the list is invalid.
    """
    return ModelStore(user_data(kept_in) / "models", read_manifest(manifest or data_folder("models") / "manifest.toml"))


def check_model(folder: Path) -> None:
    """Check that a folder holds a Vosk model that takes a grammar.

    With any other folder, Vosk would abort the process later.

    Raises:
        InputError: it does not; the text names the missing file.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no model in this folder: fetch one with moments models fetch")
    missing = [name for name in _REQUIRED_FILES if not _has_content(folder / name)]
    if (folder / "graph" / "HCLG.fst").exists():
        raise InputError(
            f"{folder}: this model is static and takes no grammar: fetch a small one (moments models list)"
        )
    missing += [name for name in _GRAPH if not _has_content(folder / name)]
    if (folder / "ivector").is_dir():
        missing += [name for name in _IVECTOR if not _has_content(folder / name)]
    if missing:
        raise InputError(f"{folder}: the model is incomplete, it has no {missing[0]}: fetch it again")


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _record(path: Path) -> _Record | None:
    """Read a model's record; None if it is broken, and `fetch` will replace it."""
    try:
        record = _Record.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return record if record.name == path.parent.name else None


def _installed(package: Package) -> InstalledModel | None:
    """Find an installed package without importing it; pip's records give the checksums."""
    spec = importlib.util.find_spec(package.module)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / package.folder
    try:
        recorded = importlib.metadata.files(package.name) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    files = {
        path.relative_to(f"{package.module}/{package.folder}").as_posix(): FileChecksum(
            size=path.size, sha256=urlsafe_b64decode(f"{path.hash.value}=").hex()
        )
        for path in recorded
        if path.parts[:2] == (package.module, package.folder) and path.size is not None and path.hash is not None
    }
    return InstalledModel(package.name, package.language, folder, files) if files else None
