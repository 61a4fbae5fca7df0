"""A sound system without hardware: a private PulseAudio that tests can record from and play into."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECORDING_RATE = 48_000
PATIENCE = 20.0
NEEDED = ("pulseaudio", "pactl", "paplay", "parec")

# Without `norewinds` an idle null sink sleeps for up to two seconds, and opening its monitor takes as long.
SCRIPT = """.fail
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=speaker rate=48000 norewinds=1
load-module module-null-sink sink_name=room rate=48000 norewinds=1
load-module module-remap-source source_name=microphone master=room.monitor
set-default-sink speaker
set-default-source microphone
"""
ALSA = """</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Default" } }
ctl.!default { type pulse }
"""


class Recording:
    """A recording of the loudspeaker.

    Attributes:
        samples: (n,) float32 mono in [-1, 1] at 48 kHz; filled when the recording has ended.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.samples: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._stream = stream
        self._bytes = bytearray()
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, seconds: float) -> None:
        """Wait until this many more seconds are recorded."""
        wanted = len(self._bytes) + 2 * round(seconds * RECORDING_RATE)
        with self._more:
            assert self._more.wait_for(lambda: len(self._bytes) >= wanted, PATIENCE + seconds), (
                "the loudspeaker's monitor is silent"
            )

    def wait_for_sound(self, level: float) -> None:
        """Wait until the loudspeaker plays: a sample beyond `level` of full scale, from now on."""
        for _ in range(round(PATIENCE / 0.1)):
            seen = len(self._bytes) // 2 * 2
            self.wait(0.1)
            heard = np.frombuffer(bytes(self._bytes[seen : seen + 2 * round(0.1 * RECORDING_RATE)]), dtype="<i2")
            if np.abs(heard.astype(np.int32)).max(initial=0) > level * 32_768:
                return
        raise AssertionError("the loudspeaker plays nothing")

    @property
    def seconds(self) -> float:
        """The seconds recorded so far."""
        return len(self._bytes) / 2 / RECORDING_RATE

    def finish(self) -> None:
        """Fill `samples`, once the recorder has ended."""
        self._reader.join(PATIENCE)
        whole = len(self._bytes) // 2 * 2
        self.samples = np.frombuffer(bytes(self._bytes[:whole]), dtype="<i2").astype(np.float32) / np.float32(32_768)

    def _read(self) -> None:
        while data := self._stream.read1(4096):  # type: ignore[attr-defined]  # a pipe is buffered
            with self._more:
                self._bytes += data
                self._more.notify_all()


class SoundServer:
    """A running PulseAudio: the sink `speaker` is the loudspeaker, and the microphone hears the sink `room`.

    Args:
        folder: the folder of its socket and configuration.

    Attributes:
        env: the environment for programs that should use it, with a home of their own.
    """

    def __init__(self, folder: Path) -> None:
        missing = [name for name in NEEDED if shutil.which(name) is None]
        assert not missing, f"{', '.join(missing)} missing: script/setup --test installs them"
        self._folder = folder
        self.env = {**os.environ, **_places(folder)}
        self.env.pop("PULSE_SINK", None)
        self.env.pop("PULSE_SOURCE", None)
        self._daemon = self._start()

    def speak(self, path: Path | str) -> None:
        """Play a sound file to its end into the room, where the microphone hears it."""
        self._run("paplay", "--device=room", "--latency-msec=50", str(path))

    @contextmanager
    def record(self) -> Iterator[Recording]:
        """Record the loudspeaker, from before the block begins until half a second after it ends."""
        command = ["parec", "--device=speaker.monitor", "--raw", "--format=s16le", "--channels=1", "--latency-msec=20"]
        with subprocess.Popen([*command, f"--rate={RECORDING_RATE}"], stdout=subprocess.PIPE, env=self.env) as recorder:
            assert recorder.stdout is not None
            recording = Recording(recorder.stdout)
            try:
                recording.wait(0.1)
                yield recording
                recording.wait(0.5)
            finally:
                recorder.terminate()
                recording.finish()

    def mute_microphone(self, *, mute: bool) -> None:
        """Make the microphone deliver nothing, like a stuck device, or wake it up again."""
        self._run("pactl", "suspend-source", "microphone", str(int(mute)))
        self._run("pactl", "suspend-sink", "room", str(int(mute)))

    def recorders(self) -> int:
        """Return how many programs are recording."""
        streams = [line.split("\t") for line in self._run("pactl", "list", "short", "source-outputs").splitlines()]
        return sum(client != "-" for _index, _source, client, *_ in streams)  # the server's own modules have no client

    def close(self) -> None:
        """Stop the server."""
        self._daemon.terminate()
        self._daemon.wait(PATIENCE)

    def _start(self) -> "subprocess.Popen[bytes]":
        script, ready = self._folder / "default.pa", self._folder / "log"
        script.write_text(SCRIPT.format(socket=self._folder / "native"))
        (self._folder / "asound.conf").write_text(ALSA)
        options = ["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no", "--high-priority=no"]
        with ready.open("wb") as log:
            daemon = subprocess.Popen(
                ["pulseaudio", "-n", "-F", script, *options], env=self.env, stdout=log, stderr=log
            )
        self._wait_until_up(daemon, ready)
        return daemon

    def _wait_until_up(self, daemon: "subprocess.Popen[bytes]", log: Path) -> None:
        for _ in range(round(PATIENCE / 0.1)):
            answer = subprocess.run(["pactl", "info"], env=self.env, capture_output=True, text=True, check=False)
            if "Default Source: microphone" in answer.stdout:
                return
            try:
                daemon.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
        daemon.kill()
        daemon.wait()
        raise AssertionError(f"PulseAudio does not start: {log.read_text()}")

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout


def _places(folder: Path) -> dict[str, str]:
    """Return the variables that point programs to this server, and away from the user's files."""
    return {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PULSE_RUNTIME_PATH": str(folder),
        "PULSE_SERVER": f"unix:{folder / 'native'}",
        "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
    }
