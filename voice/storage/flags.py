"""Flags: small values that are remembered by name."""

from voice.storage.database import Database

__all__ = ["Flags"]


class Flags:
    """The named values in a database. Every method raises `SystemFailure` as the database does.

    Args:
        database: where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        """Return a value, or None if it was never set."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM flag WHERE name = ?", (name,)).fetchone()
            return str(row[0]) if row else None

    def set(self, name: str, value: str) -> None:
        """Set a value."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO flag VALUES (?, ?)", (name, value))
