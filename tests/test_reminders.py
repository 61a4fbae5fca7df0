"""Reminders and second thoughts: own words, said back, listed, cancelled, corrected and taken back."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from command_line import CommandLine

from voice.clock import SystemClock
from voice.cues import Say
from voice.dialogue.controls import Controls
from voice.dialogue.offline import cues_of
from voice.dialogue.scenes import Stage
from voice.journal.journal import Journal
from voice.moments.registry import MOMENTS, NEEDS
from voice.nlu.contexts import ADDRESSED, ANYTIME, SCENE, asked
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.open_values import open_request
from voice.nlu.sentences import load_sentences
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.rituals.reminders import Reminders
from voice.rituals.rituals import Rituals
from voice.settings.overrides import Overrides
from voice.settings.schema import Settings
from voice.storage.database import Database
from voice.storage.paths import data_folder

SENTENCES = load_sentences(data_folder("intents") / "en")
NOON = "2026-06-10 12:00"  # a Wednesday


@dataclass
class Home:
    """A couple at home, whose requests are typed."""

    stage: Stage

    def say(self, text: str, *answers: str) -> str:
        """Make a request, and answer its questions; return what is said."""
        intent = match(text, SENTENCES.text_scope(ANYTIME, ADDRESSED)) or open_request(text, SENTENCES)
        assert intent is not None, f"{text} is not understood"
        return self.play(intent, *answers)

    def play(self, intent: Intent, *answers: str) -> str:
        """Play a moment, and answer its questions; return what is said."""
        left = iter(answers)
        played = cues_of(self.stage, intent, lambda: next(left, None))
        cues = [cue for _, turn in played for cue in (turn if isinstance(turn, tuple) else (turn,))]
        return " ".join(cue.text for cue in cues if isinstance(cue, Say))

    def is_line(self, told: str, key: str) -> bool:
        """Return whether what was told is one of the variants of a line."""
        return told in self.stage.pack.responses[key]

    @property
    def reminders(self) -> list[tuple[str, str, str | None]]:
        """The open reminders: day and time, subject, own words."""
        return [(f"{one.due:%d %H:%M}", one.what, one.todo) for one in self.stage.rituals.reminders()]


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the pack that we ship."""
    return load_pack(data_folder("intents") / "en", NEEDS, pronounceable=False)


