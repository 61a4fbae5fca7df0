"""Speaking to the assistant that is running: a socket for its own user, and one line of JSON each way."""

import json
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from voice.clock import Clock
from voice.errors import SystemFailure
from voice.storage.paths import control_sockets, private_folder

__all__ = [
    "LONGEST_MUTE",
    "SHORTEST_MUTE",
    "Action",
    "ControlServer",
    "Controlled",
    "NextRitual",
    "Request",
    "Status",
    "ask",
    "serve",
]

SHORTEST_MUTE = 60.0
"""Seconds; what is shorter is over before anybody has sat down again."""
LONGEST_MUTE = 86_400.0
"""Seconds; who wants it for longer ends the assistant."""

Action: TypeAlias = Literal["stop", "mute", "unmute", "status"]

_LONGEST_LINE = 1_024  # bytes
_LONGEST_ADDRESS = 103  # bytes; Linux takes 107, macOS 103
_CROWD = 8
# Seconds: a command writes its line at once, and the loop may be busy speaking or opening a device.
_PATIENCE_OF_SERVER = 1.0
_PATIENCE_OF_CLIENT = 10.0
_NO_ANSWER = "the assistant is running but does not answer: end it and start it again"
_NOT_TAKEN = "the assistant gave no answer: it is ending, or of another version: start it again with moments run"


@dataclass(frozen=True)
class Request:
    """What the running assistant is asked.

    Attributes:
        action: be silent now, let go of the microphone, listen again, or tell how things are.
        seconds: how long to be muted, from `SHORTEST_MUTE` to `LONGEST_MUTE`; None with all other actions.
    """

    action: Action
    seconds: float | None = None


@dataclass(frozen=True)
class NextRitual:
    """The ritual that comes next: its name and the local time, naive."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Status:
    """How the running assistant is; nothing of what was said is in it.

    Attributes:
        state: what it is doing: muted without a microphone, asleep with one.
        since: the local time, naive, since when it does.
        moment: the moment that plays, if one does.
        muted_until: the local time, naive, at which it listens again by itself, if it is muted or asleep.
        next: the ritual that comes next, if any is on.
    """

    state: Literal["listening", "performing", "awaiting", "muted", "asleep"]
    since: datetime
    moment: str | None = None
    muted_until: datetime | None = None
    next: NextRitual | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as `moments status --json` prints it."""
        return {
            "state": self.state,
            "moment": self.moment,
            "muted_until": _iso(self.muted_until) if self.muted_until else None,
            "since": _iso(self.since),
            "next": {"name": self.next.name, "at": _iso(self.next.at)} if self.next else None,
        }


class Controlled(Protocol):
    """What can be spoken to: the conversation. All is called from its own loop."""

    def hush(self) -> None:
        """End whatever plays, with the next tick at the latest."""

    def mute(self, seconds: float) -> None:
        """End whatever plays and let go of the microphone, for so long from now; `status` tells so at once."""

    def unmute(self) -> None:
        """Listen again, whether it was muted or asleep; do nothing if it listens."""

    def status(self) -> Status:
        """Return how things are."""


@dataclass(frozen=True)
class _Client:
    """Somebody who has not said all yet: what came so far, and until when (monotonic) there is time for the rest."""

    socket: socket.socket
    until: float
    said: bytes = b""


class ControlServer:
    """The ear of the running assistant for its commands; whoever opens it holds the assistant's lock.

    Args:
        data: the folder of all that is kept, where the lock is.
        clock: for telling who takes too long.

    Raises:
        SystemFailure: there is no room for a socket.
    """

    def __init__(self, data: Path, clock: Clock) -> None:
        self._clock = clock
        self._path = control_sockets(data)[0]
        self._socket = _listen(self._path)
        self._clients: list[_Client] = []

    def poll(self, obey: Callable[[Request], Status]) -> None:
        """Answer who has asked something; never waits. Call it as often as the loop turns.

        Who says nothing for a second, too much, or nothing that makes sense is dropped.

        Args:
            obey: does what is asked; what it raises goes through.
        """
        self._accept()
        waiting, self._clients = self._clients, []
        for client in waiting:
            self._attend(client, obey)

    def close(self) -> None:
        """Be deaf, and take the socket away."""
        for client in self._clients:
            client.socket.close()
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        for _ in range(_CROWD - len(self._clients)):
            try:
                peer, _address = self._socket.accept()
            except OSError:  # nobody is there, or gone already
                return
            peer.settimeout(0.0)
            if _is_own_user(peer):
                self._clients.append(_Client(peer, self._clock.monotonic() + _PATIENCE_OF_SERVER))
            else:
                peer.close()

    def _attend(self, client: _Client, obey: Callable[[Request], Status]) -> None:
        more = _receive(client.socket)
        said = client.said + (more or b"")
        whole, too_long = said.endswith(b"\n"), len(said) > _LONGEST_LINE
        if more is not None and not whole and not too_long and self._clock.monotonic() < client.until:
            self._clients.append(replace(client, said=said))
            return
        with client.socket:
            request = _request(said) if whole and not too_long else None
            if request is not None:
                _send(client.socket, obey(request).as_json())


