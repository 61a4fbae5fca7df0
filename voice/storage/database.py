"""The database: opens, reads, writes and forgets safely, in one private SQLite file."""

import contextlib
import os
import sqlite3
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from voice.errors import SystemFailure
from voice.storage.paths import private_folder
from voice.storage.schema import MIGRATIONS, OUTDATED_ROWS

__all__ = ["Database"]

_BUSY_TIMEOUT = 1.0  # seconds to wait for another process that is writing; the listening loop waits too


class Database:
    """A SQLite database that is opened at first use, and then belongs to that thread.

    Every method raises `SystemFailure` if the file is damaged, newer than this program or in use, or if the disk
    refuses; the data stays as it was. A database on a read-only disk can still be read. Reading creates no file: where
    there is no database, reading finds no rows.

    Args:
        path: the file; it and its folder are created if need be, modes 0600 and 0700.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._openings = 0

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    def open(self) -> None:
        """Open the database now rather than at first use, to find errors early."""
        self._opened()

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def exists(self) -> bool:
        """Return whether the database is open or its file is there."""
        if self._connection is not None:
            return True
        with self._errors_in_words():
            try:
                self._path.stat()
            except FileNotFoundError:
                return False
        return True

    def change_counter(self) -> tuple[int, int]:
        """Return a counter that changes when another process writes to the database, or it is opened again."""
        with self.reading() as connection:
            return self._openings, connection.execute("PRAGMA data_version").fetchone()[0]

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Provide a connection for queries; a `ValueError` raised while reading a row counts as damage.

        Raises:
            SystemFailure: the database cannot be read.
        """
        with self._errors_in_words():
            if self.exists():
                yield self._opened()
            else:
                with contextlib.closing(_empty()) as empty:
                    yield empty

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Provide a connection within a transaction, which is rolled back if anything is raised.

        Raises:
            SystemFailure: the database cannot be written.
        """
        with self._errors_in_words():
            connection = self._opened()
            with _transaction(connection):
                yield connection

    @contextlib.contextmanager
    def forgetting(self, *, outdated: bool) -> Iterator[sqlite3.Connection]:
        """Provide a transaction whose deleted rows leave no trace in any file.

        Args:
            outdated: whether to delete the rows that nothing needs any more, too.

        Raises:
            SystemFailure: the database cannot be written, and nothing is deleted; or another process still reads the
                old rows, and their traces stay until this is called again.
        """
        with self.writing() as connection:
            for statement in OUTDATED_ROWS if outdated else ():
                connection.execute(statement)
            yield connection
        self._truncate_log()

    def _truncate_log(self) -> None:
        """Empty the write-ahead log, which still holds the old content of overwritten pages."""
        with self._errors_in_words():
            busy = self._opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise SystemFailure(
                f"{self._path}: forgotten, but another program still reads it: stop that one and forget again"
            )

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            with self._errors_in_words():
                self._connection = self._open()
                weakref.finalize(self, self._connection.close)  # at the latest when nobody uses this database any more
                self._openings += 1
        return self._connection

    def _open(self) -> sqlite3.Connection:
        private_folder(self._path.parent)
        writable = _touch(self._path)
        connection = _connect(self._path, "rw") if writable else _connect_read_only(self._path)
        try:
            version = self._check_version(connection)
            if writable:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA secure_delete = ON")  # deleted rows are overwritten with zeros
            if version < len(MIGRATIONS):
                _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, connection: sqlite3.Connection) -> int:
        version = _schema_version(connection)
        if version > len(MIGRATIONS):
            raise SystemFailure(
                f"{self._path}: made by a newer Micro-Moments (schema {version}, this one knows {len(MIGRATIONS)}): "
                "update, or move the file away"
            )
        return version

    @contextlib.contextmanager
    def _errors_in_words(self) -> Iterator[None]:
        """Turn errors of SQLite and the disk into one line each."""
        try:
            yield
        except sqlite3.ProgrammingError:  # a mistake of ours, such as use from another thread
            raise
        except sqlite3.Error as error:
            raise SystemFailure(f"{self._path}: {_reason(error)}") from None
        except OSError as error:
            raise SystemFailure(f"{self._path}: cannot be opened ({error.strerror}): {_NOT_WRITABLE}") from None
        except ValueError:
            raise SystemFailure(f"{self._path}: {_DAMAGED}") from None


def _touch(path: Path) -> bool:
    """Create the file if need be, mode 0600, which SQLite copies to its companions; return whether it is writable."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError:
        if path.is_file():
            return False
        raise
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return os.access(path.parent, os.W_OK)


def _connect(path: Path, mode: Literal["rw", "ro"], *, immutable: bool = False) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if immutable else "")
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT, isolation_level=None)


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a database on a read-only disk; one that was closed cleanly needs no companion files to be read."""
    connection = _connect(path, "ro")
    try:
        _schema_version(connection)
    except sqlite3.OperationalError:
        connection.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _connect(path, "ro", immutable=True)
    return connection


def _empty() -> sqlite3.Connection:
    """Return an empty database in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _migrate(connection)
    return connection


def _schema_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    with _transaction(connection):
        for statements in MIGRATIONS[_schema_version(connection) :]:  # read again: another process may have been faster
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has already rolled back
            connection.execute("ROLLBACK")
        raise


_DAMAGED = "the file is damaged: move it away and a new one is made; it was left as it is"
_IN_USE = "another program is using the file: stop that one"
_NOT_WRITABLE = "make its folder writable, or set another `folder` under [keeping]"
_REASONS = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_CANTOPEN: f"the file cannot be opened: {_NOT_WRITABLE}",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full: make room; what was kept before is still there",
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_READONLY: f"the file cannot be written: {_NOT_WRITABLE}",
}


def _reason(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF  # the rest of an SQLite error code is detail
    return _REASONS.get(primary, f"the database refuses ({error}): check the disk, or move the file away")
