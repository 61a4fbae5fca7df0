"""The store: what was kept is there again, and nothing is lost when something goes wrong."""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pytest

from voice.audio.clip import Clip
from voice.errors import SystemFailure
from voice.storage.database import Account, Change, Counted, DeckState, KeptNote, Store, Tallied

DAY = date(2025, 3, 29)
EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
NOBODY = 65534
# A database as version 1 of the schema made it, with what _assert_all_is_kept wants to find in it.
VERSION_1 = Path(__file__).parent / "databases" / "version-1.sqlite3"
WORDS = "thank you for the soup on that rainy evening"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a test keeps its database."""
    return tmp_path / "kept" / "moments.sqlite"


@pytest.fixture
def kept(path: Path) -> Path:
    """Return a database in which something was kept."""
    with closing(Store(path)) as store:
        store.mark_done("gratitude", DAY, "begun", EVENING)
        store.save_deck("questions", DeckState(("pride-3", "play-1"), ("dreams-2",)))
    return path


def _assert_all_is_kept(path: Path) -> None:
    with closing(Store(path)) as store:
        assert store.account("gratitude", DAY) is not None
        assert store.deck("questions") == DeckState(("pride-3", "play-1"), ("dreams-2",))


def test_what_was_kept_survives_a_restart(kept: Path) -> None:
    """Rituals and decks are as they were when the database is opened again."""
    _assert_all_is_kept(kept)
    with closing(Store(kept)) as store:
        assert store.last_begun("gratitude") == EVENING
        assert store.last_begun("laughter") is None
        assert store.account("gratitude", date(2025, 3, 30)) is None
        assert store.deck("laughter") is None


def test_what_became_of_a_ritual_is_settled_once(kept: Path) -> None:
    """The first outcome of a date stays, and who comes second is told."""
    with closing(Store(kept)) as store:
        assert not store.mark_done("gratitude", DAY, "skipped", EVENING)
        assert store.last_begun("gratitude") == EVENING
        assert store.mark_done("gratitude", date(2025, 3, 30), "skipped", EVENING)
        assert not store.mark_done("gratitude", date(2025, 3, 30), "begun", EVENING)


def test_a_time_that_was_missed_may_be_followed_by_another(kept: Path) -> None:
    """A date on which only a time was missed is not settled: another time may be, and then nothing changes it."""
    sunday = date(2025, 3, 30)
    with closing(Store(kept)) as store:
        assert store.mark_done("gratitude", sunday, "skipped", EVENING, missed=time(21, 30))
        assert not store.mark_done("gratitude", sunday, "skipped", EVENING, missed=time(21, 30))
        assert store.account("gratitude", sunday) == Account("skipped", time(21, 30))
        assert store.mark_done("gratitude", sunday, "begun", EVENING)
        assert not store.mark_done("gratitude", sunday, "skipped", EVENING, missed=time(22, 30))
        assert store.account("gratitude", sunday) == Account("begun")


def test_only_its_owner_may_read_it(path: Path) -> None:
    """The database, its companions and its folder are closed to others, even if the file was open before."""
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o666)
    path.chmod(0o666)
    with closing(Store(path)) as store:
        store.mark_done("gratitude", DAY, "begun", EVENING)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)


def test_nothing_is_made_before_the_first_use(path: Path) -> None:
    """A store that is not used leaves no trace."""
    Store(path).close()
    assert not path.parent.exists()


def test_looking_makes_no_file(path: Path) -> None:
    """Where nothing was kept, there is nothing to read, and no file after looking, nor after forgetting."""
    with closing(Store(path)) as store:
        assert store.account("gratitude", DAY) is None
        assert (store.changes(), store.favourites("questions"), store.flag("toured")) == ({}, (), None)
        assert (store.moments(), store.tally(), store.notes()) == ([], [], [])
        assert store.forget() == 0
        store.version()
    assert not path.parent.exists()


def test_a_database_of_version_1_is_brought_up_to_date(path: Path) -> None:
    """What an older Micro-Moments kept is all there, and what it did not know can be kept beside it."""
    path.parent.mkdir()
    path.write_bytes(VERSION_1.read_bytes())
    _assert_all_is_kept(path)
    with closing(Store(path)) as store:
        assert store.keep_favourite("questions", "pride-3", EVENING)
    _assert_all_is_kept(path)


def test_what_is_kept_since_version_2_survives_a_restart(path: Path) -> None:
    """Changes, favourites, flags, moments, the tally and notes come back as they were given, the oldest first."""
    morning = datetime.fromisoformat("2025-03-29T07:30:00")
    with closing(Store(path)) as store:
        store.change({"rituals.gratitude.at": "22:00", "rituals.gratitude.days": [4, 5]}, EVENING)
        store.change({"speaking.volume": 0.8}, morning)
        store.change({"rituals.gratitude.at": "22:15"}, EVENING)
        assert store.keep_favourite("questions", "pride-3", EVENING)
        assert not store.keep_favourite("questions", "pride-3", EVENING)
        store.set_flag("turn", "Anna")
        store.set_flag("turn", "Ben")
        store.count_moment("pause", EVENING, by_itself=True)
        store.count_moment("question", morning, by_itself=False)
        store.add_tally(EVENING, good=True)
        store.keep_note(EVENING, "Zoë", WORDS, None)
    with closing(Store(path)) as store:
        assert list(store.changes().items()) == [
            ("speaking.volume", Change(0.8, morning)),
            ("rituals.gratitude.days", Change([4, 5], EVENING)),
            ("rituals.gratitude.at", Change("22:15", EVENING)),
        ]
        assert store.favourites("questions") == ("pride-3",)
        assert store.favourites("laughter") == ()
        assert store.flag("turn") == "Ben"
        assert store.moments() == [
            Counted("question", morning, by_itself=False),
            Counted("pause", EVENING, by_itself=True),
        ]
        assert store.moments(EVENING) == [Counted("pause", EVENING, by_itself=True)]
        assert store.tally(DAY) == [Tallied(good=True, at=EVENING)]
        assert store.notes(date(2025, 3, 30)) == []
        assert store.notes() == [KeptNote(EVENING, "Zoë", WORDS, None)]
        store.take_back("speaking.volume")
        assert "speaking.volume" not in store.changes()
        store.take_back()
        assert store.changes() == {}


def _hum(seconds: float) -> Clip:
    return Clip((0.1 * np.sin(np.arange(round(seconds * 16_000)) / 10)).astype(np.float32), 16_000)


def _folder(path: Path) -> dict[str, int]:
    """Return the modes of all files and folders beside the database, by name; its log's index is the system's."""
    files = (file for file in path.parent.rglob("*") if not file.name.endswith("-shm"))
    return {file.name: file.stat().st_mode & 0o777 for file in files}


def test_the_sound_of_a_note_is_kept_for_its_owner_alone(path: Path) -> None:
    """A sound comes back as it was, from a FLAC file that nobody else may read, in a folder nobody else may enter."""
    with closing(Store(path)) as store:
        store.keep_note(EVENING, None, None, _hum(2.0))
        (note,) = store.notes()
        assert note.sound is not None
        sound = store.sounds.read(note.sound)
    assert sound is not None
    assert sound.rate == 16_000
    np.testing.assert_allclose(sound.samples, _hum(2.0).samples, atol=1e-4)
    assert _folder(path) == {path.name: 0o600, "notes": 0o700, note.sound: 0o600}
    assert store.sounds.path(note.sound).read_bytes()[:4] == b"fLaC"


def test_forgetting_a_day_leaves_the_days_before(path: Path) -> None:
    """Rows and files of the day are gone, also a file that somebody removed; those of the day before are there."""
    before = datetime.fromisoformat("2025-03-28T23:59:59")
    with closing(Store(path)) as store:
        for at in (before, EVENING, EVENING):
            store.keep_note(at, None, None, _hum(0.5))
            store.add_tally(at, good=False)
            store.count_moment("pause", at, by_itself=False)
        kept, gone, _ = (store.sounds.path(note.sound or "") for note in store.notes())
        gone.unlink()
        assert store.forget(DAY) == 6
        assert [len(rows) for rows in (store.moments(), store.tally(), store.notes())] == [1, 1, 1]
        assert list(kept.parent.iterdir()) == [kept]


def test_what_is_forgotten_is_in_no_file(path: Path) -> None:
    """After forgetting everything not one byte of a note is left, nor a sound without a row; the rest is there."""
    with closing(Store(path)) as store, closing(Store(path)) as other:
        store.set_flag("toured", "yes")
        for _ in range(50):
            store.keep_note(EVENING, "Zoë", WORDS, _hum(0.1))
        notes = path.with_name("notes")
        (notes / "orphan.flac").touch()
        (notes / ".half.flac.123.part").touch()
        assert len(other.notes()) == 50
        assert any(WORDS.encode() in file.read_bytes() for file in path.parent.iterdir() if file.is_file())
        assert store.forget() == 50
        for file in path.parent.rglob("*"):
            assert WORDS.encode() not in file.read_bytes()
            assert "Zoë".encode() not in file.read_bytes()
        assert not notes.exists()
        assert (store.flag("toured"), other.notes()) == ("yes", [])


def test_traces_that_must_stay_for_now_are_told(path: Path) -> None:
    """While another program reads what was there, forgetting says so; called again afterwards, it leaves no trace."""
    with closing(Store(path)) as store:
        store.open()
    with closing(Store(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.keep_note(EVENING, None, WORDS, None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM note").fetchall()
        with pytest.raises(SystemFailure, match="forgotten, but another program still reads it"):
            store.forget()
        assert store.notes() == []
        other.execute("COMMIT")
        assert store.forget() == 0
        assert not any(WORDS.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_a_name_in_a_damaged_row_leads_nowhere(path: Path) -> None:
    """A note's sound is looked for in the folder of notes and nowhere else, and one that is gone is no error."""
    sounds = Store(path).sounds
    assert sounds.path("../../../etc/passwd").parent == path.with_name("notes")
    assert sounds.read("gone.flac") is None


