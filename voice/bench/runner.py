"""The runner: it sends recordings through the whole microphone path and records the answers.

The figures are defined here:

- A clip is followed by 2 s without speech, in which noise and the room's ringing go on: the endpointer has to find the
  end of an utterance in the same sound. An utterance that has not ended by then ends there.
- `hours` is the length of the clips alone. The real-time factor is the processor time for everything heard, the 2 s
  included, divided by the length of the clips alone, so it errs on the high side. Reading and mixing do not count.
- The speech ends with the last 10 ms whose power is within 35 dB of the loudest 10 ms of the clip on file. In a room
  the delay of the direct path is removed, so the same moment counts.
- The latency is the time from that moment to the intent, as with a microphone: a frame is processed once its sound has
  arrived and the frames before it are done, and takes the time measured here. Work done ahead, in a pause, counts
  as far as it delays later frames. Only accepted clips have a latency.
- A clip is heard at any time of day, or in the context that its line of the manifest names ("scene", "ask:NAME"), with
  the sentences that count there.
"""

import math
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.asr.engines import Choice
from voice.asr.lexicon import Lexicon, UnpronounceableError
from voice.asr.recogniser import Recogniser
from voice.audio.clip import to_int16
from voice.audio.microphone import FRAME, FRAME_SECONDS, RATE, frames_of
from voice.bench.cases import Case, load_set, pack_of, read_clip
from voice.bench.contexts import expected_in
from voice.bench.mixing import CLEAN, Condition, Samples, conditions_of, end_of_speech, noise_start, read_sound, render
from voice.bench.report import Report, errors_file, write_errors
from voice.bench.results import Answer, Result, Row
from voice.errors import InputError, SystemFailure
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Heard, Listener
from voice.listening.vad import VoiceDetector
from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import load_sentences
from voice.packs.load import load_lexicon
from voice.settings.file import load_settings
from voice.understanding.examples import sayings
from voice.understanding.text import reader_of

__all__ = ["ENGINES", "ListenerFactory", "Options", "PackListener", "levels_of", "listen", "measure", "run"]

Engine: TypeAlias = Literal["embedded", "vosk"]
ListenerFactory: TypeAlias = Callable[[], Listener]
"""Makes a fresh listener, ready for ANYTIME; called for every clip, so it must cache all expensive parts."""

ENGINES: tuple[Engine, ...] = ("embedded", "vosk")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Options:
    """The options of a run.

    Attributes:
        folder: the set.
        noises: files of noise, each mixed in at each of `levels`.
        levels: signal-to-noise ratios in dB.
        room: the file of a room's impulse response.
        engine: one of `ENGINES`.
        limit: the number of clips, from the first; None for all.
        jobs: the number of processes.
        seed: decides where in the noise each clip starts.
    """

    folder: Path
    noises: tuple[Path, ...] = ()
    levels: tuple[float, ...] = ()
    room: Path | None = None
    engine: str = "embedded"
    limit: int | None = None
    jobs: int = 1
    seed: int = 0


