"""The synthesiser: the same text sounds the same, nothing is rendered twice, nothing hangs, and a voice is one file."""

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voice.audio.clip import Clip
from voice.errors import InputError, SystemFailure
from voice.languages.language import language_of
from voice.settings.schema import SpeakingSetting
from voice.tts.espeak import EspeakVoice
from voice.tts.synthesiser import CachedSynthesiser

SPEAKING = SpeakingSetting()

SILENT_WORKER = ("false",)
"""A worker that never answers: any sound comes from the cache."""


def speaker(
    cache: Path, *, cache_limit: int = 64_000_000, worker: Sequence[str] | None = None, timeout: float = 20.0
) -> CachedSynthesiser:
    """Return the default voice with a cache of its own."""
    options = {} if worker is None else {"worker": worker}
    voice = EspeakVoice(language_of("en").voice, timeout=timeout, **options)
    return CachedSynthesiser(voice, SPEAKING.rate, cache, cache_limit=cache_limit)


def cached(cache: Path) -> list[Path]:
    """Return the files in a cache."""
    return sorted(cache.glob("*.wav"))


def test_same_words_sound_the_same(tmp_path: Path) -> None:
    """The same text gives the same samples, also when rendered again, at the common level."""
    first = speaker(tmp_path / "one").render("Breathe in")
    second = speaker(tmp_path / "two").render("Breathe in")
    assert first.rate == 22_050
    assert np.array_equal(first.samples, second.samples)
    peak = np.abs(first.samples).max()
    assert peak <= 10 ** (-3 / 20)
    assert abs(first.samples[0]) >= 0.0099 * peak, "the first sample is the onset"
    assert 20 * np.log10(np.sqrt(np.square(first.samples).mean())) == pytest.approx(-23, abs=2)


def test_pace_and_rate_are_heard(tmp_path: Path) -> None:
    """A faster pace is shorter, every time: no rendering falls back to the engine's default rate."""
    slow = [speaker(tmp_path / f"slow{i}").render("How was that for you?").duration for i in range(8)]
    assert len(set(slow)) == 1
    assert speaker(tmp_path).render("How was that for you?", pace=1.5).duration < 0.8 * slow[0]


def test_second_time_comes_from_the_cache(tmp_path: Path) -> None:
    """A text rendered once needs no engine again; its file stays as it is, readable only by its owner."""
    first = speaker(tmp_path / "cache").render("Breathe in")
    (file,) = cached(tmp_path / "cache")
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    again = speaker(tmp_path / "cache", worker=SILENT_WORKER).render("Breathe in")
    assert np.array_equal(first.samples, again.samples)
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["flipped bit", "cut short", "empty", "other file"])
def test_damaged_cache_is_rendered_again(tmp_path: Path, damage: str) -> None:
    """A damaged file in the cache is never played: the text is rendered again."""
    whole = speaker(tmp_path).render("one")
    (file,) = cached(tmp_path)
    good = file.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    file.write_bytes({"flipped bit": flipped, "cut short": good[:middle], "empty": b"", "other file": b"{}"}[damage])
    assert np.array_equal(speaker(tmp_path).render("one").samples, whole.samples)
    assert file.read_bytes() == good


def test_cache_stays_bounded(tmp_path: Path) -> None:
    """The cache keeps its limit and removes the least recently used first; other files stay."""
    letter = tmp_path / "letter.wav"
    letter.write_bytes(b"not ours")
    sizes = {}
    for word in ("one", "two", "three"):
        speaker(tmp_path / word).render(word)
        sizes[word] = cached(tmp_path / word)[0].stat().st_size
    voice = speaker(tmp_path, cache_limit=sum(sizes.values()) - 1)
    for word in ("one", "two", "one", "three"):
        voice.render(word)
    assert sum(file.stat().st_size for file in cached(tmp_path) if file != letter) < sum(sizes.values())
    silent = speaker(tmp_path, worker=SILENT_WORKER)
    assert silent.render("one").duration > 0
    assert silent.render("three").duration > 0
    with pytest.raises(SystemFailure):
        silent.render("two")
    assert letter.exists()


