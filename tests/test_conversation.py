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
from voice.nlu.intent import Intent
from voice.settings.schema import Settings
from voice.testing import CountedClock, NoMicrophone, ScriptedMicrophone, TurnedClock

EVENING = "2026-06-01 20:00"
THANKS = ("You made me tea this morning and you let me sleep.", "You listened to me, all evening long.")
RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.flac"))


Furnish = Callable[..., Assistant]


@pytest.fixture
def furnish(tmp_path: Path) -> Furnish:
    """Return a function that makes an assistant in its own home, with a clock and settings."""

    def make(clock: Clock, **sections: object) -> Assistant:
        keeping = {"folder": str(tmp_path), **sections.pop("keeping", {})}  # type: ignore[dict-item]
        return assemble(Settings.model_validate({"keeping": keeping, **sections}), clock=clock)

    return make


@pytest.fixture
def room(furnish: Furnish) -> Room:
    """Give a room whose time is counted in frames."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    return Room(furnish(clock), clock, ScriptedMicrophone(clock))


def test_a_request_is_answered_with_exact_counts(room: Room) -> None:
    """A spoken request for a pause is answered with eighteen counts, exactly one second apart."""
    room.say("help us pause")
    room.wait(lambda: bool(room.moments))
    assert room.heard == ["Pause"]
    counts = [mark for mark in room.marks if isinstance(mark.cue, Say) and mark.cue.takes == 1.0]
    assert len(counts) == 18
    assert {after.start - before.start for before, after in pairwise(counts)} == {room.loudspeaker.rate}


def test_it_does_not_hear_itself(room: Room) -> None:
    """The assistant's own voice in the room is not taken for speech."""
    room.say("give us a question")
    room.wait(room.is_in(State.PERFORMING))
    room.say("help us pause")  # falls into the introduction of the question, as an echo would
    room.wait(room.is_in(State.LISTENING))
    room.pass_time(2.0)
    assert room.heard == ["Question"]


def test_other_conversation_of_real_people_is_not_answered(room: Room) -> None:
    """Twelve recordings of people talking get no answer, and the request after them gets one."""
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


def test_stop_in_a_rest_silences_it_at_once(room: Room) -> None:
    """A "stop" during a rest ends the moment, and the sound is silent within 20 ms."""
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
    """`hush` ends the playing moment with the next frame, even while the assistant speaks."""
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


def test_other_conversation_is_not_answered(room: Room) -> None:
    """When people talk to each other, the assistant neither answers nor asks back."""
    room.say("Did you remember to buy milk on the way home from work?")
    room.pass_time(6.0)
    assert room.heard == [None]
    assert not room.said


def test_only_its_name_wakes_it_and_anything_stops_it(furnish: Furnish) -> None:
    """If the name is required, a request without it is ignored; "stop" works with or without it."""
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


def test_say_that_again_repeats_the_question(room: Room) -> None:
    """After "say that again" the dealt question is repeated, and no other is dealt."""
    room.say("give us a question")
    room.wait(lambda: room.moments == ["question"])
    room.pass_time(0.5)
    room.say("say that again")
    room.wait(lambda: room.moments == ["question", "repeat"])
    assert room.said[:2] == room.said[2:]


def test_the_evening_ritual_waits_for_both(room: Room) -> None:
    """Each partner speaks for as long as they like; the ritual goes on after a silence."""
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
def test_a_declined_ritual_ends_quietly(room: Room, answer: str | None) -> None:
    """After "not tonight", or silence, the ritual ends and thanks nobody."""
    room.conversation.post("gratitude")
    room.wait(room.is_in(State.AWAITING))
    if answer:
        room.say(answer)
    room.wait(lambda: room.moments == ["gratitude"])
    farewell = [line for line in room.said if line in room.assistant.pack.responses["opening.not_tonight"]]
    assert len(farewell) == (1 if answer else 0)
    assert len(room.said) == 1 + len(farewell)


def test_an_aside_leaves_a_question_open(room: Room) -> None:
    """A "louder" during an open question is obeyed, and the question stays open for its answer."""
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


def test_a_question_stays_open_when_the_database_is_locked(room: Room) -> None:
    """A change of the voice that cannot be saved, because the database is locked, ends nothing."""
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
    """A request during an open question ends that moment and begins another."""
    room.conversation.begin(Intent("Help"))
    room.wait(room.is_in(State.AWAITING))
    room.say("tell us a story")
    room.wait(lambda: room.moments == ["help"])
    assert room.heard == ["Story"]


