"""Two ears: what they understand together, and what they must not take for a request."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice.asr.embedded import EmbeddedRecogniser
from voice.asr.engines import Choice
from voice.asr.fused import FusedRecogniser
from voice.asr.recogniser import Transcript
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import RATE
from voice.errors import InputError
from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import Sentences, load_sentences
from voice.packs.load import load_lexicon
from voice.settings.schema import Settings
from voice.storage.paths import data_folder

THRESHOLD = Settings().listening.threshold
PACK = data_folder("intents") / "en"
RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.flac"))


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    """Give the default pack's sentences."""
    return load_sentences(PACK)


@pytest.fixture(scope="module")
def hear(sentences: Sentences) -> Callable[[NDArray[np.int16]], Transcript | None]:
    """Give a function that hears a sound with both ears, as at any time of the day."""
    recogniser = Choice("en", "embedded", None, second_ear=True).recogniser(load_lexicon(PACK, sentences.speech))
    assert isinstance(recogniser, FusedRecogniser)
    grammar = recogniser.compile(sentences.scope(ANYTIME).graph)
    return lambda samples: recogniser.recognise(samples, grammar)


def samples_of(path: Path) -> NDArray[np.int16]:
    """Return a recording as (n,) int16 at 16 kHz, with a little silence behind it."""
    return np.pad(to_int16(Clip.read(path).resampled(RATE).samples), (3000, 4000))


@pytest.mark.parametrize("voice", ["slt", "rms"])
@pytest.mark.parametrize(
    "text",
    ["help us pause", "give us a question", "stop listening for thirty minutes", "move gratitude to nine thirty"],
)
def test_requests_are_understood(
    hear: Callable[[NDArray[np.int16]], Transcript | None],
    spoken: Callable[[str, str], Path],
    text: str,
    voice: str,
) -> None:
    """A request is understood with certainty, and its free text comes with it."""
    heard = hear(samples_of(spoken(text, voice)))
    assert heard is not None
    assert heard.text == text
    assert heard.confidence > THRESHOLD
    assert heard.free is not None
    assert heard.free.text


@pytest.mark.parametrize(
    "text",
    [
        "turn up the heating",
        "set the table for four",
        "give me a kiss",
        "how are we doing for milk",
        "we're stressed about the exam",
        "tell me a story about a dragon",
        "take three breads out of the oven",
    ],
)
def test_near_misses_are_not_believed(
    hear: Callable[[NDArray[np.int16]], Transcript | None], spoken: Callable[[str, str], Path], text: str
) -> None:
    """A sentence that only sounds like one of the grammar is far from sure; its own words come with it."""
    heard = hear(samples_of(spoken(text, "slt")))
    assert heard is None or heard.confidence < THRESHOLD / 2
    assert heard is None or heard.free is not None


@pytest.mark.parametrize(
    ("voice", "words_a_minute", "text"),
    [
        ("en-us", 200, "i'm so stressed about the visa, the embassy won't pick up"),
        ("en-gb", 190, "we're stressed about the move, and the landlord won't call back"),
        ("en-us+f2", 200, "i'm so stressed about the exam, my teacher won't write back"),
    ],
)
def test_the_beginning_of_a_story_is_no_request(
    hear: Callable[[NDArray[np.int16]], Transcript | None], tmp_path: Path, voice: str, words_a_minute: int, text: str
) -> None:
    """A sentence that only begins what was said is not believed, however well its end fits there."""
    path = tmp_path / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-w", path, text], check=True)
    heard = hear(samples_of(path))
    assert heard is None or heard.confidence < THRESHOLD


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_strangers_are_not_believed(hear: Callable[[NDArray[np.int16]], Transcript | None], path: Path) -> None:
    """People who say something else stay below what even a moment would take."""
    heard = hear(samples_of(path))
    assert heard is None or heard.confidence < THRESHOLD * 0.75


@pytest.mark.parametrize("level", [0.0, 0.001, 0.05, 0.3])
def test_noise_is_not_believed(hear: Callable[[NDArray[np.int16]], Transcript | None], level: float) -> None:
    """Nothing that is made up from silence or noise counts."""
    noise = to_int16((level * np.random.default_rng(2).standard_normal(2 * RATE)).astype(np.float32))
    heard = hear(noise)
    assert heard is None or heard.confidence < THRESHOLD / 2


def test_free_speech_is_written_down(sentences: Sentences, spoken: Callable[[str, str], Path]) -> None:
    """Notes become text without another model."""
    recogniser = Choice("en", "embedded", None, second_ear=True).recogniser(load_lexicon(PACK, sentences.speech))
    assert isinstance(recogniser, FusedRecogniser)
    said = samples_of(spoken("my sister drove the old car to the station", "slt"))
    assert recogniser.dictate(said) == "My sister drove the old car to the station."
    assert recogniser.dictate(np.zeros(0, np.int16)) is None


