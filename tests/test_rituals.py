"""Rituals, by a clock that is turned: once per date, in time or not at all."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from voice.effective import InForce
from voice.moments.scene import Due
from voice.rituals import Rituals
from voice.settings import Settings
from voice.store import Store
from voice.testing import TurnedClock

def wall(text: str) -> datetime:
    """Return a local wall time such as `2025-03-29 21:30`."""
    return datetime.fromisoformat(text)


class Evening:
    """A couple's evening: rituals, a clock to turn, and what was due when."""

    def __init__(
        self, clock: TurnedClock, path: Path, *, busy: bool = False, quiet: Sequence[str] = (), **times: str
    ) -> None:
        on = {name: {"at": at, "days": "daily", "enabled": True} for name, at in times.items()}
        settings = Settings.model_validate({"rituals": {"quiet": quiet, "gratitude": {"enabled": not times}} | on})
        self.clock = clock
        self.posted: list[tuple[str, str]] = []
        self.begun: list[tuple[str, str]] = []
        self.busy = busy
        self.store = Store(path)
        names = settings.rituals.by_name()
        self.rituals = Rituals(InForce(settings, self.store), names, self.store, clock)

    def until(self, text: str) -> None:
        """Tick through the time until `text`, every twenty seconds; begin what is posted, unless busy."""
        end = wall(text)
        while self.clock.now() < end:
            self.clock.sleep(20)
            self.tick()

    def tick(self) -> None:
        """Tick once, a second later, and begin what is posted, unless busy."""
        self.clock.sleep(1)
        for key in self.rituals.tick():
            self.posted.append((key, self._now))
            if not self.busy:
                self.begin(key)

    def begin(self, key: str) -> Due | None:
        """Begin what is due, if it still is; note when."""
        due = self.rituals.begin(key)
        if due is not None:
            self.begun.append((f"{due.name}: {due.what}" if due.what else due.name, self._now))
        return due

    @property
    def _now(self) -> str:
        return f"{self.clock.now():%d %H:%M}"

    def close(self) -> None:
        """Switch everything off."""
        self.store.close()


Start = Callable[..., Evening]


@pytest.fixture
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live in Berlin, by rules that need no time zone files."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def start(_zone: None, tmp_path: Path) -> Iterator[Start]:
    """Return what starts the assistant at a wall time; the same data folder again at each start."""
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


def test_it_speaks_up_at_half_past_nine_once_and_again_the_next_day(start: Start) -> None:
    """The evening ritual is due at 21:30, once a day, every day."""
    evening = start("2025-06-10 21:00:00")
    evening.until("2025-06-12 21:45:00")
    assert evening.posted == evening.begun == [("gratitude", f"{day} 21:30") for day in (10, 11, 12)]


def test_it_does_not_speak_up_twice_after_a_restart(start: Start) -> None:
    """What was begun before a restart is not begun again on that date."""
    start("2025-06-10 21:29:00").until("2025-06-10 21:31:00")
    again = start("2025-06-10 21:35:00")
    again.until("2025-06-11 21:31:00")
    assert again.begun == [("gratitude", "11 21:30")]


def test_a_start_a_little_late_is_in_time(start: Start) -> None:
    """Switched on within the grace, the ritual is still had; later than that it is left out for the day."""
    in_time = start("2025-06-10 21:49:00")
    in_time.tick()
    assert in_time.begun == [("gratitude", "10 21:49")]
    late = start("2025-06-11 21:51:00")
    late.until("2025-06-12 21:31:00")
    assert late.begun == [("gratitude", "12 21:30")]


def test_what_is_posted_waits_until_it_can_begin(start: Start) -> None:
    """While another scene plays the ritual waits, is posted once, and then begins once."""
    evening = start("2025-06-10 21:29:00", busy=True)
    evening.until("2025-06-10 21:45:00")
    assert evening.posted == [("gratitude", "10 21:30")]
    assert evening.rituals.begin("gratitude")
    assert not evening.rituals.begin("gratitude")


