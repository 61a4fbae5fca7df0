"""Rituals: once per date, in time or not at all."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import tzset
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voice.errors import SystemFailure
from voice.rituals.history import RitualHistory
from voice.rituals.rituals import Rituals
from voice.rituals.state import Due
from voice.settings.overrides import Overrides
from voice.settings.schema import Settings
from voice.storage.database import Database
from voice.testing import TurnedClock


def wall(text: str) -> datetime:
    """Return a local wall time such as `2025-03-29 21:30`."""
    return datetime.fromisoformat(text)


class Evening:
    """A couple's evening: their rituals, a clock to turn, and a record of the due times."""

    def __init__(
        self, clock: TurnedClock, path: Path, *, busy: bool = False, quiet: Sequence[str] = (), **times: str
    ) -> None:
        on = {name: {"at": at, "days": "daily", "enabled": True} for name, at in times.items()}
        settings = Settings.model_validate({"rituals": {"quiet": quiet, "gratitude": {"enabled": not times}} | on})
        self.clock = clock
        self.due: list[tuple[str, str]] = []
        self.begun: list[tuple[str, str]] = []
        self.busy = busy
        self.database = Database(path)
        names = settings.rituals.by_name()
        self.rituals = Rituals(Overrides(settings, self.database), names, self.database, clock)

    def until(self, text: str) -> None:
        """Tick every twenty seconds until a wall time; begin due rituals, unless busy."""
        end = wall(text)
        while self.clock.now() < end:
            self.clock.sleep(20)
            self.tick()

    def tick(self) -> None:
        """Tick once, a second later; begin due rituals, unless busy."""
        self.clock.sleep(1)
        for key in self.rituals.tick():
            self.due.append((key, self._now))
            if not self.busy:
                self.begin(key)

    def begin(self, key: str) -> Due | None:
        """Begin the due rituals, if they still are, and record the time."""
        due = self.rituals.begin(key)
        if due is not None:
            self.begun.append((f"{due.name}: {due.what}" if due.what else due.name, self._now))
        return due

    @property
    def _now(self) -> str:
        return f"{self.clock.now():%d %H:%M}"

    def close(self) -> None:
        """Close the database."""
        self.database.close()


Start = Callable[..., Evening]


