"""Shared fixtures: a sound system without hardware, the commands in their own home, other people's voices."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from command_line import CommandLine
from sound_server import SoundServer

# How long an example takes depends on the machine; what it promises does not.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a sound server, so that `pytest -m sound` runs these."""
    for item in items:
        if "sound_server" in getattr(item, "fixturenames", ()):
            item.add_marker("sound")


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


@pytest.fixture(scope="session")
def speech_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a cache folder for rendered speech and word graphs, shared by the tests of all processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_environment(speech_cache: Path) -> Iterator[None]:
    """Set a cache folder of the tests' own, no translations, and no wishes about colours and widths."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(speech_cache))
        patch.setenv("LC_MESSAGES", "C")
        for name in ("LC_ALL", "LANGUAGE", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def moments(tmp_path: Path, speech_cache: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Give the commands, in their own home without a sound device."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)  # it is the runtime folder too, which has to be private
    return CommandLine(home, speech_cache, monkeypatch)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Give a function that has flite, a stranger to our own voice, say a text: (text, voice) to a 16 kHz WAV."""
    assert shutil.which("flite"), "flite is missing: script/setup --test installs it"
    folder = tmp_path_factory.mktemp("spoken")

    def speak(text: str, voice: str = "slt") -> Path:
        path = folder / f"{voice} {text}.wav"
        if not path.exists():
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", path], check=True)
        return path

    return speak
