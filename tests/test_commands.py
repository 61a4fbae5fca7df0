"""The commands without a sound device: their printed output and the files they write."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
import soxr
from listening import distances

from voice.audio.clip import Clip
from voice.cli.app import COMMANDS, Command
from voice.languages.language import language_of
from voice.settings.fields import DAYS
from voice.settings.schema import Settings
from voice.tts.espeak import EspeakVoice
from voice.tts.score import fitted
from voice.tts.synthesiser import CachedSynthesiser

if TYPE_CHECKING:
    from command_line import CommandLine

Spoken = Callable[..., Path]
REPLY = ["heard", "confidence", "intent", "slots", "moment", "then", "cues", "duration"]
COUNTS = ("Breathe in", "two", "three", "Breathe out", "two", "three") * 3


def counts_of(cues: list[dict[str, Any]]) -> list[float]:
    """Return the times of the 18 counts, which must be the only spoken cues that last a second."""
    counted = [cue for cue in cues if "say" in cue and cue["for"] == 1.0]
    assert tuple(cue["say"] for cue in counted) == COUNTS
    return [cue["at"] for cue in counted]


def check_timeline(cues: list[dict[str, Any]], duration: float) -> None:
    """Check that each cue starts where the one before ends, and that none outlasts the sound."""
    assert cues[0]["at"] == 0.0
    for cue, following in itertools.pairwise(cues):
        assert following["at"] == pytest.approx(cue["at"] + cue["for"], abs=2e-6)
        assert len(cue.keys() & {"say", "rest", "chime", "ask"}) == 1
    assert cues[-1]["at"] + cues[-1]["for"] <= duration + 2e-6


def joined(*files: Path, apart: float) -> "np.typing.NDArray[np.float32]":
    """Return the speech of several files, (n,) float32 at 16 kHz, with `apart` seconds of silence after each."""
    rest = np.zeros(round(apart * 16_000), np.float32)
    return np.concatenate([part for file in files for part in (Clip.read(file).samples, rest)])


@pytest.mark.parametrize("voice", ["kal16", "slt"])
def test_a_request_is_heard_and_answered(moments: "CommandLine", spoken: Spoken, voice: str) -> None:
    """`moments hear` prints a line of JSON for a request, and writes an answer as long as it says."""
    ran = moments.run("hear", spoken("help us pause", voice), "--json", "--out", "reply.wav")
    (reply,) = ran.lines
    assert list(reply) == REPLY
    assert (reply["heard"], reply["intent"], reply["moment"]) == ("help us pause", "Pause", "pause")
    assert reply["slots"] == {}
    assert 0.0 < reply["confidence"] <= 1.0
    check_timeline(reply["cues"], reply["duration"])
    assert len(counts_of(reply["cues"])) == 18
    written = soundfile.info(moments.home / "reply.wav")
    assert (written.channels, written.subtype) == (1, "PCM_16")
    assert written.frames / written.samplerate == pytest.approx(reply["duration"], abs=1e-6)


def test_own_words_are_heard_with_the_confidence_of_their_reading(moments: "CommandLine", spoken: Spoken) -> None:
    """A sentence that the ear's grammar lacks is understood as it was read, and the confidence tells how surely."""
    (reply,) = moments.call("hear", spoken("we're fighting and need a break"), "--json").lines
    assert (reply["heard"], reply["intent"]) == ("We're fighting and need a break.", "Break")
    assert reply["confidence"] > 0.5


def test_hear_takes_any_sound_format(moments: "CommandLine", spoken: Spoken) -> None:
    """A stereo FLAC with 24 bits at 44.1 kHz is understood as well as a WAV at 16 kHz."""
    samples = soxr.resample(Clip.read(spoken("help us pause")).samples, 16_000, 44_100)
    soundfile.write(moments.home / "wide.flac", np.stack([samples, samples], 1), 44_100, subtype="PCM_24")
    (reply,) = moments.call("hear", "wide.flac", "--json").lines
    assert reply["heard"] == "help us pause"