@pytest.fixture
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the time zone of Berlin, by rules that need no time zone files."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.fixture
def start(_zone: None, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts the assistant at a wall time, each time with the same data."""
    opened: list[Evening] = []
    with time_machine.travel(0.0, tick=False) as traveller:

        def begin(text: str, **settings: Any) -> Evening:  # noqa: ANN401 - as Evening takes them
            clock = TurnedClock(traveller)
            clock.turn(wall(text))
            opened.append(Evening(clock, tmp_path / "moments.sqlite", **settings))
            return opened[-1]

        yield begin
        for evening in opened:
            evening.close()


def test_a_ritual_comes_once_a_day_at_its_time(start: Start) -> None:
    """The gratitude ritual is due at 21:30 every day."""
    evening = start("2025-06-10 21:00:00")
    evening.until("2025-06-12 21:45:00")
    assert evening.due == evening.begun == [("gratitude", f"{day} 21:30") for day in (10, 11, 12)]


def test_a_ritual_does_not_come_again_after_a_restart(start: Start) -> None:
    """A ritual that was begun before a restart is not due again on that date."""
    start("2025-06-10 21:29:00").until("2025-06-10 21:31:00")
    again = start("2025-06-10 21:35:00")
    again.until("2025-06-11 21:31:00")
    assert again.begun == [("gratitude", "11 21:30")]


def test_a_start_a_little_late_is_in_time(start: Start) -> None:
    """After a start within the grace the ritual still comes; after a later start it is skipped for the day."""
    in_time = start("2025-06-10 21:49:00")
    in_time.tick()
    assert in_time.begun == [("gratitude", "10 21:49")]
    late = start("2025-06-11 21:51:00")
    late.until("2025-06-12 21:31:00")
    assert late.begun == [("gratitude", "12 21:30")]


def test_a_due_ritual_waits_until_it_can_begin(start: Start) -> None:
    """While another moment plays, the ritual waits; it is due once, and begins once."""
    evening = start("2025-06-10 21:29:00", busy=True)
    evening.until("2025-06-10 21:45:00")
    assert evening.due == [("gratitude", "10 21:30")]
    assert evening.rituals.begin("gratitude")
    assert not evening.rituals.begin("gratitude")


def test_a_ritual_that_waits_too_long_is_skipped(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A ritual that could not begin for 25 minutes is logged as skipped, and does not come again that day."""
    caplog.set_level(logging.INFO, logger="voice.rituals.scheduler")
    evening = start("2025-06-10 21:29:00", busy=True)
    evening.until("2025-06-10 21:55:00")
    assert not evening.rituals.begin("gratitude")
    assert any("skipped" in line for line in caplog.messages)
    again = start("2025-06-10 21:40:00")
    again.tick()
    assert again.due == []


def test_begin_checks_the_time_itself(start: Start) -> None:
    """After a moment that ends too late the ritual does not begin, even without a tick in between."""
    evening = start("2025-06-10 21:29:00", busy=True)
    evening.until("2025-06-10 21:31:00")
    evening.clock.sleep(25 * 60)
    assert not evening.rituals.begin("gratitude")


@pytest.mark.parametrize(("minutes", "begun"), [(60, [("gratitude", "10 21:40")]), (90, []), (3 * 24 * 60 + 90, [])])
def test_a_suspend_across_the_due_time(
    start: Start, tmp_path: Path, minutes: int, begun: list[tuple[str, str]]
) -> None:
    """Ten minutes late the ritual comes, once; later than its grace it is recorded as skipped."""
    evening = start("2025-06-10 20:00:00")
    evening.until("2025-06-10 20:40:00")
    evening.clock.suspend(minutes * 60)
    for _ in range(5):
        evening.tick()
    assert evening.begun == evening.due == begun
    with closing(Database(tmp_path / "moments.sqlite")) as database:
        assert RitualHistory(database).on("gratitude", evening.clock.now().date()) is not None


def test_a_clock_that_is_set_forward(start: Start) -> None:
    """A machine without a clock battery learns the time late: a ritual that is due by then comes, once."""
    evening = start("2025-06-07 15:00:00")
    evening.tick()
    evening.clock.turn(wall("2025-06-10 21:45:00"))
    evening.until("2025-06-11 21:31:00")
    assert evening.begun == [("gratitude", "10 21:45"), ("gratitude", "11 21:30")]


def test_a_clock_that_is_set_back(start: Start) -> None:
    """After a wrong time in the future, the ritual comes at the right time of each date."""
    evening = start("2025-06-12 21:29:00", busy=True)
    evening.until("2025-06-12 21:31:00")
    evening.clock.turn(wall("2025-06-10 21:00:00"))
    evening.tick()
    assert not evening.rituals.begin("gratitude")
    evening.until("2025-06-10 21:31:00")
    assert evening.rituals.begin("gratitude")
    assert evening.due == [("gratitude", "12 21:30"), ("gratitude", "10 21:30")]


@pytest.mark.parametrize(
    ("first", "last"), [("2025-03-29 21:00:00", "2025-03-31 21:45:00"), ("2025-10-25 21:00:00", "2025-10-27 21:45:00")]
)
def test_daylight_saving_changes(start: Start, first: str, last: str) -> None:
    """In spring and in autumn each ritual comes once a date, even in the repeated hour."""
    evening = start(first, gratitude="21:30", good_night="2:55", good_morning="03:10")
    evening.until(last)
    days = sorted(evening.begun)
    assert len(days) == len({(name, moment[:2]) for name, moment in days}) == 7
    assert all(moment.endswith("21:30") for name, moment in days if name == "gratitude")
    assert all(moment.endswith("03:10") for name, moment in days if name == "good_morning")


def test_a_ritual_before_midnight_may_begin_after_it(start: Start) -> None:
    """A ritual before midnight that begins after it counts for the date of its due time."""
    evening = start("2025-06-10 23:54:00", busy=True, good_night="23:55")
    evening.until("2025-06-11 00:10:00")
    assert evening.rituals.begin("good_night")
    evening.until("2025-06-11 23:56:00")
    assert evening.due == [("good_night", "10 23:55"), ("good_night", "11 23:55")]


def test_two_rituals_at_the_same_time_both_come(start: Start) -> None:
    """Rituals that are due together come one after the other."""
    evening = start("2025-06-10 21:00:00", gratitude="21:30", laughter="21:30")
    evening.until("2025-06-10 21:31:00")
    assert sorted(evening.begun) == [("gratitude", "10 21:30"), ("laughter", "10 21:30")]


def test_rituals_go_on_without_a_database(start: Start, tmp_path: Path) -> None:
    """With a damaged database, rituals, snoozes and reminders come all the same, once each."""
    evening = start("2025-06-10 21:29:00")
    evening.database.close()
    (tmp_path / "moments.sqlite").write_bytes(b"no database" * 500)
    evening.until("2025-06-10 21:45:00")
    evening.clock.turn(wall("2025-06-10 21:29:00"))
    evening.until("2025-06-10 21:45:00")
    assert evening.begun == [("gratitude", "10 21:30")]
    assert evening.rituals.snooze(10)
    evening.rituals.remind(wall("2025-06-10 22:00"), "hug")
    evening.until("2025-06-10 22:30:00")
    assert evening.begun[1:] == [("gratitude", "10 21:55"), ("reminder: hug", "10 22:00")]
    with pytest.raises(SystemFailure):
        evening.rituals.set_time("gratitude", time(22, 45))


def test_next_and_last_times_are_listed(start: Start) -> None:
    """The list has each ritual's next time and its last; one that is off has no next time."""
    evening = start("2025-06-10 21:29:00")
    evening.until("2025-06-10 21:31:00")
    gratitude, *others = evening.rituals.next_due(wall("2025-06-10 21:31"))
    assert {other.due for other in others} == {None}
    for now, due in [
        ("10 21:31", "11 21:30"),
        ("11 21:29", "11 21:30"),
        ("11 21:40", "11 21:30"),
        ("11 22:00", "12 21:30"),
    ]:
        gratitude, *_ = evening.rituals.next_due(wall(f"2025-06-{now}"))
        assert gratitude.due == wall(f"2025-06-{due}")
        assert f"{gratitude.last:%d %H:%M}" == "10 21:30"


def test_after_a_suspend_they_come_in_the_order_of_their_times(start: Start) -> None:
    """Rituals and reminders that became due meanwhile come in their usual order."""
    evening = start("2025-06-10 20:00:00", gratitude="21:35", good_night="21:30", laughter="21:40")
    evening.rituals.remind(wall("2025-06-10 21:33:00"), "water")
    evening.tick()
    evening.clock.suspend(105 * 60)
    evening.tick()
    assert [name for name, _ in evening.begun] == ["good_night", "reminder: water", "gratitude", "laughter"]


@pytest.mark.parametrize("quiet", [("23:00", "06:30"), ("21:10", "21:50")])
def test_quiet_hours_hold(start: Start, caplog: pytest.LogCaptureFixture, quiet: tuple[str, str]) -> None:
    """A ritual that is due in quiet hours, past midnight too, is logged as skipped, and never upcoming."""
    caplog.set_level(logging.INFO, logger="voice.rituals.scheduler")
    evening = start("2025-06-10 21:00:00", quiet=quiet, gratitude="21:30", good_night="23:15", midday="06:29")
    evening.until("2025-06-11 07:00:00")
    begun = {name for name, _ in evening.begun}
    hushed = {"gratitude", "good_night", "midday"} - begun
    assert hushed == ({"good_night", "midday"} if quiet[0] == "23:00" else {"gratitude"})
    assert {line.split()[1] for line in caplog.messages if "quiet" in line} == hushed
    assert hushed.isdisjoint(due.name for due in evening.rituals.upcoming())


def test_a_ritual_that_is_delayed_into_quiet_hours_is_skipped(start: Start) -> None:
    """A ritual due at 22:50 does not begin after 23:00, though it would be in time until 23:10."""
    evening = start("2025-06-10 22:49:00", quiet=("23:00", "06:30"), busy=True, good_night="22:50")
    evening.until("2025-06-10 22:59:00")
    assert evening.due == [("good_night", "10 22:50")]
    evening.clock.sleep(120)
    assert evening.begin("good_night") is None


MOVES = [
    ("21:25", "22:00", False, ["10 22:00", "11 22:00"]),  # before it was due
    ("21:25", "21:10", False, ["11 21:10"]),  # to a past time: not today
    ("21:40", "22:00", False, ["10 21:30", "11 22:00"]),  # begun today
    ("21:40", "22:00", True, ["10 22:00", "11 22:00"]),  # while it waits
    ("21:55", "22:30", True, ["10 22:30", "11 22:30"]),  # after it was skipped
    ("21:55", "21:50", True, ["11 21:50"]),  # after it was skipped, to a past time
]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("at", "to", "busy", "begun"), MOVES)
def test_a_ritual_is_moved(  # noqa: PLR0913, PLR0917 - a table
    start: Start,
    at: str,
    to: str,
    busy: bool,  # noqa: FBT001 - a table
    begun: list[str],
    restarted: bool,  # noqa: FBT001 - a table
) -> None:
    """Moved to later today it comes today, unless it was begun today; also after a restart."""
    evening = start("2025-06-10 21:00:00", busy=busy)
    evening.until(f"2025-06-10 {at}:00")
    evening.rituals.set_time("gratitude", time.fromisoformat(to))
    before = evening.begun
    if restarted:
        evening.close()
        evening = start(f"2025-06-10 {at}:10")
    evening.busy = False
    evening.until("2025-06-11 23:00:00")
    assert [*before, *evening.begun][-len(begun) :] == [("gratitude", moment) for moment in begun]
    assert len({*before, *evening.begun}) == len(begun)


