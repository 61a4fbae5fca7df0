"""The database: data survives restarts, failures and upgrades, and only its owner can read it."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path

import pytest

from voice.errors import SystemFailure
from voice.journal.records import JournalRecords, NoteRecord, PlayedMoment, TallyRecord
from voice.packs.dealing import DeckState, DeckStore
from voice.rituals.history import Record, RitualHistory, Snoozed
from voice.rituals.reminders import Reminders
from voice.rituals.state import Reminder
from voice.settings.overrides import Override, OverrideStore
from voice.storage.database import Database
from voice.storage.flags import Flags

DAY = date(2025, 3, 29)
MORNING = datetime.fromisoformat("2025-03-29T07:30:00")
EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
DEALT = DeckState(("pride-3", "play-1"), ("dreams-2",))
NOBODY = 65534
# Databases as each version of the schema made them, with rows in all of its tables.
VERSION_1 = Path(__file__).parent / "databases" / "version-1.sqlite3"
VERSION_2 = Path(__file__).parent / "databases" / "version-2"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a database that does not exist yet."""
    return tmp_path / "kept" / "moments.sqlite"


@pytest.fixture
def kept(path: Path) -> Path:
    """Return the path of a database with a deck in it."""
    with closing(Database(path)) as database:
        DeckStore(database).save("questions", DEALT)
    return path


def _assert_deck_is_there(path: Path) -> None:
    with closing(Database(path)) as database:
        assert DeckStore(database).state("questions") == DEALT


def test_data_survives_a_restart(kept: Path) -> None:
    """The saved data, and nothing else, is there when the database is opened again."""
    _assert_deck_is_there(kept)
    with closing(Database(kept)) as database:
        assert DeckStore(database).state("laughter") is None
        assert DeckStore(database).add_favourite("questions", "pride-3", EVENING)
        assert not DeckStore(database).add_favourite("questions", "pride-3", EVENING)
    with closing(Database(kept)) as database:
        assert DeckStore(database).favourites("questions") == ("pride-3",)
        assert DeckStore(database).favourites("laughter") == ()


def test_overrides_come_back_the_oldest_first(path: Path) -> None:
    """A later change of a key replaces the earlier one; each can be removed, and all of them."""
    with closing(Database(path)) as database:
        OverrideStore(database).save({"rituals.gratitude.at": "22:00", "rituals.gratitude.days": [4, 5]}, EVENING)
        OverrideStore(database).save({"speaking.volume": 0.8}, MORNING)
        OverrideStore(database).save({"rituals.gratitude.at": "22:15"}, EVENING)
    with closing(Database(path)) as database:
        store = OverrideStore(database)
        assert list(store.all().items()) == [
            ("speaking.volume", Override(0.8, MORNING)),
            ("rituals.gratitude.days", Override([4, 5], EVENING)),
            ("rituals.gratitude.at", Override("22:15", EVENING)),
        ]
        store.remove("speaking.volume")
        assert "speaking.volume" not in store.all()
        store.remove()
        assert store.all() == {}


def test_only_its_owner_can_read_it(path: Path) -> None:
    """The database, its companion files and its folder are private, even if the file was public before."""
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o666)
    path.chmod(0o666)
    with closing(Database(path)) as database:
        Flags(database).set("turn", "Anna")
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)


def test_nothing_is_created_before_the_first_use(path: Path) -> None:
    """A database that is not used leaves no file."""
    Database(path).close()
    assert not path.parent.exists()


def test_reading_creates_no_file(path: Path) -> None:
    """Where there is no database, reading and forgetting find nothing, and create nothing."""
    with closing(Database(path)) as database:
        records, decks = JournalRecords(database), DeckStore(database)
        assert RitualHistory(database).on("gratitude", DAY) is None
        assert Reminders(database).all() == []
        assert (OverrideStore(database).all(), Flags(database).get("welcomed")) == ({}, None)
        assert (decks.state("questions"), decks.favourites("questions")) == (None, ())
        assert (records.moments(), records.tally(), records.notes()) == ([], [], [])
        assert records.forget() == 0
        database.change_counter()
    assert not path.parent.exists()


def test_a_database_of_version_1_is_upgraded(path: Path) -> None:
    """All data of the oldest version is there, and newer kinds of data can be added."""
    path.parent.mkdir()
    path.write_bytes(VERSION_1.read_bytes())
    _assert_deck_is_there(path)
    with closing(Database(path)) as database:
        assert RitualHistory(database).last_begun("gratitude") == EVENING
        assert DeckStore(database).add_favourite("questions", "pride-3", EVENING)
    _assert_deck_is_there(path)


