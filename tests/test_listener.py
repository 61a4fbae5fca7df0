"""The listener: a sentence that needs no more ends early, one broken off is waited for, and the room is taken out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice.asr.embedded import EmbeddedRecogniser
from voice.audio.microphone import FRAME, FRAME_SECONDS, RATE
from voice.listening.endpointer import Endpointer
from voice.listening.listener import Listener
from voice.nlu.sentences import ANYTIME, load_sentences
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
    """Give ears that wait for a second of silence, so that an early end is plain to see."""
    folder = tmp_path_factory.mktemp("pack")
    (folder / "all.yaml").write_text(SENTENCES, encoding="utf-8")
    sentences = load_sentences(folder)
    lexicon = load_lexicon(folder, sentences.speech)
    listener = Listener(sentences, EmbeddedRecogniser(lexicon), 0.3, Endpointer(SILENCE))
    listener.prepare(ANYTIME)
    return listener


@pytest.fixture
def said(spoken: Spoken) -> Callable[[str], Samples]:
    """Give a function that says a text, without silence around: (n,) int16 at 16 kHz."""

    def say(text: str) -> Samples:
        samples = soundfile.read(spoken(text, "awb"), dtype="int16")[0]
        loud = np.flatnonzero(np.abs(samples.astype(int)) > 300)
        return np.asarray(samples[loud[0] : loud[-1]], dtype=np.int16)

    return say


def seconds(length: float, hiss: float = 3.0) -> Samples:
    """Return a room in which nobody speaks."""
    return np.random.default_rng(0).normal(0.0, hiss, round(length * RATE)).astype(np.int16)


def hear(listener: Listener, *pieces: Samples) -> list[tuple[str | None, float]]:
    """Return the intent of each utterance, and how long before the end of all sound it was known."""
    listener.forget()
    sound = np.concatenate(pieces)
    heard = []
    for start in range(0, sound.size - FRAME, FRAME):
        utterance = listener.push(sound[start : start + FRAME], ANYTIME)
        if utterance is not None:
            intent = listener.understand(utterance, ANYTIME).intent
            heard.append((intent.name if intent else None, (sound.size - start) / RATE - FRAME_SECONDS))
    return heard


def test_a_sentence_that_needs_no_more_ends_early(listener: Listener, said: Callable[[str], Samples]) -> None:
    """It is known a quarter of a second after its last sound, also where words could follow that change nothing."""
    for text in ("breathe with us", "help us pause"):
        ((intent, left),) = hear(listener, seconds(0.5), said(text), seconds(3.0))
        assert intent == "Pause"
        assert 3.0 - left == pytest.approx(0.3, abs=0.15)


def test_a_sentence_to_which_more_may_be_said_waits(listener: Listener, said: Callable[[str], Samples]) -> None:
    """Where more words would mean more, the whole silence has to pass, and words that come within it count."""
    ((intent, left),) = hear(listener, seconds(0.5), said("paint the house"), seconds(3.0))
    assert intent == "Paint"
    assert 3.0 - left == pytest.approx(SILENCE, abs=0.15)
    listener.forget()
    sound = np.concatenate([seconds(0.5), said("paint the house"), seconds(0.5), said("yellow"), seconds(2.0)])
    utterances = [listener.push(sound[start : start + FRAME], ANYTIME) for start in range(0, sound.size - FRAME, FRAME)]
    (utterance,) = filter(None, utterances)
    heard = listener.understand(utterance, ANYTIME)
    assert heard.intent is not None
    assert heard.intent.slots == {"colour": "yellow"}


def test_a_sentence_broken_off_gets_more_time(listener: Listener, said: Callable[[str], Samples]) -> None:
    """Whoever thinks for longer than the silence within a sentence is still heard as one."""
    pause = SILENCE + 0.2
    heard = hear(listener, seconds(0.5), said("help"), said("us"), seconds(pause), said("pause"), seconds(2.0))
    assert [intent for intent, _ in heard] == ["Pause"]
    both = hear(listener, seconds(0.5), said("help us pause"), seconds(pause), said("breathe with us"), seconds(2.0))
    assert [intent for intent, _ in both] == ["Pause", "Pause"]


def test_noise_and_echo_are_taken_out(listener: Listener, said: Callable[[str], Samples]) -> None:
    """A request is understood in a hall, in hissing noise, and in a quiet room after it as if there had been none."""
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