def test_a_change_by_another_program_is_followed(start: Start, tmp_path: Path) -> None:
    """A running assistant follows the changes made by a command."""
    evening = start("2025-06-10 21:00:00", quiet=("23:00", "06:30"))
    evening.tick()
    with closing(Database(tmp_path / "moments.sqlite")) as database:
        settings = Settings()
        other = Rituals(Overrides(settings, database), settings.rituals.by_name(), database, evening.clock)
        other.set_time("gratitude", time(21, 10), frozenset({1}))
        assert other.turn("good_night", on=True)
        assert not other.turn("good_night", on=True)
        evening.until("2025-06-10 22:00:00")
        assert other.turn("good_night", on=False)
    evening.until("2025-06-17 22:30:00")
    assert evening.begun == [("gratitude", "10 21:10"), ("gratitude", "17 21:10")]


def test_not_tonight(start: Start) -> None:
    """It skips the named ritual for today, even if it is moved later, or today's next one; then none is left."""
    evening = start("2025-06-10 21:00:00", gratitude="21:30", good_night="22:15", laughter="20:00")
    assert evening.rituals.skip("laughter") is None
    assert evening.rituals.skip() == "gratitude"
    assert evening.rituals.skip("gratitude") is None
    evening.rituals.set_time("gratitude", time(21, 45))
    evening.close()
    again = start("2025-06-10 21:10:00", gratitude="21:30", good_night="22:15")
    assert again.rituals.skip() == "good_night"
    assert again.rituals.skip() is None
    again.until("2025-06-11 22:00:00")
    assert again.begun == [("gratitude", "11 21:45")]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_snoozed_ritual_comes_again(start: Start, restarted: bool) -> None:  # noqa: FBT001 - a table
    """It comes again at the promised time, also after a restart, and not a third time."""
    evening = start("2025-06-10 21:00:00")
    assert evening.rituals.snooze(10) is None
    evening.until("2025-06-10 21:31:00")
    assert f"{evening.rituals.snooze(10):%H:%M}" == "21:41"
    if restarted:
        evening.close()
        evening = start("2025-06-10 21:33:00")
    evening.until("2025-06-10 21:45:00")
    assert evening.begun[-1:] == [("gratitude", "10 21:41")]
    evening.close()
    again = start("2025-06-10 21:46:00")
    again.until("2025-06-11 21:45:00")
    assert again.begun == [("gratitude", "11 21:30")]


