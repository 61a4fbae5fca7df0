"""The second ear: what it reads, what it makes up, and files that are damaged."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice.asr.automaton import sentence_tree
from voice.asr.moonshine.model import MoonshineModel
from voice.asr.moonshine.ngrams import NGrams, State
from voice.asr.moonshine.search import read_as_spoken, read_freely, search
from voice.asr.moonshine.token_graph import TokenGraph
from voice.asr.moonshine.weights import checked_weights, wheel_folder
from voice.asr.words import words_of
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import RATE
from voice.errors import SystemFailure

FILES = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")


@pytest.fixture(scope="module")
def model() -> MoonshineModel:
    """Give the model, loaded once."""
    return MoonshineModel(checked_weights(wheel_folder()))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Give a folder with links to the model's files, to be damaged."""
    for name in FILES:
        (tmp_path / name).symlink_to(wheel_folder() / name)
    return tmp_path


def samples_of(path: Path) -> NDArray[np.int16]:
    """Return a recording as (n,) int16 at 16 kHz, with a little silence behind it."""
    return np.pad(to_int16(Clip.read(path).resampled(RATE).samples), (3000, 4000))


def test_free_speech_becomes_text(model: MoonshineModel, spoken: Callable[[str, str], Path]) -> None:
    """It writes down what nobody has listed."""
    free = read_freely(model, model.encode(samples_of(spoken("my sister drove the old car to the station", "slt"))))
    assert free.text == "My sister drove the old car to the station."
    assert not free.made_up


SAYINGS = ("mindfulness three minutes", "three minutes of mindfulness", "give us three minutes", "we had a fight")


@pytest.fixture(scope="module")
def ngrams(model: MoonshineModel) -> NGrams:
    """Give the n-grams of a few sentences."""
    return NGrams(SAYINGS, model.tokenizer)


def _after(ngrams: NGrams, model: MoonshineModel, text: str) -> tuple[State, float]:
    """Return the state after a text, and its natural log-probability."""
    state, log_prob = ngrams.start, 0.0
    for token in (token for word in text.split() for token in model.tokenizer.encode_word(word)):
        log_prob += float(ngrams.log_probs(state, np.array([token]))[0])
        state = ngrams.after(state, token)
    return state, log_prob


def test_what_people_say_is_likelier_than_other_words(model: MoonshineModel, ngrams: NGrams) -> None:
    """Known words in a known order count most, then known words, then any others."""
    texts = ("three minutes of mindfulness", "of mindfulness minutes three", "zebras drum at dawn")
    likely = [_after(ngrams, model, text)[1] for text in texts]
    assert likely == sorted(likely, reverse=True)
    assert all(np.isfinite(likely))


@pytest.mark.parametrize("text", ["", "give us", "three minutes", "zebras drum"])
def test_all_that_may_follow_is_certain_together(model: MoonshineModel, ngrams: NGrams, text: str) -> None:
    """After any text, the probabilities of all different tokens add up to 1, but for punctuation."""
    state, _ = _after(ngrams, model, text)
    kinds = {model.tokenizer.piece(token).lower() or f"<{token}>": token for token in range(len(model.tokenizer))}
    words = [token for piece, token in kinds.items() if any(map(str.isalnum, piece))]
    assert np.exp(ngrams.log_probs(state, np.array(words))).sum() == pytest.approx(1.0, abs=1e-3)


def test_capitals_and_punctuation_make_no_difference(model: MoonshineModel, ngrams: NGrams) -> None:
    """A comma, or a capital, makes a text no less likely."""
    plain, likely = _after(ngrams, model, "three minutes of")
    assert _after(ngrams, model, "Three minutes of") == (plain, likely)
    (comma,) = model.tokenizer.encode_piece(",")
    assert ngrams.log_probs(plain, np.array([comma])).tolist() == [0.0]
    assert ngrams.after(plain, comma) == plain


def test_what_people_say_helps_to_read_them(
    model: MoonshineModel, ngrams: NGrams, spoken: Callable[[str, str], Path]
) -> None:
    """What a synthetic voice blurs is read as something that people say, and other talk as it is, to its end."""
    for text, voice, freely in (
        ("mindfulness three minutes", "awb", False),
        ("my sister drove the old car to the station", "slt", True),
    ):
        encoded = model.encode(samples_of(spoken(text, voice)))
        texts = read_as_spoken(model, encoded, ngrams)
        assert _plain(texts[0][0].text) == text
        scores = [score for _, score in texts]
        assert scores == sorted(scores, reverse=True)
        assert len({words_of(free.text) for free, _ in texts}) == len(texts)
        assert (_plain(read_freely(model, encoded).text) == text) is freely


