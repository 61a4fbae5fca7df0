"""The database schema: the migrations from each version to the next, and the rows that may go."""

__all__ = ["MIGRATIONS", "OUTDATED_ROWS"]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE ritual (
            name TEXT NOT NULL,
            day TEXT NOT NULL,      -- of the due time, ISO 8601
            outcome TEXT NOT NULL CHECK (outcome IN ('begun', 'skipped')),
            at TEXT NOT NULL,       -- when that was settled, local wall time, ISO 8601
            PRIMARY KEY (name, day)
        )
        """,
        """
        CREATE TABLE deck (
            name TEXT NOT NULL PRIMARY KEY,
            cards TEXT NOT NULL,    -- JSON: the cards of this round still to be dealt, in order
            dealt TEXT NOT NULL     -- JSON: the cards of this round that were dealt, the last one at the end
        )
        """,
    ),
    (
        # `missed`: the time of day that was skipped, if another time on that date is still possible; NULL otherwise.
        # `again`: the local wall time at which a snoozed ritual comes again, ISO 8601.
        "ALTER TABLE ritual ADD COLUMN missed TEXT",
        "ALTER TABLE ritual ADD COLUMN again TEXT",
        """
        CREATE TABLE reminder (
            id INTEGER PRIMARY KEY,
            due TEXT NOT NULL,      -- local wall time, ISO 8601
            what TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'told', 'dropped'))
        )
        """,
        """
        CREATE TABLE change (       -- settings that were changed by voice
            key TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL,    -- JSON
            at TEXT NOT NULL        -- local wall time, ISO 8601, as everywhere below
        )
        """,
        """
        CREATE TABLE favourite (
            deck TEXT NOT NULL,
            card TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (deck, card)
        )
        """,
        """
        CREATE TABLE flag (         -- small things that the assistant has to remember about itself
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE moment (       -- played; kept only if keeping.moments is on
            name TEXT NOT NULL,
            at TEXT NOT NULL,
            by_itself INTEGER NOT NULL CHECK (by_itself IN (0, 1))
        )
        """,
        """
        CREATE TABLE tally (        -- kept only if keeping.tally is on
            good INTEGER NOT NULL CHECK (good IN (0, 1)),
            at TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE note (         -- words of thanks, kept only if keeping.notes is on
            at TEXT NOT NULL,
            partner TEXT,
            words TEXT,
            sound TEXT              -- the name of a file in the folder of notes
        )
        """,
    ),
    (
        # What a reminder is about in the couple's own words; NULL for the subjects that the pack knows, and once told.
        "ALTER TABLE reminder ADD COLUMN todo TEXT",
    ),
)
"""For each version, the statements that bring a database to the next one.

Once released, an entry never changes.
"""

OUTDATED_ROWS: tuple[str, ...] = (
    "DELETE FROM reminder WHERE state <> 'open'",
    # Not by the latest day: a ritual may be skipped or moved days ahead.
    "DELETE FROM ritual WHERE day < date((SELECT max(at) FROM ritual), '-1 day')",
)
"""Statements that delete the rows nothing needs any more: past reminders, and rituals of past days."""
