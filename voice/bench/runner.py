"""Measures recognition on recordings: through the whole microphone path, in noise and in rooms.

What the figures count is decided here, once:

- A clip is followed by 2 s without speech; noise and the room's ringing go on through them, so that the endpointer is
  measured in the sound that it will have to find an end in. An utterance that has not ended by then ends there.
- `hours` is the length of the clips alone. The real-time factor divides the processor time of all that was heard, the
  2 s included, by the length of the clips alone: it errs on the dear side. Reading and mixing are not counted.
- The speech ends with the last 10 ms whose power lies within 35 dB of the loudest 10 ms, in the clip as it is on file.
  A room's sound is moved ahead by its direct path's delay, so the same moment counts there.
- The latency is the time from that moment to the intent, as it would be with a microphone: a frame is taken up when its
  sound is there and the work on the frames before it is done, and takes as long as it took here on the clock. Work that
  is done ahead, in a pause, thus counts as far as it makes later frames wait. It is that of the accepted clips.
- A clip is heard at any time of day, or in the context that its line in the manifest names ("scene", "ask:NAME"), with
  all that counts there.
"""

import hashlib
import json
import math
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from voice.asr.engines import Choice, dictionary_of, is_pronounceable
from voice.asr.lexicon import UnpronounceableError
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import FRAME, FRAME_SECONDS, RATE, frames_of
from voice.dialogue.rules import expected
from voice.errors import InputError, SystemFailure
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Heard, Listener
from voice.listening.vad import VoiceDetector
from voice.moments import MOMENTS
from voice.nlu.sentences import ANYTIME, ASLEEP, SCENE, asked, load_sentences
from voice.packs.pack import load_lexicon
from voice.settings import schema as all_settings
from voice.storage.paths import data_folder

__all__ = [
    "CLEAN",
    "ENGINES",
    "TAIL_SECONDS",
    "Answer",
    "Case",
    "Condition",
    "EarsFactory",
    "Noise",
    "Options",
    "PackEars",
    "Report",
    "Result",
    "Row",
    "Verdict",
    "conditions_of",
    "end_of_speech",
    "expected_in",
    "in_room",
    "levels_of",
    "listen",
    "load_set",
    "loudest_frame",
    "measure",
    "noise_start",
    "pack_of",
    "render",
    "run",
    "summarise",
    "verdict",
    "write_errors",
]

Samples: TypeAlias = NDArray[np.float32]
Verdict: TypeAlias = Literal["accepted", "misheard", "missed", "rejected", "false accept"]
Engine: TypeAlias = Literal["embedded", "vosk"]
EarsFactory: TypeAlias = Callable[[], Listener]
"""Makes ears that have heard nothing yet, ready for ANYTIME; called for every clip, so what is dear has to be kept."""

ENGINES: tuple[Engine, ...] = ("embedded", "vosk")
TAIL_SECONDS = 2.0
_LEVEL_FRAME = 2048
_SPEECH_WINDOW = RATE // 100
_SPEECH_RANGE = 35.0
_LARGEST_BLOCK = 1 << 20
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Case:
    """A clip and what should come of it.

    Attributes:
        name: the clip as the manifest names it.
        path: its file.
        intent: the intent that is wanted; None if it must trigger nothing.
        slots: the slots that are labelled.
        context: when it is said: `ANYTIME`, `SCENE` or that of a question, as `voice.nlu.sentences.asked` writes it.
    """

    name: str
    path: Path
    intent: str | None
    slots: Mapping[str, Any] = field(default_factory=dict)
    context: str = ANYTIME


@dataclass(frozen=True, eq=False)
class Noise:
    """A noise: its file's name, and (n,) float32 at 16 kHz that are looped."""

    name: str
    samples: Samples


@dataclass(frozen=True, eq=False)
class Condition:
    """The noise that the clips are heard in, and how many dB the speech lies above it."""

    noise: Noise | None = None
    snr: float = 0.0


CLEAN = Condition()