def test_unusable_cache_still_speaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a usable cache the voice still speaks, and one warning says so."""
    (tmp_path / "file").touch()
    voice = speaker(tmp_path / "file" / "cache")
    with caplog.at_level(logging.WARNING):
        assert voice.render("one").duration > 0.1
        assert voice.render("two").duration > 0.1
    assert len(caplog.records) == 1
    assert str(tmp_path / "file") in caplog.text


def test_many_at_once_share_a_cache(tmp_path: Path) -> None:
    """Several assistants that share a cache get whole sounds and leave whole files."""
    words = ("one", "two", "one", "two")
    with ThreadPoolExecutor(len(words)) as pool:
        clips = list(pool.map(lambda word: speaker(tmp_path).render(word), words))
    assert np.array_equal(clips[0].samples, clips[2].samples)
    assert np.array_equal(clips[1].samples, clips[3].samples)
    assert sorted(tmp_path.iterdir()) == cached(tmp_path)
    assert len(cached(tmp_path)) == 2


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Give a named pipe: it ends when the last process that writes to it has died."""
    path = tmp_path / "lifeline"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reader
    os.close(reader)


def test_hung_worker_is_ended(tmp_path: Path, lifeline: tuple[Path, int]) -> None:
    """A voice that hangs is killed in time, with every process it started, and reported in one line."""
    path, reader = lifeline
    hanging = ("sh", "-c", f"exec 3>'{path}'; echo here >&3; sleep 600 & sleep 600")
    with pytest.raises(SystemFailure, match=r"within 2 s") as caught:
        speaker(tmp_path, worker=hanging, timeout=2).render("Breathe in")
    assert "\n" not in str(caught.value)
    os.set_blocking(reader, True)
    with os.fdopen(os.dup(reader), "rb") as pipe:
        assert pipe.read() == b"here\n"  # returns only when no process is left


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
    """A missing, failing, dying or silent engine is reported in one line."""
    with pytest.raises(SystemFailure, match=line) as caught:
        speaker(tmp_path, worker=("echo", answer)).render("Breathe in")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("voice", "hint"), [("en_US", "en-us"), ("en-us+nobody", "en-us+f2"), ("f2", "try"), ("", "try"), ("xx", "en-us")]
)
def test_unknown_voice_is_refused(voice: str, hint: str) -> None:
    """An unknown voice or variant is refused with candidates, though espeak-ng would fall back to another."""
    with pytest.raises(InputError, match=hint.replace("+", r"\+")):
        EspeakVoice(voice).speak("Breathe in", SPEAKING.rate)


def test_voices_can_be_chosen() -> None:
    """Voices from the list can be used, and sound different."""
    names = EspeakVoice("en").voices()
    assert {"en", "en-us", "de"} <= set(names)
    sounds = [EspeakVoice(name).speak("one", SPEAKING.rate) for name in ("en-us", "en-us+f3", "de")]
    assert len({sound.samples.tobytes() for sound in sounds}) == 3


@pytest.mark.parametrize("text", ["", "  \n", "\x01\x07", "...", "?!"])
def test_nothing_to_say_is_refused(tmp_path: Path, text: str) -> None:
    """A text without a word is refused, not played as silence."""
    with pytest.raises(InputError, match="nothing to say"):
        speaker(tmp_path).render(text)


def test_text_is_never_taken_for_commands(tmp_path: Path) -> None:
    """Markup and phonemes are read aloud; control characters, which espeak-ng obeys, are left out."""
    voice = speaker(tmp_path)
    plain = voice.render("hello world")
    assert np.array_equal(voice.render("hel\u00adlo\x00\n\x01 world\ud800").samples, plain.samples)
    assert voice.render("hello <break time='1ms'/> world").duration > plain.duration + 1
    assert voice.render("hello [[h@l'oU]] world").duration > plain.duration + 1


def test_ten_thousand_letters(tmp_path: Path) -> None:
    """A very long text is spoken in full, and so is one without a space."""
    voice = speaker(tmp_path)
    sentence = voice.render("Breathe in, two, three. " * 4).duration / 4
    long = voice.render("Breathe in, two, three. " * 416)
    assert long.duration == pytest.approx(416 * sentence, rel=0.1)
    assert voice.render("a" * 1000).duration > 1


def test_impossible_rate_is_refused(tmp_path: Path) -> None:
    """A speaking rate outside the voice's range is refused when it is set."""
    with pytest.raises(InputError, match="80 to 450"):
        CachedSynthesiser(EspeakVoice(language_of("en").voice), 0, tmp_path)