def test_two_requests_are_two_lines(moments: "CommandLine", spoken: Spoken) -> None:
    """Each utterance gets a line and an answer; the sound holds both answers, one after the other."""
    said = joined(spoken("help us pause"), spoken("give us a question"), apart=1.5)
    soundfile.write(moments.home / "both.wav", said, 16_000)
    replies = moments.call("hear", "both.wav", "--json", "--out", "replies.wav").lines
    assert [reply["intent"] for reply in replies] == ["Pause", "Question"]
    length = soundfile.info(moments.home / "replies.wav").duration
    assert length == pytest.approx(sum(reply["duration"] for reply in replies), abs=1e-4)


def test_a_silent_recording_is_not_an_error(moments: "CommandLine") -> None:
    """A recording without speech gives no JSON, and a friendly line for people."""
    soundfile.write(moments.home / "silence.wav", np.zeros(32_000, np.float32), 16_000)
    assert moments.call("hear", "silence.wav", "--json").lines == []
    ran = moments.call("hear", "silence.wav")
    assert (ran.code, ran.out, ran.err) == (0, "nobody speaks in this recording\n", "")


def test_other_conversation_is_ignored(moments: "CommandLine", spoken: Spoken) -> None:
    """Conversation that is not a request is reported without words, intent or answer."""
    talk = spoken("my sister drove the old car to the station on monday")
    replies = moments.call("hear", talk, "--json").lines
    assert replies
    for reply in replies:
        nothing: dict[str, Any] = {
            "heard": None,
            "intent": None,
            "slots": {},
            "moment": None,
            "then": None,
            "cues": [],
            "duration": 0.0,
        }
        assert reply == nothing | {"confidence": reply["confidence"]}
        assert 0.0 <= reply["confidence"] < 1.0


@pytest.mark.parametrize(
    ("text", "intent", "moment"),
    [
        ("Help us pause!", "Pause", "pause"),
        ("could we have another question", "Question", "question"),
        ("what can we say", "Help", "help"),
        ("say that again", "Repeat", "repeat"),
    ],
)
def test_text_is_understood_like_speech(moments: "CommandLine", text: str, intent: str, moment: str) -> None:
    """`moments say` understands a typed sentence, with capitals and punctuation."""
    (reply,) = moments.call("say", text, "--json").lines
    assert list(reply) == REPLY
    assert (reply["intent"], reply["moment"], reply["confidence"]) == (intent, moment, 1.0)
    check_timeline(reply["cues"], reply["duration"])


def test_what_follows_is_told(moments: "CommandLine") -> None:
    """Of two wishes in one sentence the second is told too, with what it plays."""
    (reply,) = moments.call("say", "tell us a story and then take three breaths with us", "--json").lines
    assert (reply["intent"], reply["then"]["intent"], reply["then"]["moment"]) == ("Story", "Pause", "pause")
    (reply,) = moments.call("say", "tell us a story", "--json").lines
    assert reply["then"] is None
    (reply,) = moments.call("say", "give us a question and we are not safe here", "--json").lines
    assert (reply["intent"], reply["moment"], reply["then"]) == ("Safety", "safety", None)


def test_text_that_is_no_request_is_not_an_error(moments: "CommandLine") -> None:
    """`moments say` reports that nothing was understood, for people and as JSON."""
    (reply,) = moments.call("say", "the soup is too hot", "--json").lines
    assert (reply["heard"], reply["intent"], reply["moment"], reply["confidence"]) == (None, None, None, 0.0)
    ran = moments.call("say", "the soup is too hot")
    assert (ran.code, ran.err, ran.out.startswith("not understood")) == (0, "", True)


def test_what_is_taken_back_is_not_done(moments: "CommandLine") -> None:
    """A request that ends in "never mind" plays nothing."""
    (reply,) = moments.call("say", "help us pause, never mind", "--json").lines
    assert (reply["intent"], reply["cues"]) == (None, [])