@dataclass(frozen=True)
class PackListener:
    """Makes listeners for a pack's sentences; recogniser and grammar are made once in each process.

    Attributes:
        folder: the language's folder, as `load_sentences` takes it.
        threshold: the confidence that an intent needs.
        silence: seconds of silence that end an utterance.
        engine: the recogniser.
        kept_in: the setting `keeping.folder`, the folder with fetched models.
        make: makes the recogniser from a lexicon, in place of the engine's; it must be picklable.
        second_ear: the setting `listening.second_ear`.
    """

    folder: Path
    threshold: float
    silence: float
    engine: Engine = "embedded"
    kept_in: str | None = None
    make: Callable[[Lexicon], Recogniser[Any]] | None = None
    second_ear: bool = True

    def __call__(self) -> Listener:
        """Return a fresh listener.

        Raises:
            MomentsError: the pack is invalid.
        """
        return replace(self._first, endpointer=Endpointer(self.silence), vad=VoiceDetector())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the recogniser."""
        fields = (self.folder, self.threshold, self.silence, self.engine, self.kept_in, self.make, self.second_ear)
        return PackListener, fields

    def _choice(self, language: str) -> Choice:
        return Choice(language, self.engine, self.kept_in, pack=self.folder, second_ear=self.second_ear)

    @cached_property
    def _first(self) -> Listener:
        """The prepared listener; the listeners of all clips share its recogniser and grammar."""
        sentences = load_sentences(self.folder)
        language = sentences.language
        if self.engine == "embedded" and not sentences.speech.is_pronounceable:
            raise InputError(f"{self.folder}: there is no dictionary for its language, {language}: try --engine vosk")
        lexicon = load_lexicon(self.folder, sentences.speech)
        said = partial(sayings, self.folder, sentences.speech)
        make = self.make or partial(self._choice(language).recogniser, sayings=said)
        reader = reader_of(self.folder, sentences)
        listener = Listener(sentences, make(lexicon), self.threshold, Endpointer(self.silence), reader)
        try:
            listener.prepare(ANYTIME)
        except UnpronounceableError as error:
            raise InputError(f"{sentences.place_of(error.word)}: {error}") from None
        return listener


def measure(
    options: Options, settings_file: Path | None = None, pack: Path | None = None, errors: Path | None = None
) -> Report:
    """Measure recognition on a set; show the progress if standard error is a terminal.

    Args:
        options: the options of the run.
        settings_file: the settings; threshold, silence, language and the folder of fetched models are used.
        pack: the pack for a set without its own.
        errors: a file for the wrong results; see `write_errors`.

    Raises:
        MomentsError: an option, the set, one of its files, a setting or the pack is invalid.
    """
    engine = _engine(options.engine)
    settings = load_settings(settings_file)
    conditions = conditions_of(options.noises, options.levels)
    room = None if options.room is None else read_sound(options.room)
    cases = load_set(options.folder)[: options.limit]
    folder = pack_of(options.folder, settings.language, pack)
    listening = settings.listening
    factory = PackListener(
        folder,
        listening.threshold,
        listening.silence,
        engine,
        settings.keeping.folder,
        second_ear=listening.second_ear,
    )
    with errors_file(errors) as file:
        with _progress(len(cases)) as progress:
            rows, memory = run(
                cases, factory, conditions, room=room, seed=options.seed, jobs=options.jobs, progress=progress
            )
        report = Report(options.engine, rows, memory)
        if file is not None:
            write_errors(report, file)
    return report


def run(  # noqa: PLR0913 - each is one option of the run, and all but two have a default
    cases: Sequence[Case],
    make_listener: ListenerFactory,
    conditions: Sequence[Condition] = (CLEAN,),
    *,
    room: Samples | None = None,
    seed: int = 0,
    jobs: int = 0,
    progress: Callable[[int], None] | None = None,
) -> tuple[tuple[Row, ...], float]:
    """Recognise every clip in every condition.

    With a threshold of 0 the listeners keep every intent, and `Row.at` gives the rows of any threshold.

    Args:
        cases: the clips.
        make_listener: makes a listener for each clip; with `jobs`, it must be picklable.
        conditions: the noises with their levels.
        room: (n,) float32 at 16 kHz, an impulse response to convolve each clip with first.
        seed: decides where in the noise each clip starts.
        jobs: the number of processes; 0 uses the present one. Only times depend on it.
        progress: called with the number of finished clips, after each.

    Returns:
        A row for each condition with a result for each clip, in order; the peak memory of a recognising process in MB.

    Raises:
        MomentsError: a clip or the pack is invalid, or a process died.
    """
    worker = _Worker(make_listener, tuple(conditions), room, seed)
    done: list[tuple[Result, ...]] = []
    memory = 0.0
    for results, megabytes in _recognise_all(worker, cases, jobs):
        done.append(results)
        memory = max(memory, megabytes)
        if progress:
            progress(len(done))
    rows = tuple(
        Row(condition, tuple(results[number] for results in done)) for number, condition in enumerate(conditions)
    )
    return rows, memory


def levels_of(text: str | None) -> tuple[float, ...]:
    """Read the levels of `--snr`, "6,9,12".

    Raises:
        InputError: a level is not a number of dB.
    """
    levels = []
    for part in text.split(",") if text is not None else ():
        try:
            level = float(part)
        except ValueError:
            level = math.nan
        if not abs(level) <= 100:  # noqa: PLR2004 - 16 bits hold 96 dB
            raise InputError(f'--snr {text}: "{part}" is no number of dB: write numbers such as 6,9,12')
        levels.append(level)
    return tuple(levels)


def listen(
    listener: Listener,
    samples: NDArray[np.int16],
    speech_end: float,
    contexts: Sequence[str] = (ANYTIME,),
    then: tuple[str, ...] = (),
) -> tuple[Answer, ...]:
    """Send a whole recording to a listener, frame by frame.

    Args:
        listener: a fresh listener, prepared for `contexts`.
        samples: (n,) int16 at 16 kHz.
        speech_end: seconds into the recording; latencies count from there.
        contexts: the contexts to understand it in.
        then: the contexts to try next.
    """
    answers = []
    frames = -(-samples.size // FRAME)
    ready = 0.0
    for number, frame in enumerate(frames_of(samples), start=1):
        began = time.perf_counter()
        utterance = listener.push(frame, *contexts, then=then)
        if number == frames and utterance is None:
            utterance = listener.endpointer.flush()
        heard = None if utterance is None else listener.understand(utterance, *contexts, then=then)
        ready = max(ready, number * FRAME_SECONDS) + time.perf_counter() - began
        if heard is not None:
            answers.append(_answer(heard, ready - speech_end))
    return tuple(answers)


@dataclass(frozen=True)
class _Worker:
    """Recognises a clip in every condition; each process has one."""

    make_listener: ListenerFactory
    conditions: tuple[Condition, ...]
    room: Samples | None
    seed: int

    def recognise(self, case: Case) -> tuple[tuple[Result, ...], float]:
        """Return a result for each condition, and this process's peak memory in MB."""
        speech = read_clip(case.path)
        ended = end_of_speech(speech)
        results = tuple(self._result(case, speech, ended, condition) for condition in self.conditions)
        return results, _peak_memory()

    def _result(self, case: Case, speech: Samples, ended: float, condition: Condition) -> Result:
        start = noise_start(self.seed, case.name, condition.noise.samples.size) if condition.noise else 0
        samples = to_int16(render(speech, condition, start, self.room))
        listener = self.make_listener()
        _prepare(listener, case)
        began = time.process_time()
        answers = listen(listener, samples, ended, *expected_in(case.context))
        return Result(case, answers, speech.size / RATE, time.process_time() - began)