@pytest.fixture
def home(tmp_path: Path, pack: Pack) -> Iterator[Home]:
    """Give a new home at noon."""
    with time_machine.travel(NOON, tick=False), closing(Database(tmp_path / "moments.sqlite3")) as database:
        clock, overrides = SystemClock(), Overrides(Settings(), database)
        controls = Controls(0.32, 140, clock, lambda key, value: overrides.change({key: value}, clock.now()))
        rituals, journal = Rituals(overrides, pack.moments, database, clock), Journal(database, clock, overrides)
        yield Home(Stage(pack, overrides, database, clock, rituals, journal, controls, MOMENTS, ()))


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("remind me to call my mother tomorrow at five", {"todo": "call my mother", "day": "tomorrow", "hour": 5}),
        ("Remind me at five to call Mom.", {"todo": "call mom", "hour": 5}),
        ("tomorrow at nine remind us to water the plants", {"todo": "water the plants", "day": "tomorrow", "hour": 9}),
        ("set a reminder for the dentist at ten", {"todo": "the dentist", "about": "about", "hour": 10}),
        ("set a reminder for seven to call mom", {"todo": "call mom", "hour": 7}),
        (
            "i need a reminder to give the dog his medicine at ten tonight",
            {"todo": "give the dog his medicine", "hour": 10, "half": "pm", "day": "today"},
        ),
        (
            "set an alarm at ten tomorrow to remind me of a meeting",
            {"todo": "a meeting", "about": "about", "day": "tomorrow", "hour": 10},
        ),
        ("don't let us forget to put the bins out at eight", {"todo": "put the bins out", "hour": 8}),
        ("could you please remind me to buy milk", {"todo": "buy milk"}),
        (
            "remind me that the oven is on in 20 minutes, please",
            {"todo": "the oven is on", "about": "that", "minutes": 20},
        ),
        (
            "every wednesday at five pm remind me to meet phil",
            {"todo": "meet phil", "every": True, "day": "wednesday", "hour": 5, "half": "pm"},
        ),
        (
            "remind me everyday at two pm for lunch",
            {"todo": "lunch", "about": "about", "every": True, "day": "daily", "hour": 2, "half": "pm"},
        ),
        ("remind me to call Anna at 5:30pm", {"todo": "call anna", "hour": 5, "minute": 30, "half": "pm"}),
        ("in 15 minutes the timer should go off", {"timer": True, "minutes": 15}),
        ("remind us in twenty", {"minutes": 20}),
        ("set a reminder", {}),
        ("set a reminder at aid for the dentist", {"todo": "the dentist", "about": "about"}),
        ("remind us in plenty minutes to take the bread out", {"todo": "take the bread out"}),
        ("remind me at nine in the kitchen to look at the stove", {"todo": "look at the stove", "hour": 9}),
        ("remind us both at six to call mum", {"todo": "both to call mum", "hour": 6}),
        ("remind me to take the bus at nine to work", {"todo": "take the bus to work", "hour": 9}),
        ("remind me at aid in the evening to take my pills", {"todo": "take my pills"}),
        ("remind me before bed the bins need to go out", {"todo": "before bed the bins need to go out"}),
        ("remind me on the way home at six", {"todo": "on the way home", "hour": 6}),
        ("remind me in case i forget to call mum at six", {"todo": "call mum", "hour": 6}),
        ("remind us in plenty", {}),
        ("remind me in twenty fife minutes to call mum", {"todo": "call mum"}),
        ("remind me in five or six minutes to stir the soup", {"todo": "stir the soup"}),
        ("remind me in five to ten minutes to stir the soup", {"todo": "stir the soup"}),
        ("remind me on monday or tuesday to go to the bank", {"todo": "go to the bank"}),
        ("remind me in five or six minutes stir the soup", {"todo": "stir the soup"}),
        ("remind me to call mum at five or six", {"todo": "call mum"}),
        ("remind us every morning at five or six to take pills", {"todo": "take pills", "every": True}),
        ("remind me ten minutes before nine thirty to leave", {"todo": "leave"}),
        ("remind me to log hours at six", {"todo": "log hours", "hour": 6}),
        (
            "remind me at six about thirty minutes of yoga",
            {"todo": "thirty minutes of yoga", "about": "about", "hour": 6},
        ),
        ("remind me at nine happy hour", {"todo": "happy hour", "hour": 9}),
        ("remind me in five minutes two of us have to go", {"todo": "two of us have to go", "minutes": 5}),
        ("remind me to read chapter five before ten", {"todo": "read chapter five", "hour": 10}),
        ("remind me at five to tell him never mind", {"todo": "tell him never mind", "hour": 5}),
        ("remind us at 0700 to go out", {"todo": "go out", "hour": 7, "half": "am"}),
        ("remind us at 0730 in the evening to eat", {"todo": "eat", "hour": 7, "minute": 30, "half": "pm"}),
        ("remind me at 1300 hours to eat", {"todo": "eat", "hour": 13}),
        ("remind me in like half an hour to text grandma", {"todo": "text grandma", "minutes": 30}),
        ("remind me at nine to buy bread and three eggs", {"todo": "buy bread and three eggs", "hour": 9}),
        ("remind me ten minutes before nine to call mum", {"todo": "call mum", "hour": 8, "minute": 50}),
        ("remind us at 0730 to go out", {"todo": "go out", "hour": 7, "minute": 30, "half": "am"}),
        ("remind us at 1900 to eat", {"todo": "eat", "hour": 19}),
        ("remind me at 8h30 to go", {"todo": "go", "hour": 8, "minute": 30}),
        ("remind us at five to buy in-flight snacks", {"todo": "buy in-flight snacks", "hour": 5}),
        ("remind me about in-laws at six", {"todo": "in-laws", "about": "about", "hour": 6}),
    ],
)
def test_what_to_be_reminded_of_is_kept_in_own_words(text: str, slots: dict[str, object]) -> None:
    """The time is found anywhere in the sentence, and what is left is kept as it was said.

    Words that stand where a time does, and are none that it knows, are no part of it: it asks for the time.
    """
    found = open_request(text, SENTENCES)
    assert found is not None
    minute = {"minute": 0} if "hour" in slots else {}
    assert (found.name, dict(found.slots)) == ("Remind", minute | slots)