def serve(server: ControlServer, conversation: Controlled) -> None:
    """Let `conversation` obey and answer whoever has spoken to the server; call it with every tick.

    Raises:
        MomentsError: a device broke while it was let go.
    """

    def obey(request: Request) -> Status:
        match request:
            case Request("stop"):
                conversation.hush()
            case Request("mute", float(seconds)):
                conversation.mute(seconds)
            case Request("unmute"):
                conversation.unmute()
        return conversation.status()

    server.poll(obey)


def ask(data: Path, request: Request) -> Status:
    """Ask the running assistant, and return how it is with that.

    Args:
        data: the folder of all that it keeps.
        request: what is asked.

    Raises:
        SystemFailure: no assistant runs with this folder, or it does not answer.
    """
    for path in control_sockets(data):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE_OF_CLIENT)
            try:
                with _address(path) as address:
                    line.connect(address)
            except (FileNotFoundError, ConnectionRefusedError):
                continue
            except BlockingIOError:  # others wait already, as many as there is room for
                raise SystemFailure(_NO_ANSWER) from None
            except OSError as error:
                why = error.strerror or error
                raise SystemFailure(
                    f"{path}: the assistant cannot be spoken to ({why}): be the user it runs as"
                ) from None
            return _exchange(line, request)
    raise SystemFailure("no assistant is running here: start it with moments run")


def _exchange(line: socket.socket, request: Request) -> Status:
    asked = {"action": request.action} | ({} if request.seconds is None else {"seconds": request.seconds})
    try:
        _send(line, asked)
        with line.makefile("rb") as answer:
            return _status(json.loads(answer.readline(_LONGEST_LINE)))
    except TimeoutError:
        raise SystemFailure(_NO_ANSWER) from None
    except (OSError, ValueError, LookupError, TypeError):
        raise SystemFailure(_NOT_TAKEN) from None


def _listen(path: Path) -> socket.socket:
    private_folder(path.parent)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # the folder of the data may be open to others
    try:
        if path.is_socket():  # of an assistant that ended without a word: we hold its lock
            path.unlink()
        with _address(path) as address:
            listening.bind(address)
        listening.listen(_CROWD)
        listening.settimeout(0.0)
    except OSError as error:
        listening.close()
        raise SystemFailure(
            f"{path}: commands cannot be heard there ({error.strerror or error}): free its place, or set keeping.folder"
        ) from None
    finally:
        os.umask(before)
    return listening


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Give an address of a socket that the system takes, be its folder as deep as it may."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _is_own_user(peer: socket.socket) -> bool:
    """Return whether the other side is our own user; where the system cannot tell, the folder's rights have to do."""
    if sys.platform != "linux":
        return True
    credentials = struct.Struct("iII")
    _process, user, _group = credentials.unpack(
        peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    )
    return bool(user == os.geteuid())


def _receive(peer: socket.socket) -> bytes | None:
    """Return what has come in, b"" if nothing has yet; None if there will be no more."""
    try:
        return peer.recv(_LONGEST_LINE + 1) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


def _send(peer: socket.socket, message: dict[str, Any]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError, BlockingIOError):  # who has hung up wants no answer
        peer.sendall(json.dumps(message).encode() + b"\n")


def _request(line: bytes) -> Request | None:
    """Return what a line asks for; None if it asks for nothing that there is."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match asked:
        case {"action": "stop" | "unmute" | "status" as action}:
            return Request(action)
        case {"action": "mute", "seconds": int() | float() as seconds} if SHORTEST_MUTE <= seconds <= LONGEST_MUTE:
            return Request("mute", float(seconds))
    return None


def _status(answer: dict[str, Any]) -> Status:
    """Return what `Status.as_json` gave."""
    coming, muted_until = answer["next"], answer["muted_until"]
    return Status(
        state=answer["state"],
        since=datetime.fromisoformat(answer["since"]),
        moment=answer["moment"],
        muted_until=datetime.fromisoformat(muted_until) if muted_until else None,
        next=NextRitual(coming["name"], datetime.fromisoformat(coming["at"])) if coming else None,
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
