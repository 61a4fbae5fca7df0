"""`moments doctor`: checks each part, and says how to fix what fails."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import typer

from voice.assistant import Assistant, assemble
from voice.audio.clip import to_int16
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import RATE, DeviceMicrophone
from voice.cli.options import PackFolder, SettingsFile
from voice.clock import SystemClock
from voice.errors import MomentsError, SystemFailure
from voice.listening.endpointer import Utterance
from voice.listening.noise import NoiseReducer
from voice.nlu.contexts import ANYTIME
from voice.settings.file import load_settings
from voice.settings.schema import Settings

__all__ = ["doctor"]

_SILENCE = np.zeros(RATE // 3, np.int16)  # before and after the sentence that the recogniser is tested with
_MICROPHONE_TIMEOUT = 5.0  # seconds
_SENTENCES_TRIED = 50
_DISK_SPACE = 1_000_000  # bytes that have to be free; far more than the store writes at once


@dataclass(frozen=True)
class _Check:
    """A check of one part: returns its state in words, or raises the fault."""

    part: str
    run: Callable[[], str]


def doctor(settings_file: SettingsFile = None, pack: PackFolder = None) -> None:
    """Check every part, and say how to fix what fails.

    The parts are microphone, loudspeaker, voice, recogniser, noise reduction, pack and store.
    """
    settings = load_settings(settings_file)
    assistant = assemble(settings, pack)
    results = [_report(check) for check in _checks(settings, assistant)]
    for line in assistant.pack.confusable:
        print(f"see  sentences    {line}")
    for line in assistant.problems:
        print(f"see  own cards    {line}")
    if not all(results):
        raise typer.Exit(1)


def _report(check: _Check) -> bool:
    """Print a line about a part; return whether it works."""
    try:
        finding, well = check.run(), True
    except MomentsError as error:
        finding, well = str(error), False
    print(f"{'ok ' if well else 'BAD'}  {check.part:<11}  {finding}", flush=True)
    return well


def _checks(settings: Settings, assistant: Assistant) -> Iterator[_Check]:
    yield _Check("microphone", partial(_microphone, settings))
    yield _Check("loudspeaker", partial(_loudspeaker, settings))
    yield _Check("voice", partial(_voice, assistant))
    yield _Check("recogniser", partial(_recogniser, assistant))
    yield _Check("noise", _noise)
    yield _Check("pack", partial(_pack, assistant))
    yield _Check("store", partial(_store, assistant))


def _microphone(settings: Settings) -> str:
    microphone = DeviceMicrophone(settings.listening.microphone, SystemClock())
    try:
        frame = microphone.read(_MICROPHONE_TIMEOUT)
    finally:
        microphone.close()
    if frame is None:
        raise SystemFailure("the microphone gives no sound: plug it in again, or name another in the settings")
    return f"{microphone.name}: it hears"


def _loudspeaker(settings: Settings) -> str:
    loudspeaker = DeviceLoudspeaker(settings.speaking.loudspeaker)
    try:
        loudspeaker.play(np.zeros(loudspeaker.rate // 10, np.float32))
    finally:
        loudspeaker.close()
    return f"{loudspeaker.name}: it plays, at {loudspeaker.rate} samples a second"


def _voice(assistant: Assistant) -> str:
    assistant.stage.check_counts(assistant.synthesiser)
    return f"{assistant.voice}: it speaks, and its counts fit into their seconds"


def _recogniser(assistant: Assistant) -> str:
    assistant = assistant.without_name
    graph = assistant.pack.sentences.scope(ANYTIME).graph
    words = max((words for words, _ in islice(graph.sentences(), _SENTENCES_TRIED)), key=len)
    clip = assistant.synthesiser.render(" ".join(words)).resampled(RATE)
    listener = assistant.listener()
    heard = listener.understand(Utterance(np.concatenate([_SILENCE, to_int16(clip.samples), _SILENCE])), ANYTIME)
    if heard.intent is None:
        raise SystemFailure(f'it does not understand its own voice say "{" ".join(words)}": choose another voice')
    return "it understood its test sentence"


def _noise() -> str:
    reducer = NoiseReducer()
    reducer.feed(np.zeros(RATE // 10, np.int16))
    return "it can be reduced"


def _pack(assistant: Assistant) -> str:
    pack = assistant.pack
    graph = pack.sentences.scope(ANYTIME).graph
    cards = sum(map(len, pack.decks.values()))
    return f"{pack.folder}: {len(graph.words)} words to say, {len(pack.responses)} lines, {cards} cards"


def _store(assistant: Assistant) -> str:
    path = assistant.database.path
    assistant.database.open()
    assistant.database.close()
    # A database on a read-only disk opens, because it can still be read.
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise SystemFailure(f"{path}: the file cannot be written: make its folder writable, or set another one")
    if shutil.disk_usage(path.parent).free < _DISK_SPACE:
        raise SystemFailure(f"{path}: the disk is full: make room")
    return f"{path}: it can be written"
