"""The parts of the recognition table: each measures one thing and returns its outcome as JSON."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fused import fused
from mistakes import mistakes
from neighbours import neighbours, prefixes
from phrases import phrases
from spoken_phrases import couple_talk, spoken_phrases
from voices import Voice
from workshop import LANGUAGE, Outcome, Workshop

from voice.audio.clip import Clip
from voice.audio.microphone import RATE
from voice.bench.cases import Case, pack_of
from voice.bench.contexts import expected_in
from voice.bench.mixing import CLEAN, Condition
from voice.bench.results import Result, Row, summarise, verdict
from voice.nlu.matcher import match
from voice.nlu.sentences import Sentences

HERE = Path(__file__).parent
SAMPLE_SNR = 12.0
_PIECE_MINUTES = 6.0


def coffee(workshop: Workshop) -> Outcome:
    """Measure coffee orders of real people with the set's own pack, in quiet and in the kitchen."""
    kitchen = workshop.kitchen()
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
    return {"rows": rows, "heard": heard, "threshold": workshop.listener().threshold, "memory": memory}


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
    "phrases": phrases,
    "spoken phrases": spoken_phrases,
    "couple talk": couple_talk,
    "neighbours": neighbours,
    "prefixes": prefixes,
    "fused": fused,
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
    "phrases": ("phrases",),
    "spoken phrases": ("phrases",),
    "couple talk": ("phrases",),
    "fused": ("coffee", "noise"),
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
