"""The journal: it keeps nothing unless it is switched on, and forgotten records are gone."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from voice.audio.clip import Clip
from voice.clock import CountedClock
from voice.journal.entries import Category, Week
from voice.journal.journal import Journal
from voice.journal.records import JournalRecords
from voice.settings.overrides import Overrides
from voice.settings.schema import Settings
from voice.storage.database import Database

EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
DAY = 86_400.0
WORDS = "you carried the shopping up in the rain"
SOUND = Clip(np.zeros(16_000, np.float32), 16_000)
CATEGORIES: tuple[Category, ...] = ("moments", "tally", "notes")
NAMES = Settings.model_validate({"partners": {"names": ["Siobhán", "Ben"], "sounds": ["Shevawn", "Ben"]}})


class Home:
    """A journal, its records, and a clock to turn."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.records = JournalRecords(database)
        self.clock = CountedClock(EVENING)
        self.journal = Journal(database, self.clock, Overrides(NAMES, database))

    def add_all(self) -> list[bool]:
        """Add a record of each category; return which were kept."""
        counted = self.journal.count("pause", by_itself=False)
        return [counted, self.journal.tally(good=True), self.journal.keep_note("Shevawn", WORDS, SOUND)]

    def switch_all(self) -> None:
        """Switch every category on."""
        assert all(self.journal.switch(category, on=True) for category in CATEGORIES)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an empty journal."""
    with closing(Database(tmp_path / "kept" / "moments.sqlite3")) as database:
        yield Home(database)


def test_nothing_is_kept_by_default(home: Home) -> None:
    """Unless it is switched on, there is no row and no file."""
    assert home.add_all() == [False, False, False]
    assert home.journal.is_empty()
    assert home.journal.week() == Week(0, 0)
    assert not home.database.path.parent.exists()


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_switch_keeps_its_own_category_only(home: Home, category: Category) -> None:
    """A switch works at once and survives a restart; switched off, records stay, and none is added."""
    journal = home.journal
    assert journal.switch(category, on=True)
    assert not journal.switch(category, on=True)
    kept = [category == other for other in CATEGORIES]
    assert home.add_all() == kept
    again = Home(home.database)
    assert [again.journal.keeps(other) for other in CATEGORIES] == kept
    assert again.add_all() == kept
    assert again.journal.switch(category, on=False)
    assert again.add_all() == [False, False, False]
    assert [len(rows) for rows in (home.records.moments(), home.records.tally(), home.records.notes())] == [
        2 * one for one in kept
    ]


def test_the_week_is_the_last_seven_days(home: Home) -> None:
    """Good and hard moments count until seven days later, and no longer."""
    home.switch_all()
    home.journal.tally(good=False)
    home.clock.sleep(6 * DAY)
    home.journal.tally(good=True)
    home.journal.tally(good=True)
    assert home.journal.week() == Week(good=2, hard=1)
    home.clock.sleep(1 * DAY + 1.0)
    assert home.journal.week() == Week(good=2, hard=0)


def test_notes_have_names_as_the_voice_says_them(home: Home) -> None:
    """A name is stored as written and returned as spoken; a note without its recording keeps its words."""
    home.switch_all()
    assert not home.journal.keep_note("Ben", None, None)
    home.add_all()
    home.clock.sleep(DAY)
    home.journal.keep_note(None, None, SOUND)
    (first, second) = home.journal.notes(EVENING.date())
    assert home.records.notes()[0].partner == "Siobhán"
    assert (first.at, first.partner, first.words) == (EVENING, "Shevawn", WORDS)
    assert first.sound is not None
    assert first.sound.duration == 1.0
    assert (second.partner, second.words) == (None, None)
    assert home.journal.notes(date(2025, 3, 31)) == []
    home.records.recordings.path(home.records.notes()[0].sound or "").unlink()
    assert [note.sound is None for note in home.journal.notes(EVENING.date())] == [True, False]


def test_forgetting_today_leaves_yesterday(home: Home) -> None:
    """Records of the day are gone; earlier ones stay, and so do the switches."""
    home.switch_all()
    home.add_all()
    home.clock.sleep(DAY)
    today = home.clock.now().date()
    assert home.journal.is_empty(today)
    home.add_all()
    assert not home.journal.is_empty(today)
    home.journal.forget(today)
    assert home.journal.is_empty(today)
    assert len(home.records.notes()) == 1
    home.journal.forget()
    home.journal.forget()
    assert home.journal.is_empty()
    assert home.journal.keeps("notes")
    assert [file.name for file in home.database.path.parent.rglob("*.flac")] == []