def test_a_database_of_version_2_opens(path: Path) -> None:
    """Every row of every table is read as the first release wrote it, the recording of a note included."""
    shutil.copytree(VERSION_2, path.parent)
    with closing(Database(path.with_name("moments.sqlite3"))) as database:
        history = RitualHistory(database)
        assert history.on("gratitude", DAY) == Record("begun")
        assert history.on("laughter", DAY) == Record("skipped", time(21, 0))
        assert history.on("check_in", date(2025, 3, 23)) == Record("skipped")
        assert history.last_begun("gratitude") == EVENING
        assert history.snoozed == {"good_night": Snoozed(DAY, datetime(2025, 3, 29, 22, 30))}  # noqa: DTZ001 - wall time
        assert Reminders(database).all() == [
            Reminder(4, datetime(2025, 3, 30, 9), "hug"),  # noqa: DTZ001 - wall time
            Reminder(3, datetime(2025, 4, 2, 12), "call"),  # noqa: DTZ001 - wall time
        ]
        assert OverrideStore(database).all() == {
            "speaking.volume": Override(0.8, MORNING),
            "rituals.gratitude.at": Override("22:00", EVENING),
            "rituals.gratitude.days": Override(["fri", "sat"], EVENING),
        }
        assert DeckStore(database).state("questions") == DEALT
        assert DeckStore(database).favourites("questions") == ("dreams-2", "pride-3")
        flags = {name: Flags(database).get(name) for name in ("turn", "muted until", "welcomed")}
        assert flags == {"turn": "Ben", "muted until": "", "welcomed": "2025-03-01T18:00:00"}
        records = JournalRecords(database)
        assert records.moments() == [PlayedMoment("question", MORNING, False), PlayedMoment("pause", EVENING, True)]  # noqa: FBT003 - as stored
        assert records.tally() == [TallyRecord(good=False, at=MORNING), TallyRecord(good=True, at=EVENING)]
        words, sound = records.notes()
        assert words == NoteRecord(EVENING, "Zoë", "thank you for the soup on that rainy evening", None)
        assert (sound.partner, sound.words) == (None, None)
        clip = records.recordings.read(sound.sound or "")
        assert clip is not None
        assert (clip.rate, clip.duration) == (16_000, 0.5)


def test_a_write_by_another_process_is_noticed(kept: Path) -> None:
    """The change counter of an open database changes with another process's writes, not with its own."""
    with closing(Database(kept)) as database:
        before = database.change_counter()
        Flags(database).set("turn", "Anna")
        assert database.change_counter() == before
        write = (
            "import sys, pathlib; from voice.storage.database import Database; from voice.storage.flags import Flags;"
            "Flags(Database(pathlib.Path(sys.argv[1]))).set('turn', 'Ben')"
        )
        subprocess.run([sys.executable, "-c", write, kept], check=True)
        assert database.change_counter() != before
        assert Flags(database).get("turn") == "Ben"


def test_a_newer_database_is_left_alone(kept: Path) -> None:
    """A file of a newer version is refused, and not one byte of it changes."""
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = kept.read_bytes()
    with pytest.raises(
        SystemFailure, match=r"newer Micro-Moments \(schema 7, this one knows 3\): update, or move the file away"
    ):
        Database(kept).open()
    assert kept.read_bytes() == before


@pytest.mark.parametrize("damage", ["overwritten", "cut short"])
def test_a_damaged_database_is_left_alone(kept: Path, damage: str) -> None:
    """A damaged file is reported in one line, and not one byte of it changes."""
    content = kept.read_bytes()
    content = b"no database" * 500 if damage == "overwritten" else content[: len(content) // 2]
    kept.write_bytes(content)
    with closing(Database(kept)) as database, pytest.raises(SystemFailure, match="the file is damaged: move it away"):
        Flags(database).set("turn", "Anna")
    assert kept.read_bytes() == content


def test_a_damaged_row_is_reported(kept: Path) -> None:
    """A value that cannot be read counts as damage, not as a crash."""
    with closing(sqlite3.connect(kept, isolation_level=None)) as connection:
        connection.execute("UPDATE deck SET cards = '['")
    with closing(Database(kept)) as database, pytest.raises(SystemFailure, match="the file is damaged: move it away"):
        DeckStore(database).state("questions")


def test_a_folder_in_its_place_is_reported(tmp_path: Path) -> None:
    """A path where no database can be is refused in one line."""
    with pytest.raises(SystemFailure, match="Is a directory"):
        Database(tmp_path).open()
    (tmp_path / "file").touch()
    with pytest.raises(SystemFailure, match="the folder cannot be made"):
        Database(tmp_path / "file" / "moments.sqlite").open()


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 200 KB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_loses_nothing(kept: Path) -> None:
    """A write that does not fit is reported in one line, the data stays, and smaller writes work again."""
    with closing(Database(kept)) as database:
        decks = DeckStore(database)
        with pytest.raises(SystemFailure, match=r"moments\.sqlite: the d"):
            decks.save("questions", DeckState(tuple(f"card-{number}" for number in range(20_000))))
        assert decks.state("questions") == DEALT
        decks.save("laughter", DeckState((), ("tickle-1",)))
    _assert_deck_is_there(kept)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """Return a database in a read-only folder; root, who can write anywhere, becomes nobody."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moments.sqlite"
        with closing(Database(path)) as database:
            DeckStore(database).save("questions", DEALT)
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
    """On a read-only disk the data can be read, and a write is refused in one line."""
    _assert_deck_is_there(read_only)
    with (
        closing(Database(read_only)) as database,
        pytest.raises(SystemFailure, match="the file cannot be written: make its folder"),
    ):
        Flags(database).set("turn", "Anna")
    with pytest.raises(SystemFailure, match="cannot be opened"):
        Database(read_only.with_name("new.sqlite")).open()


def test_another_process_that_writes_is_waited_for(kept: Path) -> None:
    """Two processes can use the database; one that blocks it for too long is reported in one line."""
    with closing(sqlite3.connect(kept, isolation_level=None)) as other, closing(Database(kept)) as database:
        database.open()
        other.execute("BEGIN IMMEDIATE")
        assert DeckStore(database).state("questions") == DEALT
        with pytest.raises(SystemFailure, match="another program is using the file"):
            Flags(database).set("turn", "Anna")
        other.execute("ROLLBACK")
        Flags(database).set("turn", "Anna")
