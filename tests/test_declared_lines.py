"""Every moment says exactly the lines it has declared: all branches are played in several homes."""

import random
import shutil
import tempfile
from collections import UserDict, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from walk import Walk, requests

from voice.audio.clip import Clip
from voice.clock import CountedClock
from voice.dialogue.controls import Controls
from voice.dialogue.scenes import Stage
from voice.journal.journal import Journal
from voice.moments.always import REASONS
from voice.moments.did_you_mean import NAMED
from voice.moments.moment import Answer, with_following
from voice.moments.registry import MOMENTS, NEEDS
from voice.moments.scene import UndeclaredError
from voice.nlu.contexts import ADDRESSED, ANYTIME, ASLEEP, SCENE
from voice.nlu.intent import Intent
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.rituals.rituals import Rituals
from voice.settings.overrides import Overrides
from voice.settings.rituals import RITUALS
from voice.settings.schema import Settings
from voice.storage.database import Database
from voice.storage.flags import Flags
from voice.storage.paths import data_folder

# A Wednesday evening, just when the gratitude ritual is due.
NOW = datetime(2026, 6, 10, 21, 30)  # noqa: DTZ001 - wall time
NAMES = [ritual.name for ritual in RITUALS]
SOUND = Clip(np.zeros(1600, np.float32), 16_000)
_FEW = 10
TOPICS = ("message", "rest", "break", "talk", "hug", "call", "walk", "water", "bed", "thanks", "question", "plain", "?")


@dataclass(frozen=True)
class Home:
    """A couple's home before a moment begins.

    Attributes:
        settings: their settings file.
        tally: the good and the hard moments of their week.
        notes: whether they have kept notes: with a name, as sound, and without a name.
        reminders: what they are to be reminded of.
        begun: whether a ritual began a minute ago.
        played: how often the same moment was played before: some lines are said only now and then.
        lacks: moments that their language does not have.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    tally: tuple[int, int] = (0, 0)
    notes: bool = False
    reminders: tuple[str, ...] = ()
    begun: bool = False
    played: int = 0
    lacks: frozenset[str] = frozenset()


def _rituals(**others: object) -> dict[str, Any]:
    return {**{name: {"enabled": True} for name in NAMES}, **others}


ALL_KEPT = {"moments": True, "tally": True, "notes": True}
NUMBERS = [{"name": "my sister Anna", "number": "+44 20 79"}]
HOMES = {
    "new": Home(),
    "full": Home(
        {
            "partners": {"names": ["Ana", "Ben"]},
            "keeping": ALL_KEPT,
            "rituals": _rituals(quiet=[]),
            "safety": {"numbers": NUMBERS},
            "speaking": {"volume": 1.0, "rate": 220},
            "pause": {"style": "chimes"},
        },
        tally=(12, 2),
        notes=True,
        reminders=("talk", "plain", "timer", *["hug"] * 5),
        begun=True,
    ),
    "quiet": Home(
        {
            "keeping": {"tally": True, "notes": True},
            "rituals": {name: {"enabled": False} for name in NAMES} | {"quiet": ["06:00", "05:00"]},
            "speaking": {"volume": 0.05, "rate": 90},
            "pause": {"style": "night"},
        },
        tally=(6, 2),
        reminders=("plain",),
    ),
    "one quiet minute": Home(
        {"keeping": {"tally": True}, "rituals": {"quiet": ["12:30", "12:31"]}}, tally=(3, 3), reminders=("hug",)
    ),
    "fourth time": Home({"pause": {"inhale": 12, "hold": 4, "exhale": 12, "rest": 4}}, played=3),
    "first day": Home({"keeping": {"tally": True}}, tally=(1, 0)),
    "another language": Home(
        {"keeping": {"tally": True}, "rituals": {"gratitude": {"enabled": False}}},
        tally=(7, 0),
        lacks=frozenset({*NAMES, "pause", "break"} - {"gratitude", "check_in"}),
    ),
}
ABOUT: tuple[dict[str, str], ...] = ({}, {"about": "about"}, {"about": "that"})
CHANGES = (
    Intent("Remind", {"minutes": 20}),
    Intent("CancelReminder", {"all": True}),
    Intent("SetRitual", {"ritual": "gratitude", "hour": 8, "minute": 0, "half": "pm"}),
    Intent("TurnOn", {"ritual": "laughter"}),
    Intent("TurnOff", {"ritual": "gratitude"}),
    Intent("KeepOn", {"what": "tally"}),
    Intent("Louder"),
    Intent("ForgetEverything"),
)
UNREACHED = {
    "undo.too_late": "what was changed is gone meanwhile: by another program, or by time",
    "undo.cannot": "erasing needs an answer; test_reminders.py has it",
    "keeping.which": "a pack may have sentences that do not say what to keep; the English one has none",
    "rituals.unsaid": "a pack may have sentences that leave out the time; the English one has none",
}


class Heard(UserDict[str, tuple[str, ...]]):
    """The lines of a pack, with the keys of those that were said since it was last asked."""

    def __init__(self, lines: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(lines)
        self.said: set[str] = set()

    def __getitem__(self, key: str) -> tuple[str, ...]:
        """Return the variants of a line."""
        self.said.add(key)
        return super().__getitem__(key)


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the pack that we ship."""
    return load_pack(data_folder("intents") / "en", NEEDS, pronounceable=False)


