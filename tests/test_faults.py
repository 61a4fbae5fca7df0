"""A scene, a voice or a database that fails ends its moment with one line in the log; the assistant goes on."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from acting import two_at_home
from rooms import Room, Tone

from voice.assistant import Assistant
from voice.audio.clip import Clip
from voice.cues import Ask, Say
from voice.demo import EVENING
from voice.dialogue.due import DueQueue
from voice.dialogue.events import Event, MomentEnded, State
from voice.dialogue.rules import Ending
from voice.errors import SystemFailure
from voice.listening.listener import Listener
from voice.moments.moment import Moment, Script
from voice.moments.registry import MOMENTS
from voice.moments.scene import Scene
from voice.nlu.intent import Intent
from voice.rituals.rituals import Rituals
from voice.testing import CountedClock, ScriptedMicrophone
from voice.tts.synthesiser import Synthesiser

FAULTS = (SystemFailure("the disk is full: make room"), KeyError("no such line"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant, shared by these tests."""
    return two_at_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def listener(home: Assistant) -> Listener:
    """Give a listener, shared by these tests."""
    return home.listener()


@pytest.fixture
def furnish(home: Assistant, listener: Listener) -> Callable[..., Room]:
    """Return a function that makes a room with other moments, or another voice."""

    def make(
        moments: dict[str, Moment] | None = None, voice: Synthesiser | None = None, *, background: bool = False
    ) -> Room:
        clock = CountedClock(EVENING)
        stage = replace(home.stage, moments=MOMENTS | (moments or {}))
        listener.forget()
        return Room(home, clock, ScriptedMicrophone(clock), voice or Tone(), stage, background, listener)

    return make


@pytest.fixture(params=FAULTS, ids=["failure", "bug"])
def fault(request: pytest.FixtureRequest) -> Exception:
    """Give an exception: a failure of the system, or a programming error."""
    assert isinstance(request.param, Exception)
    return request.param


def failing(fault: Exception, *, ask: Ask | None = None, instead_of: str = "story") -> Moment:
    """Return a moment like another one, but it fails at its start, or after the answer to a question."""

    def play(_scene: Scene) -> Script:
        if ask is not None:
            yield Say("A line.")
            yield ask
        raise fault

    return replace(MOMENTS[instead_of], play=play)


def answers_the_next_request(room: Room) -> None:
    """Check that a spoken request is answered to its end."""
    room.wait(room.is_in(State.LISTENING))
    room.pass_time(0.5)
    played = len(room.moments)
    room.say("give us a question")
    room.wait(lambda: len(room.moments) > played)
    assert room.moments[-1] == "question"


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines that were logged as errors."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def check_one_line(caplog: pytest.LogCaptureFixture, fault: Exception) -> None:
    """Check that exactly one line was logged, with the error."""
    (line,) = errors(caplog)
    assert line.endswith(str(fault) if isinstance(fault, SystemFailure) else f": {type(fault).__name__}")


