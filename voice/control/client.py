"""The commands' side of the control socket."""

import socket
from pathlib import Path

from voice.control.address import socket_address
from voice.control.messages import LONGEST_LINE, Request, Status, read_status, write_request
from voice.errors import SystemFailure
from voice.storage.paths import control_sockets

__all__ = ["ask"]

_TIMEOUT = 10.0  # seconds; the loop may be busy rendering speech or opening a device
_HANGS = "the assistant is running but does not answer: end it and start it again"
_REFUSED = "the assistant gave no answer: it is ending, or another version: start it again with moments run"


def ask(data: Path, request: Request) -> Status:
    """Send a request to the running assistant, and return its status afterwards.

    Args:
        data: the assistant's data folder.
        request: the request.

    Raises:
        SystemFailure: no assistant runs with this folder, or it does not answer.
    """
    for path in control_sockets(data):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT)
            if _connect(connection, path):
                return _exchange(connection, request)
    raise SystemFailure("no assistant is running here: start it with moments run")


def _connect(connection: socket.socket, path: Path) -> bool:
    """Connect to a socket; return False if no assistant listens there."""
    try:
        with socket_address(path) as address:
            connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    except BlockingIOError:  # its queue of waiting commands is full
        raise SystemFailure(_HANGS) from None
    except OSError as error:
        why = error.strerror or error
        raise SystemFailure(
            f"{path}: cannot connect to the assistant ({why}): run this as the user that it runs as"
        ) from None
    return True


def _exchange(connection: socket.socket, request: Request) -> Status:
    try:
        connection.sendall(write_request(request))
        with connection.makefile("rb") as answer:
            return read_status(answer.readline(LONGEST_LINE))
    except TimeoutError:
        raise SystemFailure(_HANGS) from None
    except (OSError, ValueError, LookupError, TypeError):
        raise SystemFailure(_REFUSED) from None
