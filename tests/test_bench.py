"""The benchmark: its figures, its noise and rooms, and its errors for broken sets."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from command_line import CommandLine
from numpy.typing import NDArray

from voice.audio.clip import Clip
from voice.bench.cases import Case, load_set, pack_of
from voice.bench.mixing import CLEAN, Condition, Noise, conditions_of, end_of_speech, noise_start, render
from voice.bench.results import Answer, Row, summarise, verdict
from voice.bench.runner import PackListener, run
from voice.storage.paths import data_folder

RATE = 16_000
Spoken = Callable[[str, str], Path]
PAUSE = {"intent": "Pause"}
NOTHING = {"intent": None}


@pytest.fixture
def hiss(tmp_path: Path) -> Path:
    """Return a file of three seconds of noise at 44.1 kHz whose loudness varies."""
    times = np.arange(3 * 44_100) / 44_100
    samples = np.random.default_rng(1).normal(0.0, 0.1, times.size) * (1.0 + 0.5 * np.sin(5 * times))
    path = tmp_path / "hiss.wav"
    Clip(samples.astype(np.float32), 44_100).write(path)
    return path


def make_set(folder: Path, clips: Mapping[str, NDArray[Any]], *lines: Mapping[str, Any], rate: int = RATE) -> Path:
    """Write a set: its clips, and a manifest of `lines`."""
    (folder / "clips").mkdir(parents=True)
    for name, samples in clips.items():
        soundfile.write(folder / "clips" / name, samples, rate)
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def line(name: str, label: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of a manifest."""
    return {"audio": f"clips/{name}", **label}


def samples_of(path: Path) -> NDArray[np.float32]:
    """Return the sound of a file at 16 kHz."""
    return Clip.read(path).resampled(RATE).samples


def judged(label: Mapping[str, Any], *heard: tuple[str | None, Mapping[str, Any]]) -> str:
    """Return the verdict on a clip with this label and these results."""
    answers = [Answer("words", 0.9, intent, slots, 0.5) for intent, slots in heard]
    return verdict(Case("x.wav", Path("x.wav"), label["intent"], label.get("slots", {})), answers)


def test_the_figures_match_the_clips(moments: CommandLine, spoken: Spoken, tmp_path: Path) -> None:
    """Right, wrong, missing and unwanted answers are counted; empty clips and all rates work."""
    pause, question = samples_of(spoken("help us pause", "slt")), samples_of(spoken("give us a question", "slt"))
    clips: dict[str, NDArray[Any]] = {
        "right.wav": pause,
        "wrong.flac": question,
        "twice.wav": np.concatenate((pause, np.zeros(RATE, np.float32), pause)),
        "silent.wav": np.zeros(RATE),
        "none.wav": np.zeros(0),
    }
    folder = make_set(
        tmp_path / "set",
        clips,
        line("right.wav", PAUSE),
        line("wrong.flac", PAUSE),
        line("twice.wav", PAUSE),
        line("silent.wav", PAUSE),
        line("fine.wav", PAUSE),
        line("right.wav", NOTHING),
        line("none.wav", NOTHING),
        line("silent.wav", NOTHING),
    )
    Clip(pause, RATE).resampled(44_100).write(folder / "clips" / "fine.wav")
    Clip(np.zeros(8_000, np.float32), 8_000).write(folder / "clips" / "silent.wav")
    errors = tmp_path / "errors.jsonl"
    (report,) = moments.call("bench", folder, "--json", "--errors", errors).lines
    (row,) = report["rows"]
    exact = {
        "noise": None,
        "snr": None,
        "clips": 8,
        "wanted": 5,
        "accepted": 2,
        "acceptance": 0.4,
        "misheard": 0.4,
        "missed": 0.2,
        "unwanted": 3,
        "false_accepts": 1,
        "false_accepts_per_hour": round(3600 / (pause.size / RATE + 1), 2),
    }
    assert {name: row[name] for name in exact} == exact
    seconds = sum(clips[name].size for name in ("right.wav", "wrong.flac", "twice.wav", "silent.wav")) / RATE
    assert row["hours"] == pytest.approx((seconds + 2 * pause.size / RATE + 1) / 3600, abs=2e-6)
    assert row["real_time_factor"] > 0.0
    # The latency includes the endpointer's half second.
    assert row["latency_ms"]["p95"] >= row["latency_ms"]["p50"] > 400.0
    assert 40.0 < report["peak_memory_mb"] < 2000.0
    wrong = [json.loads(text) for text in errors.read_text().splitlines()]
    assert [(entry["clip"], entry["verdict"], entry["heard"]) for entry in wrong] == [
        ("clips/wrong.flac", "misheard", "give us a question"),
        ("clips/twice.wav", "misheard", "help us pause / help us pause"),
        ("clips/silent.wav", "missed", None),
        ("clips/right.wav", "false accept", "help us pause"),
    ]
    assert wrong[0]["expected"] == {"intent": "Pause", "slots": {}}
    assert wrong[0]["confidence"] > 0.0


