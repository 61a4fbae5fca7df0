"""Puts the parts together, as the settings and the pack say."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice.asr.embedded import EmbeddedRecogniser
from voice.asr.endpointer import Endpointer
from voice.asr.models import Kept, shelf_in
from voice.asr.recogniser import Recogniser
from voice.conversation import Patience
from voice.ears import Ears
from voice.errors import InputError
from voice.moments import MOMENTS, BreathPattern
from voice.nlu.address import Address
from voice.nlu.pack import Pack, load_pack
from voice.nlu.sentences import ANYTIME
from voice.places import data_folder, user_cache, user_data
from voice.settings import ListeningSetting, Settings
from voice.stage import Stage
from voice.store import Store
from voice.tts.synthesiser import Pyttsx3Synthesiser, Synthesiser

__all__ = ["FILE_RATE", "Assistant", "assemble", "recogniser_of", "store_of", "synthesiser"]

log = logging.getLogger(__name__)

# Without a sound card, sounds are rendered at the voice's own rate.
FILE_RATE = 22_050


@dataclass(frozen=True)
class Assistant:
    """All parts that need no sound device.

    Attributes:
        settings: what the couple chose.
        pack: the language.
        store: what outlives a restart.
        synthesiser: the voice.
        stage: sets the scenes.
    """

    settings: Settings
    pack: Pack
    store: Store
    synthesiser: Synthesiser
    stage: Stage

    @property
    def without_name(self) -> "Assistant":
        """The same, but called by no name: for a voice that may say the name in another way than people do."""
        return replace(self, pack=replace(self.pack, sentences=replace(self.pack.sentences, address=None)))

    @property
    def patience(self) -> Patience:
        """How long people may speak freely."""
        listening = self.settings.listening
        return Patience(listening.free_silence, listening.free_limit)

    def ears(self) -> Ears:
        """Make ears that are ready for what may be said at any time.

        Raises:
            MomentsError: a sentence of the pack cannot be recognised.
        """
        listening = self.settings.listening
        recogniser = recogniser_of(self.settings, self.pack)
        ears = Ears(self.pack.sentences, recogniser, listening.threshold, Endpointer(listening.silence))
        ears.prepare(ANYTIME)
        return ears


def assemble(settings: Settings, pack: Path | None = None) -> Assistant:
    """Load what the settings name.

    Args:
        settings: what the couple chose.
        pack: the folder of a pack, or of several by language; the one that came with the package if None.

    Raises:
        MomentsError: the pack, or a folder, is not as it should be.
    """
    dictionary = _dictionary(settings.language)
    embedded = _model(settings) is None and dictionary.exists()
    address = _address(settings.listening)
    loaded = load_pack(_pack_folder(settings, pack), MOMENTS, dictionary, address=address, pronounceable=embedded)
    pause = settings.pause
    pattern = BreathPattern(pause.inhale, pause.hold, pause.exhale, pause.rest, pause.rounds)
    store = store_of(settings)
    stage = Stage(loaded, store, settings.partners.names, pattern)
    return Assistant(settings, loaded, store, synthesiser(settings, settings.speaking.voice), stage)


def recogniser_of(settings: Settings, pack: Pack) -> Recogniser[Any]:
    """Return what recognises the pack's sentences, as the setting `engine` wants it.

    Raises:
        InputError: the engine has no model, or no dictionary, of the language.
        Broken: the model cannot be loaded.
    """
    language = settings.language
    model = _model(settings)
    if model is not None:
        return _vosk(settings, model)
    if not _dictionary(language).exists():
        raise InputError(f"language is {language}, which the embedded recogniser does not know: {_advice(settings)}")
    return EmbeddedRecogniser(pack.lexicon)


def _vosk(settings: Settings, model: Kept) -> Recogniser[Any]:
    from voice.asr.vosk import VoskRecogniser  # noqa: PLC0415 - only where there is a model for it

    log.info("recognising with %s", model.name)
    recogniser = VoskRecogniser(model.folder)
    address = _address(settings.listening)
    lacking = recogniser.lacking(address.words) if address else []
    if lacking:
        raise InputError(
            f'listening.name is "{settings.listening.name}", and {model.name} lacks "{lacking[0]}": '
            'choose another name, or set engine = "embedded"'
        )
    return recogniser


def _address(listening: ListeningSetting) -> Address | None:
    """Return how the assistant is called, None if it has no name."""
    if listening.name is None:
        return None
    sounds = tuple(listening.name_sounds.split(",")) if listening.name_sounds else ()
    return Address(listening.name, listening.name_required, sounds)


def _model(settings: Settings) -> Kept | None:
    """Return the model that Vosk is to use, None if the embedded recogniser is to listen.

    Raises:
        InputError: it has to be Vosk, and there is no model of the language.
    """
    if settings.engine == "embedded":
        return None
    model = shelf_in(settings.keeping.folder).find(settings.language)
    if model is None and settings.engine == "vosk":
        raise InputError(f"engine is vosk, and no {settings.language} model is here: {_advice(settings)}")
    return model


def _advice(settings: Settings) -> str:
    """Return how a model of the language comes here."""
    command = shelf_in(settings.keeping.folder).manifest.command(settings.language)
    if command is None:
        return "and none is listed: set another language" + (", or engine" if settings.engine == "vosk" else "")
    return command if settings.engine != "embedded" else f'{command}, and set engine = "auto"'


def _dictionary(language: str) -> Path:
    return data_folder("models") / language / "cmudict.tsv.gz"


def store_of(settings: Settings) -> Store:
    """Return what outlives a restart; nothing is opened yet."""
    return Store(user_data(settings.keeping.folder) / "moments.sqlite3")


def synthesiser(settings: Settings, voice: str) -> Synthesiser:
    """Return a voice at the rate of the settings."""
    return Pyttsx3Synthesiser(voice, settings.speaking.rate, user_cache() / "speech")


def _pack_folder(settings: Settings, pack: Path | None) -> Path:
    folder = pack or data_folder("intents")
    inner = folder / settings.language
    return inner if pack is None or inner.is_dir() else folder