def test_what_people_say_helps_the_reading_alone(sentences: Sentences, spoken: Callable[[str, str], Path]) -> None:
    """What no sentence is like is read with what people say in mind; notes are written down as they are said."""
    lexicon, said = (
        load_lexicon(PACK, sentences.speech),
        samples_of(spoken("mindfulness three minutes, please", "rms")),
    )
    texts = []
    for sayings in ((), ("mindfulness three minutes please", "give us three minutes", "we like the garden")):
        recogniser = Choice("en", "embedded", None).recogniser(lexicon, partial(tuple[str, ...], sayings))
        assert isinstance(recogniser, FusedRecogniser)
        heard = recogniser.recognise(said, recogniser.compile(sentences.scope(ANYTIME).graph))
        assert heard is not None
        assert heard.free is not None
        texts.append(heard.free.text)
        note = samples_of(spoken("my sister drove the old car to the station", "slt"))
        assert recogniser.dictate(note) == "My sister drove the old car to the station."
    assert ["mindfulness three minutes" in text.lower() for text in texts] == [False, True], texts


def test_the_first_ear_has_its_say_in_what_was_read(sentences: Sentences, spoken: Callable[[str, str], Path]) -> None:
    """The opposite wish is said more often and would do as a text, but its sound is another."""
    sayings = ("start saving what we say", "we like the garden")
    recogniser = Choice("en", "embedded", None).recogniser(load_lexicon(PACK, sentences.speech), lambda: sayings)
    assert isinstance(recogniser, FusedRecogniser)
    said = samples_of(spoken("could you stop saving what we say", "slt"))
    heard = recogniser.recognise(said, recogniser.compile(sentences.scope(ANYTIME).graph))
    assert heard is not None
    assert heard.free is not None
    assert heard.free.text == "Could you stop saving what we say?"


def test_without_what_people_say_it_reads_freely(
    sentences: Sentences, spoken: Callable[[str, str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Examples that cannot be read are told once, and it goes on listening."""

    def broken() -> tuple[str, ...]:
        raise InputError("examples/requests.yaml: cannot be read")

    recogniser = Choice("en", "embedded", None).recogniser(load_lexicon(PACK, sentences.speech), broken)
    grammar = recogniser.compile(sentences.scope(ANYTIME).graph)
    for _ in range(2):
        heard = recogniser.recognise(samples_of(spoken("my sister drove the old car to the station", "slt")), grammar)
        assert heard is not None
        assert heard.free is not None
        assert heard.free.text == "My sister drove the old car to the station."
    assert [record.getMessage().endswith("requests.yaml: cannot be read") for record in caplog.records] == [True]


def test_long_speech_is_written_down_to_its_end(sentences: Sentences, spoken: Callable[[str, str], Path]) -> None:
    """A note of a minute loses no sentence, and none is cut in two."""
    recogniser = Choice("en", "embedded", None, second_ear=True).recogniser(load_lexicon(PACK, sentences.speech))
    assert isinstance(recogniser, FusedRecogniser)
    said = ["my sister drove the old car to the station", "you made dinner when I was tired", "thank you for the tea"]
    once = np.concatenate([np.pad(samples_of(spoken(text, "slt")), (0, RATE // 3)) for text in said])
    read = recogniser.dictate(np.tile(once, 6)) or ""
    assert [read.count(part) for part in ("My sister drove", "when I was tired.", "Thank you for the tea.")] == [
        6,
        6,
        6,
    ]


def test_a_long_utterance_is_heard_by_the_first_ear_alone(
    hear: Callable[[NDArray[np.int16]], Transcript | None], spoken: Callable[[str, str], Path]
) -> None:
    """Thirteen seconds of talk are not read: that would take much memory, and nobody asks for so long."""
    said = samples_of(spoken("my sister drove the old car to the station", "slt"))
    heard = hear(np.tile(said, 13 * RATE // said.size + 1))
    assert heard is not None
    assert heard.confidence < THRESHOLD
    assert heard.free is not None
    assert not heard.free.text


def test_the_second_ear_can_be_left_out(sentences: Sentences) -> None:
    """A setting, and every language but English, leave the first ear alone."""
    lexicon = load_lexicon(PACK, sentences.speech)
    assert isinstance(Choice("en", "embedded", None, second_ear=False).recogniser(lexicon), EmbeddedRecogniser)
    assert isinstance(Choice("ko", "embedded", None, second_ear=True).recogniser(lexicon), EmbeddedRecogniser)
