"""The conversation: real speech in, real speech out, on counted time."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine
from rooms import Room

from voice.assistant import Assistant, assemble, synthesiser
from voice.audio.clip import Clip
from voice.clock import Clock
from voice.cues import Replay, Rest, Say
from voice.dialogue.loop import State
from voice.dialogue.offline import perform
from voice.dialogue.trace import Ended
from voice.nlu.matcher import Intent
from voice.settings.schema import Settings
from voice.testing import CountedClock, NoMicrophone, ScriptedMicrophone, TurnedClock

EVENING = "2026-06-01 20:00"
THANKS = ("You made me tea this morning and you let me sleep.", "You listened to me, all evening long.")
RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.flac"))


Furnish = Callable[..., Assistant]


@pytest.fixture
def furnish(tmp_path: Path) -> Furnish:
    """Return what makes an assistant at a home of its own, by a clock, with some settings."""

    def make(clock: Clock, **sections: object) -> Assistant:
        keeping = {"folder": str(tmp_path), **sections.pop("keeping", {})}  # type: ignore[dict-item]
        return assemble(Settings.model_validate({"keeping": keeping, **sections}), clock=clock)

    return make


@pytest.fixture
def room(furnish: Furnish) -> Room:
    """Give a room where time is counted in frames."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    return Room(furnish(clock), clock, ScriptedMicrophone(clock))


def test_a_request_is_answered_with_exact_counts(room: Room) -> None:
    """A spoken request for a pause is answered by eighteen counts, each one second after the one before."""
    room.say("help us pause")
    room.wait(lambda: bool(room.moments))
    assert room.heard == ["Pause"]
    counts = [mark for mark in room.marks if isinstance(mark.cue, Say) and mark.cue.takes == 1.0]
    assert len(counts) == 18
    assert {after.start - before.start for before, after in pairwise(counts)} == {room.loudspeaker.rate}


def test_it_does_not_hear_itself(room: Room) -> None:
    """What comes back from the room while it speaks is not taken for speech."""
    room.say("give us a question")
    room.wait(room.is_in(State.PERFORMING))
    room.say("help us pause")  # falls into the introduction of the question, as an echo would
    room.wait(room.is_in(State.LISTENING))
    room.pass_time(2.0)
    assert room.heard == ["Question"]


def test_real_people_who_talk_of_other_things_are_not_answered(room: Room) -> None:
    """Twelve recordings are heard one after the other, each as speech, and met with silence; a request then is not."""
    for recording in map(Clip.read, RECORDINGS):
        room.hear(recording)
        room.pass_time(recording.duration + 1.5)
        assert room.conversation.state is State.LISTENING
    assert len(room.heard) >= len(RECORDINGS) == 12
    assert set(room.heard) == {None}
    assert room.marks == []
    room.say("give us a question")
    room.wait(lambda: bool(room.moments))
    assert room.moments == ["question"]
    assert len(room.said) == 2


def test_stop_in_a_rest_is_silence_at_once(room: Room) -> None:
    """A stop that is said while it rests ends the moment: what comes after is silent within a block of 20 ms."""
    room.conversation.begin(Intent("Pause"))
    rest = next(mark for mark in room.marks if isinstance(mark.cue, Rest))
    room.wait(lambda: room.loudspeaker.position() > rest.start)
    room.say("stop")
    room.wait(room.is_in(State.LISTENING))
    stopped = room.clock.monotonic()
    assert room.heard == ["Stop"]
    room.pass_time(3.0)
    after = room.loudspeaker.mixdown().samples[round((stopped + 0.02) * room.loudspeaker.rate) :]
    assert not after.any()


def test_a_signal_ends_a_moment_while_it_speaks(room: Room) -> None:
    """Whoever cannot be heard can still be obeyed: `hush` ends what plays with the next frame."""
    room.conversation.begin(Intent("Help"))
    room.pass_time(1.0)
    room.conversation.hush()
    room.conversation.tick()
    stopped = room.clock.monotonic()
    assert room.conversation.state is State.LISTENING
    room.pass_time(3.0)
    sound = room.loudspeaker.mixdown().samples
    end = round(stopped * room.loudspeaker.rate)
    assert sound[:end].any()
    assert not sound[end + round(0.02 * room.loudspeaker.rate) :].any()


def test_speech_that_is_not_for_it_meets_silence(room: Room) -> None:
    """It does not answer, and does not ask back, when people talk to each other."""
    room.say("Did you remember to buy milk on the way home from work?")
    room.pass_time(6.0)
    assert room.heard == [None]
    assert not room.said


