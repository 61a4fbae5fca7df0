"""Journal records: notes and their recordings are private, and forgotten ones are in no file."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from voice.audio.clip import Clip
from voice.errors import SystemFailure
from voice.journal.records import JournalRecords, NoteRecord, PlayedMoment, TallyRecord
from voice.rituals.history import Record, RitualHistory
from voice.rituals.reminders import Reminders
from voice.storage.database import Database
from voice.storage.flags import Flags

DAY = date(2025, 3, 29)
MORNING = datetime.fromisoformat("2025-03-29T07:30:00")
EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
WORDS = "thank you for the soup on that rainy evening"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a database that does not exist yet."""
    return tmp_path / "kept" / "moments.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """Return an empty database."""
    with closing(Database(path)) as database:
        yield database


@pytest.fixture
def records(database: Database) -> JournalRecords:
    """Return empty records."""
    return JournalRecords(database)


def _hum(seconds: float) -> Clip:
    return Clip((0.1 * np.sin(np.arange(round(seconds * 16_000)) / 10)).astype(np.float32), 16_000)


def _modes(path: Path) -> dict[str, int]:
    """Return the modes of all files and folders beside the database, by name, without the index of its log."""
    files = (file for file in path.parent.rglob("*") if not file.name.endswith("-shm"))
    return {file.name: file.stat().st_mode & 0o777 for file in files}


def test_records_survive_a_restart(database: Database, records: JournalRecords) -> None:
    """Moments, the tally and notes come back as they were added, the oldest first, all or since a time."""
    records.add_moment("pause", EVENING, by_itself=True)
    records.add_moment("question", MORNING, by_itself=False)
    records.add_tally(EVENING, good=True)
    records.add_note(EVENING, "Zoë", WORDS, None)
    database.close()
    pause = PlayedMoment("pause", EVENING, by_itself=True)
    assert records.moments() == [PlayedMoment("question", MORNING, by_itself=False), pause]
    assert records.moments(EVENING) == [pause]
    assert records.tally(DAY) == [TallyRecord(good=True, at=EVENING)]
    assert records.notes(date(2025, 3, 30)) == []
    assert records.notes() == [NoteRecord(EVENING, "Zoë", WORDS, None)]


def test_recordings_are_private(path: Path, records: JournalRecords) -> None:
    """A recording is read back as it was, from a FLAC file that only its owner can read."""
    records.add_note(EVENING, None, None, _hum(2.0))
    (note,) = records.notes()
    assert note.sound is not None
    sound = records.recordings.read(note.sound)
    assert sound is not None
    assert sound.rate == 16_000
    np.testing.assert_allclose(sound.samples, _hum(2.0).samples, atol=1e-4)
    assert _modes(path) == {path.name: 0o600, f"{path.name}-wal": 0o600, "notes": 0o700, note.sound: 0o600}
    assert records.recordings.path(note.sound).read_bytes()[:4] == b"fLaC"


def test_forgetting_a_day_keeps_the_days_before(records: JournalRecords) -> None:
    """Rows and recordings of the day are gone, even one that was already removed; those before stay."""
    before = datetime.fromisoformat("2025-03-28T23:59:59")
    for at in (before, EVENING, EVENING):
        records.add_note(at, None, None, _hum(0.5))
        records.add_tally(at, good=False)
        records.add_moment("pause", at, by_itself=False)
    kept, gone, _ = (records.recordings.path(note.sound or "") for note in records.notes())
    gone.unlink()
    assert records.forget(DAY) == 6
    assert [len(rows) for rows in (records.moments(), records.tally(), records.notes())] == [1, 1, 1]
    assert list(kept.parent.iterdir()) == [kept]


def test_forgotten_notes_are_in_no_file(path: Path, database: Database, records: JournalRecords) -> None:
    """After forgetting everything no byte of a note and no recording is left; other data stays."""
    with closing(Database(path)) as other:
        Flags(database).set("welcomed", "yes")
        for _ in range(50):
            records.add_note(EVENING, "Zoë", WORDS, _hum(0.1))
        notes = path.with_name("notes")
        (notes / "orphan.flac").touch()
        (notes / ".half.flac.123.part").touch()
        assert len(JournalRecords(other).notes()) == 50
        assert any(WORDS.encode() in file.read_bytes() for file in path.parent.iterdir() if file.is_file())
        assert records.forget() == 50
        for file in path.parent.rglob("*"):
            assert WORDS.encode() not in file.read_bytes()
            assert "Zoë".encode() not in file.read_bytes()
        assert not notes.exists()
        assert (Flags(database).get("welcomed"), JournalRecords(other).notes()) == ("yes", [])


def test_forgetting_everything_clears_past_reminders_and_old_rituals(
    path: Path, database: Database, records: JournalRecords
) -> None:
    """Reminders that are over and rituals of earlier days leave no byte; open reminders and today's rituals stay."""
    reminders, history = Reminders(database), RitualHistory(database)
    reminders.add(EVENING, "message")
    reminders.end(reminders.all()[0].number, "told")
    reminders.add(datetime.fromisoformat("2025-04-02T12:00:00"), "water")
    history.record("laughter", datetime.fromisoformat("2025-03-20T21:00:00"), "begun", EVENING)
    history.record("gratitude", EVENING, "begun", EVENING)
    records.forget(DAY)
    assert RitualHistory(database).on("laughter", date(2025, 3, 20)) == Record("begun")
    records.forget()
    assert [reminder.what for reminder in Reminders(database).all()] == ["water"]
    assert RitualHistory(database).on("gratitude", DAY) == Record("begun")
    assert RitualHistory(database).on("laughter", date(2025, 3, 20)) is None
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"message" not in content
    assert b"laughter" not in content


def test_forgetting_reports_remaining_traces(path: Path, database: Database, records: JournalRecords) -> None:
    """While another process reads the old rows, forgetting says so; called again afterwards, it leaves no trace."""
    database.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        records.add_note(EVENING, None, WORDS, None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM note").fetchall()
        with pytest.raises(SystemFailure, match="forgotten, but another program still reads it"):
            records.forget()
        assert records.notes() == []
        other.execute("COMMIT")
        assert records.forget() == 0
        assert not any(WORDS.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_a_recording_is_looked_for_in_its_folder_only(path: Path, records: JournalRecords) -> None:
    """A damaged file name leads nowhere else, and a missing file is no error."""
    assert records.recordings.path("../../../etc/passwd").parent == path.with_name("notes")
    assert records.recordings.read("gone.flac") is None


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 200 KB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("full_disk")
def test_a_note_that_does_not_fit_leaves_no_recording(path: Path, records: JournalRecords) -> None:
    """A note is stored completely or not at all, whether its words do not fit or its recording."""
    noise = np.random.default_rng(0).uniform(-1, 1, 160_000).astype(np.float32)
    for words, sound in ((WORDS * 10_000, _hum(0.5)), (WORDS, Clip(noise, 16_000))):
        with pytest.raises(SystemFailure):
            records.add_note(EVENING, None, words, sound)
    assert records.notes() == []
    assert list(path.with_name("notes").iterdir()) == []
