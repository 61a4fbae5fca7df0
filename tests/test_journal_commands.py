"""`moments journal`: entries are shown, exported, and deleted to the last byte."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from voice.audio.clip import Clip
from voice.clock import SystemClock
from voice.journal.records import JournalRecords
from voice.storage.database import Database

if TYPE_CHECKING:
    from command_line import CommandLine

WORDS = "you carried the shopping up in the rain"
EARLIER = "you waited for me at the gate"
LONG_AGO = "you wrote me a letter"


@pytest.fixture
def records(moments: "CommandLine") -> Iterator[JournalRecords]:
    """Return the records of the commands, empty and not yet on disk."""
    moments.settings(f'[keeping]\nfolder = "{moments.home}/kept"\n')
    with closing(Database(moments.home / "kept" / "moments.sqlite3")) as database:
        yield JournalRecords(database)


@pytest.fixture
def kept(records: JournalRecords) -> JournalRecords:
    """Return the records with entries of today, last week and long ago."""
    now = SystemClock().now()
    for days, count, words in ((100, 1, LONG_AGO), (7, 60, EARLIER), (0, 3, WORDS)):
        at = now - timedelta(days=days)
        for _ in range(count):
            records.add_moment("say_kindly", at, by_itself=False)
        records.add_tally(at, good=days == 0)
        records.add_note(at, "Anna", words, None)
    records.add_note(now, "Ben", None, Clip(np.zeros(12 * 16_000, np.float32), 16_000))
    return records


def _bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("command", [(), ("export", "--format", "text"), ("forget", "today"), ("forget", "everything")])
def test_an_empty_journal_is_not_an_error(
    moments: "CommandLine", records: JournalRecords, command: tuple[str, ...]
) -> None:
    """Prints a friendly line, and creates no files."""
    ran = moments.call("journal", *command, "--settings", "settings.toml")
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    assert ran.out.startswith(("The journal is empty.", "There is nothing to forget."))
    assert not records.folder.exists()


@pytest.mark.usefixtures("kept")
def test_the_last_weeks_are_a_chart(moments: "CommandLine") -> None:
    """Shows eight weeks with bars and tallies, their notes, and the number of older notes."""
    ran = moments.call("journal", "--settings", "settings.toml")
    assert (ran.code, ran.err) == (0, "")
    head, *weeks = ran.out.splitlines()[:9]
    assert head.split() == ["week", "of", "moments", "good", "hard"]
    assert weeks[-1].split()[2:] == [2 * "\N{FULL BLOCK}", "3", "1"]
    assert weeks[-2].split()[2:] == [30 * "\N{FULL BLOCK}", "60", "1"]
    assert weeks[0].split()[2:] == []
    notes = ran.out.splitlines()[9:]
    assert notes[0].endswith(f"  Anna: {EARLIER}")
    assert notes[1].endswith(f"  Anna: {WORDS}")
    assert notes[2].endswith("  Ben: (sound, 12 s)")
    assert notes[3].startswith("Older notes: 1; ")
    assert "streak" not in ran.out


def test_everything_is_exported(moments: "CommandLine", kept: JournalRecords) -> None:
    """JSON and text have all entries; the file is private, and names the sound files."""
    ran = moments.call("journal", "export", "--settings", "settings.toml", "--out", "journal.json")
    assert (ran.code, ran.err, ran.out) == (0, "", "Written to journal.json\n")
    file = moments.home / "journal.json"
    assert file.stat().st_mode & 0o777 == 0o600
    found = json.loads(file.read_text(encoding="utf-8"))
    assert [len(found[kind]) for kind in ("moments", "tally", "notes")] == [64, 3, 4]
    assert [note["words"] for note in found["notes"]] == [LONG_AGO, EARLIER, WORDS, None]
    assert found["notes"][3]["seconds"] == 12.0
    assert (Path(found["folder"]) / found["notes"][3]["sound"]).read_bytes()[:4] == b"fLaC"
    kept.recordings.path(kept.notes()[3].sound or "").unlink()
    text = moments.call("journal", "export", "--settings", "settings.toml", "--format", "text").out
    assert [word for word in (LONG_AGO, "hard", "say kindly", "(sound, lost)") if word not in text] == []
    moments.call("journal", "export", "--settings", "settings.toml", "--out", "no/where").refused(2, "no/where")


def test_today_is_deleted_and_the_rest_stays(moments: "CommandLine", kept: JournalRecords) -> None:
    """Nothing of today is left in any file; earlier entries stay."""
    ran = moments.call("journal", "forget", "today", "--yes", "--settings", "settings.toml")
    assert (ran.code, ran.err, ran.out) == (0, "", "Forgotten: 6 things.\n")
    content = _bytes_of(kept.folder)
    assert WORDS.encode() not in content
    assert EARLIER.encode() in content
    assert not list(kept.folder.rglob("*.flac"))


def test_everything_is_deleted(moments: "CommandLine", kept: JournalRecords) -> None:
    """No byte of any entry is left, even while an assistant has the database open."""
    ran = moments.call("journal", "forget", "everything", "--yes", "--settings", "settings.toml")
    assert (ran.code, ran.err, ran.out) == (0, "", "Forgotten: 71 things.\n")
    content = _bytes_of(kept.folder)
    assert [words for words in (WORDS, EARLIER, LONG_AGO, "say_kindly", "Anna") if words.encode() in content] == []
    assert kept.notes() == []


def test_nothing_is_deleted_without_confirmation(moments: "CommandLine", kept: JournalRecords) -> None:
    """Without a terminal to ask on, --yes is needed."""
    refused = moments.run("journal", "forget", "everything", "--settings", "settings.toml")
    refused.refused(2, "moments journal forget everything --yes")
    moments.call("journal", "--settings", "settings.toml", "forget", "today").refused(2, "write it after")
    assert len(kept.notes()) == 4


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("\n", 4), ("\x04", 4)])
def test_it_asks_once_on_a_terminal(moments: "CommandLine", kept: JournalRecords, answer: str, left: int) -> None:
    """Only a yes deletes; an empty line or the end of input does not."""
    ours, theirs = os.openpty()
    os.write(ours, answer.encode())
    command = [sys.executable, "-m", "voice", "journal", "forget", "everything", "--settings", "settings.toml"]
    done = subprocess.run(
        command, cwd=moments.home, env=moments.env, stdin=theirs, capture_output=True, text=True, check=True, timeout=60
    )
    os.close(ours)
    os.close(theirs)
    assert done.stdout.startswith("Forget all that was kept, for good? [y/N] ")
    assert ("Nothing is forgotten." in done.stdout) == bool(left)
    assert len(kept.notes()) == left