def test_only_its_name_wakes_it_and_anything_stops_it(furnish: Furnish) -> None:
    """Where the name is required, a request without it meets silence; a moment is stopped with or without."""
    clock = CountedClock()
    room = Room(furnish(clock, listening={"name": "Juniper", "name_required": True}), clock, ScriptedMicrophone(clock))
    room.say("help us pause")
    room.pass_time(4.0)
    assert (room.heard, room.said) == ([None], [])
    room.say("Juniper, help us pause")
    room.wait(lambda: room.moments == ["pause"])
    for number, stop in enumerate(("stop", "Juniper, stop"), start=2):
        room.conversation.begin(Intent("Gratitude"), by_itself=True)
        room.wait(room.is_in(State.AWAITING))
        room.say(stop)
        room.wait(lambda so_far=number: len(room.moments) == so_far, 6.0)  # type: ignore[misc]  # this round's count
    assert room.heard == [None, "Pause", "Stop", "Stop"]


def test_that_again_says_the_same(room: Room) -> None:
    """Asked to say that again, it repeats the question that was dealt, and deals no other."""
    room.say("give us a question")
    room.wait(lambda: room.moments == ["question"])
    room.pass_time(0.5)
    room.say("say that again")
    room.wait(lambda: room.moments == ["question", "repeat"])
    assert room.said[:2] == room.said[2:]


def test_the_evening_ritual_waits_for_both(room: Room) -> None:
    """Each partner speaks freely for as long as they like; the ritual goes on after their silence."""
    room.conversation.post("gratitude")
    room.wait(room.is_in(State.AWAITING))
    room.say("we are ready")
    room.wait(lambda: room.heard == ["Agree"])
    for tale in THANKS:
        room.wait(room.is_in(State.AWAITING))
        said = len(room.said)
        room.say(tale)
        room.say("And it was very good to have you here with me.")
        room.wait(lambda before=said: len(room.said) > before)  # type: ignore[misc]  # the count of this turn
    room.wait(lambda: room.moments == ["gratitude"])
    assert room.assistant.pack.responses["gratitude.end"].count(room.said[-1]) == 1


@pytest.mark.parametrize("answer", ["not tonight", None])
def test_a_ritual_that_does_not_suit_ends_softly(room: Room, answer: str | None) -> None:
    """Not tonight, or nobody there: the ritual ends, and thanks for nothing."""
    room.conversation.post("gratitude")
    room.wait(room.is_in(State.AWAITING))
    if answer:
        room.say(answer)
    room.wait(lambda: room.moments == ["gratitude"])
    farewell = [line for line in room.said if line in room.assistant.pack.responses["opening.not_tonight"]]
    assert len(farewell) == (1 if answer else 0)
    assert len(room.said) == 1 + len(farewell)


def test_other_words_while_a_question_is_open(room: Room) -> None:
    """Asked to be louder while a topic is waited for, it is, and waits on; then the topic counts."""
    room.conversation.begin(Intent("Help"))
    room.wait(room.is_in(State.AWAITING))
    room.say("speak a bit slower please")
    room.wait(lambda: len(room.said) == 2)
    assert room.said[1] in room.assistant.pack.responses["slower.done"]
    room.wait(room.is_in(State.AWAITING))
    room.say("rituals please")
    room.wait(lambda: len(room.said) >= 3)
    assert room.heard == ["Slower", "Topic"]
    assert room.said[2] in room.assistant.pack.responses["help.rituals"]


