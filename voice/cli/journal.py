"""`moments journal`: show, export and delete what the couple chose to keep."""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import soundfile
import typer
from rich.console import Console
from rich.table import Table

from voice.assistant import database_of
from voice.cli.options import SettingsFile, has_no_subcommand
from voice.clock import SystemClock
from voice.errors import InputError
from voice.journal.records import JournalRecords, NoteRecord, PlayedMoment, TallyRecord
from voice.settings.file import load_settings
from voice.storage.database import Database
from voice.storage.files import write_private

__all__ = ["app"]

app = typer.Typer(invoke_without_command=True)

_WEEKS = 8
_WEEK = timedelta(days=7)
_BAR = 30  # characters of the longest bar
_EMPTY = (
    'The journal is empty. Nothing is kept until you ask for it: say "keep our gratitude notes", '
    "or set `moments`, `tally` or `notes` under [keeping]."
)


@dataclass(frozen=True)
class _Journal:
    """The entries of the journal, the oldest first, and the records they came from."""

    moments: Sequence[PlayedMoment]
    tally: Sequence[TallyRecord]
    notes: Sequence[NoteRecord]
    records: JournalRecords

    def __bool__(self) -> bool:
        return bool(self.moments or self.tally or self.notes)


@app.callback()
def show(context: typer.Context, settings_file: SettingsFile = None) -> None:
    """Show, export or delete the journal.

    Without a command, it shows the last weeks as a chart, and their notes.
    """
    if not has_no_subcommand(context, settings_file):
        return
    with closing(_database(settings_file)) as database:
        records = JournalRecords(database)
        journal = _read(records)
        if not journal:
            print(_EMPTY)
            return
        weeks = _weeks(SystemClock().now().date())
        if journal.moments or journal.tally:
            Console(highlight=False).print(_chart(journal, weeks))
        recent = [note for note in journal.notes if note.at.date() >= weeks[0]]
        for note in recent:
            print(_note_line(note, records))
        if len(recent) < len(journal.notes):
            print(f"Older notes: {len(journal.notes) - len(recent)}; moments journal export shows all.")


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to this file, which only you can read.")
    ] = None,
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="The output format.")] = "json",
    settings_file: SettingsFile = None,
) -> None:
    """Print the whole journal, or write it to a file.

    Of a recorded note it has the length and the name of its sound file.
    """
    with closing(_database(settings_file)) as database:
        records = JournalRecords(database)
        journal = _read(records)
        text = json.dumps(_as_json(journal), ensure_ascii=False, indent=2) if form == "json" else _as_text(journal)
    if out is None:
        print(text)
    else:
        write_private(out, f"{text}\n".encode())
        print(f"Written to {out}")


@app.command()
def forget(
    what: Annotated[Literal["today", "everything"], typer.Argument(help="The entries to delete.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings_file: SettingsFile = None,
) -> None:
    """Delete entries for good, after asking once."""
    since = SystemClock().now().date() if what == "today" else None
    with closing(_database(settings_file)) as database:
        records = JournalRecords(database)
        if not _read(records, since):
            records.forget(since)  # removes what an interrupted forgetting may have left
            print("There is nothing to forget.")
        elif yes or _agreed(what):
            print(f"Forgotten: {_things(records.forget(since))}.")
        else:
            print("Nothing is forgotten.")


def _database(settings_file: Path | None) -> Database:
    return database_of(load_settings(settings_file))


def _read(records: JournalRecords, since: date | None = None) -> _Journal:
    return _Journal(records.moments(since), records.tally(since), records.notes(since), records)


def _agreed(what: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError(f"there is no terminal to ask on: moments journal forget {what} --yes forgets without asking")
    print(f"Forget {'what was kept today' if what == 'today' else 'all that was kept'}, for good? [y/N] ", end="")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count} things"


def _weeks(today: date) -> list[date]:
    """Return the Mondays of the last weeks, this week's at the end."""
    monday = today - timedelta(days=today.weekday())
    return [monday - _WEEK * before for before in reversed(range(_WEEKS))]


def _chart(journal: _Journal, weeks: Sequence[date]) -> Table:
    """Draw the moments of each week as a bar, with the tally beside it."""
    counts = [_count(week, [one.at for one in journal.moments]) for week in weeks]
    table = Table("week of", "moments", "", "good", "hard", box=None, pad_edge=False)
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    for week, count in zip(weeks, counts, strict=True):
        tallies = [_count(week, [one.at for one in journal.tally if one.good is good]) for good in (True, False)]
        bar = "\N{FULL BLOCK}" * -(-count * _BAR // max(*counts, _BAR))
        table.add_row(f"{week.day} {week:%b}", bar, *(str(number or "") for number in (count, *tallies)))
    return table


def _count(week: date, times: Sequence[datetime]) -> int:
    return sum(week <= at.date() < week + _WEEK for at in times)


def _note_line(note: NoteRecord, records: JournalRecords) -> str:
    seconds = _seconds(note, records)
    sound = f"(sound, {seconds:.0f} s)" if seconds is not None else "(sound, lost)" if note.sound else ""
    said = " ".join(part for part in (note.words, sound) if part)
    return f"{note.at:%Y-%m-%d %H:%M}  {f'{note.partner}: ' if note.partner else ''}{said}"


def _seconds(note: NoteRecord, records: JournalRecords) -> float | None:
    """Return the length of a note's sound; None if it has none, or the file is lost or damaged."""
    if note.sound is None:
        return None
    try:
        return float(soundfile.info(records.recordings.path(note.sound)).duration)
    except soundfile.LibsndfileError:
        return None


def _as_json(journal: _Journal) -> dict[str, Any]:
    return {
        "folder": str(journal.records.folder),
        "moments": [
            {"at": one.at.isoformat(), "name": one.name, "by_itself": one.by_itself} for one in journal.moments
        ],
        "tally": [{"at": one.at.isoformat(), "good": one.good} for one in journal.tally],
        "notes": [_note_as_json(note, journal.records) for note in journal.notes],
    }


def _note_as_json(note: NoteRecord, records: JournalRecords) -> dict[str, Any]:
    """Return a note; the path of its sound is relative to the folder."""
    sound = str(records.recordings.path(note.sound).relative_to(records.folder)) if note.sound else None
    return {
        "at": note.at.isoformat(),
        "partner": note.partner,
        "words": note.words,
        "sound": sound,
        "seconds": _seconds(note, records),
    }


def _as_text(journal: _Journal) -> str:
    """Return the entries under three headings, without empty ones."""
    parts = {
        "Words of thanks": [_note_line(note, journal.records) for note in journal.notes],
        "Good and hard moments": [
            f"{one.at:%Y-%m-%d %H:%M}  {'good' if one.good else 'hard'}" for one in journal.tally
        ],
        "Moments": [f"{one.at:%Y-%m-%d %H:%M}  {one.name.replace('_', ' ')}" for one in journal.moments],
    }
    return "\n\n".join("\n".join([heading, *lines]) for heading, lines in parts.items() if lines) or _EMPTY