def _plain(text: str) -> str:
    return text.lower().replace(",", "").rstrip(".!?")


@pytest.mark.parametrize(
    ("said", "others"),
    [
        ("stop listening for twenty five minutes", ["stop listening for thirty five minutes"]),
        ("set a timer for twenty one minutes", ["set a timer for twenty minutes", "stop listening for twenty minutes"]),
        ("move gratitude to nine thirty", ["move gratitude to nine thirteen", "move gratitude to nine"]),
        ("remind us in thirteen minutes", ["remind us in thirty minutes", "remind us in fourteen minutes"]),
    ],
)
def test_of_similar_sentences_it_finds_the_one_that_was_said(
    model: MoonshineModel, spoken: Callable[[str, str], Path], said: str, others: list[str]
) -> None:
    """Numbers are told apart, however the model writes them: in words, with a hyphen, in digits."""
    graph = TokenGraph(sentence_tree([text.split() for text in (said, *others)]), model.tokenizer)
    found = search(model, model.encode(samples_of(spoken(said, "slt"))), graph)
    assert " ".join(found[0].words) == said
    assert found == sorted(found, key=lambda sentence: -sentence.log_prob)


@pytest.mark.parametrize(
    "text",
    ["Set a timer for twenty-five minutes.", "set a timer for 25 minutes", "Set a timer, for twenty five minutes!"],
)
def test_a_sentence_may_be_written_in_many_ways(model: MoonshineModel, text: str) -> None:
    """Capitals, punctuation, hyphens and digits make no other sentence."""
    graph = TokenGraph(sentence_tree([["set", "a", "timer", "for", "twenty", "five", "minutes"]]), model.tokenizer)
    assert graph.sentence(written(model, text)) == ("set", "a", "timer", "for", "twenty", "five", "minutes")
    assert graph.sentence(written(model, text + " Please.")) is None
    assert graph.sentence(written(model, "Set a timer")) is None


@pytest.mark.parametrize("level", [0.0, 0.001, 0.1])
def test_from_noise_it_reads_nothing_sure(model: MoonshineModel, level: float) -> None:
    """What it reads from silence and noise is empty, marked as made up, or far from sure."""
    noise = to_int16((level * np.random.default_rng(1).standard_normal(2 * RATE)).astype(np.float32))
    free = read_freely(model, model.encode(noise))
    assert not free.text or free.made_up or free.log_prob / len(free.tokens) < -0.3


def test_very_short_and_long_sounds_are_read(model: MoonshineModel) -> None:
    """No sound and twenty seconds of it both give a result, within the limit of what can be said in the time."""
    assert len(read_freely(model, model.encode(np.zeros(0, np.int16))).tokens) <= 8
    assert len(read_freely(model, model.encode(np.zeros(20 * RATE, np.int16))).tokens) <= 200


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "short", "changed", "folder"])
def test_a_damaged_file_is_named(copied: Path, name: str, damage: str) -> None:
    """A file that is missing, cut short or changed gives one line with its name and the remedy."""
    path = copied / name
    content = bytearray(path.read_bytes())
    path.unlink()
    if damage == "short":
        path.write_bytes(content[:-1])
    elif damage == "changed":
        content[1000] ^= 1
        path.write_bytes(content)
    elif damage == "folder":
        path.mkdir()
    with pytest.raises(SystemFailure, match=name) as caught:
        checked_weights(copied)
    assert "\n" not in str(caught.value)
    assert "pip install" in str(caught.value)


def test_the_wheels_own_library_stays_out() -> None:
    """Loading the model loads neither the wheel's package nor its library."""
    code = (
        "import sys\n"
        "from voice.asr.moonshine.model import MoonshineModel\n"
        "from voice.asr.moonshine.weights import checked_weights, wheel_folder\n"
        "MoonshineModel(checked_weights(wheel_folder()))\n"
        "assert 'moonshine_voice' not in sys.modules\n"
        "assert 'libmoonshine' not in open('/proc/self/maps').read()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def written(model: MoonshineModel, text: str) -> tuple[int, ...]:
    """Return a text in tokens, as the model would write it."""
    end = 2
    return (*(token for word in text.split() for token in model.tokenizer.encode_word(word)), end)
