"""The assistant: its parts, assembled from the settings and the pack."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from voice.asr.engines import Choice
from voice.asr.recogniser import Recogniser, RecordedRecogniser
from voice.clock import Clock, SystemClock
from voice.dialogue.controls import Controls, Paced
from voice.dialogue.performance import AskTimeouts
from voice.dialogue.privacy import ready_made
from voice.dialogue.scenes import Stage
from voice.journal.journal import Journal
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Listener
from voice.moments.registry import MOMENTS, NEEDS, TOGETHER
from voice.nlu.contexts import ADDRESSED, ANYTIME
from voice.nlu.wake_name import WakeName
from voice.packs.load import load_pack
from voice.packs.own_cards import with_own
from voice.packs.pack import Pack
from voice.rituals.rituals import Rituals
from voice.settings.overrides import Overrides
from voice.settings.schema import ListeningSetting, Settings
from voice.storage.database import Database
from voice.storage.paths import data_folder, database_file, user_cache, user_data
from voice.tts.espeak import EspeakVoice
from voice.tts.synthesiser import CachedSynthesiser, Synthesiser
from voice.understanding.examples import sayings

__all__ = ["FILE_RATE", "Assistant", "assemble", "database_of", "pack_of", "recogniser_of", "synthesiser"]

log = logging.getLogger(__name__)

_UNKNOWN = "the heron waded past"  # a sentence that no pack has
_SHOWN = 3  # problems with the couple's own cards that are logged one by one
# Without a sound card, sounds are rendered at the voice's own rate.
FILE_RATE = 22_050


@dataclass(frozen=True)
class Assistant:
    """The parts that need no sound device.

    Attributes:
        settings: the settings when it was assembled, with the changes made by voice.
        pack: the language, with the couple's own cards.
        synthesiser: the voice, at the current pace.
        stage: makes the scenes.
        rituals: the scheduler of rituals and reminders.
        journal: notes, tally and counted moments.
        problems: a line for each of the couple's own cards that was left out.
    """

    settings: Settings
    pack: Pack
    synthesiser: Synthesiser
    stage: Stage
    rituals: Rituals
    journal: Journal
    problems: tuple[str, ...] = ()

    @property
    def database(self) -> Database:
        """The couple's database."""
        return self.stage.database

    @property
    def voice(self) -> str:
        """The name of the voice: the one of the settings, else the language's default."""
        return self.settings.speaking.voice or self.pack.speech.voice

    @property
    def without_name(self) -> "Assistant":
        """The same without a wake name: synthetic voices may pronounce it unlike people."""
        pack = replace(self.pack, sentences=self.pack.sentences.nameless)
        return replace(self, pack=pack, stage=replace(self.stage, pack=pack))

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
        listener = Listener(
            self.pack.sentences, recogniser, listening.threshold, Endpointer(listening.silence), self.pack.reader
        )
        listener.prepare(ANYTIME)
        listener.prepare(ANYTIME, ADDRESSED)
        if isinstance(recogniser, RecordedRecogniser):
            # The model of meaning takes a second to load: better now than with the first sentence of no template.
            self.pack.reader([_UNKNOWN], [(ANYTIME,)])
        return listener


def assemble(settings: Settings, pack: Path | None = None, clock: Clock | None = None) -> Assistant:
    """Assemble the parts that the settings name.

    Args:
        settings: the settings of the file, before changes made by voice.
        pack: the folder of a pack, or of several by language; the built-in one if None.
        clock: the time; the machine's if None.

    Raises:
        MomentsError: the pack, a folder or the database cannot be used.
    """
    loaded = pack_of(settings, pack)
    keeps = ready_made(loaded, MOMENTS).__contains__
    loaded, problems = with_own(loaded, user_data(settings.keeping.folder))
    for problem in problems[:_SHOWN]:
        log.warning(problem)
    if len(problems) > _SHOWN:
        log.warning("%d more cards of your own are left out: moments doctor lists them", len(problems) - _SHOWN)
    database, clock = database_of(settings), clock or SystemClock()
    overrides = Overrides(settings, database)
    settings = overrides.settings
    controls = Controls(
        settings.speaking.volume,
        settings.speaking.rate,
        clock,
        lambda key, value: overrides.change({key: value}, clock.now()),
    )
    rituals = Rituals(overrides, loaded.moments, database, clock)
    journal = Journal(database, clock, overrides)
    stage = Stage(loaded, overrides, database, clock, rituals, journal, controls, MOMENTS, TOGETHER)
    voice = synthesiser(settings, settings.speaking.voice or loaded.speech.voice, keeps)
    paced = Paced(voice, settings.speaking.rate, controls)
    return Assistant(settings, loaded, paced, stage, rituals, journal, problems)


def pack_of(settings: Settings, pack: Path | None = None) -> Pack:
    """Return the pack that the settings name, without the couple's own cards.

    Args:
        settings: the settings.
        pack: the folder of a pack, or of several by language; the built-in one if None.

    Raises:
        InputError: the pack has a mistake.
    """
    folder = _pack_folder(settings, pack)
    wake_name, embedded = _wake_name(settings.listening), _choice(settings, folder).is_embedded
    return load_pack(folder, NEEDS, wake_name=wake_name, pronounceable=embedded)


def recogniser_of(settings: Settings, pack: Pack) -> Recogniser[Any]:
    """Return the recogniser of the pack's sentences that the setting `engine` asks for.

    Raises:
        InputError: the engine has no model of the language, or does not know how its words sound.
        SystemFailure: the model cannot be loaded.
    """
    said = partial(sayings, pack.folder, pack.sentences.speech)
    return _choice(settings, pack.folder).recogniser(pack.lexicon, said)


def _choice(settings: Settings, pack: Path) -> Choice:
    listening = settings.listening
    return Choice(
        settings.language, settings.engine, settings.keeping.folder, listening.name, pack, listening.second_ear
    )


def _wake_name(listening: ListeningSetting) -> WakeName | None:
    """Return the wake name, None if the assistant has none."""
    if listening.name is None:
        return None
    sounds = tuple(listening.name_sounds.split(",")) if listening.name_sounds else ()
    return WakeName(listening.name, listening.name_required, sounds)


def database_of(settings: Settings) -> Database:
    """Return the couple's database; it is opened at first use."""
    return Database(database_file(settings.keeping.folder))


def synthesiser(settings: Settings, voice: str, keeps: Callable[[str], bool] = lambda _text: True) -> Synthesiser:
    """Return a voice at the rate of the settings; texts that `keeps` allows stay in its cache."""
    return CachedSynthesiser(EspeakVoice(voice), settings.speaking.rate, user_cache() / "speech", keeps=keeps)


def _pack_folder(settings: Settings, pack: Path | None) -> Path:
    folder = pack or data_folder("intents")
    inner = folder / settings.language
    return inner if pack is None or inner.is_dir() else folder
