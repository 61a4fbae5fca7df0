"""Settings: one TOML file, checked as a whole before anything else begins, then frozen."""

import difflib
import json
import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from voice.errors import InputError
from voice.languages.phones import parse_pronunciation
from voice.languages.registry import language_of
from voice.storage.paths import settings_file

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

__all__ = [
    "DAYS",
    "KeepingSetting",
    "ListeningSetting",
    "PartnersSetting",
    "PauseSetting",
    "RitualSetting",
    "RitualsSetting",
    "SafetyNumber",
    "SafetySetting",
    "Settings",
    "SpeakingSetting",
    "days_in_words",
    "load",
    "mistake_in",
]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_EVERY_DAY = frozenset(range(7))
_DAY_WORDS = {"daily": _EVERY_DAY, "weekdays": frozenset(range(5)), "weekends": frozenset({5, 6})}
_LARGEST_FILE = 1_000_000  # bytes; a device or a film named by mistake must not fill the memory
_LONGEST_SHOWN = 40  # characters of a wrong value in a message
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_WORD = r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*"  # letters of any script, with hyphens and apostrophes inside
_NAME = re.compile(rf"{_WORD}(?: {_WORD})?")
_SPOKEN = re.compile(rf"{_WORD}(?: {_WORD})*")
_PHONE = re.compile(r"\+?\d(?: ?\d){1,19}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def _time_of_day(value: object) -> time:
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        hour, minute = int(match[1]), int(match[2])
        if hour < 24 and minute < 60:  # noqa: PLR2004 - a day and an hour
            return time(hour, minute)
    raise ValueError('it has to be a time of day, such as "21:30"')


def _days(value: object) -> frozenset[int]:
    if isinstance(value, str) and value in _DAY_WORDS:
        return _DAY_WORDS[value]
    if isinstance(value, frozenset) and value and value <= _EVERY_DAY:
        return value
    if isinstance(value, list) and value and all(day in DAYS for day in value):
        return frozenset(map(DAYS.index, value))
    raise ValueError('it has to be a list of days, such as ["fri", "sat"], or "daily", "weekdays" or "weekends"')


def days_in_words(days: Collection[int]) -> str | list[str]:
    """Return days of the week (0 is Monday) as the settings have them: one word for all, or a list."""
    word = next((word for word, meant in _DAY_WORDS.items() if meant == frozenset(days)), None)
    return word or [DAYS[day] for day in sorted(days)]


def _hours(value: object) -> tuple[time, ...]:
    try:
        hours = tuple(map(_time_of_day, value)) if isinstance(value, list | tuple) else None
    except ValueError:
        hours = None
    if hours is not None and len(hours) in {0, 2} and len(set(hours)) == len(hours):
        return hours
    raise ValueError('it has to be two times of day, such as ["23:00", "06:30"], or none: []')


def _name(value: str) -> str:
    name = unicodedata.normalize("NFC", value)
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_SHOWN:
        raise ValueError('it has to be one or two words of letters, such as "Anna"')
    return name


def _spoken(value: str) -> str:
    words = unicodedata.normalize("NFC", value)
    if not _SPOKEN.fullmatch(words) or len(words) > _LONGEST_SHOWN:
        raise ValueError('it has to be a few words of letters alone, such as "my sister Anna"')
    return words


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise ValueError('it has to be a number to call, such as "+44 20 7946 0000"')
    return value


def _check_sounds(value: str, words: int) -> None:
    sounds = value.split(",")
    if len(sounds) != words:
        how = "one word sounds" if words == 1 else f"{words} words sound, with a comma between"
        raise ValueError(f"it has to tell how {how}")
    for sound in sounds:
        try:
            parse_pronunciation(sound)
        except ValueError as error:
            raise ValueError(f'{error}: write ARPAbet, such as "JH UW1 N AH0 P ER0"') from None


def _pair(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) not in {0, 2}:
        raise ValueError('it has to be two names, such as ["Anna", "Ben"], or none: []')
    return names


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError('it has to be the code of a language, such as "en"')
    return value


def _folder(value: str) -> str:
    try:
        if Path(value).expanduser().is_absolute() and "\0" not in value:
            return value
    except RuntimeError:  # the home of an unknown person
        pass
    raise ValueError('it has to be the whole path of a folder, beginning with "/" or "~/"')


_Counts = Annotated[int, Field(ge=1, le=12)]  # packs have no words for more
_CountsOrNone = Annotated[int, Field(ge=0, le=12)]
_Rounds = Annotated[int, Field(ge=1, le=20)]
_TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
_Days = Annotated[frozenset[int], BeforeValidator(_days)]
_Hours = Annotated[tuple[time, ...], BeforeValidator(_hours)]
_Value = TypeVar("_Value")
_Device = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class PartnersSetting(_Section):
    """The couple."""

    names: Annotated[tuple[Annotated[str, AfterValidator(_name)], ...], Field(strict=False), AfterValidator(_pair)] = (
        Field(default=(), description="The names of both, spoken when set; none is fine too.")
    )
    sounds: Annotated[
        tuple[Annotated[str, AfterValidator(_spoken)], ...], Field(strict=False), AfterValidator(_pair)
    ] = Field(
        default=(),
        description='How the voice is to say the names, spelled as it would read them, such as ["Shevon", "Ben"]; '
        "the names themselves if not set.",
    )

    @field_validator("sounds")
    @classmethod
    def _sounds_of_names(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("names", value) == ():  # names that are wrong are told by themselves
            raise ValueError("it needs the names: set partners.names too")
        return value

    @property
    def spoken(self) -> tuple[str, ...]:
        """The names of both as the voice is to say them; empty if they are not set."""
        return self.sounds or self.names


class ListeningSetting(_Section):
    """The microphone, and when it has heard enough."""

    microphone: _Device | None = Field(
        default=None, description="The microphone's name or a part of it; the system's own choice if not set."
    )
    silence: float = Field(
        default=0.4,
        ge=0.2,
        le=2.0,
        description="Seconds of silence after which someone has finished a request; one that nothing can be added to "
        "is answered a little sooner, one broken off gets a little longer.",
    )
    threshold: float = Field(
        default=0.27,
        ge=0.0,
        le=1.0,
        description="How sure the recogniser has to be; higher ignores more of what was not meant for it. Within a "
        "moment, where an answer is waited for, a little less is enough.",
    )
    free_silence: float = Field(
        default=2.5, ge=1.0, le=10.0, description="Seconds of silence after which someone has finished telling."
    )
    free_limit: float = Field(default=90.0, ge=10.0, le=600.0, description="Seconds that one may tell at most.")
    name: Annotated[str, AfterValidator(_name)] | None = Field(
        default=None, description='What the assistant is called: "Juniper, help us pause"; no name if not set.'
    )
    name_required: bool = Field(
        default=False,
        description="Whether a request needs the name in front; within a moment, and for answers, it is never needed.",
    )
    name_sounds: str | None = Field(
        default=None,
        description="How the name sounds, in ARPAbet (of two words, with a comma between); by its spelling if not set.",
    )

    @field_validator("name_required", "name_sounds")
    @classmethod
    def _needs_name(cls, value: _Value, info: ValidationInfo) -> _Value:
        name = info.data.get("name", "")  # a name that is wrong is told by itself
        if name is None and value not in {None, False}:
            raise ValueError("it needs a name: set listening.name too")
        return value

    @field_validator("name_sounds")
    @classmethod
    def _tells_the_name(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("name"):
            _check_sounds(value, len(info.data["name"].split()))
        return value


class SpeakingSetting(_Section):
    """The loudspeaker and the voice."""

    loudspeaker: _Device | None = Field(
        default=None, description="The loudspeaker's name or a part of it; the system's own choice if not set."
    )
    voice: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description='The voice of espeak-ng, with a variant, such as "en-us+f2"; the language\'s usual one if not set.',
    )
    rate: int = Field(default=140, ge=80, le=400, description="Words a minute.")
    volume: float = Field(default=1.0, gt=0.0, le=1.0, description="Loudness, as a part of the loudest.")
    lead_in: float = Field(
        default=0.0,
        ge=0.0,
        le=3.0,
        description="Seconds of silence before each sound, for loudspeakers that swallow the first (many do on HDMI).",
    )


class PauseSetting(_Section):
    """The pattern of breath, in counts of one second."""

    inhale: _Counts = Field(default=3, description="Counts to breathe in.")
    hold: _CountsOrNone = Field(default=0, description="Counts to hold the breath after breathing in.")
    exhale: _Counts = Field(default=3, description="Counts to breathe out.")
    rest: _CountsOrNone = Field(default=0, description="Counts to rest after breathing out.")
    rounds: _Rounds = Field(default=3, description="How many breaths.")
    style: Literal["voice", "chimes", "night"] = Field(
        default="voice",
        description='What guides: the "voice", "chimes" alone, or the voice after a silent beginning, for the "night".',
    )


class RitualSetting(_Section):
    """One ritual: when it is due, on which days, and whether at all."""

    at: _TimeOfDay = Field(description='The local time of day it is due at, such as "21:30".')
    enabled: bool = Field(default=True, description="Whether it speaks up by itself.")
    days: _Days = Field(
        default=_EVERY_DAY,
        description='The days it is due on, such as ["fri", "sat"]; or "daily", "weekdays", "weekends".',
    )


def _usually(hour: int, minute: int, days: str | list[str] = "daily", *, enabled: bool = False) -> RitualSetting:
    return RitualSetting(at=time(hour, minute), enabled=enabled, days=_days(days))


class RitualsSetting(_Section):
    """What speaks up by itself."""

    grace: int = Field(
        default=20, ge=1, le=240, description="Minutes a ritual may be late; after that it is left out for the day."
    )
    quiet: _Hours = Field(
        default=(time(23, 0), time(6, 30)),
        description="From when until when no ritual speaks up, past midnight too; [] for never.",
    )
    gratitude: RitualSetting = Field(
        default=_usually(21, 30, enabled=True),
        description="The evening ritual: one small thing that each thanks the other for.",
    )
    good_morning: RitualSetting = Field(
        default=_usually(7, 30, "weekdays"), description="A moment of eye contact before the day."
    )
    midday: RitualSetting = Field(default=_usually(12, 30, "weekdays"), description="A kind message to the other.")
    leaving_home: RitualSetting = Field(
        default=_usually(8, 0, "weekdays"), description="A hug or a thoughtful word at the door."
    )
    coming_home: RitualSetting = Field(
        default=_usually(18, 0, "weekdays"), description="A first minute together, before the news of the day."
    )
    laughter: RitualSetting = Field(default=_usually(21, 0, ["fri", "sat"]), description="Something light before bed.")
    good_night: RitualSetting = Field(default=_usually(22, 15), description="Hands held for a breath before sleep.")
    mindfulness: RitualSetting = Field(default=_usually(10, 0, ["sun"]), description="Two quiet minutes together.")
    check_in: RitualSetting = Field(default=_usually(19, 0, ["sun"]), description="How the two are doing.")

    @field_validator("*", mode="wrap")
    @classmethod
    def _as_usual(cls, value: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        """Let a ritual's section leave out what is as usual."""
        usual = cls.model_fields[info.field_name or ""].default
        if not isinstance(usual, RitualSetting) or not isinstance(value, dict):
            return check(value)
        return RitualSetting.model_construct(set(value), **dict(check(usual.model_dump() | value)))

    def by_name(self) -> Mapping[str, RitualSetting]:
        """Return each ritual's setting under its name, those that are off included."""
        return {
            name: value for name in type(self).model_fields if isinstance(value := getattr(self, name), RitualSetting)
        }


class KeepingSetting(_Section):
    """What outlives a restart, and where."""

    folder: Annotated[str, AfterValidator(_folder)] | None = Field(
        default=None, description="The folder of all that is kept; the system's own place for data if not set."
    )
    moments: bool = Field(default=False, description="Whether it is counted which moments were played, and when.")
    tally: bool = Field(default=False, description="Whether good and hard moments are counted when you tell of them.")
    notes: bool = Field(default=False, description="Whether your words of thanks are kept, as text or as sound.")


class SafetyNumber(_Section):
    """Somebody to call."""

    name: Annotated[str, AfterValidator(_spoken)] = Field(description='Who answers, such as "my sister Anna".')
    number: Annotated[str, AfterValidator(_phone)] = Field(description='The number, such as "+44 20 7946 0000".')


class SafetySetting(_Section):
    """Whom to call when one of the two is not safe; the numbers are spoken."""

    numbers: Annotated[tuple[SafetyNumber, ...], Field(strict=False, max_length=3)] = Field(
        default=(),
        description='Up to three numbers: {name = "my sister Anna", number = "+44 20 7946 0000"}; told first.',
    )
    emergency: Annotated[str, AfterValidator(_phone)] = Field(
        default="112", description="The emergency number of your country; 112 holds all over Europe."
    )


class Settings(_Section):
    """All settings; each section and each key may be left out."""

    language: Annotated[str, AfterValidator(_language)] = Field(
        default="en", description="The language that is heard and spoken, by the name of its pack."
    )
    engine: Literal["auto", "embedded", "vosk"] = Field(
        default="auto",
        description="What recognises speech: Vosk with a model that was fetched, the embedded recogniser, "
        "or the first that can.",
    )
    partners: PartnersSetting = PartnersSetting()
    listening: ListeningSetting = ListeningSetting()
    speaking: SpeakingSetting = SpeakingSetting()
    pause: PauseSetting = PauseSetting()
    rituals: RitualsSetting = RitualsSetting()
    keeping: KeepingSetting = KeepingSetting()
    safety: SafetySetting = SafetySetting()

    @property
    def voice(self) -> str:
        """The voice that speaks: the one that is set, else the language's own."""
        return self.speaking.voice or language_of(self.language).voice

    def in_language(self, language: str) -> "Settings":
        """Return the same settings for another language, with its own voice: the one that is set speaks this one.

        Raises:
            InputError: it is no code of a language.
        """
        if language == self.language:
            return self
        try:
            _language(language)
        except ValueError as error:
            raise InputError(f"--lang is {_shown(language)}: {error}") from None
        speaking = self.speaking.model_copy(update={"voice": None})
        return self.model_copy(update={"language": language, "speaking": speaking})


def load(path: Path | None = None) -> Settings:
    """Return the settings in `path`, or in the usual file, which need not exist.

    Raises:
        InputError: the file cannot be read, is no TOML, or has something in it that is not allowed.
    """
    file = settings_file() if path is None else path
    try:
        text = _read(file)
    except FileNotFoundError:
        if path is None:
            return Settings()
        raise InputError(f"{file}: there is no such settings file: name one that exists, or none") from None
    try:
        return Settings.model_validate(_parse(file, text))
    except ValidationError as error:
        raise InputError(f"{file}: {mistake_in(error)}") from None


def mistake_in(error: ValidationError) -> str:
    """Return the first mistake in some settings in words, and how many more there are."""
    first, *others = error.errors(include_url=False)
    known = dict(_known_keys(Settings))
    more = f" (and {len(others)} more)" if others else ""
    return _mistake(first, known) + more


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise InputError(f"{file}: this is a folder: name the settings file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{file}: the settings file cannot be read ({reason}): mend that, or name another") from None
    if len(content) > _LARGEST_FILE:
        raise InputError(f"{file}: this is too large for a settings file: name another")
    try:
        return content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}, line {line}: this is not UTF-8 text: save the file as UTF-8") from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{file}: too many brackets inside brackets: take some away") from None
    except ValueError as error:  # TOML's own, and numbers of thousands of digits
        what, _, where = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", where)
        at = f", line {line[1]}" if line else f", line {len(text.splitlines())}" if where else ""
        raise InputError(
            f"{file}{at}: this is not TOML ({_one_line(what, 100)}): text and times stand in quotes"
        ) from None


def _known_keys(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, "FieldInfo"]]:
    for name, field in section.model_fields.items():
        yield prefix + name, field
        section_in = _section_in(field)
        if section_in:
            yield from _known_keys(section_in, f"{prefix}{name}.")


