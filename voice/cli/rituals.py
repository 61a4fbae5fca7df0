"""What the commands on rituals do, once their options are read."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from voice.assistant import database_of
from voice.cli import commands
from voice.cli import output as display
from voice.clock import SystemClock
from voice.errors import InputError
from voice.rituals.rituals import Rituals
from voice.rituals.state import NextDue
from voice.settings import file as all_settings
from voice.settings.fields import DAYS, days_in_words
from voice.settings.mistakes import mistake_in
from voice.settings.overrides import Overrides
from voice.settings.schema import RitualSetting, RitualsSetting

__all__ = ["Where", "run", "set_time", "show", "turn"]

_NAMES = tuple(RitualsSetting().by_name())
_SHOWN = "%a %d %b %H:%M"


@dataclass(frozen=True)
class Where:
    """Whose rituals, and how to print them.

    Attributes:
        settings_file: the settings; the usual file if None.
        as_json: print JSON.
    """

    settings_file: Path | None
    as_json: bool


def show(where: Where) -> None:
    """Print every ritual: its state, time and days, when it is next due, and when it was last begun.

    Raises:
        MomentsError: a setting or the store is not as it should be.
    """
    with _rituals(where) as rituals:
        rows = rituals.next_due(SystemClock().now())
        if where.as_json:
            display.print_json([_as_json(row) for row in rows])
        else:
            for row in rows:
                print(_line(row, rituals))


def set_time(where: Where, name: str, at: str, days: str | None) -> None:
    """Move a ritual, turn it on, and print it.

    Args:
        where: whose.
        name: the ritual.
        at: a time of day, such as "21:30".
        days: "daily", "weekdays", "weekends", or days such as "fri,sat"; the same as before if None.

    Raises:
        MomentsError: there is no such ritual or time, or a setting or the store is not as it should be.
    """
    _check_name(name)
    wanted = _setting(at, days)
    with _rituals(where) as rituals:
        rituals.set_time(name, wanted.at, wanted.days if days is not None else None)
        _print_one(where, rituals, name)


def turn(where: Where, name: str, *, on: bool) -> None:
    """Turn a ritual on or off, and print it.

    Raises:
        MomentsError: there is no such ritual, or a setting or the store is not as it should be.
    """
    _check_name(name)
    with _rituals(where) as rituals:
        rituals.turn(name, on=on)
        _print_one(where, rituals, name)


def run(settings_file: Path | None, pack: Path | None, name: str, output: commands.Output) -> None:
    """Play a ritual now, as somebody asks for it; it comes at its time all the same.

    Raises:
        MomentsError: there is no such ritual, or something is not as it should be.
    """
    _check_name(name)
    commands.perform(settings_file, pack, name, output)


@contextmanager
def _rituals(where: Where) -> Iterator[Rituals]:
    settings = all_settings.load(where.settings_file)
    with closing(database_of(settings)) as database:
        yield Rituals(Overrides(settings, database), _NAMES, database, SystemClock())


def _check_name(name: str) -> None:
    if name not in _NAMES:
        raise InputError(f'there is no ritual "{name}": name one of {", ".join(_NAMES)}')


def _setting(at: str, days: str | None) -> RitualSetting:
    listed = [day.strip() for day in (days or "daily").lower().split(",")]
    try:
        return RitualSetting.model_validate({"at": at, "days": listed if listed[0] in DAYS else ",".join(listed)})
    except ValidationError as error:
        raise InputError(mistake_in(error, RitualSetting)) from None


def _print_one(where: Where, rituals: Rituals, name: str) -> None:
    row = next(row for row in rituals.next_due(SystemClock().now()) if row.name == name)
    if where.as_json:
        display.print_json(_as_json(row))
    else:
        print(_line(row, rituals))
    if row.setting.enabled and rituals.is_quiet(row.setting.at):
        display.note(f"{row.setting.at:%H:%M} is within the quiet hours, and so it never comes: set rituals.quiet")


def _as_json(row: NextDue) -> dict[str, Any]:
    return {
        "name": row.name,
        "enabled": row.setting.enabled,
        "at": f"{row.setting.at:%H:%M}",
        "days": [DAYS[day] for day in sorted(row.setting.days)],
        "next": row.due.isoformat() if row.due else None,
        "last": row.last.isoformat() if row.last else None,
    }


def _line(row: NextDue, rituals: Rituals) -> str:
    setting = row.setting
    never = "in quiet hours" if setting.enabled and rituals.is_quiet(setting.at) else "-"
    due = f"next {row.due:{_SHOWN}}" if row.due else f"next {never}"
    last = f"last {row.last:{_SHOWN}}" if row.last else "never yet"
    words = days_in_words(setting.days)
    days = words if isinstance(words, str) else ", ".join(words)
    return f"{row.name:<12} {'on' if setting.enabled else 'off':<3}  {setting.at:%H:%M}  {days:<10}  {due:<21}  {last}"
