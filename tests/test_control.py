"""Commands to the running assistant: heard at once, from its own user alone, whatever else knocks at its socket."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from voice.control.server import ControlServer, NextRitual, Request, Status, ask, serve
from voice.errors import SystemFailure
from voice.storage.paths import control_sockets
from voice.testing import CountedClock

if TYPE_CHECKING:
    from command_line import CommandLine, Ran

Result = TypeVar("Result")
EVENING = datetime(2026, 11, 24, 20, 5)  # noqa: DTZ001 - the wall's time
PERFORMING = Status("performing", EVENING, "pause", next=NextRitual("gratitude", EVENING.replace(hour=21, minute=30)))
PATIENCE = 30.0


@dataclass
class Obedient:
    """Stands where the conversation does: keeps what it was told, and its status."""

    now: Status = PERFORMING
    told: list[str] = field(default_factory=list)

    def hush(self) -> None:
        """Keep it."""
        self.told.append("hush")

    def mute(self, seconds: float) -> None:
        """Keep it."""
        self.told.append(f"mute {seconds:g}")
        self.now = replace(self.now, state="muted", moment=None, muted_until=EVENING + timedelta(seconds=seconds))

    def unmute(self) -> None:
        """Keep it."""
        self.told.append("unmute")
        self.now = replace(self.now, state="listening", moment=None, muted_until=None)

    def status(self) -> Status:
        """Return it."""
        return self.now


@dataclass
class Household:
    """An assistant that runs, and a place to speak to it from.

    Attributes:
        data: the folder of all that it keeps.
        clock: its time.
        server: its socket.
        conversation: who obeys.
    """

    data: Path
    clock: CountedClock
    server: ControlServer
    conversation: Obedient

    def turn(self) -> None:
        """Do what one turn of the loop does."""
        serve(self.server, self.conversation)

    def while_turning(self, work: Callable[[], Result]) -> Result:
        """Do some work elsewhere while the loop turns."""
        with ThreadPoolExecutor(1) as pool:
            future: Future[Result] = pool.submit(work)
            while not future.done():
                self.turn()
                wait([future], timeout=0.01)
            return future.result()

    def knock(self, said: bytes = b"") -> socket.socket:
        """Connect as anybody could who knows the place, and say something."""
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(PATIENCE)
        peer.connect(str(control_sockets(self.data)[0]))
        peer.sendall(said)
        return peer


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a private runtime folder, with a short name as the system's own has."""
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    """Give an assistant that runs."""
    clock = CountedClock()
    with closing(ControlServer(tmp_path / "data", clock)) as server:
        yield Household(tmp_path / "data", clock, server, Obedient())


@pytest.fixture
def command(household: Household, runtime: Path, moments: "CommandLine") -> Callable[..., "Ran"]:
    """Give a function that runs a command, as another process, while the assistant runs."""
    settings = moments.settings(f'[keeping]\nfolder = "{household.data}"\n')
    env = {"XDG_RUNTIME_DIR": str(runtime)}

    def run(*args: str) -> "Ran":
        return household.while_turning(lambda: moments.run(*args, "--settings", settings, env=env))

    return run


@pytest.mark.parametrize(
    ("args", "told", "printed"),
    [
        (["stop"], ["hush"], "silent\n"),
        (["mute"], ["mute 3600"], "muted since Tue 24 Nov 20:05 until Tue 24 Nov 21:05\n"),
        (["mute", "5"], ["mute 300"], "muted since Tue 24 Nov 20:05 until Tue 24 Nov 20:10\n"),
        (["mute", "1440"], ["mute 86400"], "muted since Tue 24 Nov 20:05 until Wed 25 Nov 20:05\n"),
        (["mute", "--off"], ["unmute"], "listening since Tue 24 Nov 20:05\n"),
        (["unmute"], ["unmute"], "listening since Tue 24 Nov 20:05\n"),
        (["status"], [], "performing pause since Tue 24 Nov 20:05\nnext gratitude Tue 24 Nov 21:30\n"),
    ],
)
def test_a_command_is_obeyed_and_tells_how_things_are(
    household: Household, command: Callable[..., "Ran"], args: list[str], told: list[str], printed: str
) -> None:
    """Each command does its one thing to the assistant in the other process, and prints what has become of it."""
    ran = command(*args)
    assert (ran.code, ran.out, ran.err) == (0, printed, "")
    assert household.conversation.told == told


