"""The choice of the recogniser: Vosk with an installed model, else the embedded one."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from voice.asr.embedded import EmbeddedRecogniser
from voice.asr.fused import FusedRecogniser
from voice.asr.lexicon import Lexicon
from voice.asr.models import InstalledModel, model_store_in
from voice.asr.moonshine.model import MoonshineModel
from voice.asr.moonshine.weights import checked_weights, wheel_folder
from voice.asr.recogniser import Recogniser
from voice.asr.words import words_of
from voice.errors import InputError, SystemFailure
from voice.languages.language import language_of

__all__ = ["Choice", "is_pronounceable"]

log = logging.getLogger(__name__)

_SECOND_EAR = "en"  # the language of Moonshine's model
_LEAST_MEMORY = 900_000_000  # bytes; a machine with 1 GB has a little less than that


@dataclass(frozen=True)
class Choice:
    """The settings that decide which recogniser is used.

    Attributes:
        language: the pack's language.
        engine: the recogniser; "auto" means Vosk if it has a model, else the embedded one.
        kept_in: the setting `keeping.folder`, the folder with fetched models.
        name: the assistant's wake name, None if it has none.
        pack: the pack's folder, which may hold a language of its own; None for the package's languages.
        second_ear: whether the embedded recogniser gets the second ear, where there is one for the language.
    """

    language: str
    engine: Literal["auto", "embedded", "vosk"]
    kept_in: str | None
    name: str | None = None
    pack: Path | None = None
    second_ear: bool = True

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded recogniser is chosen.

        Raises:
            InputError: the engine is Vosk, and no model of the language is installed.
        """
        return self._model() is None and is_pronounceable(self.language, self.pack)

    def recogniser(self, lexicon: Lexicon, sayings: Callable[[], Sequence[str]] = tuple) -> Recogniser[Any]:
        """Make the recogniser.

        Args:
            lexicon: the pronunciations of the pack's words; only the embedded recogniser uses them.
            sayings: returns what people say, for the second ear; see `FusedRecogniser`.

        Raises:
            InputError: the engine has no model or dictionary of the language, or the model lacks the wake name.
            SystemFailure: the model cannot be loaded.
        """
        model = self._model()
        if model is not None:
            from voice.asr.vosk import VoskRecogniser  # noqa: PLC0415 - only if a model is installed

            log.info("recognising with %s", model.name)
            recogniser = VoskRecogniser(model.folder)
            lacking = recogniser.lacking(words_of(self.name)) if self.name else []
            if lacking:
                raise InputError(
                    f'listening.name is "{self.name}", and {model.name} lacks "{lacking[0]}": '
                    'choose another name, or set engine = "embedded"'
                )
            return recogniser
        if not is_pronounceable(self.language, self.pack):
            raise InputError(
                f"language is {self.language}, which the embedded recogniser does not support: {self._advice()}"
            )
        first = EmbeddedRecogniser(lexicon)
        wanted = self.second_ear and self.language == _SECOND_EAR
        return self._with_second_ear(first, sayings) if wanted else first

    def _with_second_ear(self, first: EmbeddedRecogniser, sayings: Callable[[], Sequence[str]]) -> Recogniser[Any]:
        """Add the second ear, unless memory is short or its files are missing or damaged."""
        if _memory() < _LEAST_MEMORY:
            log.info("listening with one ear: the second one needs a machine with 1 GB of memory")
            return first
        try:
            return FusedRecogniser(first, _moonshine(), sayings)
        except SystemFailure as error:
            log.warning("listening with one ear: %s", error)
            return first

    def _model(self) -> InstalledModel | None:
        """Return the model for Vosk; None if the embedded recogniser is used."""
        if self.engine == "embedded":
            return None
        model = model_store_in(self.kept_in).find(self.language)
        if model is None and self.engine == "vosk":
            raise InputError(f"engine is vosk, and no {self.language} model is installed: {self._advice()}")
        return model

    def _advice(self) -> str:
        """Return the advice how to get a model of the language."""
        command = model_store_in(self.kept_in).manifest.command(self.language)
        if command is None:
            return "and none is listed: set another language" + (", or engine" if self.engine == "vosk" else "")
        return command if self.engine != "embedded" else f'{command}, and set engine = "auto"'


def is_pronounceable(language: str, pack: Path | None = None) -> bool:
    """Return whether the lexicon can tell how the words of a language sound."""
    return language_of(language, pack).is_pronounceable


@cache
def _moonshine() -> MoonshineModel:
    """Return the second ear's model; a process loads it once."""
    return MoonshineModel(checked_weights(wheel_folder()))


def _memory() -> int:
    """Return the machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
