"""Events: everything the assistant does, but no word that was said."""

import dataclasses
import logging
from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np
import pytest
from acting import two_at_home
from rooms import Room, Tone

from voice.assistant import Assistant
from voice.demo import EVENING
from voice.dialogue.events import CueBegan, Event, MomentBegan, MomentEnded, QuestionOpened, State, StateChanged
from voice.dialogue.rules import Ending
from voice.dialogue.trace import Began
from voice.listening.listener import Listener
from voice.moments.registry import MOMENTS
from voice.nlu.intent import Intent
from voice.testing import CountedClock, ScriptedMicrophone


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give the assistant of Ana and Ben, shared by these tests."""
    return two_at_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def listener(home: Assistant) -> Listener:
    """Give a listener, shared by these tests."""
    return home.listener()


@pytest.fixture
def room(home: Assistant, listener: Listener) -> Room:
    """Give a room whose assistant speaks in short tones."""
    clock = CountedClock(EVENING)
    listener.forget()
    return Room(home, clock, ScriptedMicrophone(clock), Tone(), listener=listener)


def test_several_listeners_follow_a_moment(room: Room) -> None:
    """All listeners get the same events in order: the moment, its cues, the question, the end."""
    told: tuple[list[Event], list[Event]] = ([], [])
    for listener in told:
        room.conversation.events.listen(listener.append)
    room.conversation.begin(Intent("Help"))
    room.wait(room.is_in(State.AWAITING))
    room.say("stop")
    room.wait(room.is_in(State.LISTENING))
    assert told[0] == told[1]
    assert [type(event) for event in told[0]] == [
        *(MomentBegan, StateChanged, CueBegan, QuestionOpened, StateChanged),
        *(MomentEnded, StateChanged),
    ]
    assert told[0][0] == MomentBegan("help")
    assert [event.state for event in told[0] if isinstance(event, StateChanged)] == [
        *(State.PERFORMING, State.AWAITING, State.LISTENING)
    ]
    assert told[0][-2] == MomentEnded("help", Ending.STOPPED)
    (opened,) = (event for event in told[0] if isinstance(event, QuestionOpened))
    assert (opened.moment, opened.question) == ("help", "help.topic")


def test_the_last_event_says_how_a_moment_ended(room: Room) -> None:
    """The last event of a moment says whether it was finished or replaced."""
    told: list[Event] = []
    room.conversation.events.listen(told.append)
    room.conversation.begin(Intent("Pause"))
    room.conversation.begin(Intent("Louder"))
    room.wait(room.is_in(State.LISTENING))
    ended = [event for event in told if isinstance(event, MomentEnded)]
    assert ended == [MomentEnded("pause", Ending.REPLACED), MomentEnded("louder", Ending.FINISHED)]


def test_the_times_of_cues_are_those_of_the_loudspeaker(room: Room) -> None:
    """Each cue's event has the time at which its first sample is heard, to the sample."""
    room.pass_time(1.0)
    told: list[tuple[float, CueBegan]] = []

    def note(event: Event) -> None:
        if isinstance(event, CueBegan):
            told.append((room.clock.monotonic(), event))

    room.conversation.events.listen(note)
    room.conversation.begin(Intent("Pause"))
    room.wait(lambda: bool(room.moments))
    marks = [mark for event in room.events if isinstance(event, Began) for mark in event.score.marks]
    assert len(told) == len(marks) > 18
    sound, rate = room.loudspeaker.mixdown().samples, room.loudspeaker.rate
    jumps = np.diff(sound, prepend=0.0) > 0.05 * room.assistant.stage.controls.volume  # the tone is a block of 0.1
    for (now, cue), mark in zip(told, marks, strict=True):
        assert 0.0 <= now - cue.at < 0.1
        assert cue.seconds == mark.length / rate
        if cue.kind == "say":
            first = round(cue.at * rate)
            assert jumps[first - 1 : first + 2].any()


def test_a_listener_may_leave(room: Room) -> None:
    """A listener that has left gets no more events, even if it left during one."""
    told: list[Event] = []
    leave: list[Callable[[], None]] = []

    def once(event: Event) -> None:
        told.append(event)
        leave[0]()

    leave.append(room.conversation.events.listen(once))
    room.conversation.begin(Intent("Louder"))
    room.wait(room.is_in(State.LISTENING))
    leave[0]()
    assert told == [MomentBegan("louder")]


def test_a_listener_that_raises_is_dropped(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    """A listener that raises costs one line in the log; the moment and the other listeners go on."""
    told: list[Event] = []

    def broken(_event: Event) -> None:
        raise ValueError("no page is there")

    room.conversation.events.listen(broken)
    room.conversation.events.listen(told.append)
    room.conversation.begin(Intent("Louder"))
    room.wait(room.is_in(State.LISTENING))
    assert MomentEnded("louder", Ending.FINISHED) in told
    (line,) = (record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert "ValueError: no page is there" in line


def test_nothing_that_was_said_is_in_an_event(room: Room) -> None:
    """The only words in events are names of moments, questions and cues."""
    told: list[Event] = []
    room.conversation.events.listen(told.append)
    room.say("help me say it kindly")
    for words in ("I feel unheard", "when we talk late at night", "could we find another time"):
        room.wait(room.is_in(State.AWAITING))
        heard = len(room.heard)
        room.say(words)
        room.wait(lambda before=heard: len(room.heard) > before)  # type: ignore[misc]  # the count of this round
    room.wait(room.is_in(State.AWAITING))
    assert any("unheard" in line for line in room.said)
    room.conversation.begin(Intent("Gratitude"))
    room.wait(room.is_in(State.AWAITING))
    assert any("Ana" in line or "Ben" in line for line in room.said)
    room.conversation.stop()
    asks = {ask.name for moment in MOMENTS.values() for ask in moment.asks} | {"gratitude.turn"}
    assert {*words_of(told)} <= {*MOMENTS, *asks, "say", "rest", "chime", "replay"}


def test_a_private_moment_has_no_name(room: Room) -> None:
    """The events of the safety moment have no name."""
    told: list[Event] = []
    room.conversation.events.listen(told.append)
    room.say("I am not safe")
    room.wait(lambda: room.moments == ["safety"])
    assert MomentBegan(None) in told
    assert MomentEnded(None, Ending.FINISHED) in told
    assert {*words_of(told)} <= {"say", "rest", "chime"}


def words_of(thing: object) -> Iterator[str]:
    """Yield all text in an event, however deep."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, list | tuple):
        for one in thing:
            yield from words_of(one)
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from words_of(getattr(thing, field.name))
    else:
        assert thing is None or isinstance(thing, Enum | float | int)