def test_the_status_is_for_programs_too(household: Household, command: Callable[..., "Ran"]) -> None:
    """`--json` prints one line with all of it, and null for what there is not."""
    gratitude = {"name": "gratitude", "at": "2026-11-24T21:30:00"}
    whole = {"state": "performing", "moment": "pause", "muted_until": None, "since": "2026-11-24T20:05:00"}
    assert command("status", "--json").lines == [whole | {"next": gratitude}]
    household.conversation.now = Status("muted", EVENING, muted_until=EVENING + timedelta(hours=1))
    muted = {"state": "muted", "moment": None, "muted_until": "2026-11-24T21:05:00", "since": "2026-11-24T20:05:00"}
    assert command("status", "--json").lines == [muted | {"next": None}]


@pytest.mark.parametrize("minutes", ["0", "1441", "-5", "an hour", "1.5"])
def test_a_mute_has_a_sensible_length(moments: "CommandLine", minutes: str) -> None:
    """A minute to a day: all else is wrong usage, and no assistant is asked."""
    moments.call("mute", "--", minutes).refused(2, "MINUTES")


def test_a_mute_cannot_be_on_and_off(moments: "CommandLine") -> None:
    """Minutes and `--off` together mean nothing."""
    moments.call("mute", "5", "--off").refused(2, "leave one out")


@pytest.mark.parametrize("name", ["stop", "mute", "unmute", "status"])
def test_without_an_assistant_one_line_says_so(moments: "CommandLine", name: str) -> None:
    """Nobody runs: each command says so, and how to start."""
    moments.call(name).refused(1, "no assistant is running here: start it with moments run")


def test_a_crashed_assistant_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """Its socket stays behind: commands say that nobody runs, and the next assistant takes its place."""
    crashed = ControlServer(tmp_path, CountedClock())
    path = control_sockets(tmp_path)[0]
    left = path.with_name("left")
    path.rename(left)
    crashed.close()
    left.rename(path)
    with pytest.raises(SystemFailure, match="no assistant is running"):
        ask(tmp_path, Request("stop"))
    with closing(ControlServer(tmp_path, CountedClock())) as server:
        household = Household(tmp_path, CountedClock(), server, Obedient())
        assert household.while_turning(lambda: ask(tmp_path, Request("status"))) == PERFORMING
    assert not path.exists()


def test_nobody_else_can_reach_it(household: Household, runtime: Path) -> None:
    """The socket is its user's alone, in a folder that is too, and lies in the runtime folder."""
    path = control_sockets(household.data)[0]
    assert path.parent == runtime / "micro-moments"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_gets_no_answer(household: Household, runtime: Path) -> None:
    """Even with all doors open: who is not the user it runs as is not obeyed."""
    path = control_sockets(household.data)[0]
    for place, mode in ((runtime, 0o755), (path.parent, 0o755), (path, 0o666)):
        place.chmod(mode)
    asking = (
        "import os, socket\nos.setuid(65534)\npeer = socket.socket(socket.AF_UNIX)\n"
        f'peer.connect({str(path)!r})\npeer.sendall(b\'{{"action": "stop"}}\\n\')\nprint(peer.recv(100))\n'
    )
    done = household.while_turning(
        lambda: subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=False, timeout=60)
    )
    assert done.stdout == "b''\n" or "SystemFailure pipe" in done.stderr or "reset by peer" in done.stderr
    assert household.conversation.told == []


@pytest.mark.parametrize(
    "said",
    [
        b"\n",
        b"hello\n",
        b"\xff\xfe\n",
        b"[" * 1_000 + b"\n",
        b'["stop"]\n',
        b'{"action": "sing"}\n',
        b'{"action": ["stop"]}\n',
        b'{"action": "mute"}\n',
        b'{"action": "mute", "seconds": "60"}\n',
        b'{"action": "mute", "seconds": true}\n',
        b'{"action": "mute", "seconds": 59}\n',
        b'{"action": "mute", "seconds": 86401}\n',
        b'{"action": "mute", "seconds": NaN}\n',
        b'{"action": "stop"}'.ljust(1_024) + b"\n",
        b"x" * 100_000,
    ],
    ids=lambda said: repr(said[:40]),
)
def test_what_makes_no_sense_is_dropped(household: Household, said: bytes) -> None:
    """Garbage, too much and what is out of range is answered by hanging up, and nothing happens."""
    with household.knock(said) as peer:
        household.turn()
        with suppress(ConnectionResetError):  # there was more than anybody read
            assert peer.recv(100) == b""
    assert household.conversation.told == []


def test_a_command_may_come_in_pieces(household: Household) -> None:
    """A line is a line, however it arrives."""
    with household.knock(b'{"action":') as peer:
        household.turn()
        peer.sendall(b' "stop"}\n')
        household.turn()
        assert json.loads(peer.recv(1_000))["state"] == "performing"
    assert household.conversation.told == ["hush"]