def _prepare(home: Home, folder: Path) -> None:
    """Fill the folder of a home."""
    database, clock = Database(folder / "moments.sqlite3"), CountedClock(NOW)
    overrides = Overrides(Settings.model_validate(home.settings), database)
    journal, rituals = Journal(database, clock, overrides), Rituals(overrides, NAMES, database, clock)
    for good, times in zip((True, False), home.tally, strict=True):
        for _ in range(times):
            journal.tally(good=good)
    if home.notes:
        journal.keep_note("Ana", "you made tea", None)
        journal.keep_note("Ben", None, SOUND)
        journal.keep_note(None, "you waited for me", None)
    for minutes, what in enumerate(home.reminders, start=5):
        rituals.remind(NOW + timedelta(minutes=minutes), what, "10" if what == "timer" else None)
    if home.begun:
        assert "gratitude" in rituals.tick()
        assert rituals.begin("gratitude")
    database.open()
    database.close()


class Room:
    """A home to play in, which is put back as it was whenever a moment has changed something.

    Args:
        home: the home.
        folder: an empty folder.
        pack: the language.
    """

    def __init__(self, home: Home, folder: Path, pack: Pack) -> None:
        self._whole, self._here, self._pack = folder / "whole", folder / "here", pack
        self._settings = Settings.model_validate(home.settings)
        self._before: list[object] = []
        _prepare(home, self._whole)
        self._open()

    def stage(self) -> Stage:
        """Return a stage in the home as it was at first."""
        if self._now() != self._before:
            self.close()
            self._open()
        return replace(self._stage, chance=random.Random(1))  # noqa: S311 - the same cards each time, no secret

    def close(self) -> None:
        """Close the database."""
        self._stage.database.close()

    def _open(self) -> None:
        shutil.rmtree(self._here, ignore_errors=True)
        shutil.copytree(self._whole, self._here)
        database, clock = Database(self._here / "moments.sqlite3"), CountedClock(NOW)
        database.open()
        overrides, speaking = Overrides(self._settings, database), self._settings.speaking
        controls = Controls(
            speaking.volume, speaking.rate, clock, lambda _key, _value: Flags(database).set("changed", "")
        )
        rituals = Rituals(overrides, self._pack.moments, database, clock)
        journal = Journal(database, clock, overrides)
        self._stage = Stage(self._pack, overrides, database, clock, rituals, journal, controls, MOMENTS, ())
        self._before = self._now()

    def _now(self) -> list[object]:
        return [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(self._here.rglob("*"))]


@dataclass(frozen=True)
class Beginning:
    """How a moment begins.

    Attributes:
        intent: its intent.
        by_itself: whether it was due by itself.
        last: the moment that was played before.
        after: a request that was made before, without answers to its questions.
    """

    intent: Intent
    by_itself: bool = False
    last: str | None = None
    after: Intent | None = None

    @property
    def offered(self) -> str | None:
        """The moment that it only asks about."""
        return self.intent.slots.get("moment") if self.intent.moment == "did_you_mean" else None


def _beginnings(wanted: list[Intent]) -> dict[str, list[Beginning]]:
    """Return all beginnings of each moment, by its name."""
    begin: dict[str, list[Beginning]] = defaultdict(list)
    for intent in wanted:
        begin[intent.moment].append(Beginning(intent))
    for name in NAMES:
        begin[name].append(Beginning(Intent.of(name), by_itself=True))
    begin["reminder"] += [Beginning(Intent.of("reminder", {"what": what}), by_itself=True) for what in TOPICS]
    own_words = [{"what": link, "todo": "call my mother"} for link in ("do", "about", "that")]
    due = [*own_words, {"what": "timer", "todo": "10"}]
    begin["reminder"] += [Beginning(Intent.of("reminder", slots), by_itself=True) for slots in due]
    begin["remind"] += [
        Beginning(Intent("Remind", {"todo": "call my mother", "minutes": 20, **about})) for about in ABOUT
    ]
    begin["remind"] += [
        Beginning(Intent("Remind", slots)) for slots in ({"timer": True}, {"timer": True, "minutes": 10})
    ]
    begin["cancel_reminder"].append(Beginning(Intent("CancelReminder", {"todo": "the dentist"})))
    begin["did_you_mean"] += [Beginning(Intent.of("did_you_mean", {"moment": name})) for name in NAMED]
    begin["undo"] += [Beginning(Intent("Undo"), after=change) for change in CHANGES]
    for name in ("why", "repeat", "remind"):
        begin[name] += [replace(begin[name][0], last=last) for last in REASONS]
    begin["remind"].append(Beginning(Intent("Remind", {"minutes": 20}), last="pause"))
    # The walk takes each date and each month, but not the thirtieth together with february.
    no_day = {"day": "--02-30", "half": "am", "part": "morning"}
    for name, others in (("remind", {}), ("set_ritual", {"ritual": "gratitude"}), ("not_tonight", {"all": True})):
        begin[name].append(Beginning(Intent.of(name, no_day | others)))
    for name, others in (("remind", {}), ("set_ritual", {"ritual": "gratitude"})):
        begin[name].append(Beginning(Intent.of(name, {"day": "yesterday"} | others)))
    return begin


