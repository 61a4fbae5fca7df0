"""Measures the conversation: exact counts, time to answer, start, memory, processor. `script/bench` runs it.

Each figure is printed with its limit. Times depend on the machine and its load: the median of several runs is given,
and for comparison the time of a fixed calculation in the same run.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from figures import Figures, yardstick
from listening import distances
from sound_server import RECORDING_RATE, SoundServer

from voice.assistant import FILE_RATE, Assistant, assemble, synthesiser
from voice.audio.microphone import EndOfSound
from voice.audio.simulated import FileMicrophone, TimelineLoudspeaker
from voice.clock import CountedClock
from voice.demo import EVENING, play
from voice.dialogue.loop import Conversation, Devices
from voice.dialogue.rules import next_turn
from voice.dialogue.trace import Began, Traced, Uttered
from voice.nlu.intent import Intent
from voice.settings.schema import Settings
from voice.tts.score import lay

MOMENTS = (sys.executable, "-m", "voice")
REQUESTS = ("help us pause", "give us a question", "what can we say", "let's share our gratitude", "say that again")
STARTS = 5
IDLE_SECONDS = 20.0
REPEATS = 5


def main() -> None:
    """Print all figures; exit with 1 if one misses its limit."""
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    figures = Figures()
    try:
        settings = Settings.model_validate({"keeping": {"folder": str(folder / "data")}})
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        clock = CountedClock(EVENING)
        assistant = assemble(settings, clock=clock)
        counts_in_the_score(assistant, figures)
        time_to_answer(assistant, folder, figures)
        demo(assistant, clock, figures)
        server = SoundServer(folder)
        try:
            counts_at_the_loudspeaker(assistant, server, figures)
            running(server, figures)
        finally:
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(not figures.good)


def counts_in_the_score(assistant: Assistant, figures: Figures) -> None:
    """Measure how far the counts of the pause are from their planned samples, at each usual rate."""
    for rate in (22_050, 44_100, 48_000):
        cues = next_turn(assistant.stage.script(Intent("Pause"))).cues
        starts = [
            mark.start
            for mark in lay(cues, assistant.synthesiser, rate).marks
            if getattr(mark.cue, "takes", None) == 1.0
        ]
        furthest = max(abs(start - starts[0] - number * rate) for number, start in enumerate(starts))
        figures.add(
            f"perform pause: {len(starts)} counts in the score, at {rate} Hz, from plan",
            f"{furthest} samples",
            "0",
            good=furthest == 0 and len(starts) == 18,
        )


def counts_at_the_loudspeaker(assistant: Assistant, server: SoundServer, figures: Figures) -> None:
    """Measure how far the counts are from plan in a recording of the loudspeaker's monitor."""
    with server.record() as recording:
        command = [*MOMENTS, "perform", "pause", "--json"]
        done = subprocess.run(command, env=server.env, capture_output=True, text=True, check=True)
    cues = [cue for cue in json.loads(done.stdout)["cues"] if cue["for"] == 1.0 and "say" in cue]
    words = [assistant.synthesiser.render(cue["say"]).resampled(RECORDING_RATE).samples for cue in cues]
    planned = [round((cue["at"] - cues[0]["at"]) * RECORDING_RATE) for cue in cues]
    furthest = max(abs(distance) for distance in distances(recording.samples, words, planned)) / RECORDING_RATE
    figures.add(
        f"perform pause: {len(cues)} counts at PulseAudio's monitor, from plan",
        f"{1000 * furthest:.2f} ms",
        "within 2 ms",
        good=furthest < 0.002,
    )


def time_to_answer(assistant: Assistant, folder: Path, figures: Figures) -> None:
    """Measure the time from the end of an utterance to the first sample of its cached answer."""
    times: list[float] = []
    for number, request in enumerate(REQUESTS):
        path = folder / f"{number}.wav"
        synthesiser(assistant.settings, "en-us").render(request).write(path)
        _answer(assistant, path)  # fills the cache
        times += [_answer(assistant, path) for _ in range(REPEATS)]
    median = statistics.median(times)
    figures.add(
        f"end of utterance to the answer's first sample, median of {len(times)}",
        f"{1000 * median:.0f} ms = {median / yardstick():.1f} yardsticks",
        "below 350 ms",
        good=median < 0.35,
    )


def _answer(assistant: Assistant, path: Path) -> float:
    """Send a request through the microphone path; return the seconds of computing until the answer plays."""
    clock = CountedClock()
    ended: list[float] = []

    def report(event: Traced) -> None:
        if isinstance(event, Uttered | Began):
            ended.append(time.perf_counter())

    microphone = FileMicrophone(path, clock)
    conversation = Conversation(
        Devices(microphone, TimelineLoudspeaker(clock, FILE_RATE), clock),
        assistant.listener(),
        assistant.stage,
        assistant.synthesiser,
        assistant.ask_timeouts,
        report,
    )
    try:
        while len(ended) < 2:
            conversation.tick()
    except EndOfSound:
        sys.exit(f"{path} was not understood")
    return ended[1] - ended[0]


def demo(assistant: Assistant, clock: CountedClock, figures: Figures) -> None:
    """Measure how much of the demo is understood."""
    outcome = play(assistant, clock, lambda _line: None)
    figures.add(
        "the demo's requests understood",
        f"{outcome.understood} of {outcome.requests}",
        "all",
        good=outcome.understood == outcome.requests,
    )
    figures.add(
        "the demo's length to its computing time",
        f"{outcome.seconds / outcome.computing:.0f} times",
        "more than 1",
        good=outcome.seconds > outcome.computing,
    )


def running(server: SoundServer, figures: Figures) -> None:
    """Measure start, memory and processor of `moments run` in silence."""
    starts = []
    for _ in range(STARTS):
        with _assistant(server) as (_, seconds):
            starts.append(seconds)
    figures.add(
        f"moments run: start to listening, median of {STARTS}",
        f"{statistics.median(starts):.2f} s",
        "below 1.5 s",
        good=statistics.median(starts) < 1.5,
    )
    with _assistant(server) as (pid, _):
        before = _processor(pid)
        time.sleep(IDLE_SECONDS)
        busy = (_processor(pid) - before) / IDLE_SECONDS
        memory = _memory(pid)
    figures.add("moments run: memory while listening", f"{memory:.0f} MB", "below 400 MB", good=memory < 400)
    figures.add("moments run: processor while nobody speaks", f"{100 * busy:.1f} %", "below 4 %", good=busy < 0.04)


@contextmanager
def _assistant(server: SoundServer) -> Iterator[tuple[int, float]]:
    """Run the assistant; give its process id and the seconds until it listened."""
    started = time.perf_counter()
    with subprocess.Popen([*MOMENTS, "run"], env=server.env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - started
        if not line.startswith("Listening"):
            sys.exit("moments run does not start")
        try:
            yield process.pid, seconds
        finally:
            process.send_signal(signal.SIGTERM)


def _processor(pid: int) -> float:
    """Return the processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Return the memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1000


if __name__ == "__main__":
    main()