class ToneVoice:
    """A voice in a dozen lines: a tone for each letter between half seconds of silence, faint or loud."""

    name = "tones"
    version = "1"
    rates = range(60, 601)

    def __init__(self, gain: float = 0.01) -> None:
        self.gain = gain
        self.spoken: list[tuple[str, int]] = []

    def speak(self, text: str, rate: int) -> Clip:
        """Return 0.1 s a letter at 100 words a minute, at 16 kHz."""
        self.spoken.append((text, rate))
        times = np.arange(16_000 * 10 // rate) / 16_000
        tones = [np.cos(2 * np.pi * 20 * ord(letter) * times) for letter in text if letter.isalpha()]
        return Clip(np.pad(self.gain * np.concatenate([*tones, np.zeros(0)]), 8_000).astype(np.float32), 16_000)


def test_another_voice_is_one_file(tmp_path: Path) -> None:
    """A new voice only speaks: its sound comes out trimmed, levelled and cached, at the pace asked for."""
    voice = ToneVoice()
    synthesiser = CachedSynthesiser(voice, 100, tmp_path)
    clip = synthesiser.render("hello")
    assert clip.rate == 16_000
    assert clip.duration == pytest.approx(0.5, abs=0.011), "the silence is gone"
    assert abs(clip.samples[0]) >= 0.9 * np.abs(clip.samples[:100]).max(), "the first sample is the onset"
    assert 20 * np.log10(np.sqrt(np.square(clip.samples).mean())) == pytest.approx(-23, abs=0.2)
    assert np.array_equal(CachedSynthesiser(ToneVoice(0.9), 100, tmp_path).render("hello").samples, clip.samples)
    assert synthesiser.render("hello", pace=2.0).duration == pytest.approx(0.25, abs=0.011)
    assert synthesiser.render("hello", pace=99.0).duration < 0.1
    assert voice.spoken == [("hello", 100), ("hello", 200), ("hello", 600)]
    with pytest.raises(InputError, match="nothing to say"):
        synthesiser.render("1 2 3")
    with pytest.raises(InputError, match="60 to 600"):
        CachedSynthesiser(voice, 50, tmp_path)


def test_a_loud_and_a_soft_voice_come_at_one_level(tmp_path: Path) -> None:
    """Two voices far apart in level sound equally loud, and none clips."""
    loud, soft = (CachedSynthesiser(ToneVoice(gain), 100, tmp_path / f"{gain}").render("hey") for gain in (2.0, 0.01))
    np.testing.assert_allclose(loud.samples, soft.samples, atol=1e-4)
    assert np.abs(loud.samples).max() <= 10 ** (-3 / 20)


def test_long_texts_are_joined_passages(tmp_path: Path) -> None:
    """A long text reaches the voice in whole sentences, and sounds as they do with a pause between them."""
    voice = ToneVoice()
    synthesiser = CachedSynthesiser(voice, 100, tmp_path)
    sentences = [f"{letter * 200}." for letter in "abc"]
    clip = synthesiser.render("\n".join(sentences))
    assert [text for text, _ in voice.spoken] == sentences
    pause = np.zeros(round(0.4 * clip.rate), np.float32)
    first, second, third = (synthesiser.render(sentence).samples for sentence in sentences)
    assert np.array_equal(clip.samples, np.concatenate([first, pause, second, pause, third]))


def test_private_texts_leave_no_trace(tmp_path: Path) -> None:
    """A text that must not be kept is rendered each time, and the cache never sees it."""
    voice = ToneVoice()
    synthesiser = CachedSynthesiser(voice, 100, tmp_path / "cache", keeps=lambda text: text == "hello")
    for text in ("hello", "secret", "hello", "secret"):
        synthesiser.render(text)
    assert [text for text, _ in voice.spoken] == ["hello", "secret", "secret"]
    assert len(cached(tmp_path / "cache")) == 1


def test_each_voice_has_its_own_sounds(tmp_path: Path) -> None:
    """Another voice, or a newer version of it, never plays the cached sounds of the old one."""
    voices = [ToneVoice(), ToneVoice(), ToneVoice()]
    voices[1].name, voices[2].version = "others", "2"
    for voice in voices:
        CachedSynthesiser(voice, 100, tmp_path).render("hello")
    assert len(cached(tmp_path)) == len(voices)
