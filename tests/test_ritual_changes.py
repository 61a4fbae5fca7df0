"""Rituals by voice: every change is made as requested, and confirmed as it was made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import pytest
import yaml

from voice.clock import CountedClock
from voice.cues import Ask, Say
from voice.languages.language import language_of
from voice.languages.spoken_times import SpokenTimes
from voice.moments.changes import Changes
from voice.moments.moment import SILENCE, Answer
from voice.moments.registry import MOMENTS
from voice.moments.scene import Scene
from voice.nlu.contexts import ANYTIME, SCENE, asked
from voice.nlu.matcher import match
from voice.nlu.sentences import load_sentences
from voice.rituals.state import Due, RitualState
from voice.storage.paths import data_folder

PACK = data_folder("intents") / "en"
SENTENCES = load_sentences(PACK)
LINES: dict[str, list[str]] = {
    f"{group}.{name}": text if isinstance(text, list) else [text]
    for path in sorted((PACK / "responses").glob("*.yaml"))
    for group, lines in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    for name, text in lines.items()
}
DAILY = frozenset(range(7))
# A Wednesday evening.
NOW = datetime(2026, 6, 10, 20, 0)  # noqa: DTZ001 - wall time
RITUALS = (
    RitualState("good_morning", time(7, 30), frozenset(range(5)), enabled=False),
    RitualState("check_in", time(19), frozenset({6}), enabled=False),
    RitualState("laughter", time(21), frozenset({4, 5}), enabled=True),
    RitualState("gratitude", time(21, 30), DAILY, enabled=True),
    RitualState("good_night", time(22, 15), DAILY, enabled=False),
)


@dataclass
class Book:
    """A fake of the rituals that records every change."""

    rituals: dict[str, RitualState] = field(default_factory=lambda: {each.name: each for each in RITUALS})
    quiet: tuple[time, time] | None = (time(22, 30), time(7))
    skippable: list[str] = field(default_factory=lambda: ["gratitude"])
    begun: bool = False
    coming: list[Due] = field(default_factory=list)
    moved: list[tuple[str, datetime]] = field(default_factory=list)
    skipped: list[tuple[str | None, date]] = field(default_factory=list)

    def states(self) -> list[RitualState]:
        """Return the state of all rituals."""
        return list(self.rituals.values())

    def set_time(self, name: str, at: time, days: frozenset[int] | None = None) -> None:
        """Move a ritual, and switch it on."""
        old = self.rituals[name]
        self.rituals[name] = replace(old, at=at, days=old.days if days is None else days, enabled=True)

    def turn(self, name: str, *, on: bool) -> bool:
        """Switch a ritual on or off."""
        changed = self.rituals[name].enabled != on
        self.rituals[name] = replace(self.rituals[name], enabled=on)
        return changed

    def move_once(self, name: str, until: datetime) -> None:
        """Record that a ritual comes at another time, this once."""
        self.moved.append((name, until))

    def skip(self, name: str | None = None, day: date | None = None) -> str | None:
        """Skip a ritual that is still to come."""
        if day is not None and day != NOW.date():
            self.skipped.append((name, day))
            return name
        left = [each for each in self.skippable if name in {None, each}]
        if left:
            self.skippable.remove(left[0])
        return left[0] if left else None

    def snooze(self, minutes: int) -> datetime | None:
        """Snooze the ritual that began last."""
        return NOW + timedelta(minutes=minutes) if self.begun else None

    def end_move(self, name: str) -> None:
        """Forget a single move."""

    def restore(self, state: RitualState, quiet: tuple[time, time] | None) -> None:
        """Put back a ritual and the quiet hours."""
        self.rituals[state.name], self.quiet = state, quiet

    def upcoming(self) -> list[Due]:
        """Return the upcoming rituals and reminders."""
        return self.coming

    def is_quiet(self, at: time) -> bool:
        """Return whether a time lies within the quiet hours, which pass midnight."""
        return self.quiet is not None and (at >= self.quiet[0] or at < self.quiet[1])

    def make_room(self, at: time) -> tuple[time, time]:
        """Shorten the quiet hours at their start."""
        assert self.quiet is not None
        self.quiet = (at.replace(minute=at.minute + 20), self.quiet[1])
        return self.quiet


@dataclass(frozen=True)
class Stand:
    """The part of a scene that these moments use."""

    slots: Mapping[str, Any]
    rituals: Book
    last_moment: str | None = None
    by_itself: bool = False
    now: datetime = NOW
    language: SpokenTimes = language_of("en").spoken
    changes: Changes = field(default_factory=lambda: Changes(CountedClock(NOW)))

    def serves(self, _moment: str) -> bool:
        """Return that the language has each moment."""
        return True

    def line(self, key: str, **names: str) -> str:
        """Return the last variant of a line with its fields filled in."""
        assert any(moment.needs.fields.get(key, frozenset()) >= names.keys() for moment in MOMENTS.values()), key
        return LINES[key][-1].format(**{"call": "", **names})


def told(moment: str, stand: Stand, *answers: Answer) -> list[str]:
    """Play a moment; return its speech and the names of its questions."""
    script = MOMENTS[moment].play(cast(Scene, stand))
    waiting = iter(answers)
    said: list[str] = []
    answer: Answer | None = None
    try:
        while True:
            cue = script.send(answer)
            answer = next(waiting) if isinstance(cue, Ask) else None
            if isinstance(cue, Say):
                said.append(cue.text)
            if isinstance(cue, Ask):
                said.append(f"? {cue.name}")
    except StopIteration:
        return said


def asked_for(sentence: str, book: Book, *answers: str | None, last: str | None = None) -> str:
    """Say a sentence and answer the questions (None is silence); return the assistant's speech."""
    found = match(sentence, SENTENCES.scope(ANYTIME))
    assert found is not None, f"{sentence} is not understood"
    scope = SENTENCES.scope(SCENE, asked("rituals.in_quiet"))
    heard = [match(answer, scope) if answer else None for answer in answers]
    given = [Answer(each.name, each.slots, spoke=True) if each else SILENCE for each in heard]
    return " ".join(told(found.moment, Stand(found.slots, book, last), *given))


