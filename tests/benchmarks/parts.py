"""The parts of the recognition table: each measures one thing and returns its outcome as JSON."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from mistakes import mistakes
from samples import Wanted, balanced
from voices import Voice, chosen, render

from voice.audio.clip import Clip
from voice.audio.microphone import RATE
from voice.bench.cases import Case, load_set, pack_of
from voice.bench.contexts import expected_in
from voice.bench.mixing import CLEAN, Condition, Noise
from voice.bench.results import Result, Row, summarise, verdict
from voice.bench.runner import PackListener, run
from voice.nlu.matcher import match
from voice.nlu.sentences import Sentences, load_sentences
from voice.settings.schema import Settings
from voice.storage.paths import data_folder

Outcome: TypeAlias = dict[str, Any]
"""The outcome of a part: plain JSON."""

HERE = Path(__file__).parent
LANGUAGE = "en"
SEED = 0
SAMPLE_SNR = 12.0
_PIECE_MINUTES = 6.0


@dataclass(frozen=True)
class Scale:
    """The amount to measure.

    Attributes:
        name: "full" or another name.
        clips: the number of clips of each set, evenly spread; None for all.
        levels: the levels of the kitchen's noise in dB.
        sentences: the number of sentences for each voice.
        sample: how many of these are measured in noise and in rooms.
        every: each noise gets one in so many of the sample from each voice, the next noise the following; 1 is all.
        minutes: the minutes of each noise alone.
    """

    name: str
    clips: int | None
    levels: tuple[float, ...]
    sentences: int
    sample: int
    every: int
    minutes: float


# Each noise gets every other sentence of each voice: all of them would not fit into an hour.
FULL = Scale("full", None, (6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0), 400, 100, 2, 12.0)
QUICK = Scale("quick", 24, (6.0, 15.0, 24.0), 24, 9, 4, 1.0)


@dataclass(frozen=True)
class Workshop:
    """The material that the parts share.

    Attributes:
        shared: the folder of recordings: coffee, reject, noise, rooms.
        folder: a folder for temporary files.
        scale: the amount to measure.
        sentences: the most sentences that a voice speaks.
        jobs: the number of recognising processes.
    """

    shared: Path
    folder: Path
    scale: Scale
    sentences: int
    jobs: int = 2

    @cached_property
    def pack(self) -> Sentences:
        """The default pack's sentences."""
        return load_sentences(data_folder("intents") / LANGUAGE)

    @cached_property
    def sample(self) -> tuple[Wanted, ...]:
        """The balanced sample."""
        return balanced(self.pack, self.sentences, SEED)

    @cached_property
    def spoken(self) -> dict[Voice, list[Case]]:
        """The sample in each voice; rendered once."""
        texts = [wanted.text for wanted in self.sample]
        spoken = {}
        for voice in chosen():
            paths = render(voice, texts, self.folder)
            spoken[voice] = [
                Case(f"{voice.name}/{path.name}", path, wanted.intent, wanted.slots, wanted.context)
                for path, wanted in zip(paths, self.sample, strict=True)
            ]
        return spoken

    @cached_property
    def texts(self) -> dict[str, str]:
        """The text of each spoken clip."""
        return {
            case.name: wanted.text
            for cases in self.spoken.values()
            for case, wanted in zip(cases, self.sample, strict=True)
        }

    def clips(self, name: str) -> list[Case]:
        """Return the clips of a set, evenly thinned out to the scale."""
        cases = load_set(self.shared / name)
        count = min(self.scale.clips or len(cases), len(cases))
        return [cases[number * len(cases) // count] for number in range(count)]

    def listener(self, folder: Path | None = None, threshold: float | None = None) -> PackListener:
        """Return a listener factory with the default settings, for the default pack or `folder`."""
        listening = Settings.model_validate({}).listening
        chosen_folder = data_folder("intents") / LANGUAGE if folder is None else folder
        return PackListener(chosen_folder, listening.threshold if threshold is None else threshold, listening.silence)

    def noises(self) -> list[Noise]:
        """Return the noises, (n,) float32 at 16 kHz each."""
        paths = sorted((self.shared / "noise").glob("*.flac"))
        return [Noise(path.name, Clip.read(path).resampled(RATE).samples) for path in paths]

    def recognise(
        self,
        cases: Sequence[Case],
        listener: PackListener,
        conditions: Sequence[Condition] = (CLEAN,),
        room: Path | None = None,
    ) -> tuple[tuple[Row, ...], float]:
        """Recognise clips; see `voice.bench.runner.run`."""
        impulse = None if room is None else Clip.read(room).resampled(RATE).samples
        return run(cases, listener, conditions, room=impulse, seed=SEED, jobs=self.jobs)


def coffee(workshop: Workshop) -> Outcome:
    """Measure coffee orders of real people with the set's own pack, in quiet and in the kitchen."""
    kitchen = next(noise for noise in workshop.noises() if noise.name.startswith("kitchen"))
    conditions = (CLEAN, *(Condition(kitchen, level) for level in workshop.scale.levels))
    listener = workshop.listener(pack_of(workshop.shared / "coffee", LANGUAGE))
    (clean, *noisy), memory = workshop.recognise(workshop.clips("coffee"), listener, conditions)
    return {
        "rows": [_row("clean", clean), *(_row(_where(row), row) for row in noisy)],
        "noise": _row("all levels", _joined(noisy)),
        # The labels have no texts, so slots are compared.
        "wrong": [*mistakes(clean, "coffee", {}), *(entry for row in noisy for entry in mistakes(row, "kitchen", {}))],
        "memory": memory,
    }


def voices(workshop: Workshop) -> Outcome:
    """Measure the default pack's sample in every voice, in quiet."""
    cases = [case for said in workshop.spoken.values() for case in said]
    (row,), memory = workshop.recognise(cases, workshop.listener())
    return {
        "rows": [_row(voice.name, _of(row, voice)) for voice in workshop.spoken],
        "total": _row("all voices", row),
        "confidences": sorted(filter(None, (_confidence(result, workshop.pack) for result in row.results))),
        "wrong": mistakes(row, "voices", workshop.texts),
        "memory": memory,
    }


def noisy(workshop: Workshop) -> Outcome:
    """Measure a smaller sample in every voice and noise; each noise gets a part of it."""
    rows: dict[str, Row] = {}
    memory = 0.0
    for number, noise in enumerate(workshop.noises()):
        cases = [
            case
            for offset, said in enumerate(workshop.spoken.values())
            for case in _every(said[: workshop.scale.sample], workshop.scale.every, number + offset)
        ]
        (rows[noise.name.partition(".")[0]],), peak = workshop.recognise(
            cases, workshop.listener(), [Condition(noise, SAMPLE_SNR)]
        )
        memory = max(memory, peak)
    return _by_voice(workshop, rows, "noisy") | {"memory": memory}


def rooms(workshop: Workshop) -> Outcome:
    """Measure the smaller sample in every voice and room."""
    cases = [case for said in workshop.spoken.values() for case in said[: workshop.scale.sample]]
    rows: dict[str, Row] = {}
    memory = 0.0
    for room in sorted((workshop.shared / "rooms").glob("*.flac")):
        (rows[room.stem],), peak = workshop.recognise(cases, workshop.listener(), room=room)
        memory = max(memory, peak)
    return _by_voice(workshop, rows, "rooms") | {"memory": memory}


def reject(workshop: Workshop) -> Outcome:
    """Measure speech that is not meant for it with the default pack, at the default threshold and at 0."""
    rows = []
    heard: list[dict[str, Any]] = []
    memory = 0.0
    for name in ("reject", "coffee"):
        cases = [replace(case, intent=None, slots={}) for case in workshop.clips(name)]
        (row,), peak = workshop.recognise(cases, workshop.listener())
        # A separate run: the end of an utterance may depend on the threshold.
        (everything,), _ = workshop.recognise(cases, workshop.listener(threshold=0.0))
        rows.append(_row(name, row))
        heard += [_taken(name, result) for result in everything.results if result.verdict == "false accept"]
        memory = max(memory, peak)
        rows[-1]["taken"] = [_taken(name, result) for result in row.results if result.verdict == "false accept"]
    heard.sort(key=lambda entry: -entry["confidence"])
    return {"rows": rows, "heard": heard, "memory": memory}


def noise(workshop: Workshop) -> Outcome:
    """Measure looped noise alone with the default pack."""
    pieces = max(1, math.ceil(workshop.scale.minutes / _PIECE_MINUTES))
    cases = []
    for sound in workshop.noises():
        size = round(workshop.scale.minutes * 60 * RATE / pieces)
        for number in range(pieces):
            path = workshop.folder / f"{number} {Path(sound.name).with_suffix('.wav')}"
            Clip(np.resize(np.roll(sound.samples, -number * size), size), RATE).write(path)
            cases.append(Case(path.name, path, None))
    (row,), _ = workshop.recognise(cases, workshop.listener())
    taken = [_taken("noise", result) for result in row.results if result.verdict == "false accept"]
    # A clip counts once in the row, however many false accepts it has; here each one counts.
    times = sum(answer.intent is not None for result in row.results for answer in result.answers)
    return {"rows": [_row("noise alone", row)], "times": times, "taken": taken}


def script(name: str) -> Callable[[Workshop], Outcome]:
    """Return a part that runs another benchmark script and keeps its output."""

    def run_script(_: Workshop) -> Outcome:
        process = subprocess.Popen([sys.executable, str(HERE / name)], stdout=subprocess.PIPE, text=True)
        lines = []
        with process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                lines.append(line.rstrip())
        return {"lines": lines, "good": process.returncode == 0}

    return run_script


PARTS: Mapping[str, Callable[[Workshop], Outcome]] = {
    "conversation": script("conversation.py"),
    "coffee": coffee,
    "voices": voices,
    "noisy": noisy,
    "rooms": rooms,
    "reject": reject,
    "noise": noise,
    "packs": script("packs.py"),
    "korean": script("korean.py"),
}
"""All parts by name, in the order of measurement."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "coffee": ("coffee", "noise"),
    "noisy": ("noise",),
    "rooms": ("rooms",),
    "reject": ("reject", "coffee"),
    "noise": ("noise",),
}
"""The folders of recordings that each part needs."""

SCRIPTS: Mapping[str, Path] = {name: HERE / f"{name}.py" for name in ("conversation", "packs", "korean")}
"""The parts that are separate scripts."""


def _every(cases: Sequence[Case], step: int, offset: int) -> Sequence[Case]:
    return cases[offset % step :: step]


def _row(name: str, row: Row) -> Outcome:
    return {"name": name, **summarise(row)}


def _where(row: Row) -> str:
    noise = row.condition.noise
    return f"{noise.name.partition('.')[0]} {row.condition.snr:g} dB" if noise else "clean"


def _joined(rows: Iterable[Row]) -> Row:
    return Row(CLEAN, tuple(result for row in rows for result in row.results))


def _of(row: Row, voice: Voice) -> Row:
    return replace(
        row, results=tuple(result for result in row.results if result.case.name.startswith(f"{voice.name}/"))
    )


def _by_voice(workshop: Workshop, rows: Mapping[str, Row], name: str) -> Outcome:
    total = _joined(rows.values())
    return {
        "places": [_row(place, row) for place, row in rows.items()],
        "rows": [
            _row(voice.name, _of(total, voice))
            | {"places": [summarise(_of(row, voice))["acceptance"] for row in rows.values()]}
            for voice in workshop.spoken
        ],
        "total": _row(name, total),
        "wrong": [
            entry | {"noise": place} for place, row in rows.items() for entry in mistakes(row, name, workshop.texts)
        ],
    }


def _confidence(result: Result, sentences: Sentences) -> float | None:
    """Return the highest threshold at which a clip is understood; None if there is none.

    Answers below the default threshold have words and confidence; only the intent is missing.
    """
    answer = max(result.answers, key=lambda answer: answer.confidence, default=None)
    if answer is None or answer.text is None:
        return None
    intent = match(answer.text, sentences.scope(*expected_in(result.case.context)[0]))
    if intent is None:
        return None
    sure = replace(answer, intent=intent.name, slots=intent.slots)
    return answer.confidence if verdict(result.case, [sure]) == "accepted" else None


def _taken(name: str, result: Result) -> dict[str, Any]:
    sure = [answer for answer in result.answers if answer.intent is not None]
    best = max(sure, key=lambda answer: answer.confidence)
    return {
        "set": name,
        "clip": Path(result.case.name).stem,
        "heard": best.text,
        "confidence": round(best.confidence, 4),
    }