@pytest.mark.parametrize(
    "text",
    [
        "you remind me of your father",
        "that reminds me, we're out of eggs",
        "don't remind me",
        "remind your sister about the party",
        "remind me what her name is",
        "he reminded us three times already",
        "thanks for reminding me",
        "my alarm didn't go off",
        "an alarm went off at seven",
        "buzz me in, please",
        "we need an alarm on the back door",
        "one alarm is enough",
        "a reminder came from the dentist",
        "it's a nice reminder of the summer",
        "set the table for ten",
        "set the timer for the eggs to seven",
        "I forgot to call my mother",
        "call my mother tomorrow at five",
        "",
        "🙂 🙂",
        "내일 다섯 시에 엄마한테 전화하라고 알려 줘",
        "remind me " + "very " * 2000 + "much",
    ],
)
def test_talk_about_memories_is_no_reminder(text: str) -> None:
    """What is not a wish to be reminded has no meaning here, however long or strange it is."""
    assert open_request(text, SENTENCES) is None


def test_a_reminder_in_own_words_is_said_back_and_told(home: Home) -> None:
    """What people said of themselves is said to them, when it is set and when it is due."""
    back = home.say("remind me to call my mother tomorrow at five")
    assert "to call your mother" in back
    assert "tomorrow at five" in back
    assert home.reminders == [("11 17:00", "do", "call my mother")]
    home.say("remind us about our meeting at four")
    home.say("remind me that i'm on call at three")
    for slots, told in (
        ({"what": "do", "todo": "call my mother"}, "call your mother"),
        ({"what": "about", "todo": "our meeting"}, "about your meeting"),
        ({"what": "that", "todo": "i'm on call"}, "that you're on call"),
        ({"what": "timer", "todo": "10"}, "ten minutes"),
        ({"what": "tea"}, ""),
    ):
        assert told in home.play(Intent("Reminder", slots))


def test_an_unknown_thing_is_not_replaced_by_a_known_one(home: Home) -> None:
    """A call that the pack does not know stays the call that was asked for."""
    home.say("remind me to call the plumber at five")
    home.say("remind us to call each other at six")
    assert home.reminders == [("10 17:00", "do", "call the plumber"), ("10 18:00", "call", None)]


def test_without_a_time_it_asks_and_silence_sets_nothing(home: Home) -> None:
    """The time is asked for; doubt and silence set no reminder."""
    assert "remind" in home.say("remind me to buy milk", "purple elephants")
    home.say("remind me to buy milk", "not sure")
    home.say("remind me to buy milk", "never mind")
    assert home.reminders == []
    home.say("remind me to buy milk", "tomorrow at noon")
    home.say("remind us to talk", "half an hour")
    assert home.reminders == [("10 12:30", "talk", None), ("11 12:00", "do", "buy milk")]


@pytest.mark.parametrize(
    ("sentence", "at", "what", "back"),
    [
        ("remind us in twenty minutes", "10 12:20", "plain", "in twenty minutes"),
        ("remind us at noon to send a kind message", "11 12:00", "message", "tomorrow at noon"),
        ("remind us to take a break in an hour", "10 13:00", "rest", "in an hour"),
        ("remind us on saturday at six to go for a walk", "13 18:00", "walk", "on Saturday at six in the evening"),
        ("remind us today at eleven in the morning to talk", "11 11:00", "talk", "tomorrow at eleven in the morning"),
        ("remind us every day at two to drink water", "10 14:00", "water", "once"),
    ],
)
def test_a_reminder_is_confirmed(home: Home, sentence: str, at: str, what: str, back: str) -> None:
    """A reminder is confirmed with its time; one that should recur is set for the first time, and that is said."""
    told = home.say(sentence)
    assert back in told or (back == "once" and "only" in told)
    assert home.reminders == [(at, what, None)]


def test_after_a_pause_a_reminder_brings_both_back(home: Home) -> None:
    """A reminder set after a pause calls both partners back."""
    home.stage.last_moment = "pause"
    assert "to come back together" in home.say("remind us in twenty minutes")
    assert home.reminders == [("10 12:20", "break", None)]


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("remind us at twenty five o'clock", "no_such_hour"),
        ("remind us in zero minutes", "zero"),
        ("remind us in 9999 hours", "too_far"),
        ("set a timer for thirty seconds", "seconds"),
    ],
)
def test_an_impossible_time_sets_no_reminder(home: Home, sentence: str, line: str) -> None:
    """An impossible time sets no reminder, and the reply says why."""
    assert home.is_line(home.say(sentence), f"remind.{line}")
    assert home.reminders == []


