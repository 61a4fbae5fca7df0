"""The pause: exact seconds for every pattern and style, and offers now and then."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import act, said

from voice.assistant import Assistant, assemble
from voice.cues import Ask, Chime, Cue, Rest, Say
from voice.moments.pause import PATTERNS
from voice.nlu.intent import Intent
from voice.settings.schema import Settings

STYLES = ("voice", "chimes", "night")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant in its own home, shared by these tests."""
    home = tmp_path_factory.mktemp("home")
    return assemble(Settings.model_validate({"keeping": {"folder": str(home)}}))


def _pause(**slots: object) -> Intent:
    return Intent("Pause", slots)


def _seconds(cues: list[Cue]) -> Iterator[float]:
    """Yield the seconds that each cue of the breaths takes."""
    for cue in cues:
        assert isinstance(cue, (Say, Rest, Chime)), cue
        takes = cue.seconds if isinstance(cue, Rest) else cue.takes
        assert takes is not None, cue
        yield takes


def _breaths(cues: list[Cue]) -> list[Cue]:
    """Return the cues of the breaths, between the silence before them and the chime after."""
    begin = next(number for number, cue in enumerate(cues) if isinstance(cue, Rest)) + 1
    end = next(number for number, cue in enumerate(cues) if number > begin and cue == Chime("low"))
    return cues[begin:end]


@pytest.mark.parametrize(("pattern", "style"), [*itertools.product(PATTERNS, STYLES)])
def test_breaths_last_as_long_as_their_name_says(assistant: Assistant, pattern: str, style: str) -> None:
    """In every style, counts last one second each, for the requested number of rounds."""
    breath = PATTERNS[pattern]
    breaths = _breaths(act(assistant, _pause(pattern=pattern, style=style, rounds=2)))
    assert sum(_seconds(breaths)) == 2 * sum(phase.counts for phase in breath)


def test_a_voice_counts_each_second(assistant: Assistant) -> None:
    """In the voice style, every second has its word, and a chime begins each breath in and out."""
    words = [cue for cue in _breaths(act(assistant, _pause(pattern="box", rounds=1))) if isinstance(cue, Say)]
    assert [cue.takes for cue in words] == [1.0] * 16
    assert [cue.text for cue in words[:5]] == ["Breathe in", "two", "three", "four", "Hold"]


def test_chimes_alone_have_no_words(assistant: Assistant) -> None:
    """In the chimes style, two chimes tell in from out, and no word is spoken."""
    breaths = _breaths(act(assistant, _pause(pattern="long_exhale", style="chimes", rounds=2)))
    assert said(breaths) == []
    assert [cue.name for cue in breaths if isinstance(cue, Chime)] == ["high", "low"] * 2


def test_the_night_begins_in_silence(assistant: Assistant) -> None:
    """In the night style, six seconds of silence come first, and then only short directions."""
    cues = act(assistant, _pause(style="night"))
    words = [number for number, cue in enumerate(cues) if isinstance(cue, Say)]
    assert sum(cue.seconds for cue in cues[: words[0]] if isinstance(cue, Rest)) >= 6
    assert set(said(cues)) == {"Breathe in", "Breathe out"}


@pytest.mark.parametrize(("wanted", "given"), [(0, 1), (5, 5), (12, 12), (99, 60)])
def test_rounds_stay_sensible(assistant: Assistant, wanted: int, given: int) -> None:
    """A pause has one to sixty breaths, as many as were said."""
    assert said(act(assistant, _pause(rounds=wanted))).count("Breathe in") == given


def _doors(assistant: Assistant, *answers: str) -> list[Cue]:
    """Play pauses until one ends with the offer of more."""
    for _ in range(5):
        cues = act(assistant, _pause(rounds=1), *answers)
        if any(isinstance(cue, Ask) for cue in cues):
            return cues
    pytest.fail("the doors were never offered")


def test_doors_are_offered_now_and_then(assistant: Assistant) -> None:
    """Only some pauses end with the offer of more."""
    offered = [any(isinstance(cue, Ask) for cue in act(assistant, _pause(rounds=1))) for _ in range(4)]
    assert set(offered) == {True, False}


@pytest.mark.parametrize("answer", [(), ("no thank you",), ("the soup is ready",)])
def test_doors_close_without_a_word(assistant: Assistant, answer: tuple[str, ...]) -> None:
    """After silence, no, or other talk, the pause ends as usual."""
    assert isinstance(_doors(assistant, *answer)[-1], Ask)


def test_the_same_again(assistant: Assistant) -> None:
    """After "once more" the breaths are repeated, without a second offer."""
    cues = _doors(assistant, "once more")
    assert said(cues).count("Breathe in") == 2
    assert len([cue for cue in cues if isinstance(cue, Ask)]) == 1


def test_behind_the_doors(assistant: Assistant) -> None:
    """The offer leads to a longer break, or to help with the words."""
    responses = assistant.pack.responses
    assert set(said(_doors(assistant, "twenty minutes apart"))) & set(responses["break.begin"])
    assert set(said(_doors(assistant, "say it kindly"))) & set(responses["kindly.begin"])


def test_a_language_without_breaks_has_no_doors(tmp_path: Path) -> None:
    """A language without breaks and kind words makes no offer."""
    settings = {"language": "ko", "keeping": {"folder": str(tmp_path)}}
    korean = assemble(Settings.model_validate(settings))
    assert not any(isinstance(cue, Ask) for _ in range(4) for cue in act(korean, _pause(rounds=1)))
