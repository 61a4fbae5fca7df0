"""Settings overrides: changes by voice take precedence over the file, and can be removed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voice.errors import InputError, SystemFailure
from voice.settings.overrides import Overrides, OverrideStore, override
from voice.settings.schema import Settings
from voice.storage.database import Database
from voice.storage.flags import Flags

if TYPE_CHECKING:
    from command_line import CommandLine

EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
IN_FILE = Settings.model_validate({"rituals": {"gratitude": {"at": "20:15"}}, "speaking": {"rate": 120}})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Return an empty database."""
    with closing(Database(tmp_path / "moments.sqlite3")) as database:
        yield database


def test_a_change_by_voice_takes_precedence_over_the_file() -> None:
    """A changed value replaces the file's; all others stay as in the file."""
    found = override(IN_FILE, {"rituals.gratitude.at": "22:05", "speaking.volume": 0.5, "keeping.tally": True})
    assert (found.rituals.gratitude.at, found.speaking.volume, found.keeping.tally) == (time(22, 5), 0.5, True)
    assert (found.speaking.rate, found.rituals.gratitude.enabled) == (120, True)
    assert override(IN_FILE, {}) == IN_FILE


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("speaking.colour", "red", "speaking.colour is not a setting any more"),
        ("speaking", {"rate": 100}, "speaking is not a setting any more"),
        ("speaking.volume", 3, "speaking.volume is 3: it has to be more than 0.0 and at most 1.0"),
        ("speaking.volume", {"left": 0.5}, "speaking.volume is a section: it has to be a number"),
        ("listening.name_required", True, "listening.name_required is true: it needs a name: set listening.name too"),
    ],
)
def test_a_change_that_is_no_longer_valid_is_ignored(
    caplog: pytest.LogCaptureFixture, key: str, value: object, said: str
) -> None:
    """A warning says how to remove it; the other changes stay."""
    assert override(IN_FILE, {key: value, "pause.rounds": 5}) == override(IN_FILE, {"pause.rounds": 5})
    (warning,) = caplog.messages
    assert said in warning
    assert warning.endswith(f"moments settings reset {key}")


def test_a_change_takes_effect_at_once_and_survives_a_restart(database: Database) -> None:
    """Values that were changed together apply at once, and after a restart."""
    running = Overrides(IN_FILE, database)
    running.change({"speaking.volume": 0.5, "listening.name": "Juniper"}, EVENING)
    running.change({"listening.name_required": True}, EVENING)
    assert (running.settings.speaking.volume, running.settings.listening.name_required) == (0.5, True)
    assert Overrides(IN_FILE, database).settings == running.settings
    assert not running.refresh()


def test_an_invalid_change_changes_nothing(database: Database, tmp_path: Path) -> None:
    """One invalid value among several is refused, and so is a change that cannot be saved; the settings stay."""
    running = Overrides(IN_FILE, database)
    with pytest.raises(InputError, match=r"speaking\.rate is 9: it has to be at least 80"):
        running.change({"speaking.volume": 0.5, "speaking.rate": 9}, EVENING)
    assert OverrideStore(database).all() == {}
    (tmp_path / "moments.sqlite3").write_bytes(b"no database" * 500)
    with pytest.raises(SystemFailure, match="the file is damaged"):
        running.change({"speaking.volume": 0.5}, EVENING)
    assert running.settings == IN_FILE


def test_a_running_assistant_follows_what_a_command_changed(database: Database) -> None:
    """A change by another process applies at the next refresh; other writes change nothing."""
    running = Overrides(IN_FILE, database)
    running.change({"speaking.volume": 0.5}, EVENING)
    with closing(Database(database.path)) as other:
        Flags(other).set("turn", "Anna")
        assert not running.refresh()
        OverrideStore(other).remove("speaking.volume")
        assert running.refresh()
    assert running.settings == IN_FILE


@pytest.fixture
def changed(moments: "CommandLine", database: Database) -> Path:
    """Return a settings file whose database has changes by voice."""
    OverrideStore(database).save({"speaking.rate": 150, "rituals.gratitude.at": "22:00"}, EVENING)
    folder = f'[keeping]\nfolder = "{database.path.parent}"\n'
    return moments.settings(f"[speaking]\nrate = 120\nvolume = 0.5\n{folder}")


def test_settings_show_where_each_value_comes_from(moments: "CommandLine", changed: Path) -> None:
    """Default, file, or voice with the date and the value without it; as text and as JSON."""
    (rows,) = moments.call("settings", "--json", "--settings", changed).lines
    found = {row.pop("key"): row for row in rows}
    default = {"value": 0, "source": "default"}
    assert found["pause.hold"] == default | {"at": None, "without_voice": default}
    assert (found["speaking.volume"]["value"], found["speaking.volume"]["source"]) == (0.5, "file")
    assert found["rituals.gratitude.at"]["without_voice"] == {"value": "21:30", "source": "default"}
    by_voice = {"value": 150, "source": "voice", "at": "2025-03-29T21:31:05"}
    assert found["speaking.rate"] == by_voice | {"without_voice": {"value": 120, "source": "file"}}
    ran = moments.call("settings", "--settings", changed)
    lines = {line.split()[0]: line.split(maxsplit=2)[1:] for line in ran.out.splitlines()[1:]}
    assert ran.out.startswith(f"{changed}\n")
    assert lines["pause.hold"] == ["0", "default"]
    assert lines["speaking.rate"] == ["150", "changed on 29 March 2025 (file: 120)"]


def test_changes_by_voice_can_be_reset(moments: "CommandLine", database: Database, changed: Path) -> None:
    """One key or all, with the value that applies again; an invalid change is reported until it is reset."""
    OverrideStore(database).save({"speaking.volume": 7}, EVENING)
    moments.call("settings", "--settings", changed).refused(
        0, "speaking.volume is 7", "moments settings reset speaking.volume takes it back"
    )
    ran = moments.call("settings", "reset", "speaking.volume", "--settings", changed)
    assert (ran.code, ran.err, ran.out) == (0, "", "speaking.volume is 0.5 again; by voice it was 7\n")
    moments.call("settings", "reset", "pause.hold", "--settings", changed).refused(2, "pause.hold was not changed")
    moments.call("settings", "--settings", changed, "reset").refused(2, "write it after")
    ran = moments.call("settings", "reset", "--settings", changed)
    assert ran.out.splitlines() == [
        "speaking.rate is 120 again; by voice it was 150",
        'rituals.gratitude.at is "21:30" again; by voice it was "22:00"',
    ]
    assert OverrideStore(database).all() == {}
    assert moments.call("settings", "reset", "--settings", changed).out == "Nothing was changed by voice.\n"
