"""The state machine of one playing moment, without sound, devices or waiting."""

from collections.abc import Generator

import numpy as np
import pytest
from acting import two_at_home

from voice.audio.microphone import FRAME, FRAME_SECONDS, RATE, Frame
from voice.cues import Ask, Cue, Rest, Say
from voice.dialogue.performance import Aside, AskTimeouts, Begin, End, Listen, Performance, Play, Wait
from voice.dialogue.rules import Ending
from voice.moments.moment import SILENCE, Answer, Script
from voice.moments.registry import MOMENTS
from voice.nlu.intent import Intent
from voice.packs.pack import Pack

CHOICE = Ask("ritual.ready", within=8.0)
FREE = Ask("gratitude.turn", within=60.0, kind="free", record=True)
TALK = Ask("question.talk", within=120.0, kind="talk")


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Give the English pack."""
    return two_at_home(tmp_path_factory.mktemp("home")).pack


class Scene:
    """A scene of a line, a question and another line; it stores the answer."""

    def __init__(self, pack: Pack, ask: Ask, *, words: str | None = None) -> None:
        self.answers: list[Answer | None] = []
        self.closed = False
        self.performance = Performance(
            "gratitude", self._play(ask), pack, MOMENTS, AskTimeouts(2.5, 90.0), lambda _sound: words
        )

    def _play(self, ask: Ask) -> Script:
        try:
            yield Say("Hello.")
            self.answers.append((yield ask))
            yield Say("Goodbye.")
        except GeneratorExit:
            self.closed = True
            raise

    def ask(self, now: float = 0.0) -> Performance:
        """Play the first line and open the question."""
        assert self.performance.start() == Play((Say("Hello."),))
        assert isinstance(self.performance.sound_ended(now), Listen)
        return self.performance


def script(*cues: Cue) -> Generator[Cue, Answer | None, None]:
    """Return a script of some cues."""
    yield from cues


GOODBYE = Play((Say("Goodbye."),))


def test_a_moment_ends_with_its_last_sound(pack: Pack) -> None:
    """After a line, a question, an answer and a line, the moment ends with the sound."""
    scene = Scene(pack, CHOICE)
    performance = scene.ask()
    assert performance.understood(Intent("Agree")) == GOODBYE
    assert performance.sound_ended(5.0) == End(Ending.FINISHED)
    assert scene.answers == [Answer("Agree", spoke=True)]


def test_a_moment_with_nothing_to_say_is_over_at_once(pack: Pack) -> None:
    """A scene without cues plays nothing."""
    assert Performance("pause", script(), pack, MOMENTS).start() == End(Ending.FINISHED)


def test_cues_in_a_row_are_one_turn(pack: Pack) -> None:
    """All cues up to the next question are one turn."""
    cues = (Say("One."), Rest(2.0), Say("Two."))
    assert Performance("pause", script(*cues), pack, MOMENTS).start() == Play(cues)


def test_silence_answers_a_choice_after_its_time(pack: Pack) -> None:
    """Without speech, the question is open for exactly its own time."""
    scene = Scene(pack, CHOICE)
    performance = scene.ask(10.0)
    assert (performance.asked_at, performance.timeout) == (10.0, 18.0)
    assert performance.tick(17.9) == Wait()
    assert performance.tick(18.0) == GOODBYE
    assert scene.answers == [SILENCE]


def test_a_choice_waits_while_they_talk_it_over(pack: Pack) -> None:
    """After an unrecognised answer the question stays open until a silence, however long they talk."""
    scene = Scene(pack, CHOICE)
    performance = scene.ask()
    performance.speech(7.0)
    performance.not_understood()
    performance.speech(11.0)
    assert performance.tick(13.4) == Wait()
    assert performance.tick(13.6, hearing=True) == Wait()
    assert performance.tick(13.6) == GOODBYE
    assert scene.answers == [Answer(spoke=True)]


def test_free_speech_may_begin_late_and_ends_with_silence(pack: Pack) -> None:
    """Free speech may begin within twenty seconds, and ends after two and a half seconds of silence."""
    performance = Scene(pack, FREE).ask()
    assert performance.timeout == 20.0
    performance.speech(19.0)
    assert performance.timeout == 21.5
    assert performance.tick(21.4) == Wait()
    assert performance.tick(21.5) == GOODBYE


def test_free_speech_has_a_limit(pack: Pack) -> None:
    """Free speech is cut off at the question's limit, even in the middle of a word."""
    performance = Scene(pack, FREE).ask()
    performance.speech(59.9)
    assert performance.tick(60.0, hearing=True) == GOODBYE


