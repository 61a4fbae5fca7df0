"""A question instead of a guess: asked where it was just spoken to and is unsure, in real speech on counted time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from rooms import Room

from voice.assistant import Assistant, assemble
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import RATE
from voice.dialogue.loop import State
from voice.listening.endpointer import Utterance
from voice.listening.listener import Listener
from voice.nlu.contexts import ADDRESSED, ANYTIME
from voice.nlu.intent import Intent
from voice.settings.schema import Settings
from voice.testing import CountedClock, ScriptedMicrophone

# In nobody's template: it resembles the examples of a reminder, but not enough to set one.
DOUBTFUL = "speak when ten minutes are over"
EVENING = datetime(2026, 6, 1, 20, 0)  # noqa: DTZ001 - wall time


def _assistant(folder: Path, clock: CountedClock) -> Assistant:
    settings = {"keeping": {"folder": str(folder)}, "listening": {"second_ear": True}}
    return assemble(Settings.model_validate(settings), clock=clock)


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Listener:
    """Return a listener for all rooms: its grammars take a while."""
    return _assistant(tmp_path_factory.mktemp("listener"), CountedClock(EVENING)).listener()


@pytest.fixture
def room(tmp_path: Path, listener: Listener) -> Room:
    """Give a room whose time is counted in frames."""
    clock = CountedClock(EVENING)
    return Room(_assistant(tmp_path, clock), clock, ScriptedMicrophone(clock), listener=listener)


def _doubt(room: Room) -> None:
    """Have the assistant speak, and say something doubtful right after it."""
    room.conversation.begin(Intent("Louder"))
    room.wait(lambda: room.moments == ["louder"])
    room.pass_time(0.5)
    room.say(DOUBTFUL)
    room.wait(room.is_in(State.AWAITING), 30.0)


def _reminders(room: Room) -> int:
    return len(room.assistant.stage.rituals.reminders())


def test_it_asks_what_was_meant(room: Room) -> None:
    """Just after it has spoken, a doubtful request is answered by a question that names a moment, and not yet done."""
    _doubt(room)
    what = room.assistant.pack.responses["did_you_mean.remind"][0]
    asked = [line.format(what=what) for line in room.assistant.pack.responses["did_you_mean.ask"]]
    assert room.said[-1] in asked
    assert room.heard == [None]
    assert _reminders(room) == 0


def test_after_a_yes_it_does_what_was_meant(room: Room) -> None:
    """A "yes" plays the moment, with what was said the first time: nobody has to repeat the ten minutes."""
    _doubt(room)
    room.say("yes please")
    room.wait(lambda: room.moments == ["louder", "did_you_mean"])
    assert room.heard == [None, "Agree"]
    (reminder,) = room.assistant.stage.rituals.reminders()
    assert EVENING + timedelta(minutes=10) <= reminder.due <= EVENING + timedelta(minutes=11)


@pytest.mark.parametrize("answer", ["no thanks", None])
def test_after_a_no_it_does_nothing(room: Room, answer: str | None) -> None:
    """After "no", or silence, it says nothing more and does nothing."""
    _doubt(room)
    if answer:
        room.say(answer)
    room.wait(lambda: room.moments == ["louder", "did_you_mean"])
    room.pass_time(1.0)
    assert room.heard == ([None, "Decline"] if answer else [None])
    assert len(room.said) == 2
    assert _reminders(room) == 0


def test_it_does_not_ask_when_nobody_spoke_to_it(room: Room) -> None:
    """The same words, said while it has been silent, get no question."""
    room.say(DOUBTFUL)
    room.wait(lambda: room.heard == [None])
    room.pass_time(3.0)
    assert (room.said, room.moments) == ([], [])


@pytest.mark.parametrize("voice", ["kal16", "awb"])
def test_talk_is_not_taken_for_a_request_that_sounds_alike(
    listener: Listener, spoken: Callable[[str, str], Path], voice: str
) -> None:
    """A need for a break, which counts only where the assistant is meant, is no need for a breath."""
    sound = to_int16(Clip.read(spoken("we need a break", voice)).resampled(RATE).samples)
    utterance = Utterance(np.pad(sound, (3000, 4000)))
    assert listener.understand(utterance, ANYTIME).intent is None
    meant = listener.understand(utterance, ANYTIME, ADDRESSED).intent
    assert meant is not None
    assert meant.name == "Break"
