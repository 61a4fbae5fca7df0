"""The history of rituals: one outcome per ritual and date, which stays."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time
from pathlib import Path

import pytest

from voice.rituals.history import Record, RitualHistory
from voice.storage.database import Database

DUE = datetime.fromisoformat("2025-03-29T21:30:00")
LATER = datetime.fromisoformat("2025-03-29T22:30:00")
EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
NEXT_DAY = datetime.fromisoformat("2025-03-30T21:30:00")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Return an empty database."""
    with closing(Database(tmp_path / "moments.sqlite3")) as database:
        yield database


def test_the_first_outcome_of_a_date_stays(database: Database) -> None:
    """Two processes may record the same ritual; the second is told that it was recorded before."""
    assert RitualHistory(database).record("gratitude", DUE, "begun", EVENING)
    again = RitualHistory(database)
    assert not again.record("gratitude", DUE, "skipped", EVENING)
    assert RitualHistory(database).on("gratitude", DUE.date()) == Record("begun")
    assert again.last_begun("gratitude") == EVENING
    assert again.record("gratitude", NEXT_DAY, "skipped", EVENING)
    assert not RitualHistory(database).record("gratitude", NEXT_DAY, "begun", EVENING)


def test_a_missed_time_may_be_followed_by_another(database: Database) -> None:
    """If only one time of a date was missed, another may come; that one's outcome stays."""
    assert RitualHistory(database).record("gratitude", DUE, "missed", EVENING)
    assert not RitualHistory(database).record("gratitude", DUE, "missed", EVENING)
    history = RitualHistory(database)
    assert history.on("gratitude", DUE.date()) == Record("skipped", time(21, 30))
    assert (history.is_over("gratitude", DUE), history.is_over("gratitude", LATER)) == (True, False)
    assert history.record("gratitude", LATER, "begun", LATER)
    assert not RitualHistory(database).record("gratitude", DUE, "missed", EVENING)
    assert RitualHistory(database).on("gratitude", DUE.date()) == Record("begun")
    assert RitualHistory(database).is_over("gratitude", DUE)