def test_a_question_stays_open_where_nothing_can_be_kept(room: Room) -> None:
    """A change of the voice that cannot be kept while another program holds the database ends nothing."""
    room.conversation.begin(Intent("Help"))
    room.wait(room.is_in(State.AWAITING))
    room.assistant.database.open()
    with closing(sqlite3.connect(room.assistant.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        room.say("softer")
        room.wait(lambda: room.heard == ["Softer"])
    assert room.conversation.state is State.AWAITING
    room.say("the rituals please")
    room.wait(lambda: len(room.said) >= 2)
    assert room.said[1] in room.assistant.pack.responses["help.rituals"]


def test_another_request_while_a_question_is_open(room: Room) -> None:
    """What counts at any time ends the scene that asks, and begins another."""
    room.conversation.begin(Intent("Help"))
    room.wait(room.is_in(State.AWAITING))
    room.say("tell us a story")
    room.wait(lambda: room.moments == ["help"])
    assert room.heard == ["Story"]


def test_one_soft_second_chance(room: Room) -> None:
    """An answer that is none is met once by a soft question, once they have been silent; the next one by silence."""
    room.conversation.begin(Intent("Help"))
    for number in range(2):
        room.wait(room.is_in(State.AWAITING))
        assert len(room.said) == 1 + number
        room.say("I think we should look for another apartment.")
        room.wait(lambda before=number: len(room.heard) > before and not room.is_in(State.AWAITING)())  # type: ignore[misc]  # this round's count
    room.wait(lambda: room.moments == ["help"])
    assert room.said[1] in room.assistant.pack.responses["always.once_more"]
    assert len(room.said) == 2


def test_it_sleeps_until_it_is_woken(room: Room) -> None:
    """Told not to listen, it obeys nothing but being told to listen again."""
    room.say("stop listening for an hour")
    room.wait(room.is_in(State.ASLEEP))
    room.say("give us a question")
    room.pass_time(4.0)
    assert room.moments == ["stop_listening"]
    room.say("start listening again please")
    room.wait(lambda: room.moments == ["stop_listening", "listen_again"])
    assert room.conversation.state is State.LISTENING


def test_it_sleeps_no_longer_than_it_was_told(room: Room) -> None:
    """After its time it listens by itself."""
    room.conversation.begin(Intent("StopListening", {"minutes": 2}))
    room.wait(room.is_in(State.ASLEEP))
    room.pass_time(121.0)
    assert room.conversation.state is State.LISTENING


def test_a_muted_microphone_is_let_go_until_its_time_is_over(room: Room, furnish: Furnish) -> None:
    """Muted, it holds no microphone, plays no ritual, and a restart does not open it; afterwards it listens."""
    microphone = room.microphone
    assert isinstance(microphone, ScriptedMicrophone)
    room.conversation.begin(Intent("Question"))
    room.conversation.mute(300.0)
    room.conversation.post("gratitude")
    room.pass_time(60.0)
    assert microphone.released
    assert room.is_in(State.MUTED)()
    assert room.moments == ["question"]
    assert room.conversation.status().muted_until == datetime.fromisoformat(EVENING) + timedelta(minutes=5)
    restarted = Room(furnish(room.clock), room.clock, microphone)
    restarted.conversation.resume()
    assert restarted.is_in(State.MUTED)()
    restarted.pass_time(241.0)
    assert restarted.conversation.state is State.LISTENING
    assert not microphone.released


def test_who_is_told_to_sleep_for_longer_sleeps_on_after_a_mute(room: Room) -> None:
    """The end of a mute's time wakes nobody who was told not to listen; to unmute does."""
    room.conversation.begin(Intent("StopListening", {"minutes": 10}))
    room.wait(room.is_in(State.ASLEEP))
    room.conversation.mute(60.0)
    room.pass_time(61.0)
    assert room.is_in(State.ASLEEP)()
    room.conversation.unmute()
    assert room.conversation.state is State.LISTENING


def test_nothing_is_kept_of_a_word_of_thanks(room: Room) -> None:
    """By default no word and no sound outlives the evening."""
    _gratitude(room)
    assert room.assistant.journal.notes(room.clock.now().date()) == []
    assert list(room.assistant.database.path.parent.rglob("*.flac")) == []


def test_a_word_of_thanks_is_kept_as_sound_where_that_is_wanted(furnish: Furnish) -> None:
    """With notes switched on, each one's words are kept as they were said, and read back a day later."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    room = Room(furnish(clock, keeping={"notes": True}), clock, ScriptedMicrophone(clock))
    _gratitude(room)
    first, second = room.assistant.journal.notes(clock.now().date())
    assert first.sound is not None
    assert second.sound is not None
    spoken = synthesiser(room.assistant.settings, "en-us").render(THANKS[0])
    assert spoken.duration < first.sound.duration < spoken.duration + 2.5
    room.say("what are we grateful for this week")
    room.wait(lambda: room.moments[-1] == "read_notes")
    replayed = [mark.cue.sound for mark in room.marks if isinstance(mark.cue, Replay)]
    assert [sound.duration for sound in replayed] == [first.sound.duration, second.sound.duration]


def _gratitude(room: Room) -> None:
    room.conversation.begin(Intent("Gratitude"))
    for tale in THANKS:
        room.wait(room.is_in(State.AWAITING))
        said = len(room.said)
        room.say(tale)
        room.wait(lambda before=said: len(room.said) > before)  # type: ignore[misc]  # the count of this turn
    room.wait(lambda: "gratitude" in room.moments)


def test_a_talk_gives_way_to_a_ritual(room: Room) -> None:
    """While they talk about a question the ritual that is due waits for a pause, and then begins."""
    room.conversation.begin(Intent("Question"))
    room.wait(room.is_in(State.AWAITING))
    room.conversation.post("gratitude")
    room.say("I was proud that I finished the long letter to my sister, after so many weeks.")
    room.wait(lambda: room.moments == ["question"])
    room.wait(room.is_in(State.AWAITING))
    assert room.said[-1] in room.assistant.pack.responses["opening.gratitude"]


def test_a_ritual_waits_while_a_scene_plays(room: Room) -> None:
    """A ritual that is due during a moment begins after its end."""
    room.conversation.begin(Intent("Question"))
    room.conversation.post("gratitude")
    room.wait(lambda: room.moments == ["question", "gratitude"])


def test_a_reminder_that_the_language_has_no_words_for_is_left_out(furnish: Furnish) -> None:
    """Agreed on in English, due in Korean: it is not told, and what is due after it begins."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    room = Room(furnish(clock, language="ko", engine="embedded"), clock, NoMicrophone(clock))
    room.conversation.post("reminder")
    room.conversation.post("gratitude")
    room.wait(lambda: bool(room.moments))
    assert room.moments == ["gratitude"]


def test_played_without_sound_an_aside_is_not_what_was_said_last(room: Room) -> None:
    """As in conversation: after "softer", "say that again" says the question."""
    stage, voice = room.assistant.stage, room.assistant.synthesiser
    performed = perform(stage, Intent("Help"), voice, 22_050, iter(["softer", "say that again"]))
    question, softer, again = [cue["say"] for cue in performed.cues if "say" in cue]
    assert again == question
    assert softer in room.assistant.pack.responses["softer.done"]


@pytest.fixture
def turned() -> Iterator[TurnedClock]:
    """Give a clock that `schedule` follows."""
    with time_machine.travel(datetime.fromisoformat(EVENING).astimezone(), tick=False) as traveller:
        yield TurnedClock(traveller)


def test_the_ritual_begins_by_itself_every_evening_once(furnish: Furnish, turned: TurnedClock) -> None:
    """With the clock turned through two days, the ritual speaks up at 21:30, once each evening, restarts or not."""
    played: list[str] = []
    for day in (1, 1, 2):  # the second round is a restart within the grace of the first evening
        room = Room(furnish(turned), turned, NoMicrophone(turned))
        room.conversation.follow(room.assistant.rituals)
        while turned.now() < datetime(2026, 6, day, 21, 28):  # noqa: DTZ001 - the wall's time
            turned.sleep(60.0)
            room.conversation.tick()
        evening = turned.now() + timedelta(minutes=4)
        while turned.now() < evening:
            room.conversation.tick()
            played += [f"{turned.now():%d %H:%M}" for event in room.events if isinstance(event, Ended)]
            room.events.clear()
    assert played == ["01 21:30", "02 21:30"]


def test_nothing_is_remembered_of_who_is_not_safe(room: Room) -> None:
    """The answer is calm and alone; it is not said again, not counted, and the status does not tell of it."""
    room.say("I am afraid of my partner")
    room.wait(lambda: len(room.said) >= 2)
    assert room.conversation.status().moment is None
    room.wait(lambda: room.moments == ["safety"])
    said = list(room.said)
    assert any("1 1 2" in line for line in said)
    room.pass_time(0.5)
    room.say("say that again")
    room.wait(lambda: room.moments[-1] == "repeat")
    assert room.said[len(said) :] == [room.assistant.pack.responses["repeat.nothing"][0]]


def test_what_it_says_of_the_two_is_not_kept_as_sound(
    furnish: Furnish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the cache lies what the pack says to everybody: no name, no feeling, and nothing for who is not safe."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    room = Room(furnish(clock, partners={"names": ["Ana", "Ben"]}), clock, ScriptedMicrophone(clock))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    speech = assemble(room.assistant.settings, clock=clock).synthesiser
    kept = tmp_path / "cache" / "micro-moments" / "speech"
    safety = room.assistant.pack.responses["safety.begin"][0]
    for text in ("Ana, what is yours?", "I feel unheard when we talk late at night.", "thank you for the tea", safety):
        speech.render(text)
    assert not kept.exists()
    speech.render(room.assistant.pack.responses["gratitude.end"][0])
    assert len([*kept.iterdir()]) == 1


def test_a_cry_for_help_counts_while_somebody_is_to_speak_freely(room: Room) -> None:
    """Also in the turn of a partner it is heard, and the ritual is over."""
    room.conversation.begin(Intent("Gratitude"))
    room.wait(room.is_in(State.AWAITING))
    room.say("I am not safe")
    room.wait(lambda: room.moments == ["gratitude", "safety"])


def test_a_pause_is_not_ended_by_louder(room: Room) -> None:
    """What is said in its rests ends it only if it is meant to."""
    room.conversation.begin(Intent("Pause"))
    rest = next(mark for mark in room.marks if isinstance(mark.cue, Rest))
    room.wait(lambda: room.loudspeaker.position() > rest.start)
    room.say("louder")
    room.wait(lambda: room.moments == ["pause"])
    assert room.heard == ["Louder"]
