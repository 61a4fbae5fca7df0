"""Languages: a new one is a folder of its own, and each says times in its own words."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import made_up_language
import pytest
import yaml
from command_line import CommandLine
from hypothesis import given
from hypothesis import strategies as st

from voice.assistant import assemble
from voice.errors import InputError
from voice.languages.language import language_of
from voice.moments.registry import NEEDS
from voice.nlu.contexts import ANYTIME
from voice.nlu.matcher import match
from voice.nlu.times import when
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.settings.schema import Settings

NOW = datetime(2026, 3, 28, 15, 0)  # noqa: DTZ001 - wall time; a Saturday
NEEDED = {**NEEDS["remind"].fields, **NEEDS["reminder"].fields, **NEEDS["undo"].fields}
MOMENTS_TO_COME = st.integers(1, 7 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@pytest.fixture(scope="module")
def kalo(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Return the pack of the made-up language."""
    return load_pack(made_up_language.write_pack(tmp_path_factory.mktemp("kalo") / "pack", NEEDED), NEEDS)


def _slots(pack: Pack, text: str) -> dict[str, Any]:
    found = match(text, pack.sentences.scope(ANYTIME))
    assert found is not None, f"{text} is not understood"
    return dict(found.slots)


@pytest.fixture(scope="module")
def said_and_understood(kalo: Pack) -> Callable[[datetime], tuple[datetime, datetime]]:
    """Return a function that says a time in two ways, and returns the times understood."""

    def understood(at: datetime) -> tuple[datetime, datetime]:
        spoken = kalo.speech.spoken
        first, second = (
            when(_slots(kalo, f"memorigu nin {said}"), NOW).at
            for said in (spoken.moment(at, NOW), spoken.when(at, NOW))
        )
        return first, second

    return understood


def test_a_new_language_says_times_in_its_words(kalo: Pack) -> None:
    """Clock, lengths and days follow the folder's `language.yaml` alone."""
    spoken = kalo.speech.spoken
    assert spoken.time(time(12)) == "tagmezo"
    assert spoken.time(time(21, 30)) == "horo naŭ kaj tridek vespere"
    assert spoken.time(time(8, 45)) == "kvarono antaŭ horo naŭ matene"
    assert spoken.moment(NOW + timedelta(days=2), NOW) == "en lundo je horo tri tage"
    assert spoken.when(NOW + timedelta(minutes=20), NOW) == "post dudek minutoj"
    assert [spoken.length(minutes) for minutes in (1, 60, 130, 300)] == [
        "un minuto",
        "un horo",
        "du horetoj kaj dek minutoj",
        "kvin horoj",
    ]
    assert spoken.days(frozenset({0, 1, 6})) == "en lundoj, mardoj kaj dimanĉoj"


@given(at=MOMENTS_TO_COME)
def test_a_new_language_understands_the_times_that_it_says(
    said_and_understood: Callable[[datetime], tuple[datetime, datetime]], at: datetime
) -> None:
    """A time, said back as a moment or a length, is understood as the same time."""
    assert said_and_understood(at) == (at, at)


def test_a_new_language_has_its_own_typed_times_letters_and_reduced_forms(kalo: Pack) -> None:
    """Typed digits are read, its letters are pronounced by espeak-ng, and its lost phones are known."""
    assert _slots(kalo, "Memorigu nin je horo 8:30") == {"hour": 8, "minute": 30}
    ways = kalo.lexicon.pronounce(["morgaŭ", "nin"])
    assert ways["nin"] == {("n", "i", "n"), ("n", "i")}
    assert {way[:4] for way in ways["morgaŭ"]} == {("m", "oʊ", "ɹ", "g")}