@pytest.fixture
def book() -> Book:
    """Return the fake rituals of a couple."""
    return Book()


@pytest.mark.parametrize(
    ("sentence", "at", "back"),
    [
        ("move the gratitude ritual to ten", time(22), "ten in the evening, every day"),
        ("set good night to a quarter past ten", time(22, 15), "a quarter past ten in the evening, every day"),
        ("set the morning ritual to 7", time(7), "seven in the morning, on weekdays"),
        ("move gratitude to 21:33", time(21, 33), "nine thirty three in the evening, every day"),
    ],
)
def test_a_moved_ritual_is_confirmed(book: Book, sentence: str, at: time, back: str) -> None:
    """A moved ritual is confirmed with the time as understood, including the part of the day."""
    assert back in asked_for(sentence, book)
    (moved,) = (state for state in book.states() if state not in RITUALS or state.at == at)
    assert (moved.at, moved.enabled) == (at, True)


def test_moving_a_ritual_switches_it_on(book: Book) -> None:
    """Moving a ritual switches it on, and the confirmation says so."""
    assert "I turned the check-in ritual on" in asked_for("move the check-in to saturday at six", book)
    assert book.rituals["check_in"] == RitualState("check_in", time(18), frozenset({5}), enabled=True)


@pytest.mark.parametrize(
    ("sentence", "name", "at", "back"),
    [
        ("move gratitude to nine tonight", "gratitude", (10, 21, 0), "at nine in the evening"),
        ("set gratitude to nine today", "gratitude", (10, 21, 0), "at nine in the evening"),
        ("move gratitude to half past midnight tonight", "gratitude", (11, 0, 30), "at half past twelve at night"),
        ("let's do gratitude in half an hour", "gratitude", (10, 20, 30), "in half an hour"),
        ("move gratitude to tomorrow at nine", "gratitude", (11, 21, 0), "tomorrow at nine in the evening"),
        ("move the check in to tomorrow", "check_in", (11, 19, 0), "tomorrow at seven in the evening"),
        ("move the check in to this friday at eight", "check_in", (12, 20, 0), "on Friday at eight in the evening"),
        ("move the check in to next friday", "check_in", (19, 19, 0), "on Friday the nineteenth of June at seven"),
    ],
)
def test_a_single_day_moves_a_ritual_once(
    book: Book, sentence: str, name: str, at: tuple[int, int, int], back: str
) -> None:
    """With "tonight", "tomorrow" or "in half an hour" a ritual moves this once, and the confirmation says so."""
    said = asked_for(sentence, book)
    assert "only this time" in said
    assert back in said
    day, hour, minute = at
    assert book.moved == [(name, NOW.replace(day=day, hour=hour, minute=minute))]
    assert book.states() == list(RITUALS)