def test_a_snooze_that_cannot_be_saved_still_works(start: Start) -> None:
    """While another process blocks the database, a snooze is remembered until the program ends."""
    evening = start("2025-06-10 21:00:00")
    evening.until("2025-06-10 21:31:00")
    with closing(sqlite3.connect(evening.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert evening.rituals.snooze(10)
    evening.until("2025-06-10 21:45:00")
    assert evening.begun == [("gratitude", "10 21:30"), ("gratitude", "10 21:41")]


def test_a_snooze_can_be_cancelled(start: Start) -> None:
    """A snoozed ritual that is skipped, switched off or missed does not come again."""
    for day, off in enumerate(("skip", "turn", "late"), start=10):
        evening = start(f"2025-06-{day} 21:00:00")
        evening.until(f"2025-06-{day} 21:31:00")
        evening.rituals.snooze(10)
        if off == "skip":
            assert evening.rituals.skip() == "gratitude"
        elif off == "turn":
            evening.rituals.turn("gratitude", on=False)
            evening.rituals.turn("gratitude", on=True)
        evening.clock.suspend(40 * 60)
        evening.until(f"2025-06-{day} 23:00:00")
        assert evening.begun == [("gratitude", f"{day} 21:30")]
        evening.close()


@pytest.mark.parametrize(
    ("gratitude", "minutes"), [("22:50", 15), ("23:50", 15), ("21:30", 100)], ids=["quiet", "midnight", "long"]
)
def test_nothing_is_snoozed_into_the_night(start: Start, gratitude: str, minutes: int) -> None:
    """A snooze into quiet hours or past midnight is refused."""
    quiet = () if gratitude == "23:50" else ("23:00", "06:30")
    evening = start("2025-06-10 21:00:00", gratitude=gratitude, quiet=quiet)
    evening.until(f"2025-06-10 {gratitude}:10")
    assert evening.begun
    assert evening.rituals.snooze(minutes) is None


def test_only_a_recent_ritual_can_be_snoozed(start: Start) -> None:
    """A snooze is for the ritual that was begun last, within an hour."""
    evening = start("2025-06-10 20:00:00", gratitude="20:10", laughter="20:30")
    evening.until("2025-06-10 20:31:00")
    evening.rituals.snooze(30)
    evening.until("2025-06-10 21:02:00")
    assert evening.begun == [("gratitude", "10 20:10"), ("laughter", "10 20:30"), ("laughter", "10 21:01")]
    evening.until("2025-06-10 22:10:00")
    assert evening.rituals.snooze(10) is None


@pytest.mark.parametrize(("asleep", "told"), [(0, ["10 21:20"]), (50, ["10 21:51"]), (90, [])])
def test_a_reminder_comes_once(start: Start, caplog: pytest.LogCaptureFixture, asleep: int, told: list[str]) -> None:
    """It survives a restart and a suspend, up to an hour late; its subject is not logged."""
    caplog.set_level(logging.INFO)
    evening = start("2025-06-10 21:00:00", quiet=("21:30", "21:40"))
    evening.rituals.remind(wall("2025-06-10 21:20"), "hug")
    evening.close()
    evening = start("2025-06-10 21:01:00", quiet=("21:30", "21:40"))
    evening.tick()
    evening.clock.suspend(asleep * 60)
    evening.until("2025-06-10 23:00:00")
    evening.close()
    again = start("2025-06-10 21:19:00", quiet=("21:30", "21:40"))
    again.until("2025-06-10 21:25:00")
    assert [moment for name, moment in evening.begun if name == "reminder: hug"] == told
    assert again.begun == []
    assert any("reminder" in line for line in caplog.messages)
    assert not any("hug" in line for line in caplog.messages)


def test_a_reminder_may_be_set_for_quiet_hours(start: Start) -> None:
    """A reminder for a time in quiet hours comes; an earlier one that waits is dropped when they begin."""
    evening = start("2025-06-10 22:50:00", quiet=("23:00", "06:30"), busy=True)
    evening.rituals.remind(wall("2025-06-10 22:59"), "call")
    evening.rituals.remind(wall("2025-06-10 23:05"), "bed")
    evening.until("2025-06-10 23:04:00")
    assert [evening.begin(key) for key, _ in evening.due] == [None]
    evening.busy = False
    evening.until("2025-06-11 07:00:00")
    assert evening.begun == [("reminder: bed", "10 23:05")]


def test_there_are_fifty_reminders_at_most(start: Start) -> None:
    """A new one replaces the latest."""
    evening = start("2025-06-10 12:00:00", midday="11:00")
    for hour in range(60):
        evening.rituals.remind(wall("2025-06-12 12:00") - timedelta(minutes=hour), "water")
    due = evening.rituals.upcoming()
    assert len([one for one in due if one.name == "reminder"]) == 50
    assert due[-1].at == wall("2025-06-12 11:50")


@pytest.mark.parametrize("restarted", [False, True])
def test_a_ritual_moved_once_comes_at_that_time_alone(start: Start, restarted: bool) -> None:  # noqa: FBT001 - a table
    """Moved to nine tonight it comes at nine, not at its usual time, and tomorrow as usual."""
    evening = start("2025-06-10 20:00:00")
    evening.rituals.move_once("gratitude", wall("2025-06-10 21:00"))
    assert f"{evening.rituals.upcoming()[0].at:%d %H:%M}" == "10 21:00"
    if restarted:
        evening.close()
        evening = start("2025-06-10 20:30:00")
    evening.until("2025-06-11 21:45:00")
    assert evening.begun == [("gratitude", "10 21:00"), ("gratitude", "11 21:30")]


def test_a_ritual_moved_once_to_later_days(start: Start) -> None:
    """Tomorrow's is moved and today's stays; a weekly one is moved within its week; one that is off stays off."""
    evening = start("2025-06-10 20:00:00", check_in="19:00")
    evening.rituals.set_time("check_in", time(19), frozenset({6}))
    evening.rituals.move_once("gratitude", wall("2025-06-11 22:00"))
    evening.rituals.move_once("check_in", wall("2025-06-12 19:00"))
    evening.rituals.move_once("laughter", wall("2025-06-13 20:00"))
    evening.close()
    evening = start("2025-06-10 21:00:00")
    evening.until("2025-06-16 12:00:00")
    assert [name for name in evening.begun if name[0] != "gratitude"] == [
        ("check_in", "12 19:00"),
        ("laughter", "13 20:00"),
    ]
    assert [at for name, at in evening.begun if name == "gratitude"][:3] == ["10 21:30", "11 22:00", "12 21:30"]
    assert not next(state for state in evening.rituals.states() if state.name == "laughter").enabled


def test_a_move_for_once_can_be_changed(start: Start) -> None:
    """A second move replaces the first one; a move for good, or a skip, ends it."""
    evening = start("2025-06-10 20:00:00")
    evening.rituals.move_once("gratitude", wall("2025-06-11 20:00"))
    evening.rituals.move_once("gratitude", wall("2025-06-10 21:00"))
    evening.until("2025-06-11 21:45:00")
    assert evening.begun == [("gratitude", "10 21:00"), ("gratitude", "11 21:30")]
    evening.rituals.move_once("gratitude", wall("2025-06-12 21:00"))
    evening.rituals.set_time("gratitude", time(22))
    evening.until("2025-06-12 22:15:00")
    assert evening.begun[2:] == [("gratitude", "12 22:00")]
    evening.rituals.move_once("gratitude", wall("2025-06-13 21:00"))
    assert evening.rituals.skip("gratitude", wall("2025-06-13 00:00").date()) == "gratitude"
    evening.until("2025-06-14 22:15:00")
    assert evening.begun[3:] == [("gratitude", "14 22:00")]


def test_a_ritual_moved_into_quiet_hours_once_comes(start: Start) -> None:
    """Whoever names the time of one night hears it then, as with a reminder; the next night is quiet."""
    evening = start("2025-06-10 21:00:00", quiet=("22:30", "06:30"))
    evening.rituals.move_once("gratitude", wall("2025-06-11 00:30"))
    evening.until("2025-06-11 21:45:00")
    assert evening.begun == [("gratitude", "11 00:30"), ("gratitude", "11 21:30")]


def test_a_ritual_is_skipped_on_a_later_day(start: Start) -> None:
    """Skipped tomorrow, it comes today and the day after, also after restarts."""
    evening = start("2025-06-10 20:00:00")
    tomorrow = wall("2025-06-11 00:00").date()
    assert evening.rituals.skip("gratitude", tomorrow) == "gratitude"
    assert evening.rituals.skip("gratitude", tomorrow) is None
    evening.until("2025-06-10 21:45:00")
    evening.close()
    again = start("2025-06-10 21:46:00")
    again.until("2025-06-12 21:45:00")
    assert evening.begun + again.begun == [("gratitude", "10 21:30"), ("gratitude", "12 21:30")]


def test_upcoming_is_sorted_by_time(start: Start) -> None:
    """It lists rituals, snoozed rituals and reminders, and nothing that is off."""
    evening = start("2025-06-10 21:00:00", gratitude="21:05", good_night="22:15")
    evening.until("2025-06-10 21:06:00")
    evening.rituals.remind(wall("2025-06-10 21:30"), "hug")
    evening.rituals.remind(wall("2025-06-12 12:00"), "message")
    told = [(due.name, f"{due.at:%d %H:%M}", due.what) for due in evening.rituals.upcoming()]
    assert told == [
        ("reminder", "10 21:30", "hug"),
        ("good_night", "10 22:15", None),
        ("gratitude", "11 21:05", None),
        ("reminder", "12 12:00", "message"),
    ]
    evening.rituals.snooze(10)
    assert evening.rituals.upcoming()[0].name == "gratitude"
    assert [state.name for state in evening.rituals.states()][:2] == ["good_morning", "leaving_home"]


@pytest.mark.parametrize(
    ("quiet", "at", "left"),
    [
        (("23:00", "06:30"), "23:15", ("23:35", "06:30")),
        (("23:00", "06:30"), "23:50", ("00:10", "06:30")),
        (("23:00", "06:30"), "06:00", ("23:00", "06:00")),
        (("23:00", "06:30"), "22:00", ("23:00", "06:30")),
        (("13:00", "13:30"), "13:00", ("13:15", "13:30")),
        (("13:00", "13:01"), "13:00", None),
    ],
)
def test_quiet_hours_make_room(start: Start, quiet: tuple[str, str], at: str, left: tuple[str, str] | None) -> None:
    """They are shortened at the nearer end to leave room for a ritual and its grace, permanently."""
    evening = start("2025-06-10 12:00:00", quiet=quiet)
    rest = tuple(map(time.fromisoformat, left)) if left else None
    made = evening.rituals.make_room(time.fromisoformat(at))
    assert made == (rest or (made[0], made[0]))
    assert not evening.rituals.is_quiet(time.fromisoformat(at))
    evening.close()
    assert start("2025-06-10 12:00:00", quiet=quiet).rituals.quiet == rest


_NAMES = st.sampled_from(["gratitude", "good_night", "midday"])
_TIMES = st.times(min_value=time(18, 0)).map(lambda at: at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0))
_HAPPENINGS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 90)),
    st.tuples(st.sampled_from(["busy", "free", "restart", "skip", "make room"])),
    st.tuples(st.sampled_from(["suspend", "snooze"]), st.integers(1, 60)),
    st.tuples(st.just("jump"), st.integers(-90, 90)),
    st.tuples(st.just("turn"), _NAMES, st.booleans()),
    st.tuples(st.just("move"), _NAMES, _TIMES),
)