@dataclass(frozen=True)
class Answer:
    """What came of one utterance.

    Attributes:
        text: the best sentence, sure or not; None if none fits at all.
        confidence: how sure the recogniser is, in [0, 1].
        intent: the intent's name, None if it was not sure enough.
        slots: its slots.
        latency: seconds from the clip's end of speech to the intent; see the top of this file.
    """

    text: str | None
    confidence: float
    intent: str | None
    slots: Mapping[str, Any]
    latency: float


@dataclass(frozen=True)
class Result:
    """What came of one clip: its answers in order, its length in seconds, and the processor's seconds spent on it."""

    case: Case
    answers: tuple[Answer, ...]
    seconds: float
    processor_seconds: float

    @property
    def verdict(self) -> Verdict:
        """Whether it is what was wanted."""
        return verdict(self.case, self.answers)

    def at(self, threshold: float) -> "Result":
        """Return what would have come of it at a threshold at least as high as the one it was heard with."""
        answers = (
            answer if answer.confidence >= threshold else replace(answer, intent=None, slots={})
            for answer in self.answers
        )
        return replace(self, answers=tuple(answers))


@dataclass(frozen=True)
class Row:
    """All clips in one condition."""

    condition: Condition
    results: tuple[Result, ...]

    def at(self, threshold: float) -> "Row":
        """Return the row at another threshold; see `Result.at`."""
        return replace(self, results=tuple(result.at(threshold) for result in self.results))


@dataclass(frozen=True)
class Report:
    """Everything that was measured.

    Attributes:
        engine: the recogniser.
        rows: one for each condition, clean first.
        peak_memory_mb: the most memory (10^6 bytes) that a process took which recognises, the clip it hears included.
    """

    engine: str
    rows: tuple[Row, ...]
    peak_memory_mb: float

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        rows = [summarise(row) for row in self.rows]
        return {"engine": self.engine, "rows": rows, "peak_memory_mb": round(self.peak_memory_mb, 1)}

    def lines(self) -> list[str]:
        """Return it as a table for people."""
        heads = ("noise", "dB", "clips", "accepted", "misheard", "missed", "false accepts", "of one core", "p50", "p95")
        table = [heads, *(_cells(summarise(row)) for row in self.rows)]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(heads))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) for cells in table]
        return [*lines, f"engine {self.engine}, peak memory {self.peak_memory_mb:.0f} MB"]


@dataclass(frozen=True)
class Options:
    """What to measure.

    Attributes:
        folder: the set.
        noises: files of noise, each mixed in at each of `levels` (dB).
        levels: signal-to-noise ratios in dB.
        room: a room's impulse response.
        engine: one of `ENGINES`.
        limit: how many clips, from the first; all if None.
        jobs: how many processes.
        seed: where in the noise the clips lie.
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
class PackEars:
    """Listener for a pack's sentences; the recogniser and its grammar are made once in each process.

    Attributes:
        folder: the language's folder, as `load_sentences` takes it.
        threshold: how sure the recogniser has to be.
        silence: seconds of silence that end an utterance.
        engine: the recogniser.
        kept_in: the setting `keeping.folder`, where fetched models lie.
    """

    folder: Path
    threshold: float
    silence: float
    engine: Engine = "embedded"
    kept_in: str | None = None

    def __call__(self) -> Listener:
        """Return ears that have heard nothing yet.

        Raises:
            MomentsError: the pack is not as it should be.
        """
        return replace(self._first, endpointer=Endpointer(self.silence), vad=VoiceDetector())

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process without the recogniser."""
        return PackEars, (self.folder, self.threshold, self.silence, self.engine, self.kept_in)

    @cached_property
    def _first(self) -> Listener:
        """Listener that are prepared; those for each clip share their recogniser and grammar."""
        sentences = load_sentences(self.folder)
        language = sentences.language
        if self.engine == "embedded" and not is_pronounceable(language):
            raise InputError(f"{self.folder}: there is no dictionary for its language, {language}: try --engine vosk")
        lexicon = load_lexicon(self.folder, dictionary_of(language))
        recogniser = Choice(language, self.engine, self.kept_in).recogniser(lexicon)
        listener = Listener(sentences, recogniser, self.threshold, Endpointer(self.silence))
        try:
            listener.prepare(ANYTIME)
        except UnpronounceableError as error:
            raise InputError(f"{sentences.place_of(error.word)}: {error}") from None
        return listener