def test_rituals_are_skipped_on_another_day(book: Book) -> None:
    """A ritual, or all of them, is skipped on the day that was named, and no other."""
    tomorrow = NOW.date() + timedelta(days=1)
    assert "leave out the gratitude ritual tomorrow" in asked_for("skip gratitude tomorrow", book)
    assert "leave out the gratitude ritual tomorrow" in asked_for("skip the ritual tomorrow", book)
    assert book.skipped == [("gratitude", tomorrow)] * 2
    assert "do not come on Friday: laughter and gratitude" in asked_for("no rituals on friday", book)
    assert book.skippable == ["gratitude"]
    assert "do not come today: gratitude" in asked_for("no rituals tonight", book)
    assert "no ritual planned today" in asked_for("no rituals today", book)
    assert "I do not know that day" in asked_for("no rituals on the thirty first of june", book)


def test_a_past_time_begins_tomorrow(book: Book) -> None:
    """If the new time is already past today, the confirmation says that it begins tomorrow."""
    assert "It comes first tomorrow at seven in the evening." in asked_for("move gratitude to seven", book)
    assert "comes first" not in asked_for("move gratitude to ten", book)
    book.quiet = None
    assert asked_for("move gratitude to midnight", book).endswith(" midnight, every day.")


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("set the gratitude ritual to twenty five o'clock", "I do not know that hour"),
        ("start the gratitude ritual in zero minutes", "No minutes at all is now"),
        ("start the gratitude ritual in 500 hours", "I can only look two weeks ahead"),
        ("move gratitude to seven today", "Today that hour has gone by"),
        ("move gratitude to the thirtieth of february at nine", "I do not know that day"),
    ],
)
def test_an_impossible_time_changes_nothing(book: Book, sentence: str, why: str) -> None:
    """An impossible time changes no ritual, and the reply says why."""
    assert why in asked_for(sentence, book)
    assert book.states() == list(RITUALS)


def test_quiet_hours_are_shortened_after_a_yes(book: Book) -> None:
    """For a time in quiet hours, the assistant asks first, and moves the ritual after a yes."""
    back = asked_for("move gratitude to eleven", book, "yes please")
    assert "From half past ten in the evening until seven in the morning I leave you in peace" in back
    assert "until seven in the morning" in back
    assert book.quiet == (time(23, 20), time(7))
    assert book.rituals["gratitude"].at == time(23)


@pytest.mark.parametrize("answer", ["better not", None])
def test_quiet_hours_stay_without_a_yes(book: Book, answer: str | None) -> None:
    """After a no, or silence, nothing changes, and the assistant says so."""
    assert "The gratitude ritual stays at half past nine" in asked_for("move gratitude to eleven", book, answer)
    assert book.states() == list(RITUALS)


def test_a_ritual_within_quiet_hours_is_turned_on_only_after_a_question(book: Book) -> None:
    """A ritual in quiet hours would never play, so the assistant asks before switching it on."""
    book.quiet = (time(22), time(7))
    assert "I leave the good night ritual off" in asked_for("turn on good night", book, "no")
    assert "With pleasure" in asked_for("turn on good night", book, "yes")


