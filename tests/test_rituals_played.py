"""Rituals as they are played: the opening, and the thanks of the evening."""

from datetime import date
from pathlib import Path

import pytest
from acting import ANA, BEN, act, said, two_at_home

from voice.assistant import Assistant
from voice.cues import Ask, Chime, Cue, Rest
from voice.moments.moment import Answer
from voice.moments.registry import MOMENTS
from voice.nlu.intent import Intent
from voice.settings.rituals import RITUALS

TEA = Answer(spoke=True, words="you made tea")
COFFEE = Answer(spoke=True, words="you made coffee")


@pytest.fixture
def home(tmp_path: Path) -> Assistant:
    """Give an assistant in its own home."""
    return two_at_home(tmp_path)


def test_a_ritual_asks_whether_now_is_good(home: Assistant) -> None:
    """It begins with a chime and a question. Silence ends it without a word, "not now" with one line."""
    for ritual in RITUALS:
        begun = act(home, Intent.of(ritual.name), by_itself=True)
        assert isinstance(begun[0], Chime), ritual
        assert _asks(begun) == ["ritual.ready"]
        assert len(said(begun)) == 1
        assert len(said(act(home, Intent.of(ritual.name), "not now", by_itself=True))) == 2
        assert len(said(act(home, Intent.of(ritual.name), "yes please", by_itself=True))) > 2


def test_a_requested_ritual_does_not_ask_first(home: Assistant) -> None:
    """Begun by voice, a ritual does not ask whether now is good."""
    for ritual in RITUALS:
        assert "ritual.ready" not in _asks(act(home, Intent.of(ritual.name))), ritual


def _asks(cues: list[Cue]) -> list[str]:
    return [cue.name for cue in cues if isinstance(cue, Ask)]


def test_an_unrecognised_answer_gets_one_second_chance(home: Assistant) -> None:
    """An unrecognised answer gets one gentle second chance."""
    lines = said(act(home, Intent("GoodNight"), "wibble", "wibble", by_itself=True))
    assert len(lines) == 2
    assert lines[1] in home.pack.responses["always.once_more"]


def test_partners_take_turns_to_say_thank_you(home: Assistant) -> None:
    """Each is asked by name, and the partners take turns to begin from evening to evening."""
    evenings = [said(act(home, Intent("Gratitude"), TEA, COFFEE)) for _ in range(2)]
    names = [[name for line in lines for name in (ANA, BEN) if name in line] for lines in evenings]
    assert names == [[ANA, BEN], [BEN, ANA]]


def test_thanks_are_kept_only_when_notes_are_on(home: Assistant) -> None:
    """No note is recorded until notes are switched on; then they can be read back, with the names."""
    asks = [cue for cue in act(home, Intent("Gratitude"), TEA, COFFEE) if isinstance(cue, Ask)]
    assert [ask.record for ask in asks] == [False, False]
    assert home.journal.is_empty()
    act(home, Intent("KeepOn", {"what": "notes"}))
    asks = [cue for cue in act(home, Intent("Gratitude"), TEA, "skip") if isinstance(cue, Ask)]
    assert [ask.record for ask in asks] == [True, True]
    (note,) = home.journal.notes(date.min)
    assert (note.partner, note.words) == (BEN, TEA.words)
    lines = said(act(home, Intent("ReadNotes")))
    assert BEN in lines[-2]
    assert lines[-1] == TEA.words


def test_the_tally_counts_only_when_kept(home: Assistant) -> None:
    """Good and hard moments get a kind reply, and are counted once the tally is switched on."""
    act(home, Intent("GoodMoment"))
    assert home.journal.is_empty()
    act(home, Intent("KeepOn", {"what": "tally"}))
    for moment in ("GoodMoment",) * 5 + ("HardMoment",):
        act(home, Intent(moment))
    line, *_ = said(act(home, Intent("CheckIn")))
    assert line in {variant.format(good=5, hard=1) for variant in home.pack.responses["check_in.well"]}
    assert not any(name in line for name in (ANA, BEN))


def test_every_ritual_has_its_setting_and_its_moment(home: Assistant) -> None:
    """Each entry of the list can be moved, can be due, and can be played."""
    assert {state.name for state in home.rituals.states()} == {ritual.name for ritual in RITUALS} <= MOMENTS.keys()


def test_a_ritual_of_the_usual_shape_rings_between_two_lines(home: Assistant) -> None:
    """A rest and a chime follow the first line, and then the last line."""
    for ritual, seconds in (("good_morning", 8.0), ("coming_home", 60.0)):
        begin, rest, chime, end = act(home, Intent.of(ritual))
        assert (rest, chime) == (Rest(seconds), Chime("low"))
        assert [
            line in home.pack.responses[f"{ritual}.{part}"]
            for line, part in zip(said([begin, end]), ("begin", "end"), strict=True)
        ] == [True, True]