def test_a_recorded_answer_holds_the_words_and_little_around_them(pack: Pack) -> None:
    """A recorded answer is the speech with half a second on both sides."""
    scene = Scene(pack, FREE, words="thank you")
    performance = scene.ask()
    for number in range(125):
        performance.frame(Frame(np.full(FRAME, number, np.int16), number * FRAME_SECONDS))
        if 60 <= number < 70:
            performance.speech(number * FRAME / RATE)
    performance.tick(performance.timeout)
    (answer,) = scene.answers
    assert answer is not None
    assert answer.words == "thank you"
    assert answer.sound is not None
    assert answer.sound.samples.size == (10 + 2 * 16) * FRAME


def test_nothing_is_recorded_unless_the_question_wants_it(pack: Pack) -> None:
    """Only a question that records keeps frames."""
    scene = Scene(pack, TALK, words="secret")
    performance = scene.ask()
    performance.frame(Frame(np.ones(FRAME, np.int16), 0.0))
    performance.speech(1.0)
    performance.tick(performance.timeout)
    assert scene.answers == [Answer(spoke=True)]
    assert scene.answers[0] is not None
    assert (scene.answers[0].sound, scene.answers[0].words) == (None, None)


def test_a_talk_gives_way_to_a_due_ritual(pack: Pack) -> None:
    """A talk ends at its next pause; if a ritual is due, it ends as if nobody had spoken."""
    for due, answer in ((False, Answer(spoke=True)), (True, SILENCE)):
        scene = Scene(pack, TALK)
        performance = scene.ask()
        performance.speech(30.0)
        assert performance.tick(31.0, due=due) == Wait()
        assert performance.tick(33.0, hearing=True, due=due) == Wait()
        assert performance.tick(33.0, due=due) == GOODBYE
        assert scene.answers == [answer]


def test_a_television_does_not_keep_a_talk_open_for_ever(pack: Pack) -> None:
    """A talk ends after ten minutes, even during speech."""
    performance = Scene(pack, TALK).ask()
    performance.speech(599.9)
    assert performance.tick(599.9, hearing=True) == Wait()
    assert performance.tick(600.0, hearing=True) == GOODBYE


def test_an_aside_leaves_the_question_open(pack: Pack) -> None:
    """After an aside, the question opens again with its full time."""
    scene = Scene(pack, CHOICE)
    performance = scene.ask()
    assert performance.understood(Intent("Louder")) == Aside(Intent("Louder"))
    assert performance.question is None
    assert performance.sound_ended(6.0) == Listen(CHOICE)
    assert performance.timeout == 14.0
    assert performance.understood(Intent("Agree")) == GOODBYE


def test_another_request_begins_in_its_place(pack: Pack) -> None:
    """A request for another moment ends this one; closing the performance closes the script."""
    scene = Scene(pack, CHOICE)
    performance = scene.ask()
    assert performance.understood(Intent("Story")) == Begin(Intent("Story"))
    performance.close()
    assert scene.closed


@pytest.mark.parametrize("ask", [None, CHOICE, FREE, TALK])
def test_stop_ends_a_moment_at_any_time(pack: Pack, ask: Ask | None) -> None:
    """Both a turn and a question end with "stop"."""
    scene = Scene(pack, ask or CHOICE)
    if ask is None:
        scene.performance.start()
    else:
        scene.ask()
    assert scene.performance.understood(Intent("Stop")) == End(Ending.STOPPED)


def test_while_it_plays_louder_changes_nothing(pack: Pack) -> None:
    """In the rests of a moment, asides and answers do not count."""
    scene = Scene(pack, CHOICE)
    scene.performance.start()
    assert scene.performance.understood(Intent("Louder")) == Wait()
    scene.performance.speech(1.0)
    scene.performance.not_understood()
    scene.performance.sound_ended(2.0)
    assert scene.performance.tick(9.9) == Wait()
    assert scene.performance.tick(10.0) == GOODBYE
    assert scene.answers == [SILENCE]


def test_only_a_ritual_that_asked_first_is_agreed_to(pack: Pack) -> None:
    """A yes accepts a ritual only during its opening question."""
    for ask, agrees in ((CHOICE, True), (TALK, False)):
        performance = Scene(pack, ask).ask()
        assert performance.accepts_ritual(Intent("Agree")) is agrees
    assert not Scene(pack, CHOICE).performance.accepts_ritual(Intent("Agree"))
