"""Settings: what may stand in the file, and what is said when something else does."""

from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from voice.errors import InputError
from voice.settings.schema import SafetyNumber, Settings, load
from voice.storage.paths import private_folder, settings_file, user_cache, user_data

NUMBER = '{name = "A", number = "12"}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a test writes its settings."""
    return tmp_path / "settings.toml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of its own for the test."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_every_key_has_a_default_and_can_be_set(file: Path) -> None:
    """A file that sets everything is read; each section that is left out keeps its defaults."""
    file.write_text(
        """
        language = "en"
        [partners]
        names = ["Zo\\u00eb", "Jean-Luc O'Neil"]
        sounds = ["Zoh-ee", "zhon look oh neel"]
        [listening]
        microphone = "USB"
        silence = 1
        threshold = 0.7
        free_silence = 3.0
        free_limit = 60
        name = "Juniper Bean"
        name_required = true
        name_sounds = "JH UW1 N AH0 P ER0, B IY1 N"
        [speaking]
        loudspeaker = "HDMI"
        voice = "en-gb"
        rate = 120
        volume = 0.5
        lead_in = 1.5
        [pause]
        inhale = 4
        hold = 7
        exhale = 8
        rest = 1
        rounds = 5
        style = "chimes"
        [rituals]
        grace = 30
        [rituals.gratitude]
        at = "7:05"
        enabled = false
        [keeping]
        folder = "~/couple"
        moments = true
        tally = true
        notes = true
        [safety]
        numbers = [{ name = "my sister Anna", number = "+44 20 7946 0000" }]
        emergency = "999"
        """,
        encoding="utf-8",
    )
    found = load(file)
    assert found.partners.names == ("Zo\u00eb", "Jean-Luc O'Neil")
    assert found.partners.spoken == ("Zoh-ee", "zhon look oh neel")
    assert found.listening.silence == 1.0
    assert found.safety.numbers == (SafetyNumber(name="my sister Anna", number="+44 20 7946 0000"),)
    assert found.rituals.by_name()["gratitude"].at == time(7, 5)
    assert not found.rituals.gratitude.enabled
    assert Settings.model_validate(found.model_dump()) == found  # changes by voice are laid over it so
    file.write_text('[partners]\nnames = ["Anna", "Ben"]\n[pause]\nrounds = 5\n', encoding="utf-8")
    assert load(file).partners.spoken == ("Anna", "Ben")
    assert load(file).rituals.gratitude.at == time(21, 30)
    assert load(file).speaking == Settings().speaking


def test_without_a_file_the_defaults_hold(home: Path) -> None:
    """The usual file need not exist; when it does, it is read, whatever mark an editor put in front."""
    assert load() == Settings()
    assert settings_file().is_relative_to(home)
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("[pause]\nrounds = 5\n", encoding="utf-8-sig")
    assert load().pause.rounds == 5


