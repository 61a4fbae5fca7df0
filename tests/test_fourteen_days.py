"""Fourteen days with all nine rituals, across both daylight saving changes: each on its dates, once, in order."""

import itertools
import logging
import re
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import tzset

import pytest
import time_machine

from voice.rituals.history import RitualHistory
from voice.rituals.rituals import Rituals
from voice.rituals.state import Due
from voice.settings.overrides import Overrides
from voice.settings.schema import Settings
from voice.storage.database import Database
from voice.testing import TurnedClock

TICK = 60.0
PLAYS = timedelta(minutes=3)  # how long a ritual lasts
QUIET = (time(23, 0), time(6, 30))
# Both are Mondays, and the clocks change in the night to the first Sunday.
SPRING, AUTUMN = date(2025, 3, 24), date(2025, 10, 20)
USUAL = {
    "good_morning": ("07:30", range(5)),
    "leaving_home": ("08:00", range(5)),
    "mindfulness": ("10:00", [6]),
    "midday": ("12:30", range(5)),
    "coming_home": ("18:00", range(5)),
    "check_in": ("19:00", [6]),
    "laughter": ("21:00", [4, 5]),
    "gratitude": ("21:30", range(7)),
    "good_night": ("22:15", range(7)),
}


@dataclass(frozen=True)
class Event:
    """Something that happens on a day (the first Monday is 0) at a time."""

    day: int
    at: str
    what: str
    about: str = ""
    minutes: int = 0


EVENTS = [
    Event(0, "12:29", "plays", minutes=15),
    Event(0, "21:31", "restarts"),
    Event(1, "07:00", "sleeps", minutes=45),
    Event(1, "17:59", "plays", minutes=25),
    Event(1, "21:35", "snoozes", minutes=10),
    Event(2, "12:00", "sleeps", minutes=120),
    Event(2, "21:00", "not tonight", "gratitude"),
    Event(2, "21:10", "not tonight any more", "gratitude"),
    Event(2, "21:20", "restarts"),
    Event(3, "21:31", "moves", "gratitude 22:00"),  # it already came today
    Event(3, "22:16", "snoozes in vain", minutes=50),  # into quiet hours
    Event(4, "20:59", "plays", minutes=80),
    Event(4, "22:16", "restarts"),
    Event(5, "21:00", "moves", "gratitude 20:30"),  # a past time
    Event(5, "21:20", "moves", "laughter 21:40"),  # it already came today
    Event(5, "22:14", "plays", minutes=15),
    Event(5, "22:45", "reminds", "water", minutes=20),  # in quiet hours, as requested
    Event(5, "23:30", "sleeps", minutes=420),  # while the clocks change
    Event(6, "09:59", "restarts"),
    Event(6, "20:00", "moves", "gratitude 21:30"),
    Event(6, "20:10", "moves", "good_night 23:10"),  # in quiet hours
    Event(7, "20:00", "moves", "good_night 22:55"),
    Event(7, "22:50", "plays", minutes=15),
    Event(8, "12:00", "moves", "midday 13:00"),
    Event(8, "12:30", "moves", "midday 12:30"),
    Event(8, "17:00", "is off", minutes=150),
    Event(8, "21:29", "moves", "good_night 21:30"),
    Event(9, "07:29", "restarts"),
    Event(9, "07:31", "snoozes", minutes=15),
    Event(9, "07:40", "restarts"),
    Event(9, "21:29", "moves", "good_night 22:15"),
    Event(9, "21:50", "not tonight"),
    Event(10, "12:00", "turns off", "midday"),
    Event(10, "22:00", "turns on", "midday"),
    Event(11, "18:05", "snoozes", minutes=10),
    Event(11, "18:06", "not tonight", "coming_home"),
    Event(12, "21:20", "reminds", "call", minutes=15),
    Event(12, "21:25", "plays", minutes=30),
    Event(12, "21:56", "moves", "gratitude 22:05"),  # it was skipped for being late
    Event(13, "09:55", "sleeps", minutes=10),
    Event(13, "18:50", "sleeps", minutes=715),
]
# When the other rituals begin, or why they do not; all that are not listed begin at their usual times.
OTHERWISE = {
    (0, "midday"): ["12:44"],
    (1, "good_morning"): ["07:45"],
    (1, "coming_home"): ["too late"],
    (1, "gratitude"): ["21:30", "21:45"],
    (2, "midday"): ["too late"],
    (2, "gratitude"): ["not wanted today"],
    (4, "laughter"): ["too late"],
    (4, "gratitude"): ["22:16"],
    (4, "good_night"): ["22:19"],
    (5, "gratitude"): ["the new time is already past"],
    (5, "good_night"): ["22:29"],
    (6, "good_night"): ["quiet hours"],
    (7, "good_night"): ["quiet hours"],
    (8, "coming_home"): [],
    (8, "good_night"): ["21:33"],
    (9, "good_morning"): ["07:30", "07:46"],
    (9, "good_night"): ["not wanted today"],
    (10, "midday"): ["the new time is already past"],
    (11, "coming_home"): ["18:00", "not wanted today"],
    (11, "laughter"): ["21:40"],
    (12, "gratitude"): ["too late", "22:05"],
    (12, "laughter"): ["21:58"],
    (13, "mindfulness"): ["10:05"],
    (13, "check_in"): ["too late"],
    (13, "gratitude"): ["too late"],
    (13, "good_night"): ["too late"],
}
REMINDED = [(5, "23:05", "water"), (12, "21:55", "call")]