_workers: list[_Worker] = []
"""The worker of a worker process, set by its initializer."""


def _recognise_all(worker: _Worker, cases: Sequence[Case], jobs: int) -> Iterator[tuple[tuple[Result, ...], float]]:
    if jobs == 0:
        yield from map(worker.recognise, cases)
        return
    with _one_thread():
        # Spawned, so that workers inherit neither memory nor threads from this process.
        pool = ProcessPoolExecutor(
            max(1, min(jobs, len(cases))), multiprocessing.get_context("spawn"), _start_worker, (worker,)
        )
        try:
            yield from pool.map(_recognise, cases)
        except BrokenProcessPool:
            raise SystemFailure("a process of the benchmark was killed: try again with fewer --jobs") from None
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker(worker: _Worker) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the parent reports Ctrl-C
    _workers[:] = [worker]


def _recognise(case: Case) -> tuple[tuple[Result, ...], float]:
    return _workers[0].recognise(case)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Restrict new processes to one thread: waiting threads spin, which would count as processor time."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _engine(name: str) -> Engine:
    for engine in ENGINES:
        if engine == name:
            return engine
    raise InputError(f'there is no engine "{name}": use one of {", ".join(ENGINES)}')


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None] | None]:
    """Give a function that prints the number of finished clips; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(done: int) -> None:
        sys.stderr.write(f"\r{done} of {total} clips")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def _peak_memory() -> float:
    """Return the peak memory of this process, in MB (10^6 bytes)."""
    # On Linux `ru_maxrss` is inherited from the parent process; VmHWM is not.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _prepare(listener: Listener, case: Case) -> None:
    """Compile the case's grammar before the time is taken."""
    if case.context != ANYTIME and case.context not in listener.sentences.contexts:
        known = ", ".join(sorted(listener.sentences.contexts))
        raise InputError(f'{case.name}: there are no sentences for the context "{case.context}": use one of {known}')
    listener.prepare(*expected_in(case.context)[0])


def _answer(heard: Heard, latency: float) -> Answer:
    text = heard.transcript.text if heard.transcript else None
    intent = heard.intent
    return Answer(
        text, heard.confidence, intent.name if intent else None, dict(intent.slots) if intent else {}, latency
    )
