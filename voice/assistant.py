"""Puts the parts together, as the settings and the pack say."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice.asr.endpointer import Endpointer
from voice.asr.engines import Choice, dictionary_of
from voice.asr.recogniser import Recogniser
from voice.conversation import Patience
from voice.ears import Ears
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
    embedded = _choice(settings).is_embedded
    folder, dictionary = _pack_folder(settings, pack), dictionary_of(settings.language)
    address = _address(settings.listening)
    loaded = load_pack(folder, MOMENTS, dictionary, address=address, pronounceable=embedded)
    pause = settings.pause
    pattern = BreathPattern(pause.inhale, pause.hold, pause.exhale, pause.rest, pause.rounds)
    store = store_of(settings)
    stage = Stage(loaded, store, settings.partners.spoken, pattern)
    return Assistant(settings, loaded, store, synthesiser(settings, settings.voice), stage)


def recogniser_of(settings: Settings, pack: Pack) -> Recogniser[Any]:
    """Return what recognises the pack's sentences, as the setting `engine` wants it.

    Raises:
        InputError: the engine has no model of the language, or does not know how its words sound.
        Broken: the model cannot be loaded.
    """
    return _choice(settings).recogniser(pack.lexicon)


def _choice(settings: Settings) -> Choice:
    return Choice(settings.language, settings.engine, settings.keeping.folder, settings.listening.name)


def _address(listening: ListeningSetting) -> Address | None:
    """Return how the assistant is called, None if it has no name."""
    if listening.name is None:
        return None
    sounds = tuple(listening.name_sounds.split(",")) if listening.name_sounds else ()
    return Address(listening.name, listening.name_required, sounds)


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
