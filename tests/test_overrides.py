"""Settings in force: the file's and what was changed by voice, each told where it comes from."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voice.errors import InputError, SystemFailure
from voice.settings.overrides import Overrides, effective
from voice.settings.schema import Settings
from voice.storage.database import Store

if TYPE_CHECKING:
    from command_line import CommandLine

EVENING = datetime.fromisoformat("2025-03-29T21:31:05")
IN_FILE = Settings.model_validate({"rituals": {"gratitude": {"at": "20:15"}}, "speaking": {"rate": 120}})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store of a test's own."""
    with closing(Store(tmp_path / "moments.sqlite3")) as store:
        yield store


def test_what_was_changed_by_voice_lies_above_the_file() -> None:
    """A change holds instead of the file's value, and everything else stays as the file has it."""
    found = effective(IN_FILE, {"rituals.gratitude.at": "22:05", "speaking.volume": 0.5, "keeping.tally": True})
    assert (found.rituals.gratitude.at, found.speaking.volume, found.keeping.tally) == (time(22, 5), 0.5, True)
    assert (found.speaking.rate, found.rituals.gratitude.enabled) == (120, True)
    assert effective(IN_FILE, {}) == IN_FILE


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("speaking.colour", "red", "speaking.colour is no setting any more"),
        ("speaking", {"rate": 100}, "speaking is no setting any more"),
        ("speaking.volume", 3, "speaking.volume is 3: it has to be more than 0.0 and at most 1.0"),
        ("speaking.volume", {"left": 0.5}, "speaking.volume is a section: it has to be a number"),
        ("listening.name_required", True, "listening.name_required is true: it needs a name: set listening.name too"),
    ],
)
def test_a_change_that_no_longer_fits_is_left_out(
    caplog: pytest.LogCaptureFixture, key: str, value: object, said: str
) -> None:
    """It is named in a warning with the way to take it back; the other changes hold."""
    assert effective(IN_FILE, {key: value, "pause.rounds": 5}) == effective(IN_FILE, {"pause.rounds": 5})
    (warning,) = caplog.messages
    assert said in warning
    assert warning.endswith(f"moments settings reset {key}")


def test_a_change_takes_effect_at_once_and_survives_a_restart(store: Store) -> None:
    """All that is changed together is in force afterwards, and again when the assistant is started anew."""
    running = Overrides(IN_FILE, store)
    running.change({"speaking.volume": 0.5, "listening.name": "Juniper"}, EVENING)
    running.change({"listening.name_required": True}, EVENING)
    assert (running.settings.speaking.volume, running.settings.listening.name_required) == (0.5, True)
    assert Overrides(IN_FILE, store).settings == running.settings
    assert not running.refresh()


def test_a_change_that_does_not_fit_changes_nothing(store: Store, tmp_path: Path) -> None:
    """One wrong value among several is refused, and so is a change that cannot be kept; what was, stays in force."""
    running = Overrides(IN_FILE, store)
    with pytest.raises(InputError, match=r"speaking\.rate is 9: it has to be at least 80"):
        running.change({"speaking.volume": 0.5, "speaking.rate": 9}, EVENING)
    assert store.changes() == {}
    (tmp_path / "moments.sqlite3").write_bytes(b"no database" * 500)
    with pytest.raises(SystemFailure, match="the file is damaged"):
        running.change({"speaking.volume": 0.5}, EVENING)
    assert running.settings == IN_FILE


def test_a_running_assistant_follows_what_a_command_changed(store: Store) -> None:
    """What another program changes is in force at the next look; what it writes beside settings changes nothing."""
    running = Overrides(IN_FILE, store)
    running.change({"speaking.volume": 0.5}, EVENING)
    with closing(Store(store.path)) as other:
        other.set_flag("turn", "Anna")
        assert not running.refresh()
        other.take_back("speaking.volume")
        assert running.refresh()
    assert running.settings == IN_FILE


@pytest.fixture
def changed(moments: "CommandLine", store: Store) -> Path:
    """Return a settings file; its store, `store`, has something that was changed by voice."""
    store.change({"speaking.rate": 150, "rituals.gratitude.at": "22:00"}, EVENING)
    folder = f'[keeping]\nfolder = "{store.path.parent}"\n'
    return moments.settings(f"[speaking]\nrate = 120\nvolume = 0.5\n{folder}")


def test_settings_tell_where_each_comes_from(moments: "CommandLine", changed: Path) -> None:
    """Default, file, or by voice with the date and what holds without it; for people and as JSON."""
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
    assert lines["speaking.rate"] == ["150", "by voice on 29 March 2025 (file: 120)"]


def test_what_was_changed_by_voice_is_taken_back(moments: "CommandLine", store: Store, changed: Path) -> None:
    """One key or all, told with what holds again; a change that no longer fits is named until it is taken back."""
    store.change({"speaking.volume": 7}, EVENING)
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
    assert store.changes() == {}
    assert moments.call("settings", "reset", "--settings", changed).out == "Nothing was changed by voice.\n"