def test_each_noise_and_level_has_a_row(moments: CommandLine, spoken: Spoken, hiss: Path, tmp_path: Path) -> None:
    """Clean comes first, then the noise at each level; without --json the report is a table."""
    folder = make_set(
        tmp_path / "set", {"a.wav": samples_of(spoken("help us pause", "rms"))}, line("a.wav", {"intent": "Pause"})
    )
    noisy = ("bench", folder, "--noise", hiss, "--snr", "24,40.5", "--room", room_file(tmp_path))
    (report,) = moments.call(*noisy, "--json").lines
    assert [(row["noise"], row["snr"]) for row in report["rows"]] == [
        (None, None),
        ("hiss.wav", 24),
        ("hiss.wav", 40.5),
    ]
    table = moments.call("bench", folder)
    assert (table.code, table.err) == (0, "")
    assert "100.0%" in table.out


def test_processes_and_limits_change_no_result(spoken: Spoken, hiss: Path, tmp_path: Path) -> None:
    """In noise, a clip gives the same words and confidence alone, with others, and in other processes."""
    texts = ("help us pause", "give us a question", "what can we say")
    clips = {f"{number}.wav": samples_of(spoken(text, "kal16")) for number, text in enumerate(texts)}
    cases = load_set(make_set(tmp_path / "set", clips, *(line(name, PAUSE) for name in clips)))
    conditions = conditions_of([hiss], [6.0, 0.0])
    factory = PackListener(data_folder("intents") / "en", 0.0, 0.5)
    rows, _ = run(cases, factory, conditions)
    shared, _ = run(cases, factory, conditions, jobs=2)
    last, _ = run(cases[2:], factory, conditions)
    everything = heard(rows)
    assert heard(shared) == everything
    assert heard(last) == [row[2:] for row in everything]
    other, _ = run(cases[:1], factory, conditions, seed=1)
    first = [row[:1] for row in everything]
    assert heard(other)[0] == first[0]
    assert heard(other)[1:] != first[1:]


def test_one_run_gives_the_rows_of_every_threshold(spoken: Spoken, tmp_path: Path) -> None:
    """Measured at a threshold of 0, a clip is accepted up to its confidence and missed above."""
    folder = make_set(tmp_path / "set", {"a.wav": samples_of(spoken("help us pause", "awb"))}, line("a.wav", PAUSE))
    (row,), _ = run(load_set(folder), PackListener(pack_of(folder, "en"), 0.0, 0.5))
    (answer,) = row.results[0].answers
    assert (answer.text, answer.intent) == ("help us pause", "Pause")
    assert summarise(row.at(answer.confidence))["acceptance"] == 1.0
    assert summarise(row.at(answer.confidence + 1e-6))["missed"] == 1.0


def test_a_set_is_measured_with_its_own_pack(moments: CommandLine, spoken: Spoken, tmp_path: Path) -> None:
    """A set's own sentences come before --pack and the default; slots are compared as text."""
    label = {"intent": "Paint", "slots": {"colour": "green ", "times": 2}}
    folder = make_set(tmp_path / "set", {"a.wav": samples_of(spoken("paint it green two times", "slt"))})
    (folder / "manifest.jsonl").write_text("\n" + json.dumps(line("a.wav", label)) + "\n")
    pack = folder / "intents" / "en"
    pack.mkdir(parents=True)
    (pack / "paint.yaml").write_text(
        "language: en\n"
        "intents:\n  Paint:\n    data:\n      - sentences: ['paint it {colour} {times} times']\n"
        "lists:\n  colour:\n    values: [green, yellow]\n  times:\n    range: {from: 2, to: 9}\n"
    )
    (report,) = moments.call("bench", folder, "--json", "--pack", tmp_path / "nowhere").lines
    assert report["rows"][0]["acceptance"] == 1.0