def test_an_unrecognised_answer_gets_one_second_chance(room: Room) -> None:
    """The first unrecognised answer gets a gentle question, after a silence; the next one gets none."""
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
    """After "stop listening", only "listen again" is obeyed."""
    room.say("stop listening for an hour")
    room.wait(room.is_in(State.ASLEEP))
    room.say("give us a question")
    room.pass_time(4.0)
    assert room.moments == ["stop_listening"]
    room.say("start listening again please")
    room.wait(lambda: room.moments == ["stop_listening", "listen_again"])
    assert room.conversation.state is State.LISTENING


def test_it_sleeps_for_the_requested_time(room: Room) -> None:
    """After the requested time, the assistant listens again by itself."""
    room.conversation.begin(Intent("StopListening", {"minutes": 2}))
    room.wait(room.is_in(State.ASLEEP))
    room.pass_time(121.0)
    assert room.conversation.state is State.LISTENING


def test_a_mute_releases_the_microphone_until_its_time_is_over(room: Room, furnish: Furnish) -> None:
    """A muted assistant opens no microphone and plays no ritual, even after a restart, until the time is over."""
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


def test_sleep_outlasts_a_mute(room: Room) -> None:
    """The end of a mute does not end "stop listening", but `unmute` does."""
    room.conversation.begin(Intent("StopListening", {"minutes": 10}))
    room.wait(room.is_in(State.ASLEEP))
    room.conversation.mute(60.0)
    room.pass_time(61.0)
    assert room.is_in(State.ASLEEP)()
    room.conversation.unmute()
    assert room.conversation.state is State.LISTENING


def test_thanks_are_not_kept_by_default(room: Room) -> None:
    """By default, no word and no sound of the evening is kept."""
    _gratitude(room)
    assert room.assistant.journal.notes(room.clock.now().date()) == []
    assert list(room.assistant.database.path.parent.rglob("*.flac")) == []


def test_thanks_are_kept_as_sound_on_request(furnish: Furnish) -> None:
    """With notes on, and nothing that writes them down, each partner's words are kept as sound, and played back."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    alone = {"second_ear": False}
    room = Room(furnish(clock, keeping={"notes": True}, listening=alone), clock, ScriptedMicrophone(clock))
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
    """During a talk about a question, a due ritual waits for a pause and then begins."""
    room.conversation.begin(Intent("Question"))
    room.wait(room.is_in(State.AWAITING))
    room.conversation.post("gratitude")
    room.say("I was proud that I finished the long letter to my sister, after so many weeks.")
    room.wait(lambda: room.moments == ["question"])
    room.wait(room.is_in(State.AWAITING))
    assert room.said[-1] in room.assistant.pack.responses["opening.gratitude"]


def test_a_ritual_waits_while_a_scene_plays(room: Room) -> None:
    """A ritual that is due during a moment begins when the moment ends."""
    room.conversation.begin(Intent("Question"))
    room.conversation.post("gratitude")
    room.wait(lambda: room.moments == ["question", "gratitude"])


def test_a_reminder_that_the_language_lacks_is_left_out(furnish: Furnish) -> None:
    """A reminder set in English and due in Korean is left out, and the next due ritual begins."""
    clock = CountedClock(datetime.fromisoformat(EVENING))
    room = Room(furnish(clock, language="ko", engine="embedded"), clock, NoMicrophone(clock))
    room.conversation.post("reminder")
    room.conversation.post("gratitude")
    room.wait(lambda: bool(room.moments))
    assert room.moments == ["gratitude"]


def test_offline_an_aside_is_not_repeated(room: Room) -> None:
    """Offline too, "say that again" after "softer" repeats the question."""
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
    """Over two days, the ritual begins at 21:30, once each evening, with or without restarts."""
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


def test_nothing_of_the_safety_moment_is_remembered(room: Room) -> None:
    """The safety answer comes alone; it is not repeated, not counted, and not in the status."""
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


def test_personal_lines_are_not_cached(furnish: Furnish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache holds only lines that are the same for everybody: no name, no feeling, no safety line."""
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


def test_a_safety_sentence_is_understood_in_free_speech(room: Room) -> None:
    """A safety sentence is understood in a partner's turn to speak, and ends the ritual."""
    room.conversation.begin(Intent("Gratitude"))
    room.wait(room.is_in(State.AWAITING))
    room.say("I am not safe")
    room.wait(lambda: room.moments == ["gratitude", "safety"])


def test_a_pause_is_not_ended_by_louder(room: Room) -> None:
    """Of the sentences said during its rests, only "stop" and its like end the pause."""
    room.conversation.begin(Intent("Pause"))
    rest = next(mark for mark in room.marks if isinstance(mark.cue, Rest))
    room.wait(lambda: room.loudspeaker.position() > rest.start)
    room.say("louder")
    room.wait(lambda: room.moments == ["pause"])
    assert room.heard == ["Louder"]