def test_a_new_language_is_spoken_and_heard(moments: CommandLine) -> None:
    """With `--pack` and `language` alone, a request is understood from text and sound, and answered in the language."""
    made_up_language.write_pack(moments.home / "kalo", NEEDED)
    settings = moments.settings(f'language = "{made_up_language.CODE}"\n')
    (reply,) = moments.call(
        *("say", "memorigu nin post dudek minutoj", "--pack", "kalo", "--json", "--settings", settings)
    ).lines
    assert [cue["say"] for cue in reply["cues"] if "say" in cue] == ["Bone, post dudek minutoj."]
    assistant = assemble(Settings(language=made_up_language.CODE), moments.home / "kalo")
    assert assistant.voice == "eo+f3"
    assistant.synthesiser.render("memorigu nin post dudek minutoj").write(moments.home / "request.wav")
    (reply,) = moments.call("hear", "request.wav", "--pack", "kalo", "--json", "--settings", settings).lines
    assert (reply["moment"], reply["heard"]) == ("remind", "memorigu nin post dudek minutoj")


def test_korean_says_times_in_korean() -> None:
    """Hours are counted in Korean numbers, minutes in Sino-Korean ones, and no English word is left."""
    spoken = language_of("ko").spoken
    assert spoken.time(time(21, 30)) == "밤 아홉 시 반"
    assert spoken.time(time(7, 10)) == "오전 일곱 시 십 분"
    assert spoken.time(time(12)) == "정오"
    assert spoken.moment(NOW + timedelta(days=1), NOW) == "내일 오후 세 시에"
    assert spoken.when(NOW + timedelta(minutes=20), NOW) == "이십 분 뒤에"
    assert spoken.length(150) == "두 시간 반"
    assert spoken.days(frozenset({0, 2})) == "월요일, 수요일마다"


def test_each_language_brings_its_own_voice_and_rules() -> None:
    """English and Korean come with the package; another language has espeak-ng's voice of its code."""
    assert (language_of("en-GB").voice, language_of("en-GB").rules) == ("en-us+f2", "en-us")
    assert language_of("ko").voice == "ko+f2"
    assert (language_of("de").voice, language_of("de").rules) == ("de+f2", "de")


BROKEN: dict[str, tuple[tuple[str, ...], object, str]] = {
    "an unknown key": (("colour",), "red", "colour: extra inputs are not permitted"),
    "an unknown field": (("spoken", "times", "today"), "at {hour}", "may only have {time} in braces"),
    "a missing minute": (("spoken", "times", "minutes"), {"0-30": "{hour}"}, "31 is missing"),
    "a key that is not a number": (("spoken", "lengths", "hours"), {"few": "{hours}"}, '"few" has to be a number'),
    "six days": (("spoken", "days", "names"), ["lundo"] * 6, "spoken.days.names"),
    "a broken pattern": (("typed",), [{"find": "(", "becomes": ""}], "is not a regular expression"),
    "a replacement with an unknown group": (
        ("typed",),
        [{"find": "a(b)", "becomes": r"\2"}],
        "invalid group reference 2",
    ),
    "a replacement with an unknown escape": (("typed",), [{"find": "(?i:a)", "becomes": r"\d"}], "bad escape"),
    "a dictionary in a folder": (("dictionary",), "sub/words.tsv.gz", "the name of a file, without a folder"),
    "a reduced form of nothing": (("reduced_forms",), [{"drop": ["n"], "at": "end", "longer_than": 0}], "longer_than"),
    "an unknown phone": (("phones",), {"x": "QQ"}, '"QQ"'),
    "a time that is none": (("spoken", "times", "named"), {"24:00": "noktomezo"}, '"24:00" has to be a time'),
    "an unknown spelling": (("spoken", "times", "hour_numbers"), "spellout-cardinal", "a list of words from zero on"),
    "another language": (("language",), "fr", "it is of another language than the sentences"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_broken_language_file_is_refused(tmp_path: Path, mistake: str) -> None:
    """One line names the file and the mistake."""
    keys, value, message = BROKEN[mistake]
    folder = made_up_language.write_pack(tmp_path / "pack", NEEDED)
    path = folder / "language.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_pack(folder, NEEDS)
    assert str(refused.value).startswith(str(path))
    assert message in str(refused.value)