def test_answers_are_judged_by_the_label() -> None:
    """Every labelled slot must be equal, spaces aside; other slots do not count; a second intent is wrong."""
    label = {"intent": "Order", "slots": {"size": "small"}}
    assert judged(label, ("Order", {"size": " small ", "roast": "dark"}), (None, {})) == "accepted"
    assert judged(label, ("Order", {"size": "large"})) == "misheard"
    assert judged(label, ("Order", {})) == "misheard"
    assert judged(label, ("Paint", {"size": "small"})) == "misheard"
    assert judged(label, ("Order", {"size": "small"}), ("Order", {"size": "small"})) == "misheard"
    assert judged(label, (None, {})) == "missed"
    assert judged(NOTHING, (None, {})) == "rejected"
    assert judged(NOTHING, ("Order", {})) == "false accept"


@pytest.mark.parametrize("snr", [0.0, 6.0, -10.0])
def test_the_noise_has_the_chosen_level(snr: float) -> None:
    """The loudest 2048 samples of speech are `snr` dB above those of the noise, which goes on after the clip."""
    speech = bursts(RATE + 100) * np.float32(0.1)
    noise = np.random.default_rng(3).normal(0.0, 0.02, RATE // 3).astype(np.float32)
    start = noise_start(0, "clips/a.wav", noise.size)
    mixed = render(speech, Condition(Noise("n", noise), snr), start)
    added = mixed - np.pad(speech, (0, 2 * RATE))
    loudest = [
        max(float(np.sum(sound[at : at + 2048].astype(np.float64) ** 2)) for at in range(0, speech.size - 2047, 2048))
        for sound in (speech, added)
    ]
    assert 10 * math.log10(loudest[0] / loudest[1]) == pytest.approx(snr, abs=0.01)
    looped = noise[(start + np.arange(mixed.size)) % noise.size]
    assert np.corrcoef(added, looped)[0, 1] > 0.9999
    assert added.size == speech.size + 2 * RATE


def test_a_sum_that_would_clip_is_scaled_down() -> None:
    """Loud speech in loud noise keeps its ratio and stays within full scale."""
    speech = bursts(RATE) * np.float32(2.5)
    noise = np.random.default_rng(3).normal(0.0, 0.2, RATE).astype(np.float32)
    mixed = render(speech, Condition(Noise("n", noise), 0.0))
    assert np.abs(mixed).max() == pytest.approx(1.0)
    assert not np.isnan(render(np.zeros(0, np.float32), Condition(Noise("n", noise), 0.0))).any()


def test_a_room_without_echo_changes_nothing() -> None:
    """A direct path alone leaves the speech as it was and where it was; an echo adds a delayed copy."""
    speech = bursts(RATE)
    impulse = np.zeros(3000, np.float32)
    impulse[700] = -0.25
    padded = np.pad(speech, (0, 2 * RATE))
    np.testing.assert_allclose(-render(speech, CLEAN, room=impulse), padded, atol=1e-5)
    impulse[2700] = -0.125
    wet = -render(speech, CLEAN, room=impulse)
    expected = padded + 0.5 * np.roll(padded, 2000)
    np.testing.assert_allclose(wet / np.abs(wet).max(), expected / np.abs(expected).max(), atol=1e-4)


def test_speech_ends_with_its_last_audible_10_ms() -> None:
    """Sound within 35 dB of the loudest is speech, quieter sound is not."""
    speech = np.zeros(RATE, np.float32)
    speech[1600:4800] = 0.5
    speech[8000:8160] = 0.5 * 10 ** (-34.5 / 20)
    speech[9600:9760] = 0.5 * 10 ** (-35.5 / 20)
    assert end_of_speech(speech) == 8160 / RATE
    assert end_of_speech(speech[:8150]) == 8150 / RATE
    assert end_of_speech(np.zeros(500, np.float32)) == 0.0
    assert end_of_speech(np.zeros(0, np.float32)) == 0.0


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, ("manifest.jsonl",)),
        ("", ("manifest.jsonl", "no clips")),
        ('{"audio": "clips/a.wav", "intent": null}\nclips/a.wav\n', ("manifest.jsonl:2", "JSON")),
        ('["clips/a.wav"]\n', ("manifest.jsonl:1",)),
        ('{"audio": "clips/a.wav"}\n', ("manifest.jsonl:1", "intent")),
        ('{"audio": "clips/a.wav", "intent": null, "speaker": "x"}\n', ("manifest.jsonl:1", "speaker")),
        ('{"audio": "clips/a.wav", "intent": "Pause", "slots": {"x": [1]}}\n', ("manifest.jsonl:1", "slots.x")),
        ('{"audio": "clips/a.wav", "intent": null, "slots": {"x": "1"}}\n', ("manifest.jsonl:1", "slots")),
        (
            '{"audio": "clips/a.wav", "intent": "Stop", "context": "ask:nobody"}\n',
            ("clips/a.wav", "ask:nobody", "scene"),
        ),
        ('{"audio": "clips/b.wav", "intent": null}\n', ("manifest.jsonl:1", "b.wav")),
        ('{"audio": "clips/empty.wav", "intent": null}\n', ("empty.wav", "0 bytes")),
        ('{"audio": "clips/text.wav", "intent": null}\n', ("text.wav", "not a sound file")),
    ],
)
def test_a_broken_set_gives_one_line(
    moments: CommandLine, tmp_path: Path, manifest: str | None, words: Sequence[str]
) -> None:
    """An error in a manifest or a clip names file, line and fix, also from a worker process."""
    folder = make_set(tmp_path / "set", {"a.wav": np.zeros(RATE)})
    (folder / "clips" / "empty.wav").touch()
    (folder / "clips" / "text.wav").write_text("no sound")
    if manifest is None:
        (folder / "manifest.jsonl").unlink()
    else:
        (folder / "manifest.jsonl").write_text(manifest)
    moments.call("bench", folder, "--json").refused(2, *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--snr", "6"), ("--noise",)),
        (("--noise", "n.wav"), ("--snr",)),
        (("--noise", "n.wav", "--snr", "6,x"), ("--snr", '"x"')),
        (("--noise", "n.wav", "--snr", "nan"), ("--snr", '"nan"')),
        (("--noise", "nowhere.wav", "--snr", "6"), ("nowhere.wav",)),
        (("--room", "silent.wav"), ("silent.wav", "silent")),
        (("--engine", "whisper"), ("whisper", "embedded")),
        (("--limit", "0"), ("--limit",)),
        (("--errors", "no/such/folder"), ("no/such/folder", "--errors")),
        (("--pack", "nowhere"), ("nowhere",)),
    ],
)
def test_wrong_options_give_one_line(moments: CommandLine, options: Sequence[str], words: Sequence[str]) -> None:
    """Options that do not fit together or name missing files are refused before the measurement."""
    make_set(moments.home / "set", {"a.wav": np.zeros(RATE)}, line("a.wav", NOTHING))
    soundfile.write(moments.home / "silent.wav", np.zeros(RATE), RATE)
    moments.call("bench", "set", *options).refused(2, *words)


def heard(rows: Sequence[Row]) -> list[list[list[tuple[str | None, float]]]]:
    """Return the transcripts, row by row and clip by clip."""
    return [
        [[(answer.text, round(answer.confidence, 5)) for answer in result.answers] for result in row.results]
        for row in rows
    ]


def bursts(size: int) -> NDArray[np.float32]:
    """Return (size,) float32 of tone bursts with a rhythm like speech, well below full scale."""
    times = np.arange(size) / RATE
    sound = 0.3 * np.sin(2 * np.pi * 180 * times) * np.sin(np.pi * 3 * times) ** 2 * np.linspace(0.2, 1.0, size)
    return np.asarray(sound, np.float32)


def room_file(folder: Path) -> Path:
    """Write a small room's impulse response."""
    times = np.arange(RATE // 4) / RATE
    impulse = np.random.default_rng(5).normal(0.0, 0.1, times.size) * np.exp(-times / 0.03)
    impulse[0] = 0.9
    path = folder / "room.wav"
    Clip(impulse.astype(np.float32), RATE).write(path)
    return path