def test_what_is_unsure_is_asked_for(moments: "CommandLine") -> None:
    """A typed request that may be a reminder sets one after a yes, and none after a no."""
    for answer in ("no", "yes"):
        ran = moments.call("say", "speak when ten minutes are over", "--answer", answer, "--out", "asked.wav")
        assert ran.code == 0
        assert ran.out.splitlines()[0].endswith("may be Remind (minutes=10), so it asks")
        assert (moments.call("reminders").out.strip() == "There are no reminders.") is (answer == "no")


def test_the_counts_of_the_pause_lie_on_whole_seconds(moments: "CommandLine", speech_cache: Path) -> None:
    """Eighteen counts exactly one second apart: in the printed cues, and to the sample in the file."""
    (played,) = moments.call("perform", "pause", "--json", "--out", "pause.wav").lines
    assert list(played) == ["name", "moment", "cues", "duration"]
    assert (played["name"], played["moment"]) == ("pause", "pause")
    check_timeline(played["cues"], played["duration"])
    counts = counts_of(played["cues"])
    assert np.diff(counts) == pytest.approx([1.0] * 17, abs=2e-6)
    sound = Clip.read(moments.home / "pause.wav")
    assert sound.duration == pytest.approx(played["duration"], abs=1e-6)
    settings = Settings()
    voice = CachedSynthesiser(EspeakVoice(language_of("en").voice), settings.speaking.rate, speech_cache)
    words = [fitted(word, 1.0, voice).resampled(sound.rate).samples for word in COUNTS]
    assert distances(sound.samples, words, [number * sound.rate for number in range(18)]) == [0] * 18


def test_answers_steer_a_moment(moments: "CommandLine") -> None:
    """`--answer` answers each partner's turn: a skip is not thanked, an answer is."""
    args = ("perform", "gratitude", "--json", "--out", "evening.wav")
    (told,) = moments.call(*args, "--answer", "skip it", "--answer", "You made me tea this morning.").lines
    check_timeline(told["cues"], told["duration"])
    assert soundfile.info(moments.home / "evening.wav").duration == pytest.approx(told["duration"], abs=1e-4)
    (silent,) = moments.call(*args).lines
    turns = [number for number, cue in enumerate(told["cues"]) if "ask" in cue]
    assert len(turns) == 2
    assert turns[1] == turns[0] + 2, "after a skip the other is asked at once"
    assert len(told["cues"]) == len(silent["cues"]) + 1, "one partner was thanked"
    (stopped,) = moments.call(*args, "--answer", "stop").lines
    assert "ask" in stopped["cues"][-1]


def test_names_are_spoken(moments: "CommandLine") -> None:
    """The evening ritual addresses the partners by the names in the settings."""
    settings = moments.settings('[partners]\nnames = ["Anna", "Ben"]\n')
    (played,) = moments.call("perform", "gratitude", "--json", "--out", "o.wav", "--settings", settings).lines
    said = " ".join(cue.get("say", "") for cue in played["cues"])
    assert "Anna, " in said
    assert "Ben, " in said


def test_questions_are_dealt_without_repeats_across_commands(moments: "CommandLine") -> None:
    """A question that one command has dealt is not dealt again by the next."""
    replies = [moments.call("say", "give us a question", "--json").lines[0] for _ in range(5)]
    cards = {[cue["say"] for cue in reply["cues"] if "say" in cue][-1] for reply in replies}
    assert len(cards) == 5