def test_who_says_nothing_has_a_second(household: Household) -> None:
    """Somebody who is slow is waited for, a second in all, and then dropped."""
    with household.knock() as silent, household.knock(b'{"action"') as slow:
        household.turn()
        household.clock.sleep(0.9)
        household.turn()
        silent.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            silent.recv(1)
        household.clock.sleep(0.2)
        household.turn()
        assert (silent.recv(1), slow.recv(1)) == (b"", b"")


def test_a_crowd_does_not_hold_up_the_loop(household: Household) -> None:
    """However many hang about in silence, a turn takes no time, and a command is heard once their second is over."""
    crowd = [household.knock() for _ in range(8)]
    took = []
    with household.knock(b'{"action": "stop"}\n') as peer:
        for _ in range(50):
            before = time.thread_time()
            household.turn()
            took.append(time.thread_time() - before)
            household.clock.sleep(0.032)
        assert json.loads(peer.recv(1_000))["state"] == "performing"
    for one in crowd:
        one.close()
    assert sorted(took)[25] < 0.002


def test_who_hangs_up_early_is_no_trouble(household: Household) -> None:
    """A command that is broken off before its answer is obeyed all the same, and the next one is answered."""
    household.knock(b'{"action": "stop"}\n').close()
    household.knock(b'{"action": "st').close()
    household.turn()
    assert household.conversation.told == ["hush"]
    assert household.while_turning(lambda: ask(household.data, Request("status"))) == PERFORMING


def test_an_assistant_that_ends_before_it_answers_says_so(household: Household) -> None:
    """A command that was heard by one who is just ending does not wait for ever, and one line tells."""

    def end(_request: Request) -> Status:
        raise SystemFailure("the microphone is gone")

    def turn_until(asking: "Future[Status]") -> None:
        while not asking.done():
            household.server.poll(end)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, household.data, Request("mute", 60.0))
        with pytest.raises(SystemFailure, match="is gone"):
            turn_until(asking)
        with pytest.raises(SystemFailure, match="gave no answer"):
            asking.result(PATIENCE)


def test_an_assistant_that_hangs_is_told_from_one_that_is_not_there(household: Household) -> None:
    """So many commands wait already that no more is let in: one line says that it hangs."""
    with ExitStack() as waiting:
        with suppress(BlockingIOError):
            while True:
                peer = waiting.enter_context(socket.socket(socket.AF_UNIX))
                peer.settimeout(0.0)
                peer.connect(str(control_sockets(household.data)[0]))
        with pytest.raises(SystemFailure, match="running but does not answer"):
            ask(household.data, Request("stop"))


def test_a_deep_folder_is_no_trouble(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's addresses of sockets end after 108 bytes; folders do not have to."""
    deep = runtime.joinpath(*["d" * 50] * 4)
    deep.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with closing(ControlServer(tmp_path, CountedClock())) as server:
        assert control_sockets(tmp_path)[0].is_socket()
        household = Household(tmp_path, CountedClock(), server, Obedient())
        assert household.while_turning(lambda: ask(tmp_path, Request("status"))) == PERFORMING


def test_a_place_that_is_taken_is_named(tmp_path: Path) -> None:
    """Something else lies where the socket belongs: it stays, and one line says where."""
    path = control_sockets(tmp_path)[0]
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(SystemFailure, match=f"{path}: commands cannot be heard there"):
        ControlServer(tmp_path, CountedClock())
    assert path.read_text() == "mine"


def test_each_folder_of_data_has_a_socket_of_its_own(runtime: Path, tmp_path: Path) -> None:
    """Two assistants with folders of their own are told apart; a runtime folder that others can enter is not used."""
    ours, theirs = (control_sockets(tmp_path / name) for name in ("ours", "theirs"))
    assert ours[0].parent == theirs[0].parent == runtime / "micro-moments"
    assert ours[0] != theirs[0]
    assert ours[-1] == tmp_path / "ours" / "control.sock"
    runtime.chmod(0o755)
    assert not any(path.is_relative_to(runtime) for path in control_sockets(tmp_path / "ours"))


def test_who_asks_from_elsewhere_finds_it_beside_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An assistant without a runtime folder is found by a command that has one."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    beside = control_sockets(tmp_path)[-1]
    monkeypatch.chdir(tmp_path)
    listening.bind(beside.name)
    listening.listen()
    answer: dict[str, Any] = PERFORMING.as_json()
    with listening, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, tmp_path, Request("status"))
        peer, _ = listening.accept()
        with peer:
            assert json.loads(peer.recv(1_000)) == {"action": "status"}
            peer.sendall(json.dumps(answer).encode() + b"\n")
        assert asking.result(PATIENCE) == PERFORMING