def test_rituals_are_turned_on_and_off(book: Book) -> None:
    """Rituals are switched on and off; if nothing changes, the assistant says that too."""
    assert "at half past seven in the morning, on weekdays" in asked_for("turn on the morning ritual", book)
    assert "You have it already" in asked_for("turn on the morning ritual", book)
    assert "I will not bring up" in asked_for("turn off the good morning ritual", book)
    assert "It is off as it is" in asked_for("turn off the good morning ritual", book)
    assert not book.rituals["good_morning"].enabled


def test_a_ritual_that_the_language_lacks_is_unknown(book: Book) -> None:
    """A request for a ritual that the language lacks is answered, and changes nothing."""
    for sentence in ("turn off midday", "turn on midday", "move midday to noon", "skip the midday ritual today"):
        assert "not one of your rituals" in asked_for(sentence, book)


def test_not_tonight_skips_one_ritual(book: Book) -> None:
    """The first "not tonight" skips a ritual; the second finds none left, and says so kindly."""
    assert "The gratitude ritual can wait" in asked_for("skip tonight's ritual", book)
    assert "There is no ritual left today" in asked_for("skip tonight's ritual", book)
    assert "Today has no gratitude ritual left" in asked_for("no gratitude tonight", book)


def test_tonight_means_the_evening_even_at_breakfast(book: Book) -> None:
    """Said in the morning, "tonight" skips the evening ritual, not the next one."""
    book.skippable = ["good_morning", "gratitude"]
    book.coming = [
        Due(name, datetime.combine(NOW, at)) for name, at in (("good_morning", time(7)), ("gratitude", time(21, 30)))
    ]
    assert "The gratitude ritual can wait" in asked_for("skip the ritual tonight", book)


def test_a_snooze_is_ten_minutes_or_as_requested(book: Book) -> None:
    """A snooze lasts ten minutes or as requested; without a ritual to snooze, nothing changes."""
    assert "nothing to put off" in asked_for("snooze the ritual", book)
    book.begun = True
    assert "in ten minutes" in asked_for("snooze the ritual", book)
    assert "in twenty five minutes" in asked_for("snooze for 25 minutes", book)
    assert "No minutes at all" in asked_for("snooze for zero minutes", book)


def test_whats_next_names_two_at_most(book: Book) -> None:
    """The answer names two rituals or reminders at most, and when they come."""
    assert "nothing coming up" in asked_for("what's next", book)
    book.coming = [
        Due("reminder", NOW + timedelta(minutes=20), "talk"),
        Due("gratitude", NOW.replace(hour=21, minute=30)),
        Due("good_morning", NOW + timedelta(days=1)),
    ]
    back = asked_for("what's next", book)
    assert back == (
        "The next one is a reminder to talk, in twenty minutes. "
        "After that comes the gratitude ritual, at half past nine in the evening."
    )


def test_rituals_are_listed_with_their_times(book: Book) -> None:
    """Rituals that are on are listed with their times, the others by name only."""
    back = asked_for("which rituals do we have", book)
    assert "gratitude, at half past nine in the evening, every day." in back
    assert "laughter, at nine in the evening, on Fridays and Saturdays." in back
    assert re.search(r"rest for now: good morning, check-in and good night\. .*turn on good morning\.", back)


@pytest.mark.parametrize(
    "sentence",
    [
        "not tonight please",
        "remind me to call mum",
        "move bedtime to nine",
        "let's move lunch to one",
        "turn on the night light",
        "what's next on your list",
        "snooze",
        "come back in ten minutes",
        "give us ten more minutes",
        "set the table for ten",
        "move it to ten",
    ],
)
def test_other_conversation_changes_nothing(sentence: str) -> None:
    """Conversation about times and evenings changes no ritual."""
    assert match(sentence, SENTENCES.scope(ANYTIME)) is None