def measure(
    options: Options, settings_file: Path | None = None, pack: Path | None = None, errors: Path | None = None
) -> Report:
    """Measure recognition on a set, with a line of progress where standard error is a terminal.

    Args:
        options: what to measure.
        settings_file: the settings; threshold, silence, language and the folder of fetched models count.
        pack: the pack for a set that has none of its own.
        errors: a file for the clips that went wrong; see `write_errors`.

    Raises:
        MomentsError: an option, the set, a file of it, a setting or the pack is not as it should be.
    """
    engine = _engine(options.engine)
    settings = all_settings.load(settings_file)
    conditions = conditions_of(options.noises, options.levels)
    room = None if options.room is None else _sound(options.room)
    cases = load_set(options.folder)[: options.limit]
    folder = pack_of(options.folder, settings.language, pack)
    listening = settings.listening
    factory = PackEars(folder, listening.threshold, listening.silence, engine, settings.keeping.folder)
    with _errors_file(errors) as file:
        with _progress(len(cases)) as progress:
            rows, memory = run(
                cases, factory, conditions, room=room, seed=options.seed, jobs=options.jobs, progress=progress
            )
        report = Report(options.engine, rows, memory)
        if file is not None:
            write_errors(report, file)
    return report


def run(  # noqa: PLR0913 - each is one knob of the measurement, and all but two have a default
    cases: Sequence[Case],
    ears_factory: EarsFactory,
    conditions: Sequence[Condition] = (CLEAN,),
    *,
    room: Samples | None = None,
    seed: int = 0,
    jobs: int = 0,
    progress: Callable[[int], None] | None = None,
) -> tuple[tuple[Row, ...], float]:
    """Let ears hear every clip in every condition.

    Listener with a threshold of 0 leave every intent in; `Row.at` then gives the rows of any threshold from one run.

    Args:
        cases: the clips.
        ears_factory: makes ears for each clip; with `jobs`, it has to be picklable.
        conditions: the noises.
        room: (n,) float32 at 16 kHz, the impulse response that each clip is convolved with first.
        seed: where in the noise the clips lie.
        jobs: processes to share the clips among; 0 does it all in this one. It changes no result but the times.
        progress: is told how many clips are done, after each.

    Returns:
        A row for each condition with a result for each clip, in order; the peak memory in MB of a process that hears.

    Raises:
        MomentsError: a clip or the pack is not as it should be, or a process died.
    """
    booth = _Booth(ears_factory, tuple(conditions), room, seed)
    heard: list[tuple[Result, ...]] = []
    memory = 0.0
    for results, megabytes in _hear_all(booth, cases, jobs):
        heard.append(results)
        memory = max(memory, megabytes)
        if progress:
            progress(len(heard))
    rows = tuple(
        Row(condition, tuple(results[number] for results in heard)) for number, condition in enumerate(conditions)
    )
    return rows, memory


