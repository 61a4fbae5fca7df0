"""The whole assistant on a real sound system: speech into the room, the loudspeaker recorded."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
import yaml
from command_line import Ran
from listening import distances
from numpy.typing import NDArray
from sound_server import RECORDING_RATE, SoundServer

from voice.audio.clip import Clip
from voice.languages.language import language_of
from voice.settings.schema import Settings
from voice.storage.database import Database
from voice.storage.flags import Flags
from voice.storage.paths import data_folder
from voice.tts.espeak import EspeakVoice
from voice.tts.score import fitted
from voice.tts.synthesiser import CachedSynthesiser

if TYPE_CHECKING:
    from collections.abc import Mapping

# Real-time sound breaks off when the machine stalls, whatever the cause, so a test may pass in a later attempt.
pytestmark = [pytest.mark.realtime, pytest.mark.flaky(reruns=3, reruns_delay=2)]


Samples: TypeAlias = NDArray[np.float32]
Spoken: TypeAlias = Callable[..., Path]

COUNTS = ("Breathe in", "two", "three", "Breathe out", "two", "three") * 3
BEGINNINGS = ("Here is one for you both.", "A question for the two of you.", "Take your time with this one.")
TEMPTATION = "Give us a question."
STRANGERS = ("iwant_030.flac", "savantrhymes_013.flac")
AUDIBLE = 0.003
PATIENCE = 30.0


class Running:
    """A `moments run` that listens.

    Args:
        env: the environment in which it finds its sound system and its home.
        args: options.
    """

    def __init__(self, env: "Mapping[str, str]", *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voice", "run", *args],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._ended: Ran | None = None
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("Listening"), self.process.communicate()[1]

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._ended is not None

    def end(self) -> Ran:
        """End the process as a service manager does; return its exit code."""
        if self._ended is None:
            self.process.send_signal(signal.SIGTERM)
            out, err = self.process.communicate(timeout=PATIENCE)
            self._ended = Ran(self.process.returncode, out, err)
        return self._ended


@pytest.fixture(scope="module")
def home(sound_server: SoundServer, speech_cache: Path) -> Iterator[dict[str, str]]:
    """Give an environment with the sound system and a home after the first greeting."""
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    with closing(Database(folder / "data" / "micro-moments" / "moments.sqlite3")) as database:
        Flags(database).set("welcomed", "2026-01-01T12:00:00")
    places = {"HOME": folder, "XDG_DATA_HOME": folder / "data", "XDG_CONFIG_HOME": folder / "config"}
    yield (
        sound_server.env | {name: str(place) for name, place in places.items()} | {"XDG_CACHE_HOME": str(speech_cache)}
    )
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def room_with_echo(sound_server: SoundServer) -> Iterator[SoundServer]:
    """Let the microphone hear the loudspeaker, as in a real room."""
    loopback = ["module-loopback", "source=speaker.monitor", "sink=room", "latency_msec=60"]
    loaded = subprocess.run(
        ["pactl", "load-module", *loopback], env=sound_server.env, capture_output=True, text=True, check=True
    )
    yield sound_server
    subprocess.run(["pactl", "unload-module", loaded.stdout.strip()], env=sound_server.env, check=True)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a pack with an answer that would itself be a request."""
    folder = tmp_path_factory.mktemp("pack") / "en"
    shutil.copytree(data_folder("intents") / "en", folder)
    always = folder / "responses" / "always.yaml"
    lines = yaml.safe_load(always.read_text(encoding="utf-8"))
    lines["help"] = dict.fromkeys(lines["help"], TEMPTATION)
    always.write_text(yaml.safe_dump(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def assistants() -> Iterator[list[Running]]:
    """Give a list of shared assistants; check that each ends cleanly, without messages."""
    started: list[Running] = []
    yield started
    assert [(ended.code, ended.err) for ended in (running.end() for running in started)] == [(0, "")] * len(started)


@pytest.fixture
def assistant(room_with_echo: SoundServer, home: dict[str, str], pack: Path, assistants: list[Running]) -> Running:
    """Give a listening assistant in a room with echo: the last one, or a new one if that has ended."""
    assert room_with_echo
    if not assistants or assistants[-1].ended:
        assistants.append(Running(home, "--pack", str(pack)))
    return assistants[-1]


@pytest.fixture(scope="module")
def rendered(speech_cache: Path) -> Callable[[str], Samples]:
    """Give a function that renders a text like the assistant: (n,) float32 at the recording's rate."""
    settings = Settings()
    voice = CachedSynthesiser(EspeakVoice(language_of("en").voice), settings.speaking.rate, speech_cache / "rendered")

    def render(text: str) -> Samples:
        clip: Clip = fitted(text, 1.0, voice) if text in COUNTS else voice.render(text)
        return clip.resampled(RECORDING_RATE).samples

    return render


def check_counts(recorded: Samples, rendered: Callable[[str], Samples], counts: tuple[str, ...] = COUNTS) -> None:
    """Check that the counts lie within 2 ms of whole seconds after the first."""
    planned = [number * RECORDING_RATE for number in range(len(counts))]
    away = distances(recorded, [rendered(word) for word in counts], planned)
    assert max(map(abs, away)) <= 0.002 * RECORDING_RATE, away


def likeness(recorded: Samples, sound: Samples) -> float:
    """Return the likeness (1: the same) of a sound and its best match in a recording."""
    size = len(recorded) + len(sound)
    alike = np.fft.irfft(np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(sound, size)), size)
    start = int(alike[: len(recorded)].argmax())
    found = np.linalg.norm(recorded[start : start + len(sound)])
    return float(alike[start] / (found * np.linalg.norm(sound) + 1e-9))


def last_sound(recorded: Samples) -> float:
    """Return the time of the last audible sound in a recording, in seconds."""
    return float(np.flatnonzero(np.abs(recorded) > AUDIBLE).max(initial=0)) / RECORDING_RATE


def answer(server: SoundServer, said: Path, seconds: int) -> Samples:
    """Play speech into the room; return the loudspeaker's sound from its start until `seconds` after its end."""
    with server.record() as recording:
        server.speak(said)
        for _ in range(seconds):
            recording.wait(1.0)
    return recording.samples


@pytest.mark.usefixtures("assistant")
def test_a_spoken_request_is_answered_to_the_second(
    sound_server: SoundServer, spoken: Spoken, rendered: Callable[[str], Samples]
) -> None:
    """A spoken "help us pause" is answered with 18 counts, each on its second, and then silence."""
    recorded = answer(sound_server, spoken("help us pause"), 33)
    check_counts(recorded, rendered)
    assert last_sound(recorded) < len(recorded) / RECORDING_RATE - 1.0


@pytest.mark.usefixtures("assistant")
def test_it_does_not_answer_itself(
    sound_server: SoundServer, spoken: Spoken, rendered: Callable[[str], Samples]
) -> None:
    """The assistant says "give us a question" itself, and does not answer its own loudspeaker."""
    recorded = answer(sound_server, spoken("what can we say"), 13)
    assert likeness(recorded, rendered(TEMPTATION)) > 0.9
    assert max(likeness(recorded, rendered(beginning)) for beginning in BEGINNINGS) < 0.5


@pytest.mark.usefixtures("assistant")
def test_other_conversation_is_not_answered(sound_server: SoundServer, spoken: Spoken) -> None:
    """Conversation between two people gets no answer."""
    recorded = answer(sound_server, spoken("my sister drove the old car to the station on monday"), 3)
    assert np.abs(recorded).max() < AUDIBLE


@pytest.mark.usefixtures("assistant")
def test_real_people_are_not_answered_and_it_goes_on_listening(
    sound_server: SoundServer, spoken: Spoken, rendered: Callable[[str], Samples]
) -> None:
    """Recordings of real people get no answer; a request for a question after them does."""
    with sound_server.record() as strangers:
        for name in STRANGERS:
            sound_server.speak(Path(__file__).parent / "recordings" / name)
        strangers.wait(1.5)
    assert np.abs(strangers.samples).max() < AUDIBLE
    recorded = answer(sound_server, spoken("give us a question"), 5)
    assert max(likeness(recorded, rendered(beginning)) for beginning in BEGINNINGS) > 0.9


@pytest.mark.usefixtures("assistant")
def test_a_second_assistant_is_refused(home: dict[str, str]) -> None:
    """A second assistant says that one is running, and ends: two would answer each other."""
    done = subprocess.run(
        [sys.executable, "-m", "voice", "run"], env=home, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    Ran(done.returncode, done.stdout, done.stderr).refused(1, "running already")


@pytest.mark.usefixtures("assistant")
def test_a_muted_assistant_does_not_record(sound_server: SoundServer, home: dict[str, str]) -> None:
    """After `mute` no program records; after `unmute` the microphone is open again."""

    def command(*args: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "voice", *args], env=home, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert sound_server.recorders() == 1
    command("mute", "10")
    assert json.loads(command("status", "--json"))["state"] == "muted"
    assert sound_server.recorders() == 0
    command("unmute")
    for _ in range(round(PATIENCE / 0.1)):
        if sound_server.recorders() == 1:
            break
        time.sleep(0.1)
    assert sound_server.recorders() == 1
    assert json.loads(command("status", "--json"))["state"] == "listening"


def test_it_ends_in_the_middle_of_a_word(sound_server: SoundServer, spoken: Spoken, assistant: Running) -> None:
    """A service manager's signal ends a speaking assistant cleanly, and it is silent within a second."""
    with sound_server.record() as recording:
        sound_server.speak(spoken("help us pause"))
        recording.wait_for_sound(AUDIBLE)
        signalled = recording.seconds
        ended = assistant.end()
        recording.wait(1.0)
    assert (ended.code, ended.err) == (0, "")
    assert last_sound(recording.samples) < signalled + 1.0


def test_a_performed_pause_is_played_to_the_second(
    sound_server: SoundServer, home: dict[str, str], rendered: Callable[[str], Samples], tmp_path: Path
) -> None:
    """`moments perform pause` plays its counts on their seconds and prints each one as it comes."""
    settings = tmp_path / "settings.toml"
    settings.write_text("[pause]\nrounds = 1\n")
    command = [sys.executable, "-m", "voice", "perform", "pause", "--settings", str(settings)]
    with sound_server.record() as recording:
        done = subprocess.run(command, env=home, capture_output=True, text=True, check=False, timeout=2 * PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    counts = COUNTS[:6]
    assert [line.split("  ")[-1] for line in done.stdout.splitlines() if line.endswith(counts)] == list(counts)
    check_counts(recording.samples, rendered, counts)
