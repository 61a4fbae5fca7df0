"""The assistant in Korean with both recognisers; `language = "ko"` is the only setting needed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from command_line import CommandLine

from voice.asr.words import words_of
from voice.audio.clip import Clip
from voice.demo import PLOTS
from voice.storage.paths import data_folder
from voice.tts.espeak import EspeakVoice
from voice.tts.synthesiser import CachedSynthesiser

KOREAN = 'language = "ko"\n'
ENGINES = ("vosk", "embedded")
REQUESTS = {
    "질문 하나 줘": "Question",
    "다시 들려 줘": "Repeat",
    "숨쉬기 시작하자": "Pause",
    "너 뭐 할 수 있어": "Help",
}
TALK = ("버스가 늦게 와서 지각했어", "오늘 날씨 정말 좋네", "설거지 좀 도와줘", "다음 주에 부모님 오신대")


@pytest.fixture(scope="module")
def partner(speech_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that renders a text in the partner's voice, between half seconds of silence."""
    voice = CachedSynthesiser(EspeakVoice(PLOTS["ko"].voice), round(140 * PLOTS["ko"].pace), speech_cache)
    folder = tmp_path_factory.mktemp("partner")

    def speak(text: str) -> Path:
        path = folder / f"{text}.wav"
        clip = voice.render(text)
        Clip(np.pad(clip.samples, clip.rate // 2), clip.rate).write(path)
        return path

    return speak


def is_korean(text: str) -> bool:
    """Return whether each word of a text is in Hangul."""
    return all("가" <= letter <= "힣" for letter in "".join(words_of(text)))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_demo_is_understood_in_full(moments: CommandLine, engine: str) -> None:
    """Every request of the Korean demo is understood, and every reply is Korean."""
    settings = moments.settings(f'engine = "{engine}"\n')
    ran = moments.run("demo", "--lang", "ko", "--out", "demo.wav", "--settings", settings)
    assert (ran.code, ran.err) == (0, "")
    assert "10 of 10 requests understood" in ran.out
    assert "(not for me)" not in ran.out
    said = [line.split(": ", 1)[1] for line in ran.out.splitlines() if "assistant: " in line or "partner: " in line]
    assert len(said) > 20
    assert [text for text in said if not is_korean(text)] == []
    assert soundfile.info(moments.home / "demo.wav").duration > 60


@pytest.mark.parametrize("engine", ENGINES)
def test_requests_are_understood_and_talk_is_ignored(
    moments: CommandLine, partner: Callable[[str], Path], engine: str
) -> None:
    """`moments hear` understands requests in a synthetic voice and ignores other talk."""
    settings = moments.settings(f'{KOREAN}engine = "{engine}"\n')
    for text, intent in REQUESTS.items():
        (reply,) = moments.call("hear", partner(text), "--json", "--settings", settings).lines
        assert reply["intent"] == intent, text
        assert all(is_korean(cue["say"]) for cue in reply["cues"] if "say" in cue)
    for text in TALK:
        replies = moments.call("hear", partner(text), "--json", "--settings", settings).lines
        assert {reply["intent"] for reply in replies} == {None}, text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("잠깐 쉬자", "Pause"),
        ("우리 잠깐만 쉴까요?", "Pause"),
        ("우리잠깐쉬고싶어", "Pause"),
        ("질문 하나만 주세요.", "Question"),
        ("방금 질문이 뭐였지?", "Repeat"),
        ("고마웠던 일 나누자", "Gratitude"),
        ("이제 그만해", "Stop"),
        ("오늘 저녁 뭐 먹을까", None),
        ("우리 잠깐", None),
    ],
)
def test_typed_text_is_understood_with_any_spacing(moments: CommandLine, text: str, intent: str | None) -> None:
    """`moments say` accepts Korean with any usual spacing."""
    (reply,) = moments.call("say", text, "--json", "--settings", moments.settings(KOREAN)).lines
    assert reply["intent"] == intent


def test_the_language_alone_brings_its_voice(moments: CommandLine) -> None:
    """The counts of a Korean pause are spoken in Korean, each within its second."""
    args = ("perform", "pause", "--json", "--out", "pause.wav", "--settings", moments.settings(KOREAN))
    (played,) = moments.call(*args).lines
    counted = [cue["say"] for cue in played["cues"] if "say" in cue and cue["for"] == 1.0]
    assert counted == ["들이쉬고", "둘", "셋", "내쉬고", "둘", "셋"] * 3


def test_a_demo_without_a_pack_or_partner_is_refused(moments: CommandLine) -> None:
    """A missing pack, a wrong language code and a language without a demo partner are refused."""
    moments.call("demo", "--lang", "xx").refused(2, "there is no such pack")
    shutil.copytree(data_folder("intents") / "ko", moments.home / "eo")
    (moments.home / "eo" / "language.yaml").unlink()
    for path in (moments.home / "eo" / "sentences").glob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("language: ko", "language: eo"), encoding="utf-8")
    moments.call("demo", "--pack", "eo").refused(2, "no partner who speaks eo", "--lang en or ko")
    moments.call("demo", "--lang", "Korean").refused(2, '--lang is "Korean"', "the code of a language")


def test_the_benchmark_measures_vosk(moments: CommandLine, partner: Callable[[str], Path]) -> None:
    """`moments bench --engine vosk` counts accepted, missed and falsely accepted requests."""
    folder = moments.home / "set"
    folder.mkdir()
    clips = [*REQUESTS.items(), ("냉장고에 우유가 없네", "Pause"), *((text, None) for text in TALK)]
    lines = []
    for text, intent in clips:
        (folder / f"{text}.wav").write_bytes(partner(text).read_bytes())
        lines.append(json.dumps({"audio": f"{text}.wav", "intent": intent}))
    (folder / "manifest.jsonl").write_text("\n".join(lines), encoding="utf-8")
    args = ("bench", "set", "--engine", "vosk", "--json", "--settings", moments.settings(KOREAN))
    (report,) = moments.run(*args).lines
    assert report["engine"] == "vosk"
    (row,) = report["rows"]
    assert (row["wanted"], row["accepted"], row["missed"]) == (5, 4, 0.2)
    assert (row["unwanted"], row["false_accepts"]) == (4, 0)
    assert 0.0 < row["latency_ms"]["p50"] < 5000
    assert report["peak_memory_mb"] > 100


def test_the_benchmark_names_the_model_that_is_missing(moments: CommandLine) -> None:
    """A missing model, and a missing dictionary of the embedded engine, are reported with the remedy."""
    soundfile.write(moments.home / "a.wav", [0.0] * 1600, 16_000)
    (moments.home / "manifest.jsonl").write_text('{"audio": "a.wav", "intent": null}', encoding="utf-8")
    moments.run("bench", ".", "--engine", "vosk").refused(2, "moments models fetch en")
    (moments.home / "intents" / "eo").mkdir(parents=True)
    sentences = "language: eo\nintents: {Pause: {data: [{sentences: [paŭzo]}]}}\n"
    (moments.home / "intents" / "eo" / "pause.yaml").write_text(sentences, encoding="utf-8")
    moments.run("bench", ".").refused(2, "no dictionary", "--engine vosk")