def test_too_late_is_left_out(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """What could not begin for 25 minutes is recorded as skipped, logged, and does not come again that day."""
    caplog.set_level(logging.INFO, logger="voice.rituals")
    evening = start("2025-06-10 21:29:00", busy=True)
    evening.until("2025-06-10 21:55:00")
    assert not evening.rituals.begin("gratitude")
    assert any("skipped" in line for line in caplog.messages)
    again = start("2025-06-10 21:40:00")
    again.tick()
    assert again.posted == []


def test_begin_looks_at_the_clock_itself(start: Start) -> None:
    """Even if no tick came in between, a scene that ends too late does not let the ritual begin."""
    evening = start("2025-06-10 21:29:00", busy=True)
    evening.until("2025-06-10 21:31:00")
    evening.clock.sleep(25 * 60)
    assert not evening.rituals.begin("gratitude")


@pytest.mark.parametrize(("minutes", "begun"), [(60, [("gratitude", "10 21:40")]), (90, []), (3 * 24 * 60 + 90, [])])
def test_a_suspend_across_the_time(start: Start, tmp_path: Path, minutes: int, begun: list[tuple[str, str]]) -> None:
    """Waking ten minutes after the time it is had, once; waking later than the grace it is recorded as left out."""
    evening = start("2025-06-10 20:00:00")
    evening.until("2025-06-10 20:40:00")
    evening.clock.suspend(minutes * 60)
    for _ in range(5):
        evening.tick()
    assert evening.begun == evening.posted == begun
    with closing(Store(tmp_path / "moments.sqlite")) as store:
        assert store.done("gratitude", evening.clock.now().date())


def test_a_clock_that_is_set_forward_after_the_start(start: Start) -> None:
    """A machine without a clock battery learns the time late: what is due by then is had, once."""
    evening = start("2025-06-07 15:00:00")
    evening.tick()
    evening.clock.turn(wall("2025-06-10 21:45:00"))
    evening.until("2025-06-11 21:31:00")
    assert evening.begun == [("gratitude", "10 21:45"), ("gratitude", "11 21:30")]


def test_a_clock_that_is_set_back(start: Start) -> None:
    """After a wrong time that was ahead, the ritual comes at the true time of each date."""
    evening = start("2025-06-12 21:29:00", busy=True)
    evening.until("2025-06-12 21:31:00")
    evening.clock.turn(wall("2025-06-10 21:00:00"))
    evening.tick()
    assert not evening.rituals.begin("gratitude")
    evening.until("2025-06-10 21:31:00")
    assert evening.rituals.begin("gratitude")
    assert evening.posted == [("gratitude", "12 21:30"), ("gratitude", "10 21:30")]


@pytest.mark.parametrize(
    ("first", "last"), [("2025-03-29 21:00:00", "2025-03-31 21:45:00"), ("2025-10-25 21:00:00", "2025-10-27 21:45:00")]
)
def test_the_days_when_the_clocks_change(start: Start, first: str, last: str) -> None:
    """In spring and in autumn every ritual comes once a date, even one within the hour that comes twice."""
    evening = start(first, gratitude="21:30", good_night="2:55", good_morning="03:10")
    evening.until(last)
    days = sorted(evening.begun)
    assert len(days) == len({(name, moment[:2]) for name, moment in days}) == 7
    assert all(moment.endswith("21:30") for name, moment in days if name == "gratitude")
    assert all(moment.endswith("03:10") for name, moment in days if name == "good_morning")


def test_a_ritual_before_midnight_may_begin_after_it(start: Start) -> None:
    """The date that counts is that of the due time."""
    evening = start("2025-06-10 23:54:00", busy=True, good_night="23:55")
    evening.until("2025-06-11 00:10:00")
    assert evening.rituals.begin("good_night")
    evening.until("2025-06-11 23:56:00")
    assert evening.posted == [("good_night", "10 23:55"), ("good_night", "11 23:55")]


def test_two_at_the_same_time_are_both_posted(start: Start) -> None:
    """Rituals due together follow each other; none is lost."""
    evening = start("2025-06-10 21:00:00", gratitude="21:30", laughter="21:30")
    evening.until("2025-06-10 21:31:00")
    assert sorted(evening.begun) == [("gratitude", "10 21:30"), ("laughter", "10 21:30")]


def test_a_disk_that_cannot_be_written_does_not_stop_rituals(start: Start, tmp_path: Path) -> None:
    """When nothing can be kept, the ritual is had all the same, and once."""
    (tmp_path / "moments.sqlite").write_bytes(b"no database" * 500)
    evening = start("2025-06-10 21:29:00")
    evening.until("2025-06-10 21:45:00")
    evening.clock.turn(wall("2025-06-10 21:29:00"))
    evening.until("2025-06-10 21:45:00")
    assert evening.begun == [("gratitude", "10 21:30")]


def test_what_is_due_next_is_told(start: Start) -> None:
    """The list tells when each ritual comes next and when it last was; one that is off does not come."""
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
