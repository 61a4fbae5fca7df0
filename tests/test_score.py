"""The score: every cue at its sample, every word in its slot, nothing cut off and nothing clipped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.cues import Ask, Chime, Cue, Rest, Say
from voice.errors import InputError
from voice.languages.language import language_of
from voice.settings.schema import SpeakingSetting
from voice.tts.chimes import DURATION, PEAK, chime
from voice.tts.espeak import EspeakVoice
from voice.tts.score import FASTEST, PAUSE, DoesNotFit, Mark, fitted, lay
from voice.tts.synthesiser import CachedSynthesiser, Synthesiser

SPEAKING = SpeakingSetting()

COUNT = ("Breathe in", "two", "three", "Breathe out", "two", "three")


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Synthesiser:
    """Give the default voice, with one cache for the whole module."""
    return CachedSynthesiser(EspeakVoice(language_of("en").voice), SPEAKING.rate, tmp_path_factory.mktemp("cache"))


SECONDS = st.floats(0, 3, allow_nan=False)
CUES = st.lists(
    st.builds(Say, st.sampled_from(COUNT), st.one_of(st.none(), st.floats(1, 3)))
    | st.builds(Rest, SECONDS)
    | st.builds(Chime, st.sampled_from(("high", "low")), st.one_of(st.none(), SECONDS)),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(cues=CUES, rate=st.sampled_from((16_000, 22_050, 44_100, 48_000)), after=SECONDS)
def test_cues_tile_the_timeline(voice: Synthesiser, cues: list[Cue], rate: int, after: float) -> None:
    """Any cues: each begins where the previous one ends, takes its time, is not cut off and does not clip."""
    score = lay(cues, voice, rate, after)
    assert [mark.cue for mark in score.marks] == cues
    position = 0
    for mark in score.marks:
        assert mark.start == position
        match mark.cue:
            case Rest(seconds=seconds):
                assert mark.length == round(seconds * rate)
            case Say(takes=float() as takes):
                assert mark.length == round(takes * rate) > mark.sound > 0
            case Say():
                assert mark.length == mark.sound + round(PAUSE * rate)
            case Chime(takes=takes):
                assert mark.length == round((1.5 if takes is None else takes) * rate)
                assert len(score.samples) >= mark.start + round(DURATION * rate)
        position += mark.length
    assert len(score.samples) >= position + round(after * rate)
    assert score.samples.dtype == np.float32
    assert np.abs(score.samples).max(initial=0) < 1


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_eighteen_counts_at_their_samples(voice: Synthesiser, rate: int) -> None:
    """Three counted breaths: each of the 18 words begins exactly at its second, as planned and as heard."""
    score = lay([Say(word, takes=1.0) for word in COUNT * 3], voice, rate)
    assert [mark.start for mark in score.marks] == [second * rate for second in range(18)]
    reach = rate // 100
    heard = np.pad(score.samples, reach)
    for mark in score.marks:
        assert isinstance(mark.cue, Say)
        word = voice.render(mark.cue.text).resampled(rate).samples
        assert mark.sound == len(word), "these words fit their second at the usual pace"
        around = heard[mark.start : mark.start + len(word) + 2 * reach]
        assert np.correlate(around, word).argmax() == reach
    assert score.duration == 18


def test_a_long_word_is_spoken_faster(voice: Synthesiser) -> None:
    """A text too long for its slot is spoken faster; the slot stays as long as planned."""
    text = "Breathe in and hold it"
    usual = voice.render(text)
    score = lay([Say(text, takes=1.2), Say("two", takes=1.0)], voice, usual.rate)
    assert usual.duration > 1.2
    assert score.marks[0].sound < 1.2 * usual.rate
    assert score.marks[1].start == round(1.2 * usual.rate)
    assert fitted(text, 1.2, voice).duration > voice.render(text, FASTEST).duration, "no faster than needed"


@pytest.mark.parametrize("takes", [0.0, 0.5])
def test_an_impossible_word_is_refused(voice: Synthesiser, takes: float) -> None:
    """A text that cannot fit its slot is refused in one line that names it, not squeezed or cut off."""
    with pytest.raises(DoesNotFit, match=r"Breathe in and hold it.*shorten") as caught:
        lay([Say("Breathe in\nand hold it", takes=takes)], voice, 48_000)
    assert isinstance(caught.value, InputError)
    assert "\n" not in str(caught.value)


def test_chimes_ring_over_what_follows(voice: Synthesiser) -> None:
    """A chime that takes no time sounds over the next word, and the last one is not cut off."""
    rate = 48_000
    score = lay([Chime("high", takes=0), Say("two", takes=1.0), Chime("low")], voice, rate)
    word = voice.render("two").resampled(rate).samples
    together = chime("high", rate)[: len(word)] + word
    assert np.allclose(score.samples[: len(word)], together, atol=1e-6)
    assert score.duration == 1 + DURATION
    assert np.allclose(score.samples[-rate // 10 :], chime("low", rate)[-rate // 10 :], atol=1e-6)


def test_loud_mixtures_do_not_clip(voice: Synthesiser) -> None:
    """Twelve chimes at once are made quieter instead of clipped."""
    score = lay([Chime("high", takes=0)] * 12, voice, 48_000)
    assert 0.9 < np.abs(score.samples).max() < 1


def test_sounding_tells_what_the_microphone_hears(voice: Synthesiser) -> None:
    """A word sounds from its first to its last sample, and `hold` longer; a rest is silent."""
    rate = 48_000
    score = lay([Rest(1.0), Say("two", takes=1.0), Rest(1.0), Chime("low"), Rest(2.0)], voice, rate)
    word, bell = score.marks[1], score.marks[3]
    assert not score.sounding(word.start - 1, hold=0.3)
    assert score.sounding(word.start)
    assert score.sounding(word.start + word.sound - 1)
    assert not score.sounding(word.start + word.sound)
    assert score.sounding(word.start + word.sound + round(0.29 * rate), hold=0.3)
    assert not score.sounding(word.start + word.sound + round(0.3 * rate), hold=0.3)
    assert score.sounding(bell.start + round(1.4 * rate))
    assert not score.sounding(bell.start + round(1.6 * rate))


def test_marks_read_as_people_write_them() -> None:
    """Marks look as in the JSON of the command line, on one time for a whole scene."""
    assert Mark(Say("Breathe in", 1.0), 44_100, 22_050, 20_000).as_dict(22_050, 2.0) == {
        "at": 4.0,
        "for": 1.0,
        "say": "Breathe in",
    }
    assert Mark(Rest(0.5), 0, 11_025, 0).as_dict(22_050) == {"at": 0.0, "for": 0.5, "rest": 0.5}
    assert Mark(Chime("low", 0), 1, 0, 100).as_dict(22_050) == {"at": 0.000045, "for": 0.0, "chime": "low"}


@pytest.mark.parametrize("cue", [Ask("open", 8.0), Rest(-1.0), Rest(float("nan")), Say("two", float("inf"))])
def test_what_has_no_place_in_a_score(voice: Synthesiser, cue: Cue) -> None:
    """An Ask, and an impossible time, are reported as mistakes of a scene's author."""
    with pytest.raises(ValueError, match=r"Ask|not a time"):
        lay([cue], voice, 48_000)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_chimes_are_soft(rate: int) -> None:
    """A chime has the promised peak, starts softly, dies away and ends in silence."""
    for name in ("high", "low"):
        sound = chime(name, rate)
        assert len(sound) == round(DURATION * rate)
        assert np.abs(sound).max() == pytest.approx(PEAK)
        assert np.abs(sound[[0, -1]]).max() < 1e-6
        assert np.abs(sound[: rate // 500]).max() < 0.1 * PEAK, "2 ms after its start it is still faint"
        assert np.abs(sound[round(1.5 * rate) :]).max() < 0.02 * PEAK
        assert np.array_equal(sound, chime(name, rate))
    assert not np.array_equal(chime("high", rate), chime("low", rate))
