"""The address of the control socket, however deep its folder lies."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["socket_address"]

_LONGEST_ADDRESS = 103  # bytes; Linux takes 107, macOS 103


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Yield an address for a socket's path that is short enough for the system, on Linux always.

    Raises:
        OSError: the folder cannot be opened.
    """
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