def load_set(folder: Path) -> list[Case]:
    """Read a set's manifest; blank lines are left out.

    Raises:
        InputError: it is missing or broken, or a clip is missing: the file, the line, and what to do.
    """
    path = folder / "manifest.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path} is not there: name a folder with a manifest.jsonl and its clips") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the file's rights") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8: save it in that encoding") from None
    cases = [_case(folder, f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise InputError(f"{path}: names no clips: add a line for each")
    return cases


def pack_of(folder: Path, language: str, pack: Path | None = None) -> Path:
    """Return the folder of the sentences that a set is heard with: its own, else `pack`, else the default one.

    Raises:
        InputError: the set's own pack has several languages and none of them is `language`, or none at all.
    """
    own = folder / "intents"
    if not own.is_dir():
        chosen = pack or data_folder("intents")
        inner = chosen / language
        return inner if pack is None or inner.is_dir() else chosen
    languages = sorted(place for place in own.iterdir() if place.is_dir())
    if own / language in languages:
        return own / language
    if len(languages) == 1:
        return languages[0]
    raise InputError(f"{own}: has no folder {language}: put the sentences there, or set language")


def expected_in(context: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return all that counts in a context, and what counts after that, as in the conversation."""
    if context in {ANYTIME, SCENE, ASLEEP}:
        return (context,), ()
    asks = (ask for moment in MOMENTS.values() for ask in moment.asks)
    ask = next((ask for ask in asks if asked(ask.name) == context), None)
    return ((SCENE, context), ()) if ask is None else expected(ask)


def levels_of(text: str | None) -> tuple[float, ...]:
    """Read the levels of `--snr`, "6,9,12".

    Raises:
        InputError: one of them is no number of dB.
    """
    levels = []
    for part in text.split(",") if text is not None else ():
        try:
            level = float(part)
        except ValueError:
            level = math.nan
        if not abs(level) <= 100:  # noqa: PLR2004 - 16 bits hold 96 dB
            raise InputError(f'--snr {text}: "{part}" is no number of dB: write such as 6,9,12')
        levels.append(level)
    return tuple(levels)


def conditions_of(noises: Sequence[Path], levels: Sequence[float]) -> tuple[Condition, ...]:
    """Return the conditions to measure in: clean, then each noise at each level.

    Raises:
        InputError: there are noises but no levels or the other way round, or a noise cannot be used.
    """
    if bool(noises) != bool(levels):
        given, missing = ("--noise", "--snr 6,9,12") if noises else ("--snr", "--noise FILE")
        raise InputError(f"{given} alone says too little: add {missing}")
    read = [Noise(path.name, _sound(path)) for path in noises]
    return (CLEAN, *(Condition(noise, level) for noise in read for level in levels))


def end_of_speech(samples: Samples) -> float:
    """Return when the speech in a clean clip ends, in seconds; 0 where there is no sound.

    Args:
        samples: (n,) float32 at 16 kHz.
    """
    windows = np.pad(samples, (0, -samples.size % _SPEECH_WINDOW)).reshape(-1, _SPEECH_WINDOW)
    power = np.einsum("ij,ij->i", windows, windows, dtype=np.float64)
    if not power.any():
        return 0.0
    loud = np.flatnonzero(power >= power.max() * 10 ** (-_SPEECH_RANGE / 10))
    return min((int(loud[-1]) + 1) * _SPEECH_WINDOW, samples.size) / RATE


def loudest_frame(samples: Samples) -> float:
    """Return the sum of squares of the loudest frame of 2048 samples.

    The frames do not overlap, and what is left over at the end does not count, as in the mixer of Picovoice's
    speech-to-intent benchmark; a shorter clip is one frame.
    """
    whole = samples.size - samples.size % _LEVEL_FRAME
    frames = samples[:whole].reshape(-1, _LEVEL_FRAME) if whole else samples.reshape(1, -1)
    return float(np.einsum("ij,ij->i", frames, frames, dtype=np.float64).max())


def noise_start(seed: int, name: str, size: int) -> int:
    """Return the sample of a noise of `size` samples that a clip begins at: the seed's and the clip name's alone."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * size >> 64


def in_room(speech: Samples, impulse: Samples, size: int) -> Samples:
    """Put speech into a room.

    The strongest sample of the impulse response is taken for the direct path, and its delay is left out. The loudest
    frame stays as loud as it was: how far away people stand is not what a room is for.

    Args:
        speech: (n,) float32.
        impulse: (m,) float32 at the same rate.
        size: how many samples to return: beyond the speech, the room rings on.
    """
    delay = int(np.abs(impulse).argmax())
    wet = _convolve(speech, impulse)[delay : delay + size]
    wet = np.pad(wet, (0, size - wet.size))
    loudness = loudest_frame(wet[: speech.size])
    return wet if loudness == 0.0 else wet * np.float32(math.sqrt(loudest_frame(speech) / loudness))


def render(speech: Samples, condition: Condition, start: int = 0, room: Samples | None = None) -> Samples:
    """Return what the microphone hears of a clip, with the 2 s after it.

    The noise is as loud as the loudest frames ask for, of the speech (in its room) and of the noise that lies under it;
    it goes on after the clip. A silent clip gets none, for it has no level to be measured from. All is scaled down
    together if it would clip.

    Args:
        speech: (n,) float32 in [-1, 1] at 16 kHz.
        condition: the noise.
        start: the sample of the noise that the clip begins at.
        room: (m,) float32, an impulse response.

    Returns:
        (n + 32000,) float32 in [-1, 1].
    """
    size = speech.size + round(TAIL_SECONDS * RATE)
    sound = np.pad(speech, (0, size - speech.size)) if room is None else in_room(speech, room, size)
    if condition.noise is not None:
        noise = condition.noise.samples
        piece = np.resize(np.roll(noise, -start), size)
        loudness = loudest_frame(piece[: speech.size]) or loudest_frame(noise)
        ratio = loudest_frame(sound[: speech.size]) / loudness
        piece *= np.float32(math.sqrt(ratio / 10 ** (condition.snr / 10)))
        sound += piece
    peak = float(max(sound.max(), -sound.min()))
    if peak > 1.0:
        sound /= np.float32(peak)
    return sound


def listen(
    listener: Listener,
    samples: NDArray[np.int16],
    speech_end: float,
    contexts: Sequence[str] = (ANYTIME,),
    then: tuple[str, ...] = (),
) -> tuple[Answer, ...]:
    """Let ears hear a whole recording, frame by frame.

    Args:
        listener: fresh listener, ready for `contexts`.
        samples: (n,) int16 at 16 kHz.
        speech_end: seconds into the recording that latencies count from.
        contexts: what it is understood in.
        then: what it is understood in if it is none of those.
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


def verdict(case: Case, answers: Sequence[Answer]) -> Verdict:
    """Judge a clip: the rule of Picovoice's speech-to-intent benchmark, and one intent at most."""
    intents = [answer for answer in answers if answer.intent is not None]
    if case.intent is None:
        return "false accept" if intents else "rejected"
    if not intents:
        return "missed"
    right = len(intents) == 1 and intents[0].intent == case.intent and _has(intents[0].slots, case.slots)
    return "accepted" if right else "misheard"


def summarise(row: Row) -> dict[str, Any]:
    """Return a row's figures as `--json` has them.

    `acceptance`, `misheard` and `missed` are shares of the clips that wanted an intent, `accepted` and `false_accepts`
    are counts; false accepts are counted per hour of the clips that must trigger nothing. What there are no clips for
    is None.
    """
    verdicts = [result.verdict for result in row.results]
    wanted = sum(result.case.intent is not None for result in row.results)
    false_accepts = verdicts.count("false accept")
    seconds = sum(result.seconds for result in row.results)
    unwanted_seconds = sum(result.seconds for result in row.results if result.case.intent is None)
    accepted = [result for result in row.results if result.verdict == "accepted"]
    waits = [answer.latency for result in accepted for answer in result.answers if answer.intent is not None]
    noise = row.condition.noise
    return {
        "noise": noise.name if noise else None,
        "snr": _plain(row.condition.snr) if noise else None,
        "clips": len(row.results),
        "wanted": wanted,
        "accepted": len(accepted),
        "acceptance": _share(len(accepted), wanted, 4),
        "misheard": _share(verdicts.count("misheard"), wanted, 4),
        "missed": _share(verdicts.count("missed"), wanted, 4),
        "unwanted": len(row.results) - wanted,
        "false_accepts": false_accepts,
        "false_accepts_per_hour": _share(false_accepts, unwanted_seconds / 3600, 2),
        "hours": round(seconds / 3600, 6),
        "real_time_factor": _share(sum(result.processor_seconds for result in row.results), seconds, 4),
        "latency_ms": {
            f"p{part}": round(float(np.percentile(waits, part)) * 1000, 1) if waits else None for part in (50, 95)
        },
    }


def write_errors(report: Report, file: TextIO) -> None:
    """Write a line of JSON for each clip that went wrong, row by row.

    `heard` are the sentences that were taken for an intent (joined by " / "), or else the best one that was not sure
    enough; `confidence` is the highest of them.
    """
    for row in report.rows:
        noise = row.condition.noise
        for result in row.results:
            if result.verdict in {"accepted", "rejected"}:
                continue
            sure = [answer for answer in result.answers if answer.intent is not None]
            shown = sure or sorted(result.answers, key=lambda answer: answer.confidence)[-1:]
            case = result.case
            entry = {
                "clip": case.name,
                "verdict": result.verdict,
                "heard": " / ".join(answer.text for answer in shown if answer.text is not None) or None,
                "answered": [{"intent": answer.intent, "slots": dict(answer.slots)} for answer in sure],
                "expected": None if case.intent is None else {"intent": case.intent, "slots": dict(case.slots)},
                "confidence": round(max((answer.confidence for answer in shown), default=0.0), 4),
                "noise": noise.name if noise else None,
                "snr": _plain(row.condition.snr) if noise else None,
            }
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class _Booth:
    """Where a clip is heard in every condition; each process has one."""

    ears_factory: EarsFactory
    conditions: tuple[Condition, ...]
    room: Samples | None
    seed: int

    def hear(self, case: Case) -> tuple[tuple[Result, ...], float]:
        """Return a result for each condition, and this process's peak memory in MB."""
        speech = _speech(case.path)
        ended = end_of_speech(speech)
        results = tuple(self._result(case, speech, ended, condition) for condition in self.conditions)
        return results, _peak_memory()

    def _result(self, case: Case, speech: Samples, ended: float, condition: Condition) -> Result:
        start = noise_start(self.seed, case.name, condition.noise.samples.size) if condition.noise else 0
        samples = to_int16(render(speech, condition, start, self.room))
        listener = self.ears_factory()
        _prepare(listener, case)
        began = time.process_time()
        answers = listen(listener, samples, ended, *expected_in(case.context))
        return Result(case, answers, speech.size / RATE, time.process_time() - began)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    audio: str
    intent: str | None
    slots: dict[str, str | int | float | bool] = {}
    context: str = ANYTIME


_booths: list[_Booth] = []
"""The booth of a worker process: what its initializer was given."""


def _hear_all(booth: _Booth, cases: Sequence[Case], jobs: int) -> Iterator[tuple[tuple[Result, ...], float]]:
    if jobs == 0:
        yield from map(booth.hear, cases)
        return
    with _one_thread():
        # Spawned, so that a worker's memory and threads are its own, whatever this process has done before.
        pool = ProcessPoolExecutor(
            max(1, min(jobs, len(cases))), multiprocessing.get_context("spawn"), _open_booth, (booth,)
        )
        try:
            yield from pool.map(_hear, cases)
        except BrokenProcessPool:
            raise SystemFailure(
                "a process of the benchmark was ended from outside: try again with fewer --jobs"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _open_booth(booth: _Booth) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C is the parent's to tell about
    _booths[:] = [booth]


def _hear(case: Case) -> tuple[tuple[Result, ...], float]:
    return _booths[0].hear(case)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes that are started meanwhile compute in one thread: spinning ones would count as work."""
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
def _errors_file(path: Path | None) -> Iterator[TextIO | None]:
    """Open the file before anything is measured: a wrong name should not cost an hour."""
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}): name another file for --errors") from None
    with file:
        yield file


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None] | None]:
    """Give something that writes how many clips are done, or None where nobody watches."""
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
    """Return the most memory this process has taken, in MB (10^6 bytes)."""
    # Linux hands the parent's peak down in `ru_maxrss` when a program is started; this one begins anew.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _case(folder: Path, place: str, line: str) -> Case:
    try:
        shape = _Line.model_validate(json.loads(line))
    except (json.JSONDecodeError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise InputError(f"{place}: is no JSON ({reason}): write one object on the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][:2])) or "the line"
        raise InputError(f"{place}: {where}: {first['msg'].lower()}: write audio, intent, slots and context") from None
    if shape.intent is None and shape.slots:
        raise InputError(f"{place}: has slots but no intent: take them out, or name it")
    path = folder / shape.audio
    if not shape.audio or "\0" in shape.audio or not path.is_file():
        raise InputError(f"{place}: the clip {path} is not there: add it, or take out the line")
    return Case(shape.audio, path, shape.intent, shape.slots, shape.context)


def _prepare(listener: Listener, case: Case) -> None:
    """Make the case's grammar, so that the first clip of each context does not pay for it."""
    if case.context != ANYTIME and case.context not in listener.sentences.contexts:
        known = ", ".join(sorted(listener.sentences.contexts))
        raise InputError(f'{case.name}: no sentence counts in the context "{case.context}": use one of {known}')
    listener.prepare(*expected_in(case.context)[0])


def _speech(path: Path) -> Samples:
    """Return a clip as (n,) float32 at 16 kHz; one of no length is a clip like any other here."""
    with suppress(soundfile.LibsndfileError):
        if soundfile.info(str(path)).frames == 0:
            return np.zeros(0, np.float32)
    return Clip.read(path).resampled(RATE).samples


def _sound(path: Path) -> Samples:
    """Return a noise or an impulse response as (n,) float32 at 16 kHz."""
    samples = Clip.read(path).resampled(RATE).samples
    if not samples.any():
        raise InputError(f"{path} is silent: choose another file")
    return samples


def _convolve(one: Samples, other: Samples) -> Samples:
    """Return the whole convolution, (n + m - 1,) or nothing; in blocks, so that an hour fits into the memory."""
    if not one.size:
        return one
    total = one.size + other.size - 1
    step = min(one.size, max(_LARGEST_BLOCK, other.size))
    size = 1 << (step + other.size - 2).bit_length()
    spectrum = np.fft.rfft(other, size)
    whole = np.zeros(total, np.float32)
    for begin in range(0, one.size, step):
        block = one[begin : begin + step]
        length = block.size + other.size - 1
        whole[begin : begin + length] += np.fft.irfft(np.fft.rfft(block, size) * spectrum, size)[:length]
    return whole


def _answer(heard: Heard, latency: float) -> Answer:
    text = heard.transcript.text if heard.transcript else None
    confidence = heard.transcript.confidence if heard.transcript else 0.0
    intent = heard.intent
    return Answer(text, confidence, intent.name if intent else None, dict(intent.slots) if intent else {}, latency)


def _has(slots: Mapping[str, Any], labelled: Mapping[str, Any]) -> bool:
    return all(
        name in slots and str(_plain(slots[name])).strip() == str(_plain(value)).strip()
        for name, value in labelled.items()
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a slot may hold any JSON value
    """Whole numbers are written without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _share(part: float, whole: float, digits: int) -> float | None:
    return round(part / whole, digits) if whole else None


def _cells(figures: Mapping[str, Any]) -> tuple[str, ...]:
    def share(name: str) -> str:
        return "-" if figures[name] is None else f"{figures[name]:.1%}"

    def wait(name: str) -> str:
        milliseconds = figures["latency_ms"][name]
        return "-" if milliseconds is None else f"{milliseconds:.0f} ms"

    per_hour = figures["false_accepts_per_hour"]
    factor = figures["real_time_factor"]
    return (
        figures["noise"] or "-",
        "-" if figures["snr"] is None else f"{figures['snr']:g}",
        str(figures["clips"]),
        share("acceptance"),
        share("misheard"),
        share("missed"),
        "-" if per_hour is None else f"{figures['false_accepts']} ({per_hour:.1f} an hour)",
        "-" if factor is None else f"{factor:.3f}",
        wait("p50"),
        wait("p95"),
    )
