"""Sets of recordings: the manifest, the clips, and the sentences that each is heard with."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from pydantic import BaseModel, ConfigDict, ValidationError

from voice.audio.clip import Clip
from voice.audio.microphone import RATE
from voice.bench.mixing import Samples
from voice.errors import InputError
from voice.nlu.contexts import ANYTIME
from voice.storage.paths import data_folder

__all__ = ["Case", "load_set", "pack_of", "read_clip"]


@dataclass(frozen=True)
class Case:
    """A clip and its label.

    Attributes:
        name: its name in the manifest.
        path: its file.
        intent: the wanted intent; None if the clip must trigger nothing.
        slots: the labelled slots.
        context: the context it is heard in: `ANYTIME`, `SCENE` or that of a question (`voice.nlu.contexts.asked`).
    """

    name: str
    path: Path
    intent: str | None
    slots: Mapping[str, Any] = field(default_factory=dict)
    context: str = ANYTIME


def load_set(folder: Path) -> list[Case]:
    """Read a set's manifest; blank lines are skipped.

    Raises:
        InputError: it is missing or broken, or a clip is missing; the text names the file, the line and the fix.
    """
    path = folder / "manifest.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path} is not there: name a folder with a manifest.jsonl and its clips") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8: save it in that encoding") from None
    cases = [_case(folder, f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise InputError(f"{path} names no clips: add a line for each")
    return cases


def pack_of(folder: Path, language: str, pack: Path | None = None) -> Path:
    """Return the folder of a set's sentences: its own, else `pack`, else the default one.

    Raises:
        InputError: the set's own pack does not have `language`, and has several others or none.
    """
    own = folder / "intents"
    if not own.is_dir():
        chosen = pack or data_folder("intents")
        inner = chosen / language
        return inner if pack is None or inner.is_dir() else chosen
    languages = sorted(place for place in own.iterdir() if place.is_dir())
    if own / language in languages:
        return own / language
    if len(languages) == 1:
        return languages[0]
    raise InputError(f"{own}: has no folder {language}: put the sentences there, or set language")


def read_clip(path: Path) -> Samples:
    """Return a clip as (n,) float32 at 16 kHz; it may be empty."""
    with suppress(soundfile.LibsndfileError):
        if soundfile.info(str(path)).frames == 0:
            return np.zeros(0, np.float32)
    return Clip.read(path).resampled(RATE).samples


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    audio: str
    intent: str | None
    slots: dict[str, str | int | float | bool] = {}
    context: str = ANYTIME


def _case(folder: Path, place: str, line: str) -> Case:
    try:
        shape = _Line.model_validate(json.loads(line))
    except (json.JSONDecodeError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise InputError(f"{place}: this is not JSON ({reason}): write one object on the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][:2])) or "the line"
        raise InputError(f"{place}: {where}: {first['msg'].lower()}: write audio, intent, slots and context") from None
    if shape.intent is None and shape.slots:
        raise InputError(f"{place}: there are slots but no intent: remove them, or name the intent")
    path = folder / shape.audio
    if not shape.audio or "\0" in shape.audio or not path.is_file():
        raise InputError(f"{place}: the clip {path} is not there: add it, or remove the line")
    return Case(shape.audio, path, shape.intent, shape.slots, shape.context)
