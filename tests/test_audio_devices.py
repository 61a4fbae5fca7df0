"""Sound devices: choosing one by name, and clear messages where there is none."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sound_server import SoundServer

OPENING = """
import sys
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import DeviceMicrophone
from voice.clock import SystemClock
from voice.errors import MomentsError
kind, *names = sys.argv[1:]
for name in names:
    try:
        if kind == "microphone":
            device = DeviceMicrophone(name or None, SystemClock())
        else:
            device = DeviceLoudspeaker(name or None)
        print("opened", device._wiring.device.name)
        device.close()
    except MomentsError as error:
        print(type(error).__name__, error)
"""
WITHOUT_LIBRARY = """
import ctypes.util
ctypes.util.find_library = lambda name: None
from voice.audio import devices
from voice.errors import SystemFailure
try:
    devices.inputs()
except SystemFailure as error:
    print(error)
"""
NOTHING = "pcm.none { type hw card 99 }\n"
NO_SERVER = "pcm.default { type pulse }\nctl.default { type pulse }\n"


def run(script: str, *arguments: str, env: dict[str, str]) -> list[str]:
    """Run a script in its own environment; return its lines, and check that stderr stays empty."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


@pytest.mark.parametrize("alsa", [NOTHING, NO_SERVER], ids=["nothing", "no server"])
@pytest.mark.parametrize("kind", ["microphone", "loudspeaker"])
def test_without_a_device_one_line_says_so(tmp_path: Path, alsa: str, kind: str) -> None:
    """Without a sound device one line says what to do, with no output of the sound system itself."""
    config = tmp_path / "asound.conf"
    config.write_text(alsa)
    places = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "ALSA_CONFIG_PATH": str(config)}
    env = {**os.environ, **places, "PULSE_SERVER": f"unix:{tmp_path}/none"}
    lines = run(OPENING, kind, "", "usb", env=env)
    assert len(lines) == 2
    assert all(line.startswith(f"SystemFailure No {kind} found: plug one in") for line in lines)


@pytest.mark.parametrize("kind", ["microphone", "loudspeaker"])
def test_a_device_is_chosen_by_name(sound_server: "SoundServer", kind: str) -> None:
    """No name means the default; a name in any case, or a unique part of it, works; else one line lists them."""
    assert run(OPENING, kind, "", "PULSE", "puls", "bathroom", "l", env=sound_server.env) == [
        "opened default",
        "opened pulse",
        "opened pulse",
        f'InputError No {kind} matches "bathroom": name one of "pulse", "default"',
        f'InputError 2 {kind}s match "l": name one of "pulse", "default"',
    ]


def test_without_portaudio_one_line_tells_how_to_install_it() -> None:
    """If PortAudio is missing, one line names the package to install."""
    (line,) = run(WITHOUT_LIBRARY, env=dict(os.environ))
    assert line.endswith("sudo apt install libportaudio2")
