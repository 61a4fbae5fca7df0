"""`moments rituals`: show the rituals; set, enable, disable and run them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from pydantic import ValidationError

from voice.assistant import assemble, database_of
from voice.cli.listen import perform_moment
from voice.cli.options import Answers, AsJson, OutFile, PackFolder, SettingsFile, has_no_subcommand
from voice.cli.output import note, print_json
from voice.clock import SystemClock
from voice.errors import InputError
from voice.rituals.plan import NextDue
from voice.rituals.rituals import Rituals
from voice.settings.fields import DAYS, days_in_words
from voice.settings.file import load_settings
from voice.settings.mistakes import mistake_in
from voice.settings.overrides import Overrides
from voice.settings.schema import RitualSetting, RitualsSetting

__all__ = ["app"]

app = typer.Typer(invoke_without_command=True)

_NAMES = tuple(RitualsSetting().by_name())
_TIME = "%a %d %b %H:%M"

RitualName: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="The ritual's name.")]


@app.callback()
def show(context: typer.Context, settings_file: SettingsFile = None, as_json: AsJson = False) -> None:
    """Show the rituals; set, enable, disable or play them.

    Without a command, it shows for each whether it is on, its time and days, when it is next due, and when it was last
    played.
    """
    if not has_no_subcommand(context, settings_file):
        return
    with _rituals(settings_file) as rituals:
        rows = rituals.next_due(SystemClock().now())
        if as_json:
            print_json([_as_json(row) for row in rows])
        else:
            for row in rows:
                print(_line(row, rituals))


@app.command("set")
def set_time(
    name: RitualName,
    at: Annotated[str, typer.Argument(metavar="TIME", help="The time of day, such as 21:30.")],
    days: Annotated[
        str | None,
        typer.Option("--days", metavar="DAYS", help="The days: daily, weekdays, weekends, or a list such as fri,sat."),
    ] = None,
    settings_file: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Move a ritual to another time, and switch it on."""
    _check_name(name)
    wanted = _setting(at, days)
    with _rituals(settings_file) as rituals:
        rituals.set_time(name, wanted.at, wanted.days if days is not None else None)
        _print_one(rituals, name, as_json=as_json)


@app.command()
def enable(name: RitualName, settings_file: SettingsFile = None, as_json: AsJson = False) -> None:
    """Switch a ritual on."""
    _turn(name, settings_file, on=True, as_json=as_json)


@app.command()
def disable(name: RitualName, settings_file: SettingsFile = None, as_json: AsJson = False) -> None:
    """Switch a ritual off."""
    _turn(name, settings_file, on=False, as_json=as_json)


@app.command()
def run(
    name: RitualName,
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Play a ritual now; its usual time stays."""
    _check_name(name)
    perform_moment(assemble(load_settings(settings_file), pack), name, out, answer or (), as_json=as_json)


def _turn(name: str, settings_file: Path | None, *, on: bool, as_json: bool) -> None:
    _check_name(name)
    with _rituals(settings_file) as rituals:
        rituals.turn(name, on=on)
        _print_one(rituals, name, as_json=as_json)


@contextmanager
def _rituals(settings_file: Path | None) -> Iterator[Rituals]:
    settings = load_settings(settings_file)
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


def _print_one(rituals: Rituals, name: str, *, as_json: bool) -> None:
    row = next(row for row in rituals.next_due(SystemClock().now()) if row.name == name)
    if as_json:
        print_json(_as_json(row))
    else:
        print(_line(row, rituals))
    if row.setting.enabled and rituals.is_quiet(row.setting.at):
        note(f"{row.setting.at:%H:%M} is within the quiet hours, so it will never play: change rituals.quiet")


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
    due = f"next {row.due:{_TIME}}" if row.due else f"next {never}"
    last = f"last {row.last:{_TIME}}" if row.last else "never yet"
    words = days_in_words(setting.days)
    days = words if isinstance(words, str) else ", ".join(words)
    return f"{row.name:<12} {'on' if setting.enabled else 'off':<3}  {setting.at:%H:%M}  {days:<10}  {due:<21}  {last}"