def _section_in(field: "FieldInfo") -> type[BaseModel] | None:
    """Return the model of a section, or of each item of a list of sections; None if the key has a plain value."""
    inner = type(field.default), *get_args(field.annotation)
    return next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _mistake(mistake: "ErrorDetails", known: Mapping[str, "FieldInfo"]) -> str:
    key = ".".join(part for part in mistake["loc"] if isinstance(part, str))
    if mistake["type"] == "extra_forbidden":
        return f"unknown key {_one_line(key)}: {_nearest(key, known)}"
    if mistake["type"] == "missing":
        return f"{key} is missing: add it"
    return f"{key} is {_shown(mistake['input'])}: {_wanted(mistake, key, known)}"


def _nearest(key: str, known: Mapping[str, object]) -> str:
    """Return a guess at what was meant: the same name elsewhere, or one like it; else all names known here."""
    section, dot, name = key.rpartition(".")
    here = [other.removeprefix(section + dot) for other in known if other.startswith(section + dot)]
    here = [other for other in here if "." not in other]
    names = {other: other.rpartition(".")[2] for other in known}
    matches = [other for other in known if names[other] == name]
    matches = matches or [section + dot + other for other in difflib.get_close_matches(name, here, cutoff=0.7)]
    matches = matches or [other for other in known if difflib.get_close_matches(name, [names[other]], cutoff=0.7)]
    if matches:
        return f"did you mean {' or '.join(matches[:3])}?"
    return f"known here are {', '.join(here)}"