def test_a_scene_that_fails_at_its_start(
    furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    """The moment ends before it has said a word."""
    room = furnish({"story": failing(fault)})
    room.conversation.begin(Intent("Story"))
    check_one_line(caplog, fault)
    assert (room.moments, room.said) == (["story"], [])
    answers_the_next_request(room)


def test_a_scene_that_fails_after_an_answer(furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture) -> None:
    """The moment ends in place of its reply."""
    room = furnish({"story": failing(FAULTS[1], ask=Ask("ritual.ready", 8.0))})
    room.conversation.begin(Intent("Story"))
    room.wait(room.is_in(State.AWAITING))
    room.say("yes please")
    room.wait(lambda: room.moments == ["story"], 6.0)
    check_one_line(caplog, FAULTS[1])
    answers_the_next_request(room)


def test_an_aside_that_fails(furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture) -> None:
    """If an aside's scene or sound fails, the question stays open and can be answered."""
    voice = Tone()
    room = furnish({"softer": failing(FAULTS[0], instead_of="softer")}, voice)
    room.conversation.begin(Intent("Help"))
    for number, wish in enumerate(("softer", "speak a bit slower please"), start=1):
        room.wait(room.is_in(State.AWAITING))
        if number == 2:
            voice.fault = FAULTS[0]
        room.say(wish)
        room.wait(lambda so_far=number: len(room.heard) == so_far)  # type: ignore[misc]  # this round's count
        assert room.is_in(State.AWAITING)()
        check_one_line(caplog, FAULTS[0])
        caplog.clear()
    voice.fault = None
    room.say("the rituals please")
    room.wait(lambda: len(room.said) >= 2)
    room.conversation.stop()
    answers_the_next_request(room)


def test_a_voice_that_fails_at_the_start(
    furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    """A moment or ritual without a voice ends; once the voice is back, requests are answered."""
    voice = Tone()
    voice.fault = fault
    room = furnish(voice=voice)
    room.conversation.begin(Intent("Story"))
    assert room.moments == ["story"]
    check_one_line(caplog, fault)
    caplog.clear()
    room.conversation.post("gratitude")
    room.wait(lambda: room.moments == ["story", "gratitude"], 1.0)
    check_one_line(caplog, fault)
    voice.fault = None
    answers_the_next_request(room)


@pytest.mark.parametrize("background", [False, True], ids=["at once", "in a thread"])
def test_a_voice_that_fails_after_an_answer(
    furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture, *, background: bool
) -> None:
    """If the voice fails after an answer, the moment ends, also with a renderer thread."""
    voice = Tone()
    room = furnish(voice=voice, background=background)
    told: list[Event] = []
    room.conversation.events.listen(told.append)
    room.conversation.begin(Intent("Help"))
    room.wait(room.is_in(State.AWAITING))
    voice.fault = FAULTS[0]
    room.say("the rituals please")
    room.wait(lambda: room.moments == ["help"])
    check_one_line(caplog, FAULTS[0])
    assert MomentEnded("help", Ending.FAILED) in told
    voice.fault = None
    answers_the_next_request(room)


def test_a_voice_that_exits(furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture) -> None:
    """A library that exits in the rendering thread ends the moment, and the thread renders the next one."""

    class Exits(Tone):
        leaving = True

        def render(self, text: str, pace: float = 1.0) -> Clip:
            if self.leaving:
                raise SystemExit(3)
            return super().render(text, pace)

    voice = Exits()
    room = furnish(voice=voice, background=True)
    room.conversation.begin(Intent("Story"))
    room.wait(lambda: room.moments == ["story"], 5.0)
    assert len(errors(caplog)) == 1
    voice.leaving = False
    answers_the_next_request(room)


def test_a_ritual_whose_scene_fails(furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture) -> None:
    """A due ritual whose scene fails ends, and the assistant goes on."""
    room = furnish({"gratitude": failing(FAULTS[0])})
    room.conversation.post("gratitude")
    room.wait(lambda: room.moments == ["gratitude"], 1.0)
    check_one_line(caplog, FAULTS[0])
    answers_the_next_request(room)


class ClockWithoutStart(CountedClock):
    """A clock that cannot tell how long the machine has been on."""

    def boottime(self) -> float:
        """Raise an error."""
        raise OSError("no such clock")


def test_a_scheduler_that_keeps_failing_is_logged_once(home: Assistant, caplog: pytest.LogCaptureFixture) -> None:
    """It looks at the rituals once a second, and the ticks in between cannot fail: it is one line all the same."""
    clock, stage = ClockWithoutStart(EVENING), home.stage
    rituals = Rituals(stage.overrides, home.pack.moments, stage.database, clock)
    due = DueQueue(clock, home.pack, rituals)
    for _ in range(100):
        due.tick()
        clock.sleep(0.1)
    (line,) = errors(caplog)
    assert "no such clock" in line


def test_a_locked_database(tmp_path: Path, listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    """While the database is locked no question is dealt; afterwards one is."""
    clock = CountedClock(EVENING)
    home = two_at_home(tmp_path)
    listener.forget()
    room = Room(home, clock, ScriptedMicrophone(clock), Tone(), listener=listener)
    answers_the_next_request(room)
    (path,) = tmp_path.glob("*.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        room.conversation.begin(Intent("Question"))
        room.wait(lambda: len(room.moments) == 2, 1.0)
        assert len(errors(caplog)) == 1
        room.conversation.mute(60.0)
        room.pass_time(61.0)
    answers_the_next_request(room)


def test_nothing_of_a_private_moment_is_logged(furnish: Callable[..., Room], caplog: pytest.LogCaptureFixture) -> None:
    """If the safety moment fails, the log has neither its name nor the error's words."""
    room = furnish({"safety": failing(KeyError("afraid"), instead_of="safety")})
    room.conversation.begin(Intent("Safety"))
    (line,) = errors(caplog)
    assert "afraid" not in caplog.text
    assert "safety" not in line
    answers_the_next_request(room)


class SlowVoice(Tone):
    """A voice that waits until `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go = threading.Event()

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return the tone, once `go` is set."""
        self.begun.set()
        assert self.go.wait(60.0)
        return super().render(text, pace)


def test_a_slow_voice_does_not_make_it_deaf(furnish: Callable[..., Room]) -> None:
    """While the voice renders, "stop" is understood, and its sound is never played."""
    voice = SlowVoice()
    room = furnish(voice=voice, background=True)
    room.conversation.begin(Intent("Help"))
    assert voice.begun.wait(60.0)
    room.pass_time(3.0)
    assert room.is_in(State.PERFORMING)()
    room.say("stop")
    room.wait(room.is_in(State.LISTENING), 6.0)
    assert (room.heard, room.moments, room.said) == (["Stop"], ["help"], [])
    voice.go.set()
    answers_the_next_request(room)
    assert [mark for mark in room.marks if isinstance(mark.cue, Say)]


def test_a_due_ritual_waits_for_a_slow_voice(furnish: Callable[..., Room]) -> None:
    """A ritual that becomes due while the voice renders begins afterwards; commands are obeyed meanwhile."""
    voice = SlowVoice()
    room = furnish(voice=voice, background=True)
    room.conversation.begin(Intent("Story"))
    assert voice.begun.wait(60.0)
    room.conversation.post("gratitude")
    room.pass_time(2.0)
    assert room.conversation.status().moment == "story"
    voice.go.set()
    room.conversation.hush()
    room.wait(lambda: room.conversation.status().moment == "gratitude", 2.0)
    room.conversation.stop()
