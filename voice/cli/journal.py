"""What the commands on the journal do, once their options are read."""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import soundfile
from rich.console import Console
from rich.table import Table

from voice.assistant import database_of
from voice.clock import SystemClock
from voice.errors import InputError
from voice.journal.records import JournalRecords, NoteRecord, PlayedMoment, TallyRecord
from voice.settings import file as all_settings
from voice.storage.database import Database
from voice.storage.files import write_private

__all__ = ["export", "forget", "show"]

_WEEKS = 8
_WEEK = timedelta(days=7)
_BAR = 30  # characters of the longest bar
_EMPTY = (
    'The journal is empty. Nothing is kept until you ask for it: say "keep our gratitude notes", '
    "or set `moments`, `tally` or `notes` under [keeping]."
)


@dataclass(frozen=True)
class _Kept:
    """All that is kept, the oldest first, and the folder of the sounds."""

    moments: Sequence[PlayedMoment]
    tally: Sequence[TallyRecord]
    notes: Sequence[NoteRecord]
    records: JournalRecords

    def __bool__(self) -> bool:
        return bool(self.moments or self.tally or self.notes)


def show(settings_file: Path | None) -> None:
    """Print the last weeks as a chart, and their notes.

    Raises:
        MomentsError: the settings or the store are not as they should be.
    """
    with closing(_database(settings_file)) as database:
        records = JournalRecords(database)
        kept = _read(records)
        if not kept:
            print(_EMPTY)
            return
        weeks = _weeks(SystemClock().now().date())
        if kept.moments or kept.tally:
            Console(highlight=False).print(_chart(kept, weeks))
        shown = [note for note in kept.notes if note.at.date() >= weeks[0]]
        for note in shown:
            print(_note_line(note, records))
        if len(shown) < len(kept.notes):
            print(f"Older notes: {len(kept.notes) - len(shown)}; moments journal export shows all.")


def export(settings_file: Path | None, out: Path | None, form: Literal["json", "text"]) -> None:
    """Write all that is kept to a file for its owner alone, or print it.

    Raises:
        MomentsError: the file cannot be written, or the settings or the store are not as they should be.
    """
    with closing(_database(settings_file)) as database:
        records = JournalRecords(database)
        kept = _read(records)
        text = json.dumps(_as_json(kept), ensure_ascii=False, indent=2) if form == "json" else _as_text(kept)
    if out is None:
        print(text)
    else:
        write_private(out, f"{text}\n".encode())
        print(f"Written to {out}")


def forget(settings_file: Path | None, what: Literal["today", "everything"], *, sure: bool) -> None:
    """Forget what was kept today, or ever, after asking once.

    Args:
        settings_file: the settings.
        what: what is to be forgotten.
        sure: whether there is no need to ask.

    Raises:
        InputError: nobody is there to be asked.
        MomentsError: the settings or the store are not as they should be.
    """
    since = SystemClock().now().date() if what == "today" else None
    with closing(_database(settings_file)) as database:
        records = JournalRecords(database)
        if not _read(records, since):
            records.forget(since)  # there may be traces of an earlier time that was interrupted
            print("There is nothing to forget.")
        elif sure or _agreed(what):
            print(f"Forgotten: {_things(records.forget(since))}.")
        else:
            print("Nothing is forgotten.")


def _database(settings_file: Path | None) -> Database:
    return database_of(all_settings.load(settings_file))


def _read(records: JournalRecords, since: date | None = None) -> _Kept:
    return _Kept(records.moments(since), records.tally(since), records.notes(since), records)


def _agreed(what: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError(f"nobody is here to be asked: moments journal forget {what} --yes forgets without asking")
    print(f"Forget {'what was kept today' if what == 'today' else 'all that was kept'}, for good? [y/N] ", end="")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count} things"


def _weeks(today: date) -> list[date]:
    """Return the Mondays of the last weeks, this one's at the end."""
    monday = today - timedelta(days=today.weekday())
    return [monday - _WEEK * before for before in reversed(range(_WEEKS))]


def _chart(kept: _Kept, weeks: Sequence[date]) -> Table:
    """Draw the moments of each week as a bar, with the tally beside it."""
    counts = [_count(week, [one.at for one in kept.moments]) for week in weeks]
    table = Table("week of", "moments", "", "good", "hard", box=None, pad_edge=False)
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    for week, count in zip(weeks, counts, strict=True):
        tallies = [_count(week, [one.at for one in kept.tally if one.good is good]) for good in (True, False)]
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
    """Return how long a note's sound is, None if there is none or it is gone or damaged."""
    if note.sound is None:
        return None
    try:
        return float(soundfile.info(records.recordings.path(note.sound)).duration)
    except soundfile.LibsndfileError:
        return None


def _as_json(kept: _Kept) -> dict[str, Any]:
    return {
        "folder": str(kept.records.folder),
        "moments": [{"at": one.at.isoformat(), "name": one.name, "by_itself": one.by_itself} for one in kept.moments],
        "tally": [{"at": one.at.isoformat(), "good": one.good} for one in kept.tally],
        "notes": [_note_as_json(note, kept.records) for note in kept.notes],
    }


def _note_as_json(note: NoteRecord, records: JournalRecords) -> dict[str, Any]:
    """Return a note; its sound is a path within the folder."""
    sound = str(records.recordings.path(note.sound).relative_to(records.folder)) if note.sound else None
    return {
        "at": note.at.isoformat(),
        "partner": note.partner,
        "words": note.words,
        "sound": sound,
        "seconds": _seconds(note, records),
    }


def _as_text(kept: _Kept) -> str:
    """Return what is kept under three headings, those of which there is nothing left out."""
    parts = {
        "Words of thanks": [_note_line(note, kept.records) for note in kept.notes],
        "Good and hard moments": [f"{one.at:%Y-%m-%d %H:%M}  {'good' if one.good else 'hard'}" for one in kept.tally],
        "Moments": [f"{one.at:%Y-%m-%d %H:%M}  {one.name.replace('_', ' ')}" for one in kept.moments],
    }
    return "\n\n".join("\n".join([heading, *lines]) for heading, lines in parts.items() if lines) or _EMPTY
