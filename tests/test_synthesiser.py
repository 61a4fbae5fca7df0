"""The voice: the same words sound the same, nothing is said twice over, and nothing hangs."""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voice.errors import InputError, SystemFailure
from voice.settings.schema import Settings, SpeakingSetting
from voice.tts.espeak import Pyttsx3Synthesiser

SPEAKING = SpeakingSetting()

SILENT_WORKER = ("false",)
"""A worker that never answers: what is still spoken came from the cache."""


def speaker(cache: Path, **options: object) -> Pyttsx3Synthesiser:
    """Return the voice as people get it, with its own cache."""
    return Pyttsx3Synthesiser(Settings().voice, SPEAKING.rate, cache, **options)  # type: ignore[arg-type]


def kept(cache: Path) -> list[Path]:
    """Return what a cache holds."""
    return sorted(cache.glob("*.wav"))


def test_same_words_sound_the_same(tmp_path: Path) -> None:
    """The same text is the same sound sample by sample, also when rendered anew, and comes at the common level."""
    first = speaker(tmp_path / "one").render("Breathe in")
    second = speaker(tmp_path / "two").render("Breathe in")
    assert first.rate == 22_050
    assert np.array_equal(first.samples, second.samples)
    peak = np.abs(first.samples).max()
    assert peak <= 10 ** (-3 / 20)
    assert abs(first.samples[0]) >= 0.0099 * peak, "the first sample is the onset"
    assert 20 * np.log10(np.sqrt(np.square(first.samples).mean())) == pytest.approx(-23, abs=2)


def test_pace_and_rate_are_heard(tmp_path: Path) -> None:
    """A faster pace is shorter, every time: no rendering falls back to the engine's own rate."""
    slow = [speaker(tmp_path / f"slow{i}").render("How was that for you?").duration for i in range(8)]
    assert len(set(slow)) == 1
    assert speaker(tmp_path).render("How was that for you?", pace=1.5).duration < 0.8 * slow[0]


def test_second_time_comes_from_the_cache(tmp_path: Path) -> None:
    """What was said once needs no engine any more, and its file is left as it is, readable by its owner alone."""
    first = speaker(tmp_path / "cache").render("Breathe in")
    (file,) = kept(tmp_path / "cache")
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    again = speaker(tmp_path / "cache", worker=SILENT_WORKER).render("Breathe in")
    assert np.array_equal(first.samples, again.samples)
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["flipped bit", "cut short", "empty", "other file"])
def test_damaged_cache_is_rendered_again(tmp_path: Path, damage: str) -> None:
    """A damaged file in the cache is never heard: it is made anew."""
    whole = speaker(tmp_path).render("one")
    (file,) = kept(tmp_path)
    good = file.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    file.write_bytes({"flipped bit": flipped, "cut short": good[:middle], "empty": b"", "other file": b"{}"}[damage])
    assert np.array_equal(speaker(tmp_path).render("one").samples, whole.samples)
    assert file.read_bytes() == good


def test_cache_stays_bounded(tmp_path: Path) -> None:
    """The cache keeps to its limit, and what was not said for the longest time goes first; other files stay."""
    letter = tmp_path / "letter.wav"
    letter.write_bytes(b"not ours")
    sizes = {}
    for word in ("one", "two", "three"):
        speaker(tmp_path / word).render(word)
        sizes[word] = kept(tmp_path / word)[0].stat().st_size
    voice = speaker(tmp_path, cache_limit=sum(sizes.values()) - 1)
    for word in ("one", "two", "one", "three"):
        voice.render(word)
    assert sum(file.stat().st_size for file in kept(tmp_path) if file != letter) < sum(sizes.values())
    silent = speaker(tmp_path, worker=SILENT_WORKER)
    assert silent.render("one").duration > 0
    assert silent.render("three").duration > 0
    with pytest.raises(SystemFailure):
        silent.render("two")
    assert letter.exists()


