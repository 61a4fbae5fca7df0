"""The listener: complete sentences end early, incomplete ones get more time, and noise and echo are taken out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice.asr.embedded import EmbeddedRecogniser
from voice.audio.microphone import FRAME_SECONDS, RATE, frames_of
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Listener
from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import load_sentences
from voice.packs.load import load_lexicon

Spoken = Callable[[str, str], Path]
Samples = NDArray[np.int16]

SENTENCES = """
language: en
intents:
  Pause:
    data:
      - sentences: ["help us pause [for a moment]", "breathe with us"]
  Paint:
    data:
      - sentences: ["paint the house [{colour}]"]
lists:
  colour: {values: [green, yellow]}
"""
SILENCE = 1.0


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Listener:
    """Give a listener that waits for a second of silence, so that an early end is easy to see."""
    folder = tmp_path_factory.mktemp("pack")
    (folder / "all.yaml").write_text(SENTENCES, encoding="utf-8")
    sentences = load_sentences(folder)
    lexicon = load_lexicon(folder, sentences.speech)
    listener = Listener(sentences, EmbeddedRecogniser(lexicon), 0.3, Endpointer(SILENCE))
    listener.prepare(ANYTIME)
    return listener


@pytest.fixture
def said(spoken: Spoken) -> Callable[[str], Samples]:
    """Give a function that speaks a text without silence around it: (n,) int16 at 16 kHz."""

    def say(text: str) -> Samples:
        samples = soundfile.read(spoken(text, "awb"), dtype="int16")[0]
        loud = np.flatnonzero(np.abs(samples.astype(int)) > 300)
        return np.asarray(samples[loud[0] : loud[-1]], dtype=np.int16)

    return say


def seconds(length: float, hiss: float = 3.0) -> Samples:
    """Return a silent room with some hiss: (n,) int16 at 16 kHz."""
    return np.random.default_rng(0).normal(0.0, hiss, round(length * RATE)).astype(np.int16)


def hear(listener: Listener, *pieces: Samples) -> list[tuple[str | None, float]]:
    """Return each utterance's intent, and the seconds of sound that were left when it was known."""
    listener.forget()
    sound = np.concatenate(pieces)
    heard = []
    for frame in frames_of(sound):
        utterance = listener.push(frame, ANYTIME)
        if utterance is not None:
            intent = listener.understand(utterance, ANYTIME).intent
            heard.append((intent.name if intent else None, sound.size / RATE - frame.time - FRAME_SECONDS))
    return heard


def test_a_complete_sentence_ends_early(listener: Listener, said: Callable[[str], Samples]) -> None:
    """It is understood a quarter of a second after its last sound, even if words could follow that change nothing."""
    for text in ("breathe with us", "help us pause"):
        ((intent, left),) = hear(listener, seconds(0.5), said(text), seconds(3.0))
        assert intent == "Pause"
        assert 3.0 - left == pytest.approx(0.3, abs=0.15)


def test_a_sentence_that_may_go_on_waits(listener: Listener, said: Callable[[str], Samples]) -> None:
    """If more words could change the meaning, the whole silence must pass, and words within it count."""
    ((intent, left),) = hear(listener, seconds(0.5), said("paint the house"), seconds(3.0))
    assert intent == "Paint"
    assert 3.0 - left == pytest.approx(SILENCE, abs=0.15)
    listener.forget()
    sound = np.concatenate([seconds(0.5), said("paint the house"), seconds(0.5), said("yellow"), seconds(2.0)])
    (utterance,) = filter(None, (listener.push(frame, ANYTIME) for frame in frames_of(sound)))
    heard = listener.understand(utterance, ANYTIME)
    assert heard.intent is not None
    assert heard.intent.slots == {"colour": "yellow"}


def test_an_incomplete_sentence_gets_more_time(listener: Listener, said: Callable[[str], Samples]) -> None:
    """A pause for thought in the middle of a sentence, longer than the silence, does not split it."""
    pause = SILENCE + 0.2
    heard = hear(listener, seconds(0.5), said("help"), said("us"), seconds(pause), said("pause"), seconds(2.0))
    assert [intent for intent, _ in heard] == ["Pause"]
    both = hear(listener, seconds(0.5), said("help us pause"), seconds(pause), said("breathe with us"), seconds(2.0))
    assert [intent for intent, _ in both] == ["Pause", "Pause"]


def test_noise_and_echo_are_taken_out(listener: Listener, said: Callable[[str], Samples]) -> None:
    """A request is understood in a hall, in hiss, and then in a quiet room again."""
    clear = said("help us pause")
    ringing = np.random.default_rng(1).normal(0.0, 1.0, RATE) * 10.0 ** (-3.0 * np.arange(RATE) / (0.5 * RATE))
    ringing *= 0.5 / np.sqrt(np.sum(ringing**2))
    ringing[0] = 1.0
    size = clear.size + RATE
    hall = np.fft.irfft(np.fft.rfft(clear, 2 * size) * np.fft.rfft(ringing, 2 * size))[:size]
    assert [intent for intent, _ in hear(listener, seconds(1.0), (hall * 0.5).astype(np.int16), seconds(2.0))] == [
        "Pause"
    ]
    sound = np.concatenate([seconds(1.5, 0.0), clear, seconds(2.0, 0.0)])
    noisy = sound + seconds(sound.size / RATE, float(np.sqrt(np.mean(clear.astype(float) ** 2))) / 4.0)
    assert [intent for intent, _ in hear(listener, noisy)] == ["Pause"]
    assert [intent for intent, _ in hear(listener, seconds(1.0), clear, seconds(2.0))] == ["Pause"]
