"""The store: what was kept is there again, and nothing is lost when something goes wrong."""

import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest

from voice.errors import Broken
from voice.store import DeckState, Store

DAY = date(2025, 3, 29)
EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
NOBODY = 65534


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
        assert store.done("gratitude", DAY)
        assert store.deck("questions") == DeckState(("pride-3", "play-1"), ("dreams-2",))


def test_what_was_kept_survives_a_restart(kept: Path) -> None:
    """Rituals and decks are as they were when the database is opened again."""
    _assert_all_is_kept(kept)
    with closing(Store(kept)) as store:
        assert store.last_begun("gratitude") == EVENING
        assert store.last_begun("laughter") is None
        assert not store.done("gratitude", date(2025, 3, 30))
        assert store.deck("laughter") is None


def test_what_became_of_a_ritual_is_settled_once(kept: Path) -> None:
    """The first outcome of a date stays, and who comes second is told."""
    with closing(Store(kept)) as store:
        assert not store.mark_done("gratitude", DAY, "skipped", EVENING)
        assert store.last_begun("gratitude") == EVENING
        assert store.mark_done("gratitude", date(2025, 3, 30), "skipped", EVENING)


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


def test_a_newer_database_is_left_alone(kept: Path) -> None:
    """A file of a newer version is refused by name, and not one byte of it changes."""
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = kept.read_bytes()
    with pytest.raises(
        Broken, match=r"newer Micro-Moments \(schema 7, this one knows 1\): update, or move the file away"
    ):
        Store(kept).open()
    assert kept.read_bytes() == before


@pytest.mark.parametrize("damage", ["overwritten", "cut short"])
def test_a_damaged_database_is_left_alone(kept: Path, damage: str) -> None:
    """A damaged file is told as such in one line, and not one byte of it changes."""
    content = kept.read_bytes()
    content = b"no database" * 500 if damage == "overwritten" else content[: len(content) // 2]
    kept.write_bytes(content)
    with closing(Store(kept)) as store, pytest.raises(Broken, match="the file is damaged: move it away"):
        store.mark_done("gratitude", DAY, "skipped", EVENING)
    assert kept.read_bytes() == content


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    """A place where no database can be is refused in one line."""
    with pytest.raises(Broken, match="Is a directory"):
        Store(tmp_path).open()
    (tmp_path / "file").touch()
    with pytest.raises(Broken, match="the folder cannot be made"):
        Store(tmp_path / "file" / "moments.sqlite").open()


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 40 KB while the test runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_loses_nothing(kept: Path) -> None:
    """When a write does not fit, it is told in one line, what was there stays, and smaller writes work again."""
    with closing(Store(kept)) as store:
        with pytest.raises(Broken, match=r"moments\.sqlite: the d"):
            store.save_deck("questions", DeckState(tuple(f"card-{number}" for number in range(20_000))))
        assert store.deck("questions") == DeckState(("pride-3", "play-1"), ("dreams-2",))
        store.save_deck("laughter", DeckState((), ("tickle-1",)))
    _assert_all_is_kept(kept)


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
    with closing(Store(read_only)) as store, pytest.raises(Broken, match="the file cannot be written: make its folder"):
        store.mark_done("gratitude", date(2025, 3, 30), "begun", EVENING)
    with pytest.raises(Broken, match="cannot be opened"):
        Store(read_only.with_name("new.sqlite")).open()


def test_another_program_writing_is_waited_for_and_told(kept: Path) -> None:
    """Two programs may use the database; one that keeps it to itself is told in one line."""
    with closing(sqlite3.connect(kept, isolation_level=None)) as other, closing(Store(kept)) as store:
        store.open()
        other.execute("BEGIN IMMEDIATE")
        assert store.done("gratitude", DAY)
        with pytest.raises(Broken, match="another program is using the file"):
            store.mark_done("laughter", DAY, "begun", EVENING)
        other.execute("ROLLBACK")
        assert store.mark_done("laughter", DAY, "begun", EVENING)
