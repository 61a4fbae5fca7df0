"""Settings: valid files are read, mistakes are explained in one line."""

import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from voice.errors import InputError
from voice.settings.file import load_settings
from voice.settings.rituals import RITUALS
from voice.settings.schema import SafetyNumber, Settings
from voice.storage.paths import private_folder, settings_file, user_cache, user_data

NAMES = [ritual.name for ritual in RITUALS]
NUMBER = '{name = "A", number = "12"}'
# Every key of the first version, none at its default.
VERSION_0_1 = Path(__file__).parent / "settings" / "version-0.1.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a settings file."""
    return tmp_path / "settings.toml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home folder."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def _flat(settings: BaseModel, prefix: str = "") -> dict[str, object]:
    """Return all settings by their dotted keys."""
    found: dict[str, object] = {}
    for key, value in settings:
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, BaseModel) else {prefix + key: value}
    return found


def test_a_settings_file_of_version_0_1_still_works() -> None:
    """A file that sets every key of the first version is read, and each value takes effect."""
    found, usual = load_settings(VERSION_0_1), Settings()
    unchanged = [key for key, value in _flat(found).items() if value == _flat(usual)[key]]
    assert unchanged == []
    assert found.partners.names == ("Zo\u00eb", "Jean-Luc O'Neil")
    assert found.partners.spoken == ("Zoh-ee", "zhon look oh neel")
    assert found.listening.silence == 1.0
    assert found.safety.numbers == (SafetyNumber(name="my sister Anna", number="+44 20 7946 0000"),)
    assert found.rituals.by_name()["gratitude"].at == time(7, 5)
    assert not found.rituals.gratitude.enabled
    assert found.rituals.laughter.days == {5, 6}
    assert found.rituals.quiet == (time(22, 45), time(7, 0))
    assert Settings.model_validate(found.model_dump()) == found  # changes by voice rely on this


def test_every_key_has_a_default(file: Path) -> None:
    """Each section and each key may be left out."""
    file.write_text('[partners]\nnames = ["Anna", "Ben"]\n[pause]\nrounds = 5\n', encoding="utf-8")
    assert load_settings(file).partners.spoken == ("Anna", "Ben")
    assert load_settings(file).rituals.gratitude.at == time(21, 30)
    assert load_settings(file).speaking == Settings().speaking


def test_the_settings_need_no_sound_and_no_recogniser() -> None:
    """A short command such as `moments stop` reads the settings without loading large libraries."""
    large = {"numpy", "hassil", "soundfile"}
    code = f"import sys, voice.settings.file, voice.settings.overrides; print(*{large} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "\n"


def test_without_a_file_the_defaults_hold(home: Path) -> None:
    """The usual file need not exist; if it does, it is read, also with a byte order mark."""
    assert load_settings() == Settings()
    assert settings_file().is_relative_to(home)
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("[pause]\nrounds = 5\n", encoding="utf-8-sig")
    assert load_settings().pause.rounds == 5


def test_every_field_is_documented() -> None:
    """Each key has a description."""

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
            f": unknown key rituals.midnight: known here are {', '.join(['grace', 'quiet', *NAMES])}",
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
        ('[speaking]\nvoice = ""', ': speaking.voice is "": it must not be empty: remove the line instead'),
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
            ': safety.emergency is "1": it has to be a phone number, such as "+44 20 7946 0000"',
        ),
        ('[safety]\nnumbers = [{name = "Anna"}]', ": safety.numbers.number is missing: add it"),
        (
            "[safety]\nnumbers = [3]",
            ": safety.numbers is 3: it has to be a section: write [[safety.numbers]], and its keys below",
        ),
        (
            f"[safety]\nnumbers = [{', '.join(4 * [NUMBER])}]",
            ': safety.numbers is [{"name": "A", "number": "12"}, {"nam...: it may have 3 entries at most',
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
            ': keeping.folder is "couple": it has to be the full path of a folder, beginning with "/" or "~/"',
        ),
        (
            "[pause]\nrounds = 0\nhold = 99\nblink = 1",
            ": pause.hold is 99: it has to be at least 0 and at most 12 (and 2 more)",
        ),
        (
            "[pause]\nrounds = 3\nrounds = 4",
            ", line 3: this is not TOML (Cannot overwrite a value): put text and times in quotes",
        ),
        ("x = " + "[" * 100_000, ": brackets are nested too deeply: remove some"),
    ],
)
def test_a_mistake_is_explained_in_one_line(file: Path, text: str, said: str) -> None:
    """The message names the file, the key and what to write instead."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_settings(file)
    assert str(raised.value) == f"{file}{said}"


def test_an_unreadable_file_is_reported_in_one_line(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are not text are told apart."""
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"[partners]\nnames = ['Zo\xeb', 'Ben']\n")
    with pytest.raises(InputError, match=r"latin\.toml, line 2: this is not UTF-8 text"):
        load_settings(latin)
    with pytest.raises(InputError, match="this is a folder"):
        load_settings(tmp_path)
    with pytest.raises(InputError, match="there is no such settings file"):
        load_settings(tmp_path / "missing.toml")


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
def test_any_content_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, object], end: str
) -> None:
    """No content raises anything but a one-line InputError."""
    file = tmp_path_factory.getbasetemp() / "any.toml"
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in entries.items()]
    file.write_text("\n".join([*lines, end]), encoding="utf-8", errors="replace")
    try:
        load_settings(file)
    except InputError as error:
        said = str(error).splitlines()
    else:
        said = ["read"]
    assert len(said) == 1


def test_folders_are_private(home: Path) -> None:
    """Data and cache folders are open to their owner only, and created when first needed."""
    folders = [user_data(), user_cache(), user_data("~/couple")]
    assert folders[2] == home / "couple"
    for folder in folders:
        assert folder.is_relative_to(home)
        assert not folder.exists()
        assert private_folder(folder).stat().st_mode & 0o777 == 0o700