_KINDS = {
    "bool_type": "it has to be true or false",
    "finite_number": "it has to be a number",
    "float_type": "it has to be a number",
    "int_from_float": "it has to be a whole number",
    "int_type": "it has to be a whole number",
    "string_too_short": "it must not be empty: take the line away instead",
    "string_type": "it has to be text in quotes",
    "tuple_type": "it has to be a list in brackets",
}


def _wanted(mistake: "ErrorDetails", key: str, known: Mapping[str, "FieldInfo"]) -> str:
    if mistake["type"] in _KINDS:
        return _KINDS[mistake["type"]]
    if mistake["type"] == "model_type":
        head = f"[[{key}]]" if isinstance(mistake["loc"][-1], int) else f"[{key}]"
        return f"it has to be a section: write {head}, and its keys below"
    if mistake["type"] == "literal_error":
        return f"it has to be {mistake['ctx']['expected']}".replace("'", '"')
    if mistake["type"] == "too_long":
        return f"it may hold {mistake['ctx']['max_length']} at most"
    if mistake["type"] == "value_error":
        return str(mistake["ctx"]["error"])
    return _range(known[key]) or _one_line(mistake["msg"])


def _range(field: "FieldInfo") -> str | None:
    """Return the limits of a number in words."""
    limits = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    words = [
        f"{words} {getattr(limit, name)}"
        for limit in field.metadata
        for name, words in limits.items()
        if hasattr(limit, name)
    ]
    return f"it has to be {' and '.join(words)}" if words else None


def _shown(value: object) -> str:
    """Return a wrong value on one short line, nearly as it stands in the file."""
    if isinstance(value, dict):
        return "a section"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _one_line(text)


def _one_line(text: str, longest: int = _LONGEST_SHOWN) -> str:
    printable = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return printable if len(printable) <= longest else printable[: longest - 3] + "..."
