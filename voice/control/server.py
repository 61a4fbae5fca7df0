"""The running assistant's side of the control socket, open to its own user only."""

import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from voice.clock import Clock
from voice.control.address import socket_address
from voice.control.messages import LONGEST_LINE, Request, Status, read_request, write_status
from voice.errors import SystemFailure
from voice.storage.paths import control_sockets, private_folder

__all__ = ["ControlServer", "Controlled", "serve"]

_MOST_CLIENTS = 8
_TIMEOUT = 1.0  # seconds; a command writes its line at once


class Controlled(Protocol):
    """The conversation, as far as requests control it; called in its own loop. It lives in a higher layer."""

    def hush(self) -> None:
        """End what is playing, at the next tick at the latest."""

    def mute(self, seconds: float) -> None:
        """End what is playing and switch the microphone off for so long; `status` shows it at once."""

    def unmute(self) -> None:
        """Listen again after a mute or sleep; do nothing if already listening."""

    def status(self) -> Status:
        """Return the current status."""


@dataclass(frozen=True)
class _Client:
    """A client whose line is incomplete: the bytes so far, and the deadline (monotonic) for the rest."""

    socket: socket.socket
    deadline: float
    received: bytes = b""


class ControlServer:
    """The control socket; the process that opens it holds the assistant's lock.

    Args:
        data: the assistant's data folder.
        clock: the time, for the clients' deadlines.

    Raises:
        SystemFailure: the socket cannot be made.
    """

    def __init__(self, data: Path, clock: Clock) -> None:
        self._clock = clock
        self._path = control_sockets(data)[0]
        self._socket = _listen(self._path)
        self._clients: list[_Client] = []

    def poll(self, obey: Callable[[Request], Status]) -> None:
        """Answer the requests that have arrived; never waits. Call it with every tick of the loop.

        A client is dropped if its line is incomplete after a second, too long, or not a request.

        Args:
            obey: carries out a request; its exceptions pass through.
        """
        self._accept()
        waiting, self._clients = self._clients, []
        for client in waiting:
            self._attend(client, obey)

    def close(self) -> None:
        """Close the control socket, and remove it from the disk."""
        for client in self._clients:
            client.socket.close()
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        for _ in range(_MOST_CLIENTS - len(self._clients)):
            try:
                peer, _address = self._socket.accept()
            except OSError:  # no client is waiting, or it has left already
                return
            peer.settimeout(0.0)
            if _is_own_user(peer):
                self._clients.append(_Client(peer, self._clock.monotonic() + _TIMEOUT))
            else:
                peer.close()

    def _attend(self, client: _Client, obey: Callable[[Request], Status]) -> None:
        more = _receive(client.socket)
        received = client.received + (more or b"")
        whole, too_long = received.endswith(b"\n"), len(received) > LONGEST_LINE
        if more is not None and not whole and not too_long and self._clock.monotonic() < client.deadline:
            self._clients.append(replace(client, received=received))
            return
        with client.socket:
            request = read_request(received) if whole and not too_long else None
            if request is not None:
                _send(client.socket, write_status(obey(request)))


def serve(server: ControlServer, conversation: Controlled) -> None:
    """Let the conversation carry out and answer the requests that have arrived; call it with every tick.

    Raises:
        MomentsError: a device failed while it was being closed.
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


def _listen(path: Path) -> socket.socket:
    private_folder(path.parent)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # the data folder may be open to others
    try:
        if path.is_socket():  # left by an assistant that crashed: the lock is ours now
            path.unlink()
        with socket_address(path) as address:
            listening.bind(address)
        listening.listen(_MOST_CLIENTS)
        listening.settimeout(0.0)
    except OSError as error:
        listening.close()
        why = error.strerror or error
        raise SystemFailure(
            f"{path}: the control socket cannot be made ({why}): remove what is there, or set keeping.folder"
        ) from None
    finally:
        os.umask(before)
    return listening


def _is_own_user(peer: socket.socket) -> bool:
    """Return whether a client runs as our user; elsewhere than on Linux the folder's permissions must do."""
    if sys.platform != "linux":
        return True
    credentials = struct.Struct("iII")
    _process, user, _group = credentials.unpack(
        peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    )
    return bool(user == os.geteuid())


def _receive(peer: socket.socket) -> bytes | None:
    """Return the bytes that have arrived, b"" if none have yet; None if no more will come."""
    try:
        return peer.recv(LONGEST_LINE + 1) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None


def _send(peer: socket.socket, line: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError, BlockingIOError):  # a client that has left wants no answer
        peer.sendall(line)