@pytest.mark.usefixtures("_zone")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(_HAPPENINGS, max_size=30), summer=st.booleans())
def test_no_ritual_ever_comes_twice_or_at_a_wrong_time(happenings: list[tuple[Any, ...]], *, summer: bool) -> None:
    """In any evening a ritual begins in time, outside quiet hours, and once a date unless it was snoozed."""
    times = {"gratitude": "21:30", "good_night": "22:15", "midday": "22:40"}
    with TemporaryDirectory() as folder, time_machine.travel(0.0, tick=False) as traveller:
        clock = TurnedClock(traveller)
        clock.turn(wall("2025-03-29 21:15" if summer else "2025-10-25 21:15"))
        path = Path(folder) / "moments.sqlite"
        evening = Watched(clock, path, quiet=("22:30", "06:30"), **times)
        for what, *about in happenings:
            evening = evening.after(what, *about)
        evening.busy = False
        evening.wait(120)
        evening.close()


class Watched(Evening):
    """An evening in which anything may happen, and that checks each beginning."""

    def __init__(self, clock: TurnedClock, path: Path, **settings: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(clock, path, **settings)
        self._again = partial(Watched, clock, path, **settings)
        self.had: set[tuple[str, date]] = set()
        self.snoozed = False

    def after(self, what: str, *about: Any) -> "Watched":  # noqa: ANN401, C901 - one case per event
        """Let something happen and a minute pass; return the evening, a new one after a restart."""
        match what, *about:
            case "wait", minutes:
                self.wait(minutes)
            case ("busy" | "free") as busy, *_:
                self.busy = busy == "busy"
            case "restart", *_:
                return self._restarted()
            case "skip", *_:
                self.rituals.skip()
            case "make room", *_:
                self.rituals.make_room(time(22, 35))
            case "suspend", minutes:
                self.clock.suspend(minutes * 60)
            case "snooze", minutes:
                self.snoozed |= self.rituals.snooze(minutes) is not None
            case "jump", minutes:
                self.clock.turn(self.clock.now() + timedelta(minutes=minutes))
            case "turn", name, on:
                self.rituals.turn(name, on=on)
            case "move", name, at:
                self.rituals.set_time(name, at)
        self.wait(1)
        return self

    def wait(self, minutes: int) -> None:
        """Let minutes pass; rituals that waited meanwhile begin afterwards."""
        for _ in range(minutes):
            self.clock.sleep(59)
            self.tick()
            for key, _ in [] if self.busy else self.due:
                self.begin(key)

    def begin(self, key: str) -> Due | None:
        """Begin the due rituals, and check that each may."""
        due = super().begin(key)
        if due is not None:
            now = self.clock.now()
            assert timedelta(0) <= now - due.at <= timedelta(minutes=20)
            assert not self.rituals.is_quiet(now.time())
            again = (due.name, due.at.date()) in self.had
            assert self.snoozed or not again
            self.snoozed &= not again
            self.had.add((due.name, due.at.date()))
        return due

    def _restarted(self) -> "Watched":
        self.close()
        again: Watched = self._again()
        again.had, again.snoozed, again.busy = self.had, self.snoozed, self.busy
        return again