def test_unusable_cache_still_speaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where nothing can be stored, all is spoken all the same, and one warning tells it."""
    (tmp_path / "file").touch()
    voice = speaker(tmp_path / "file" / "cache")
    with caplog.at_level(logging.WARNING):
        assert voice.render("one").duration > 0.1
        assert voice.render("two").duration > 0.1
    assert len(caplog.records) == 1
    assert str(tmp_path / "file") in caplog.text


def test_many_at_once_share_a_cache(tmp_path: Path) -> None:
    """Several assistants on one cache get whole sounds and leave whole files."""
    words = ("one", "two", "one", "two")
    with ThreadPoolExecutor(len(words)) as pool:
        clips = list(pool.map(lambda word: speaker(tmp_path).render(word), words))
    assert np.array_equal(clips[0].samples, clips[2].samples)
    assert np.array_equal(clips[1].samples, clips[3].samples)
    assert sorted(tmp_path.iterdir()) == kept(tmp_path)
    assert len(kept(tmp_path)) == 2


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A pipe with a name: it ends when the last process that writes to it has died."""
    path = tmp_path / "lifeline"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reader
    os.close(reader)


def test_hung_worker_is_ended(tmp_path: Path, lifeline: tuple[Path, int]) -> None:
    """A voice that hangs is ended in time, with all it has started, and told in one line."""
    path, reader = lifeline
    hanging = ("sh", "-c", f"exec 3>'{path}'; echo here >&3; sleep 600 & sleep 600")
    with pytest.raises(SystemFailure, match=r"within 2 s") as caught:
        speaker(tmp_path, worker=hanging, timeout=2).render("Breathe in")
    assert "\n" not in str(caught.value)
    os.set_blocking(reader, True)
    with os.fdopen(os.dup(reader), "rb") as pipe:
        assert pipe.read() == b"here\n"  # returns only once nobody is left


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ('{"missing": "no library"}', "apt install espeak-ng"),
        ('{"failed": "why"}', "why"),
        ("", "died"),
        ("{}", "no sound"),
    ],
)
def test_broken_engine_is_told(tmp_path: Path, answer: str, line: str) -> None:
    """A missing espeak-ng, a failing or dying engine and one that writes nothing are each told in one line."""
    with pytest.raises(SystemFailure, match=line) as caught:
        speaker(tmp_path, worker=("echo", answer)).render("Breathe in")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("voice", "hint"), [("en_US", "en-us"), ("en-us+nobody", "en-us+f2"), ("f2", "try"), ("", "try"), ("xx", "en-us")]
)
def test_unknown_voice_is_refused(tmp_path: Path, voice: str, hint: str) -> None:
    """A voice or variant that espeak-ng has not is refused with candidates, though espeak-ng would fall back."""
    with pytest.raises(InputError, match=hint.replace("+", r"\+")):
        Pyttsx3Synthesiser(voice, SPEAKING.rate, tmp_path).render("Breathe in")


def test_voices_can_be_chosen(tmp_path: Path) -> None:
    """What the list of voices offers can be spoken with, and differs."""
    names = speaker(tmp_path).voices()
    assert {"en", "en-us", "de"} <= set(names)
    sounds = [Pyttsx3Synthesiser(name, SPEAKING.rate, tmp_path).render("one") for name in ("en-us", "en-us+f3", "de")]
    assert len({sound.samples.tobytes() for sound in sounds}) == 3


@pytest.mark.parametrize("text", ["", "  \n", "\x01\x07", "...", "?!"])
def test_nothing_to_say_is_refused(tmp_path: Path, text: str) -> None:
    """A text without a word is refused, not played as silence."""
    with pytest.raises(InputError, match="nothing to say"):
        speaker(tmp_path).render(text)


def test_text_is_never_taken_for_commands(tmp_path: Path) -> None:
    """Markup and phonemes are read out like other signs; control characters, which espeak-ng obeys, are left out."""
    voice = speaker(tmp_path)
    plain = voice.render("hello world")
    assert np.array_equal(voice.render("hel\u00adlo\x00\n\x01 world\ud800").samples, plain.samples)
    assert voice.render("hello <break time='1ms'/> world").duration > plain.duration + 1
    assert voice.render("hello [[h@l'oU]] world").duration > plain.duration + 1


def test_ten_thousand_letters(tmp_path: Path) -> None:
    """A very long text is spoken whole, in passages; so is one without a space."""
    voice = speaker(tmp_path)
    sentence = voice.render("Breathe in, two, three. " * 4).duration / 4
    long = voice.render("Breathe in, two, three. " * 416)
    assert long.duration == pytest.approx(416 * sentence, rel=0.1)
    assert voice.render("a" * 1000).duration > 1


def test_impossible_rate_is_refused(tmp_path: Path) -> None:
    """A rate that espeak-ng cannot speak at is refused when it is set."""
    with pytest.raises(InputError, match="80 to 450"):
        Pyttsx3Synthesiser(Settings().voice, 0, tmp_path)