def test_a_timer_counts_minutes(home: Home) -> None:
    """A timer is a reminder that says how long it was."""
    assert "ten minutes" in home.say("set a timer for ten minutes")
    assert home.reminders == [("10 12:10", "timer", "10")]
    assert "a timer" in home.say("which reminders do we have")


def test_a_time_is_corrected_just_after_it_was_confirmed(home: Home) -> None:
    """A corrected time replaces the one that was misheard, once or more often; silence agrees."""
    home.say("remind us in fifty minutes", "no, fifteen")
    assert home.reminders == [("10 12:15", "plain", None)]
    home.say("set a timer for forty minutes", "I said fourteen", "no, make it thirteen")
    assert home.reminders[0] == ("10 12:13", "timer", "13")
    home.say("remind me to call mom at five", "no, make it ten")
    home.say("remind me to call dad at five", "sorry, tomorrow")
    home.say("remind me to call ann at nine forty", "no, fourteen")
    home.say("remind me to call bob at nine", "no, in twenty minutes")
    assert {todo: at for at, _, todo in home.reminders[2:] if todo} == {
        "call bob": "10 12:20",
        "call ann": "10 21:14",
        "call mom": "10 22:00",
        "call dad": "11 17:00",
    }


def test_a_no_just_after_a_change_takes_it_back(home: Home) -> None:
    """A plain no takes back a reminder, a moved ritual or a break."""
    home.say("remind us in fifty minutes", "no, that's wrong")
    home.say("let's take a break for twenty minutes", "no")
    assert home.reminders == []
    before = home.stage.rituals.states()
    home.say("move gratitude to eight", "no, don't do that")
    assert home.stage.rituals.states() == before


@pytest.mark.parametrize(
    "change",
    [
        "move gratitude to eight",
        "let's do gratitude on friday at eight",
        "turn on good morning",
        "turn off gratitude",
        "please keep our notes",
        "remind us in ten minutes to talk",
        "cancel the reminder",
        "let's take a break for twenty minutes",
    ],
)
@pytest.mark.parametrize(
    "no",
    [
        "no, don't",
        "not that one",
        "no, not that one",
        "never mind",
        "cancel that",
        "no, leave it",
        "we don't want that",
    ],
)
def test_any_no_just_after_any_change_takes_it_back(home: Home, change: str, no: str) -> None:
    """However it is refused, what was just changed is as it was before."""
    home.say("remind me to feed the cat at six")
    before = _everything(home), [due.at for due in home.stage.rituals.upcoming()]
    home.say(change, no)
    assert (_everything(home), [due.at for due in home.stage.rituals.upcoming()]) == before


def test_another_ritual_was_meant(home: Home) -> None:
    """The right name, just after a change, moves the change to that ritual; a time moves the one that was turned on."""
    before = {state.name: state for state in home.stage.rituals.states()}
    home.say("move gratitude to eight", "no, I meant laughter")
    home.say("turn on good night", "no, at ten")
    now = {state.name: state for state in home.stage.rituals.states()}
    assert now["gratitude"] == before["gratitude"]
    assert (now["laughter"].enabled, f"{now['laughter'].at:%H:%M}") == (True, "20:00")
    assert (now["good_night"].enabled, f"{now['good_night'].at:%H:%M}") == (True, "22:00")


def test_a_no_takes_back_nothing_older(home: Home) -> None:
    """Where nothing was changed just now, a no leaves what was changed before."""
    home.say("turn on good morning")
    home.say("turn on good morning", "no, don't")
    home.say("move gratitude to twenty nine", "no")
    assert next(state.enabled for state in home.stage.rituals.states() if state.name == "good_morning")


def test_a_moved_ritual_and_a_break_are_corrected(home: Home) -> None:
    """The last correction counts, and only one reminder is left of a break."""
    home.say("move gratitude to nine forty", "no, fourteen")
    gratitude = next(each for each in home.stage.rituals.states() if each.name == "gratitude")
    assert f"{gratitude.at:%H:%M}" == "21:14"
    home.say("let's take a break for fifty minutes", "no, fifteen")
    assert home.reminders == [("10 12:15", "break", None)]


