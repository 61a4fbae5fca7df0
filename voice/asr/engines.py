"""Which recogniser listens: Vosk where a model of the language is here, else the embedded one."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from voice.asr.embedded import EmbeddedRecogniser
from voice.asr.grammar import words_of
from voice.asr.lexicon import Lexicon
from voice.asr.models import Kept, shelf_in
from voice.asr.recogniser import Recogniser
from voice.errors import InputError
from voice.languages.registry import language_of

__all__ = ["Choice", "is_pronounceable"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What was asked for.

    Attributes:
        language: the pack's language.
        engine: the recogniser; "auto" is Vosk if it has a model, else the embedded one.
        kept_in: the setting `keeping.folder`, where fetched models lie.
        name: how the assistant is called, None if it has no name.
        pack: the pack's folder, which may hold a language of its own; None for the package's languages.
    """

    language: str
    engine: Literal["auto", "embedded", "vosk"]
    kept_in: str | None
    name: str | None = None
    pack: Path | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded recogniser is going to listen.

        Raises:
            InputError: it has to be Vosk, and there is no model of the language.
        """
        return self._model() is None and is_pronounceable(self.language, self.pack)

    def recogniser(self, lexicon: Lexicon) -> Recogniser[Any]:
        """Make the recogniser; `lexicon` tells the embedded one how the pack's words sound.

        Raises:
            InputError: the engine has no model of the language, or does not know how its words or the name sound.
            SystemFailure: the model cannot be loaded.
        """
        model = self._model()
        if model is not None:
            from voice.asr.vosk import VoskRecogniser  # noqa: PLC0415 - only where there is a model for it

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
                f"language is {self.language}, which the embedded recogniser does not know: {self._advice()}"
            )
        return EmbeddedRecogniser(lexicon)

    def _model(self) -> Kept | None:
        """Return the model that Vosk is to use, None if the embedded recogniser is to listen."""
        if self.engine == "embedded":
            return None
        model = shelf_in(self.kept_in).find(self.language)
        if model is None and self.engine == "vosk":
            raise InputError(f"engine is vosk, and no {self.language} model is here: {self._advice()}")
        return model

    def _advice(self) -> str:
        """Return how a model of the language comes here."""
        command = shelf_in(self.kept_in).manifest.command(self.language)
        if command is None:
            return "and none is listed: set another language" + (", or engine" if self.engine == "vosk" else "")
        return command if self.engine != "embedded" else f'{command}, and set engine = "auto"'


def is_pronounceable(language: str, pack: Path | None = None) -> bool:
    """Return whether the lexicon can tell how the words of a language sound."""
    return language_of(language, pack).is_pronounceable