class Household:
    """A couple, their assistant, and the events of fourteen days.

    Args:
        clock: the time.
        monday: the first day.
        path: the database.
    """

    def __init__(self, clock: TurnedClock, monday: date, path: Path) -> None:
        self._clock = clock
        self._monday = monday
        self._path = path
        self._events = deque(EVENTS)
        self.begun: list[tuple[datetime, Due]] = []
        self._start()

    def live(self) -> None:
        """Live through fourteen days, until the next morning."""
        end = datetime.combine(self._monday + timedelta(days=14), time(7, 0))
        while self._clock.now() < end:
            while self._events and self._clock.now() >= self._when(self._events[0]):
                self._happen(self._events.popleft())
            self._tick()
            self._clock.sleep(TICK)
        self._database.close()

    def _when(self, event: Event) -> datetime:
        return datetime.combine(self._monday + timedelta(days=event.day), time.fromisoformat(event.at))

    def _start(self) -> None:
        on = {name: {"enabled": True} for name in USUAL}
        settings = Settings.model_validate({"rituals": on})
        self._database = Database(self._path)
        self._rituals = Rituals(Overrides(settings, self._database), USUAL, self._database, self._clock)
        self._due: deque[str] = deque()
        self._busy_until = self._clock.now()

    def _tick(self) -> None:
        """Begin due rituals when nothing plays, like the conversation."""
        self._due.extend(self._rituals.tick())
        while self._due and self._clock.now() >= self._busy_until:
            due = self._rituals.begin(self._due.popleft())
            if due is not None:
                self.begun.append((self._clock.now(), due))
                self._busy_until = self._clock.now() + PLAYS

    def _happen(self, event: Event) -> None:
        minutes, about = timedelta(minutes=event.minutes), event.about
        match event.what:
            case "plays":
                self._busy_until = self._clock.now() + minutes
            case "sleeps":
                self._clock.suspend(minutes.total_seconds())
            case "restarts" | "is off":
                self._database.close()
                self._clock.suspend(minutes.total_seconds())
                self._start()
            case _:
                self._say(event.what, about, event.minutes)

    def _say(self, what: str, about: str, minutes: int) -> None:
        match what:
            case "snoozes" | "snoozes in vain":
                assert (self._rituals.snooze(minutes) is None) == (what == "snoozes in vain")
            case "not tonight" | "not tonight any more":
                assert (self._rituals.skip(about or None) is None) == (what == "not tonight any more")
            case "moves":
                name, at = about.split()
                self._rituals.set_time(name, time.fromisoformat(at))
            case "turns on" | "turns off":
                assert self._rituals.turn(about, on=what == "turns on")
            case "reminds":
                self._rituals.remind(self._clock.now() + timedelta(minutes=minutes), about)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[TurnedClock]:
    """Return a clock to turn in Berlin, by rules that need no time zone files."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    tzset()
    with time_machine.travel(0.0, tick=False) as traveller:
        yield TurnedClock(traveller)
    monkeypatch.undo()
    tzset()


def skipped(messages: list[str], monday: date) -> Iterator[tuple[int, str, str]]:
    """Yield the day, the name and the logged reason of each skipped ritual."""
    for line in messages:
        if found := re.fullmatch(r"the (\w+) ritual of (\S+) \S+ is skipped at \S+ \S+: (.*)", line):
            yield (date.fromisoformat(found[2]) - monday).days, found[1], found[3]


def expected() -> dict[tuple[int, str], list[str]]:
    """Return when each ritual begins on each of its days, or why it does not."""
    days = itertools.product(range(14), USUAL)
    usual = {(day, name): [USUAL[name][0]] for day, name in days if day % 7 in USUAL[name][1]}
    return usual | OTHERWISE


@pytest.mark.parametrize("monday", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_fourteen_days(clock: TurnedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture, monday: date) -> None:
    """Each ritual begins on its dates, once, in order and outside quiet hours, or is skipped for a known reason."""
    caplog.set_level(logging.INFO, logger="voice.rituals.scheduler")
    clock.turn(datetime.combine(monday, time(0, 0)))
    household = Household(clock, monday, tmp_path / "moments.sqlite")
    household.live()

    became: dict[tuple[int, str], list[str]] = {key: [] for key in expected()}
    for day, name, why in skipped(caplog.messages, monday):
        became[day, name].append(why)
    for now, due in household.begun:
        if due.what is None:
            became[(now.date() - monday).days, due.name].append(f"{now:%H:%M}")
            assert QUIET[1] <= now.time() < QUIET[0]
    assert {key: sorted(found) for key, found in became.items()} == {key: sorted(e) for key, e in expected().items()}

    reminded = [((now.date() - monday).days, f"{now:%H:%M}", due.what) for now, due in household.begun if due.what]
    assert reminded == REMINDED
    in_order = [due.at for _, due in household.begun]
    assert in_order == sorted(in_order)
    with closing(Database(tmp_path / "moments.sqlite")) as database:
        history = RitualHistory(database)
        for (day, name), found in expected().items():
            record = history.on(name, monday + timedelta(days=day))
            outcome = ("begun" if found[-1][0].isdigit() else "skipped") if found else None
            assert (record.outcome if record else None) == outcome, (day, name)