@pytest.mark.parametrize(
    "change",
    [
        "move gratitude to ten past eight",
        "move the good morning ritual to eleven at night",  # which shortens the quiet hours
        "turn on good morning",
        "turn off gratitude",
        "please keep our notes",
        "speak a bit louder please",
        "remind us in ten minutes to talk",
        "cancel the reminder",
        "cancel all reminders",
        "let's take a break for twenty minutes",
    ],
)
def test_the_last_change_is_taken_back(home: Home, change: str) -> None:
    """A change is undone as a whole, once, and said back."""
    home.say("remind me to feed the cat at six")
    home.say("a little softer please")
    before = _everything(home)
    home.say(change, "yes please")
    assert _everything(home) != before
    assert home.say("undo that please")
    assert _everything(home) == before
    assert home.is_line(home.say("undo that please"), "undo.nothing")


def _everything(home: Home) -> tuple[object, ...]:
    """Return all that a request may have changed for good."""
    stage = home.stage
    rituals, keeps = stage.rituals, stage.journal.keeps("notes")
    return rituals.states(), rituals.quiet, home.reminders, keeps, stage.controls.volume


def test_a_change_is_taken_back_for_an_hour_only(home: Home) -> None:
    """What was changed long ago, or is over, is not taken back; what was erased cannot be."""
    with time_machine.travel(NOON, tick=False) as clock:
        home.say("remind us in ten minutes to talk")
        home.stage.rituals.cancel(home.stage.rituals.reminders()[0].number)
        assert home.is_line(home.say("undo that please"), "undo.too_late")
        home.say("please keep our notes")
        home.stage.journal.keep_note(None, "you made tea", None)
        home.say("forget everything", "yes, forget everything")
        assert home.is_line(home.say("undo that please"), "undo.cannot")
        clock.shift(timedelta(minutes=1))


@pytest.mark.parametrize(
    ("text", "answers", "left"),
    [
        ("cancel all reminders", (), []),
        ("cancel the reminder about mom", (), ["the dentist", "walk"]),
        ("cancel the reminder to call mom", (), ["the dentist", "walk"]),
        ("cancel the five o'clock one", (), ["the dentist", "walk"]),
        ("cancel the reminder to go for a walk", (), ["call my mom", "the dentist"]),
        ("cancel tomorrow's reminder", (), None),
        ("cancel tonight's reminder", ("the first",), ["the dentist", "walk"]),
        ("cancel the reminder", ("the second one",), ["call my mom", "walk"]),
        ("cancel the reminder", ("the last one",), ["call my mom", "the dentist"]),
        ("cancel the reminder", ("the one at seven",), ["call my mom", "the dentist"]),
        ("cancel the reminder", ("all of them",), []),
        ("cancel the reminder", ("purple elephants", "the first one"), ["the dentist", "walk"]),
        ("cancel the reminder", ("not sure",), None),
        ("cancel the reminder", (), None),
        ("cancel the reminder about the plumber", (), None),
        ("remove the reminder at eleven", (), None),
    ],
)
def test_the_reminder_that_is_meant_is_cancelled(
    home: Home, text: str, answers: tuple[str, ...], left: list[str] | None
) -> None:
    """Of several reminders the one that fits goes; if several fit it asks which, and doubt keeps all."""
    home.say("remind me to call my mom at five")
    home.say("remind me about the dentist at six")
    home.say("remind us to go for a walk at seven")
    everything = ["call my mom", "the dentist", "walk"]
    home.say(text, *answers)
    assert [todo or what for _, what, todo in home.reminders] == (everything if left is None else left)


def test_reminders_are_listed(home: Home) -> None:
    """Each reminder is told with its time; without any, that is said."""
    assert home.is_line(home.say("which reminders do we have"), "reminders.none")
    assert home.is_line(home.say("cancel the reminder"), "reminders.none")
    home.say("remind me to call my mom tomorrow at five")
    home.say("remind us in twenty minutes")
    told = home.say("which reminders do we have")
    assert told == (
        "There is a reminder, in twenty minutes. "
        "There is a reminder to call your mom, tomorrow at five in the afternoon."
    )