def _some(beginnings: list[Beginning]) -> list[Beginning]:
    """Return the beginnings; if there are many, one for each combination of slots."""
    if len(beginnings) <= _FEW:
        return beginnings
    return list({(frozenset(each.intent.slots), each.by_itself): each for each in beginnings}.values())


@dataclass
class Played:
    """The result of all branches of a moment: the keys of lines, and the names of questions."""

    lines: set[str] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)


def _folders() -> Iterator[Path]:
    """Yield empty folders, in memory where the system has such a place: the database waits for its disk."""
    memory = Path("/dev/shm")  # noqa: S108 - the folders in it are made for this test alone
    while True:
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            yield Path(folder)


@pytest.fixture(scope="module")
def played(pack: Pack) -> dict[str, Played]:
    """Play every branch of every moment; return the lines and questions of each, by its name."""
    heard = Heard(pack.responses)
    pack = replace(pack, responses=heard)
    begin = _beginnings(
        [intent for context in (ADDRESSED, ANYTIME, SCENE, ASLEEP) for intent in requests(pack, context)]
    )
    played: dict[str, Played] = defaultdict(Played)
    answers: dict[str, list[Answer]] = {}
    for home, folder in zip(HOMES.values(), _folders(), strict=False):
        language = replace(pack, moments=pack.moments - home.lacks)
        room = Room(home, folder, language)
        for moment in sorted(begin.keys() - home.lacks):
            walks: dict[object, Walk] = {}
            for beginning in begin[moment] if home == HOMES["new"] else _some(begin[moment]):
                # "Did you mean ...?" goes on with another moment for each name: each gets a walk of its own.
                walk = walks.setdefault(
                    beginning.offered,
                    Walk(language, answers, short=home != HOMES["new"] or beginning.offered is not None),
                )
                for path in walk.paths():
                    stage = room.stage()
                    stage.last_moment = beginning.last
                    if beginning.after is not None:
                        list(stage.script(beginning.after))
                    for _ in range(home.played):
                        list(stage.script(beginning.intent))
                    heard.said.clear()
                    path.play(stage.script(beginning.intent, by_itself=beginning.by_itself))
                    played[moment].lines |= heard.said
                    played[moment].asks |= {ask.name for ask in path.asked}
        room.close()
    return played


def test_every_moment_says_and_asks_only_what_it_has_declared(played: dict[str, Played]) -> None:
    """No answer leads to a line or question that the pack was not checked for."""
    assert played.keys() == MOMENTS.keys()
    for name, what in played.items():
        moments = with_following(name, MOMENTS, MOMENTS)
        assert what.lines <= {key for moment in moments for key in moment.needs.fields}, name
        assert what.asks <= {ask.name for moment in moments for ask in moment.asks}, name


def test_every_declared_line_is_said_somewhere(played: dict[str, Played]) -> None:
    """Every line and answer that a pack must have is used in some branch."""
    lines = {key for moment in MOMENTS.values() for key in moment.needs.fields}
    asks = {ask.name for moment in MOMENTS.values() for ask in moment.asks}
    assert lines - {key for what in played.values() for key in what.lines} == UNREACHED.keys()
    assert asks == {ask for what in played.values() for ask in what.asks}


@pytest.fixture
def stage(pack: Pack, tmp_path: Path) -> Iterator[Stage]:
    """Give a stage in a new home."""
    room = Room(HOMES["new"], tmp_path, pack)
    yield room.stage()
    room.close()


def test_a_line_that_was_not_declared_is_refused(stage: Stage) -> None:
    """An undeclared line is refused in every pack, not only in one that lacks it."""
    scene = stage.scene(Intent("Pause"))
    assert scene.line("pause.begin")
    with pytest.raises(UndeclaredError, match=r"question\.begin is said, but not declared"):
        scene.line("question.begin")
    with pytest.raises(UndeclaredError, match="questions is dealt, but it is not declared"):
        scene.deal("questions")


def test_a_line_is_said_with_all_its_fields(stage: Stage) -> None:
    """All fields of a line have to be given, whichever variant is picked."""
    scene = stage.scene(Intent("TurnOff"))
    assert "gratitude" in scene.line("rituals.off", ritual="gratitude")
    with pytest.raises(UndeclaredError, match=r"rituals\.off is said without ritual"):
        scene.line("rituals.off")


def test_a_moment_says_the_lines_of_those_it_leads_to(stage: Stage, pack: Pack) -> None:
    """A pause declares the lines of the longer break too, unless the language has no breaks."""
    assert stage.scene(Intent("Pause")).line("break.begin")
    without = replace(stage, pack=replace(pack, moments=pack.moments - {"break"}))
    with pytest.raises(UndeclaredError):
        without.scene(Intent("Pause")).line("break.begin")
