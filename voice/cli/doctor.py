"""The doctor: looks at each part, and says what to do about the ones that are not well."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from voice.assistant import Assistant, assemble
from voice.audio.clip import to_int16
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import RATE, DeviceMicrophone
from voice.clock import SystemClock
from voice.errors import MomentsError, SystemFailure
from voice.listening.endpointer import Utterance
from voice.listening.noise import NoiseReducer
from voice.nlu.sentences import ANYTIME
from voice.settings import file as all_settings
from voice.settings.schema import Settings

__all__ = ["examine"]

# Silence around the sentence that the recogniser is tried with.
_SILENCE = np.zeros(RATE // 3, np.int16)
_HEARS_WITHIN = 5.0
_TRIED = 50
# Bytes that the disk has to have free: what the store writes at once is far less.
_ROOM = 1_000_000


@dataclass(frozen=True)
class _Check:
    """A part's name, and what looks at it: returns how it is, or raises what is wrong."""

    part: str
    look: Callable[[], str]


def examine(settings_file: Path | None, pack: Path | None) -> bool:
    """Print one line for each part, and one for what else is worth a look; return whether all parts are well.

    Raises:
        MomentsError: a setting or the pack is not as it should be: without them nothing else can be looked at.
    """
    settings = all_settings.load(settings_file)
    assistant = assemble(settings, pack)
    well = True
    for check in _checks(settings, assistant):
        try:
            finding, sign = check.look(), "ok "
        except MomentsError as error:
            finding, sign, well = str(error), "BAD", False
        print(f"{sign}  {check.part:<11}  {finding}", flush=True)
    for line in assistant.pack.confusable:
        print(f"see  sentences    {line}")
    for line in assistant.problems:
        print(f"see  own cards    {line}")
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
        frame = microphone.read(_HEARS_WITHIN)
    finally:
        microphone.close()
    if frame is None:
        raise SystemFailure("the microphone hands over no sound: plug it in again, or name another in the settings")
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
    words = max((words for words, _ in islice(graph.sentences(), _TRIED)), key=len)
    clip = assistant.synthesiser.render(" ".join(words)).resampled(RATE)
    listener = assistant.listener()
    heard = listener.understand(Utterance(np.concatenate([_SILENCE, to_int16(clip.samples), _SILENCE])), ANYTIME)
    if heard.intent is None:
        raise SystemFailure(f'it does not understand its own voice say "{" ".join(words)}": choose another voice')
    return f'understands "{" ".join(words)}"'


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
    # On a read-only disk what was kept can still be read, and so it opens.
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise SystemFailure(f"{path}: the file cannot be written: make its folder writable, or set another one")
    if shutil.disk_usage(path.parent).free < _ROOM:
        raise SystemFailure(f"{path}: the disk is full: make room")
    return f"{path}: it can be written"