@pytest.mark.parametrize(
    "doubt",
    [
        "we are not sure",
        "not sure",
        "I don't know",
        "maybe",
        "I guess",
        "sure",
        "okay",
        "later",
        "",
        "no",
    ],
)
def test_doubt_is_no_consent(home: Home, doubt: str) -> None:
    """Nothing is erased without its own words of consent: neither by doubt, nor by what sounds like it."""
    home.say("please keep our notes")
    home.stage.journal.keep_note(None, "you made tea", None)
    for text in ("forget everything", "forget today"):
        home.say(text, doubt)
        assert not home.stage.journal.is_empty()
    home.say("forget everything", "yes, we are sure")
    assert home.stage.journal.is_empty()


def test_what_sounds_like_doubt_is_no_consent_by_ear() -> None:
    """By ear, "we are sure" (which may be "we are not sure") erases nothing without a yes before it."""
    heard = SENTENCES.scope(SCENE, asked("forget.sure"))
    assert match("we are sure", heard) is None
    assert match("yes, we are sure", heard) == Intent("Agree")


def test_while_it_sleeps_only_its_own_sleep_is_taken_back() -> None:
    """After "stop listening", taking that back lets it listen again."""
    found = match("take that back", SENTENCES.scope("asleep"))
    assert found == Intent("ListenAgain")


def test_a_correction_is_not_an_answer_elsewhere() -> None:
    """A correction ("no, fifteen") counts only where something was just set."""
    assert match("no, fifteen", SENTENCES.scope(ANYTIME, ADDRESSED)) is None
    assert match("no, fifteen", SENTENCES.scope(SCENE, asked("change.corrected"))) is not None


def test_reminders_are_shown_and_cancelled_by_command(moments: CommandLine) -> None:
    """`moments reminders` lists them, and cancels one by its number; a running assistant sees it at once."""
    assert moments.call("reminders").out == "There are no reminders.\n"
    due = datetime(2030, 6, 12, 17)  # noqa: DTZ001 - wall time
    with closing(Database(moments.data / "moments.sqlite3")) as database:
        running = Reminders(database)
        running.add(due, "do", "call my mother")
        running.add(due + timedelta(hours=1), "timer", "10")
        assert "Wed 12 Jun 17:00  call my mother" in moments.call("reminders").out
        ((first, second),) = moments.call("reminders", "--json").lines
        assert first == {"number": 1, "due": "2030-06-12T17:00:00", "what": "do", "todo": "call my mother"}
        assert "call my mother" in moments.call("reminders", "cancel", "1").out
        running.refresh()
        assert [one.number for one in running.all()] == [second["number"]]
        assert not running.end(1, "told")
    moments.call("reminders", "cancel", "1").refused(2, "there is no reminder 1")


def test_what_was_told_leaves_no_words(tmp_path: Path) -> None:
    """A reminder that was told keeps its time, and not its words."""
    with closing(Database(tmp_path / "moments.sqlite3")) as database:
        reminders = Reminders(database)
        reminders.end(reminders.add(datetime(2030, 6, 12, 17), "do", "see the lawyer"), "told")  # noqa: DTZ001 - wall time
        with database.reading() as connection:
            assert connection.execute("SELECT state, todo FROM reminder").fetchall() == [("told", None)]


def test_of_many_reminders_the_next_ones_are_told(home: Home) -> None:
    """Three reminders are told one by one; of five the next two are, and how many more there are."""
    for todo in ("call mom", "call dad", "buy milk"):
        home.say(f"remind me to {todo} at five")
    assert home.say("which reminders do we have").count("There is a reminder") == 3
    home.say("remind me to call the bank at four")
    home.say("remind me to feed the cat at three")
    told = home.say("which reminders do we have")
    assert (told.count("There is a reminder"), "feed the cat" in told, "the bank" in told) == (2, True, True)
    assert "three more" in told
    home.say("cancel the reminder", "the milk one")
    assert "buy milk" not in {todo for _, _, todo in home.reminders}


def test_a_sleep_tells_its_length(home: Home) -> None:
    """The length and the end are said, also where a day is the most; no minutes at all are no sleep."""
    controls = home.stage.controls
    assert home.is_line(home.say("stop listening for 0 minutes"), "stop_listening.zero")
    assert not controls.asleep
    told = home.say("stop listening for twenty minutes")
    assert "twenty minutes" in told
    assert "at twelve twenty in the afternoon" in told
    told = home.say("stop listening for three days")
    assert told.count("a day") > 1
    assert "tomorrow at noon" in told
    assert "an hour" in home.say("stop listening")