def test_a_change_by_another_program_is_noticed(kept: Path) -> None:
    """A store that is open learns that another process wrote something, and is not misled by its own writes."""
    with closing(Store(kept)) as store:
        before = store.version()
        store.set_flag("turn", "Anna")
        assert store.version() == before
        write = (
            "import sys, pathlib, voice.storage.database as s;"
            "s.Store(pathlib.Path(sys.argv[1])).set_flag('turn', 'Ben')"
        )
        subprocess.run([sys.executable, "-c", write, kept], check=True)
        assert store.version() != before
        assert store.flag("turn") == "Ben"


def test_a_newer_database_is_left_alone(kept: Path) -> None:
    """A file of a newer version is refused by name, and not one byte of it changes."""
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = kept.read_bytes()
    with pytest.raises(
        SystemFailure, match=r"newer Micro-Moments \(schema 7, this one knows 2\): update, or move the file away"
    ):
        Store(kept).open()
    assert kept.read_bytes() == before


@pytest.mark.parametrize("damage", ["overwritten", "cut short"])
def test_a_damaged_database_is_left_alone(kept: Path, damage: str) -> None:
    """A damaged file is told as such in one line, and not one byte of it changes."""
    content = kept.read_bytes()
    content = b"no database" * 500 if damage == "overwritten" else content[: len(content) // 2]
    kept.write_bytes(content)
    with closing(Store(kept)) as store, pytest.raises(SystemFailure, match="the file is damaged: move it away"):
        store.mark_done("gratitude", DAY, "skipped", EVENING)
    assert kept.read_bytes() == content


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    """A place where no database can be is refused in one line."""
    with pytest.raises(SystemFailure, match="Is a directory"):
        Store(tmp_path).open()
    (tmp_path / "file").touch()
    with pytest.raises(SystemFailure, match="the folder cannot be made"):
        Store(tmp_path / "file" / "moments.sqlite").open()


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 200 KB while the test runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_loses_nothing(kept: Path) -> None:
    """When a write does not fit, it is told in one line, what was there stays, and smaller writes work again."""
    with closing(Store(kept)) as store:
        with pytest.raises(SystemFailure, match=r"moments\.sqlite: the d"):
            store.save_deck("questions", DeckState(tuple(f"card-{number}" for number in range(20_000))))
        assert store.deck("questions") == DeckState(("pride-3", "play-1"), ("dreams-2",))
        store.save_deck("laughter", DeckState((), ("tickle-1",)))
    _assert_all_is_kept(kept)


@pytest.mark.usefixtures("full_disk")
def test_a_note_that_does_not_fit_leaves_no_sound(kept: Path) -> None:
    """A note is kept whole or not at all, whether its words do not fit or its sound."""
    noise = np.random.default_rng(0).uniform(-1, 1, 160_000).astype(np.float32)
    with closing(Store(kept)) as store:
        for words, sound in ((WORDS * 10_000, _hum(0.5)), (WORDS, Clip(noise, 16_000))):
            with pytest.raises(SystemFailure):
                store.keep_note(EVENING, None, words, sound)
        assert store.notes() == []
    assert list(kept.with_name("notes").iterdir()) == []


@pytest.fixture
def read_only() -> Iterator[Path]:
    """Return a folder that cannot be written, with a database in it; root, who may write anywhere, becomes nobody."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moments.sqlite"
        with closing(Store(path)) as store:
            store.mark_done("gratitude", DAY, "begun", EVENING)
            store.save_deck("questions", DeckState(("pride-3", "play-1"), ("dreams-2",)))
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        yield path
        if root:
            os.seteuid(0)
        Path(folder).chmod(0o700)


def test_a_read_only_disk_can_be_read(read_only: Path) -> None:
    """Where nothing can be written, what was kept is still read, and a write is refused in one line."""
    _assert_all_is_kept(read_only)
    with (
        closing(Store(read_only)) as store,
        pytest.raises(SystemFailure, match="the file cannot be written: make its folder"),
    ):
        store.mark_done("gratitude", date(2025, 3, 30), "begun", EVENING)
    with pytest.raises(SystemFailure, match="cannot be opened"):
        Store(read_only.with_name("new.sqlite")).open()


def test_another_program_writing_is_waited_for_and_told(kept: Path) -> None:
    """Two programs may use the database; one that keeps it to itself is told in one line."""
    with closing(sqlite3.connect(kept, isolation_level=None)) as other, closing(Store(kept)) as store:
        store.open()
        other.execute("BEGIN IMMEDIATE")
        assert store.account("gratitude", DAY) is not None
        with pytest.raises(SystemFailure, match="another program is using the file"):
            store.mark_done("laughter", DAY, "begun", EVENING)
        other.execute("ROLLBACK")
        assert store.mark_done("laughter", DAY, "begun", EVENING)
