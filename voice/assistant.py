"""Puts the parts together, as the settings and the pack say."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice.asr.engines import Choice, dictionary_of
from voice.asr.recogniser import Recogniser
from voice.clock import Clock, SystemClock
from voice.dialogue.controls import Controls, Paced
from voice.dialogue.loop import AskTimeouts
from voice.dialogue.privacy import ready_made
from voice.dialogue.scenes import Household, Stage
from voice.journal.journal import KeptJournal
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Listener
from voice.moments import MOMENTS
from voice.nlu.sentences import ANYTIME
from voice.nlu.wake_name import Address
from voice.packs.own_cards import with_own
from voice.packs.pack import Pack, load_pack
from voice.rituals.scheduler import Rituals
from voice.settings.overrides import Overrides
from voice.settings.schema import ListeningSetting, Settings
from voice.storage.database import Store
from voice.storage.paths import data_folder, user_cache, user_data
from voice.tts.espeak import EspeakVoice
from voice.tts.synthesiser import CachedSynthesiser, Synthesiser

__all__ = ["FILE_RATE", "Assistant", "assemble", "recogniser_of", "store_of", "synthesiser"]

log = logging.getLogger(__name__)

_SHOWN = 3  # problems with own cards that are told each time
# Without a sound card, sounds are rendered at the voice's own rate.
FILE_RATE = 22_050


@dataclass(frozen=True)
class Assistant:
    """All parts that need no sound device.

    Attributes:
        settings: what the couple chose, in the file and by voice, when it was assembled.
        pack: the language, with their own cards.
        household: what is theirs, beside the language.
        synthesiser: the voice, as fast as it is to speak now.
        stage: sets the scenes.
        rituals: what speaks up by itself.
        journal: what is kept.
        problems: a line for each card of their own that was left out.
    """

    settings: Settings
    pack: Pack
    household: Household
    synthesiser: Synthesiser
    stage: Stage
    rituals: Rituals
    journal: KeptJournal
    problems: tuple[str, ...] = ()

    @property
    def store(self) -> Store:
        """What outlives a restart."""
        return self.household.store

    @property
    def without_name(self) -> "Assistant":
        """The same, but called by no name: for a voice that may say the name in another way than people do."""
        pack = replace(self.pack, sentences=replace(self.pack.sentences, address=None))
        return replace(self, pack=pack, stage=Stage(pack, self.household))

    @property
    def ask_timeouts(self) -> AskTimeouts:
        """How long people may speak freely."""
        listening = self.settings.listening
        return AskTimeouts(listening.free_silence, listening.free_limit)

    def listener(self) -> Listener:
        """Make ears that are ready for what may be said at any time.

        Raises:
            MomentsError: a sentence of the pack cannot be recognised.
        """
        listening = self.settings.listening
        recogniser = recogniser_of(self.settings, self.pack)
        listener = Listener(self.pack.sentences, recogniser, listening.threshold, Endpointer(listening.silence))
        listener.prepare(ANYTIME)
        return listener


def assemble(settings: Settings, pack: Path | None = None, clock: Clock | None = None) -> Assistant:
    """Load what the settings name.

    Args:
        settings: what the couple chose in their file; what they changed by voice is laid over it.
        pack: the folder of a pack, or of several by language; the one that came with the package if None.
        clock: the time; the machine's if None.

    Raises:
        MomentsError: the pack, a folder or the store is not as it should be.
    """
    embedded = _choice(settings).is_embedded
    folder, dictionary = _pack_folder(settings, pack), dictionary_of(settings.language)
    address = _address(settings.listening)
    loaded = load_pack(folder, MOMENTS, dictionary, address=address, pronounceable=embedded)
    keeps = ready_made(loaded).__contains__
    loaded, problems = with_own(loaded, user_data(settings.keeping.folder))
    for problem in problems[:_SHOWN]:
        log.warning(problem)
    if len(problems) > _SHOWN:
        log.warning("%d more cards of your own are left out: moments doctor lists them", len(problems) - _SHOWN)
    store, clock = store_of(settings), clock or SystemClock()
    overrides = Overrides(settings, store)
    settings = overrides.settings
    controls = Controls(
        settings.speaking.volume,
        settings.speaking.rate,
        clock,
        lambda key, value: overrides.change({key: value}, clock.now()),
    )
    rituals = Rituals(overrides, loaded.moments, store, clock)
    journal = KeptJournal(store, clock, overrides)
    household = Household(overrides, store, clock, rituals, journal, controls)
    voice = Paced(synthesiser(settings, settings.voice, keeps), settings.speaking.rate, controls)
    return Assistant(settings, loaded, household, voice, Stage(loaded, household), rituals, journal, problems)


def recogniser_of(settings: Settings, pack: Pack) -> Recogniser[Any]:
    """Return what recognises the pack's sentences, as the setting `engine` wants it.

    Raises:
        InputError: the engine has no model of the language, or does not know how its words sound.
        SystemFailure: the model cannot be loaded.
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


def synthesiser(settings: Settings, voice: str, keeps: Callable[[str], bool] = lambda _text: True) -> Synthesiser:
    """Return a voice at the rate of the settings; of what it says, what `keeps` allows is kept in the cache."""
    return CachedSynthesiser(EspeakVoice(voice), settings.speaking.rate, user_cache() / "speech", keeps=keeps)


def _pack_folder(settings: Settings, pack: Path | None) -> Path:
    folder = pack or data_folder("intents")
    inner = folder / settings.language
    return inner if pack is None or inner.is_dir() else folder
