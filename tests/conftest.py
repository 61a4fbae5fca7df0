"""What tests share: a sound system without hardware."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sound_server import SoundServer


@pytest.fixture(scope="session")
def sound_server() -> Iterator[SoundServer]:
    """Give a private PulseAudio with a loudspeaker to record and a room to speak into."""
    folder = Path(tempfile.mkdtemp(prefix="moments-"))  # pytest's own folders are too long for a socket's name
    try:
        server = SoundServer(folder)
        yield server
        server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
