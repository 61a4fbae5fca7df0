"""The journal: nothing is kept unless it was switched on, and what is forgotten is gone."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from voice.audio.clip import Clip
from voice.clock import CountedClock
from voice.journal.journal import KeptJournal
from voice.moments.scene import Kept, Week
from voice.settings.overrides import Overrides
from voice.settings.schema import Settings
from voice.storage.database import Store

EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
DAY = 86_400.0
WORDS = "you carried the shopping up in the rain"
SOUND = Clip(np.zeros(16_000, np.float32), 16_000)
KINDS: tuple[Kept, ...] = ("moments", "tally", "notes")
NAMES = Settings.model_validate({"partners": {"names": ["Siobhán", "Ben"], "sounds": ["Shevawn", "Ben"]}})


class Home:
    """A journal of a test's own, and the clock that the test turns."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = CountedClock(EVENING)
        self.journal = KeptJournal(store, self.clock, Overrides(NAMES, store))

    def tell_all(self) -> list[bool]:
        """Tell the journal one thing of each kind; return what it kept."""
        counted = self.journal.count("pause", by_itself=False)
        return [counted, self.journal.tally(good=True), self.journal.keep_note("Shevawn", WORDS, SOUND)]

    def switch_all(self) -> None:
        """Switch everything on."""
        assert all(self.journal.switch(kind, on=True) for kind in KINDS)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return a journal in which nothing was kept."""
    with closing(Store(tmp_path / "kept" / "moments.sqlite3")) as store:
        yield Home(store)


def test_nothing_is_kept_by_default(home: Home) -> None:
    """Without a switch there is no row and no file, whatever is told."""
    assert home.tell_all() == [False, False, False]
    assert home.journal.is_empty()
    assert home.journal.week() == Week(0, 0)
    assert not home.store.path.parent.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_each_switch_keeps_its_own_kind_alone(home: Home, kind: Kept) -> None:
    """Each takes effect at once and survives a restart; switched off, what was kept stays, and nothing is added."""
    journal = home.journal
    assert journal.switch(kind, on=True)
    assert not journal.switch(kind, on=True)
    kept = [kind == other for other in KINDS]
    assert home.tell_all() == kept
    again = Home(home.store)
    assert [again.journal.keeps(other) for other in KINDS] == kept
    assert again.tell_all() == kept
    assert again.journal.switch(kind, on=False)
    assert again.tell_all() == [False, False, False]
    assert [len(home.store.moments()), len(home.store.tally()), len(home.store.notes())] == [2 * one for one in kept]


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


def test_notes_come_back_with_the_names_as_the_voice_says_them(home: Home) -> None:
    """The name is kept as it is written, and read back as it sounds; a note whose sound is gone keeps its words."""
    home.switch_all()
    assert not home.journal.keep_note("Ben", None, None)
    home.tell_all()
    home.clock.sleep(DAY)
    home.journal.keep_note(None, None, SOUND)
    (first, second) = home.journal.notes(EVENING.date())
    assert home.store.notes()[0].partner == "Siobhán"
    assert (first.at, first.partner, first.words) == (EVENING, "Shevawn", WORDS)
    assert first.sound is not None
    assert first.sound.duration == 1.0
    assert (second.partner, second.words) == (None, None)
    assert home.journal.notes(date(2025, 3, 31)) == []
    home.store.sounds.path(home.store.notes()[0].sound or "").unlink()
    assert [note.sound is None for note in home.journal.notes(EVENING.date())] == [True, False]


def test_forgetting_today_leaves_yesterday(home: Home) -> None:
    """What was kept on the day is gone; what was kept before it, and what is switched on, stays."""
    home.switch_all()
    home.tell_all()
    home.clock.sleep(DAY)
    today = home.clock.now().date()
    assert home.journal.is_empty(today)
    home.tell_all()
    assert not home.journal.is_empty(today)
    home.journal.forget(today)
    assert home.journal.is_empty(today)
    assert len(home.store.notes()) == 1
    home.journal.forget()
    home.journal.forget()
    assert home.journal.is_empty()
    assert home.journal.keeps("notes")
    assert [file.name for file in home.store.path.parent.rglob("*.flac")] == []
