"""The assistant: its parts, assembled from the settings and the pack."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice.asr.engines import Choice, dictionary_of
from voice.asr.recogniser import Recogniser
from voice.clock import Clock, SystemClock
from voice.dialogue.controls import Controls, Paced
from voice.dialogue.performance import AskTimeouts
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
from voice.tts.espeak import Pyttsx3Synthesiser, Synthesiser

__all__ = ["FILE_RATE", "Assistant", "assemble", "recogniser_of", "store_of", "synthesiser"]

log = logging.getLogger(__name__)

_SHOWN = 3  # problems with the couple's own cards that are logged one by one
# Without a sound card, sounds are rendered at the voice's own rate.
FILE_RATE = 22_050


@dataclass(frozen=True)
class Assistant:
    """The parts that need no sound device.

    Attributes:
        settings: the settings when it was assembled, with what was changed by voice.
        pack: the language, with the couple's own cards.
        household: the couple's data and settings.
        synthesiser: the voice, at the pace that is set now.
        stage: sets the scenes.
        rituals: the scheduler of rituals and reminders.
        journal: notes, tally and counted moments.
        problems: a line for each of the couple's own cards that was left out.
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
        """The database."""
        return self.household.store

    @property
    def without_name(self) -> "Assistant":
        """The same without a wake name: synthetic voices may pronounce it unlike people."""
        pack = replace(self.pack, sentences=replace(self.pack.sentences, address=None))
        return replace(self, pack=pack, stage=Stage(pack, self.household))

    @property
    def ask_timeouts(self) -> AskTimeouts:
        """The time-outs of free speech."""
        listening = self.settings.listening
        return AskTimeouts(listening.free_silence, listening.free_limit)

    def listener(self) -> Listener:
        """Return a listener that is ready for the sentences that count at any time.

        Raises:
            MomentsError: a sentence of the pack cannot be recognised.
        """
        listening = self.settings.listening
        recogniser = recogniser_of(self.settings, self.pack)
        listener = Listener(self.pack.sentences, recogniser, listening.threshold, Endpointer(listening.silence))
        listener.prepare(ANYTIME)
        return listener


def assemble(settings: Settings, pack: Path | None = None, clock: Clock | None = None) -> Assistant:
    """Assemble the parts that the settings name.

    Args:
        settings: the settings of the file; what was changed by voice overrides them.
        pack: the folder of a pack, or of several by language; the built-in one if None.
        clock: the time; the machine's if None.

    Raises:
        MomentsError: the pack, a folder or the database cannot be used.
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
    """Return the recogniser of the pack's sentences that the setting `engine` asks for.

    Raises:
        InputError: the engine has no model of the language, or does not know how its words sound.
        SystemFailure: the model cannot be loaded.
    """
    return _choice(settings).recogniser(pack.lexicon)


def _choice(settings: Settings) -> Choice:
    return Choice(settings.language, settings.engine, settings.keeping.folder, settings.listening.name)


def _address(listening: ListeningSetting) -> Address | None:
    """Return the wake name, None if the assistant has none."""
    if listening.name is None:
        return None
    sounds = tuple(listening.name_sounds.split(",")) if listening.name_sounds else ()
    return Address(listening.name, listening.name_required, sounds)


def store_of(settings: Settings) -> Store:
    """Return the database; it is opened at first use."""
    return Store(user_data(settings.keeping.folder) / "moments.sqlite3")


def synthesiser(settings: Settings, voice: str, keeps: Callable[[str], bool] = lambda _text: True) -> Synthesiser:
    """Return a voice at the rate of the settings; texts that `keeps` allows stay in its cache."""
    return Pyttsx3Synthesiser(voice, settings.speaking.rate, user_cache() / "speech", keeps=keeps)


def _pack_folder(settings: Settings, pack: Path | None) -> Path:
    folder = pack or data_folder("intents")
    inner = folder / settings.language
    return inner if pack is None or inner.is_dir() else folder