def test_rituals_are_listed_with_their_next_date(moments: "CommandLine") -> None:
    """Each ritual has its state, days and time, and a next date less than a day ahead."""
    settings = moments.settings('[rituals.gratitude]\nat = "20:15"\n')
    (rows,) = moments.call("rituals", "--json", "--settings", settings).lines
    gratitude, *others = rows
    known = {"name": "gratitude", "enabled": True, "at": "20:15", "days": [*DAYS], "last": None}
    assert gratitude == known | {"next": gratitude["next"]}
    assert [row["at"] for row in others] == ["07:30", "12:30", "08:00", "18:00", "21:00", "22:15", "10:00", "19:00"]
    assert [len(row["days"]) for row in others] == [5, 5, 5, 5, 2, 7, 1, 1]
    assert not any(row["enabled"] or row["next"] for row in others)
    due = datetime.fromisoformat(gratitude["next"])
    assert (due.hour, due.minute) == (20, 15)
    now = datetime.now()  # noqa: DTZ005 - rituals are due at local time, whatever the zone
    assert timedelta(minutes=-20) < due - now <= timedelta(days=1)
    ran = moments.call("rituals", "--settings", settings)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("gratitude    on   20:15  daily       next ")
    assert ran.out.endswith("never yet\n")


def test_rituals_are_set_and_turned_on_and_off(moments: "CommandLine") -> None:
    """A change is printed with its effect, and the next commands see it."""
    (row,) = moments.call("rituals", "set", "midday", "13:05", "--days", "sat,mon", "--json").lines
    assert (row["at"], row["days"], row["enabled"]) == ("13:05", ["mon", "sat"], True)
    assert moments.call("rituals", "disable", "midday").out.startswith("midday       off  13:05  mon, sat    next -")
    assert moments.call("rituals", "enable", "midday", "--json").lines == [row]
    assert moments.call("rituals", "set", "midday", "13:10", "--days", "weekends").code == 0
    (rows,) = moments.call("rituals", "--json").lines
    assert [(row["at"], row["days"]) for row in rows if row["name"] == "midday"] == [("13:10", ["sat", "sun"])]
    quiet = moments.call("rituals", "set", "good_night", "23:30")
    assert "in quiet hours" in quiet.out
    assert "within the quiet hours" in quiet.err


def test_a_ritual_can_be_played_now(moments: "CommandLine") -> None:
    """`moments rituals run` plays a ritual as if requested; its usual time stays."""
    (played,) = moments.call("rituals", "run", "gratitude", "--json", "--out", "gratitude.wav").lines
    assert played["moment"] == "gratitude"
    assert (moments.home / "gratitude.wav").stat().st_size > 44
    (rows,) = moments.call("rituals", "--json").lines
    assert rows[0]["last"] is None


def test_the_demo_is_understood_in_full(moments: "CommandLine") -> None:
    """The demo has at least six requests, understands all of them, and writes all its sound."""
    ran = moments.run("demo", "--out", "demo.wav")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("partner: ") >= 6
    assert "(not for me)" not in ran.out
    last = next(line for line in ran.out.splitlines() if "requests understood" in line).split()
    assert last[0] == last[2]
    seconds = int(last[last.index("s") - 1])
    assert soundfile.info(moments.home / "demo.wav").duration == pytest.approx(seconds, abs=5.0)


def test_moments_alone_lists_the_commands(moments: "CommandLine") -> None:
    """`moments` without arguments shows its help, which lists every command."""
    ran = moments.call()
    assert (ran.code, ran.err) == (0, "")
    listed = ran.out.partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines()]
    wanted = "run demo hear say understand perform rituals reminders journal settings stop mute unmute status"
    assert names == [*wanted.split(), "doctor", "models", "bench"]
    assert "..." not in listed, "a summary is too long for its line"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_has_the_same_help_everywhere(moments: "CommandLine", command: Command) -> None:
    """A command's own help begins with its line in the list of commands."""
    ran = moments.call(command.name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2].strip() == command.summary


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("rituals", ["set", "enable", "disable", "run"]),
        ("journal", ["export", "forget"]),
        ("settings", ["reset"]),
        ("models", ["list", "fetch", "verify"]),
    ],
)
def test_a_group_lists_its_commands(moments: "CommandLine", group: str, names: list[str]) -> None:
    """The help of a group of commands lists each of them."""
    listed = moments.call(group, "--help").out.partition("Commands:\n")[2]
    assert [line.split()[0] for line in listed.splitlines()] == names