def test_every_field_is_documented() -> None:
    """Each key tells what it is for, where it is defined."""

    def undescribed(section: type[BaseModel]) -> list[str]:
        found = []
        for name, field in section.model_fields.items():
            if isinstance(field.default, BaseModel):
                assert type(field.default).__doc__
                found += undescribed(type(field.default))
            elif not field.description:
                found.append(name)
        return found

    assert undescribed(Settings) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate = 100", ": unknown key rate: did you mean speaking.rate?"),
        ("[speaking]\nrat = 100", ": unknown key speaking.rat: did you mean speaking.rate?"),
        ("[speeking]\nrate = 100", ": unknown key speeking: did you mean speaking?"),
        (
            "[rituals.midnight]\nat = '23:59'",
            (
                ": unknown key rituals.midnight: known here are grace, quiet, gratitude, "
                "good_morning, midday, leaving_home, coming_home, laughter, good_night, mindfulness, check_in"
            ),
        ),
        (
            '[rituals.midday]\ndays = ["mon", "fun"]',
            (
                ': rituals.midday.days is ["mon", "fun"]: it has to be a list of days, such as ["fri", "sat"], '
                'or "daily", "weekdays" or "weekends"'
            ),
        ),
        (
            '[rituals]\nquiet = ["23:00"]',
            ': rituals.quiet is ["23:00"]: it has to be two times of day, such as ["23:00", "06:30"], or none: []',
        ),
        ('[speaking]\nrate = "140"', ': speaking.rate is "140": it has to be a whole number'),
        ("[speaking]\nrate = true", ": speaking.rate is true: it has to be a whole number"),
        ("[speaking]\nrate = 500", ": speaking.rate is 500: it has to be at least 80 and at most 400"),
        ("[speaking]\nvolume = 0", ": speaking.volume is 0: it has to be more than 0.0 and at most 1.0"),
        ('[speaking]\nvolume = "1"', ': speaking.volume is "1": it has to be a number'),
        ("[speaking]\nlead_in = nan", ": speaking.lead_in is NaN: it has to be a number"),
        ('[speaking]\nvoice = ""', ': speaking.voice is "": it must not be empty: take the line away instead'),
        ("speaking = 3", ": speaking is 3: it has to be a section: write [speaking], and its keys below"),
        (
            '[rituals.gratitude]\nat = "25:00"',
            ': rituals.gratitude.at is "25:00": it has to be a time of day, such as "21:30"',
        ),
        ("[rituals.gratitude]\nenabled = 1", ": rituals.gratitude.enabled is 1: it has to be true or false"),
        (
            '[partners]\nnames = ["Anna"]',
            ': partners.names is ["Anna"]: it has to be two names, such as ["Anna", "Ben"], or none: []',
        ),
        (
            '[partners]\nnames = ["Anna", "B3n"]',
            ': partners.names is "B3n": it has to be one or two words of letters, such as "Anna"',
        ),
        (
            '[partners]\nsounds = ["Shevon", "Ben"]',
            ': partners.sounds is ["Shevon", "Ben"]: it needs the names: set partners.names too',
        ),
        ('[pause]\nstyle = "loud"', ': pause.style is "loud": it has to be "voice", "chimes" or "night"'),
        (
            '[safety]\nemergency = "1"',
            ': safety.emergency is "1": it has to be a number to call, such as "+44 20 7946 0000"',
        ),
        ('[safety]\nnumbers = [{name = "Anna"}]', ": safety.numbers.number is missing: add it"),
        (
            "[safety]\nnumbers = [3]",
            ": safety.numbers is 3: it has to be a section: write [[safety.numbers]], and its keys below",
        ),
        (
            f"[safety]\nnumbers = [{', '.join(4 * [NUMBER])}]",
            ': safety.numbers is [{"name": "A", "number": "12"}, {"nam...: it may hold 3 at most',
        ),
        (
            "[listening]\nname_required = true",
            ": listening.name_required is true: it needs a name: set listening.name too",
        ),
        (
            '[listening]\nname_sounds = "B IY1 N"',
            ': listening.name_sounds is "B IY1 N": it needs a name: set listening.name too',
        ),
        (
            '[listening]\nname = "R2"\nname_required = true\nname_sounds = "R"',
            ': listening.name is "R2": it has to be one or two words of letters, such as "Anna"',
        ),
        (
            '[listening]\nname = "Bean"\nname_sounds = "QQ"',
            ': listening.name_sounds is "QQ": "QQ" is no ARPAbet phone: write ARPAbet, such as "JH UW1 N AH0 P ER0"',
        ),
        (
            '[listening]\nname = "Bean"\nname_sounds = "B IY1, N"',
            ': listening.name_sounds is "B IY1, N": it has to tell how one word sounds',
        ),
        (
            '[listening]\nname = "Mister Bean"\nname_sounds = "B IY1 N"',
            ': listening.name_sounds is "B IY1 N": it has to tell how 2 words sound, with a comma between',
        ),
        (
            '[keeping]\nfolder = "couple"',
            ': keeping.folder is "couple": it has to be the whole path of a folder, beginning with "/" or "~/"',
        ),
        (
            "[pause]\nrounds = 0\nhold = 99\nblink = 1",
            ": pause.hold is 99: it has to be at least 0 and at most 12 (and 2 more)",
        ),
        (
            "[pause]\nrounds = 3\nrounds = 4",
            ", line 3: this is not TOML (Cannot overwrite a value): text and times stand in quotes",
        ),
        ("x = " + "[" * 100_000, ": too many brackets inside brackets: take some away"),
    ],
)
def test_a_mistake_is_named_in_one_line(file: Path, text: str, said: str) -> None:
    """What is wrong is told with the file, the key and the mend."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load(file)
    assert str(raised.value) == f"{file}{said}"


def test_a_file_that_cannot_be_read_is_named_in_one_line(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text are told apart."""
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"[partners]\nnames = ['Zo\xeb', 'Ben']\n")
    with pytest.raises(InputError, match=r"latin\.toml, line 2: this is not UTF-8 text"):
        load(latin)
    with pytest.raises(InputError, match="this is a folder"):
        load(tmp_path)
    with pytest.raises(InputError, match="there is no such settings file"):
        load(tmp_path / "missing.toml")


_values = st.one_of(
    st.booleans(),
    st.integers(),
    st.sampled_from(["nan", "-inf", "1e999", "07:32:00", "1979-05-27", "[]", "{}", '"\\n"']),
)
_keys = st.sampled_from(
    [
        "language",
        "partners.names",
        "speaking.rate",
        "listening.silence",
        "rituals",
        "rituals.gratitude.at",
        '"a\\nb"',
        "x.y",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(_keys, _values, min_size=1, max_size=3), st.text(max_size=20))
def test_whatever_stands_in_the_file_it_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, object], end: str
) -> None:
    """No content makes more than one line, or anything but an error for people."""
    file = tmp_path_factory.getbasetemp() / "any.toml"
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in entries.items()]
    file.write_text("\n".join([*lines, end]), encoding="utf-8", errors="replace")
    try:
        load(file)
    except InputError as error:
        said = str(error).splitlines()
    else:
        said = ["read"]
    assert len(said) == 1


def test_folders_are_private(home: Path) -> None:
    """What is kept and cached lies in folders that only their owner may enter, and none is made before it is needed."""
    folders = [user_data(), user_cache(), user_data("~/couple")]
    assert folders[2] == home / "couple"
    for folder in folders:
        assert folder.is_relative_to(home)
        assert not folder.exists()
        assert private_folder(folder).stat().st_mode & 0o777 == 0o700
