"""Field types of the settings, each with its validator."""

import re
import unicodedata
from collections.abc import Collection
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from voice.languages.phones import parse_pronunciation

__all__ = [
    "DAYS",
    "EVERY_DAY",
    "Counts",
    "CountsOrNone",
    "Days",
    "Device",
    "Folder",
    "Hours",
    "LanguageCode",
    "Name",
    "NamePair",
    "PhoneNumber",
    "Rounds",
    "Section",
    "SpokenName",
    "SpokenPair",
    "TimeOfDay",
    "check_pronunciations",
    "days_in_words",
    "parse_days",
    "parse_language",
]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))

_DAY_WORDS = {"daily": EVERY_DAY, "weekdays": frozenset(range(5)), "weekends": frozenset({5, 6})}
_LONGEST_NAME = 40  # characters
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_WORD = r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*"  # letters of any script, with hyphens and apostrophes inside
_NAME = re.compile(rf"{_WORD}(?: {_WORD})?")
_SPOKEN_NAME = re.compile(rf"{_WORD}(?: {_WORD})*")
_PHONE_NUMBER = re.compile(r"\+?\d(?: ?\d){1,19}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


class Section(BaseModel):
    """A section of the settings: frozen, strict, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def days_in_words(days: Collection[int]) -> str | list[str]:
    """Return weekdays (0 is Monday) as the settings file writes them: one word for a usual set, else a list."""
    word = next((word for word, meant in _DAY_WORDS.items() if meant == frozenset(days)), None)
    return word or [DAYS[day] for day in sorted(days)]


def parse_days(value: object) -> frozenset[int]:
    """Return weekdays (0 is Monday) from a list of names or a word such as "weekdays".

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str) and value in _DAY_WORDS:
        return _DAY_WORDS[value]
    if isinstance(value, frozenset) and value and value <= EVERY_DAY:
        return value
    if isinstance(value, list) and value and all(day in DAYS for day in value):
        return frozenset(map(DAYS.index, value))
    raise ValueError('it has to be a list of days, such as ["fri", "sat"], or "daily", "weekdays" or "weekends"')


def parse_language(value: str) -> str:
    """Return a language code as it is.

    Raises:
        ValueError: it is not a language code.
    """
    if not _LANGUAGE.fullmatch(value):
        raise ValueError('it has to be the code of a language, such as "en"')
    return value


def check_pronunciations(value: str, words: int) -> None:
    """Check the pronunciations of a name's words, separated by commas.

    Raises:
        ValueError: their number is wrong, or one of them is not ARPAbet.
    """
    pronunciations = value.split(",")
    if len(pronunciations) != words:
        how = "one word sounds" if words == 1 else f"{words} words sound, with a comma between"
        raise ValueError(f"it has to tell how {how}")
    for pronunciation in pronunciations:
        try:
            parse_pronunciation(pronunciation)
        except ValueError as error:
            raise ValueError(f'{error}: write ARPAbet, such as "JH UW1 N AH0 P ER0"') from None


def _time_of_day(value: object) -> time:
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        hour, minute = int(match[1]), int(match[2])
        if hour < 24 and minute < 60:  # noqa: PLR2004 - a day and an hour
            return time(hour, minute)
    raise ValueError('it has to be a time of day, such as "21:30"')


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
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ValueError('it has to be one or two words of letters, such as "Anna"')
    return name


def _spoken_name(value: str) -> str:
    words = unicodedata.normalize("NFC", value)
    if not _SPOKEN_NAME.fullmatch(words) or len(words) > _LONGEST_NAME:
        raise ValueError('it has to be a few words, letters only, such as "my sister Anna"')
    return words


def _phone_number(value: str) -> str:
    if not _PHONE_NUMBER.fullmatch(value):
        raise ValueError('it has to be a phone number, such as "+44 20 7946 0000"')
    return value


def _pair(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) not in {0, 2}:
        raise ValueError('it has to be two names, such as ["Anna", "Ben"], or none: []')
    return names


def _folder(value: str) -> str:
    try:
        if Path(value).expanduser().is_absolute() and "\0" not in value:
            return value
    except RuntimeError:  # the home of an unknown user
        pass
    raise ValueError('it has to be the full path of a folder, beginning with "/" or "~/"')


Counts = Annotated[int, Field(ge=1, le=12)]
"""Counts of one second; packs have words for no more than twelve."""

CountsOrNone = Annotated[int, Field(ge=0, le=12)]
"""Counts of one second, or 0 to leave the phase out."""

Rounds = Annotated[int, Field(ge=1, le=20)]
"""Repetitions of a breathing pattern."""

TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
"""A time of day to the minute."""

Days = Annotated[frozenset[int], BeforeValidator(parse_days)]
"""Weekdays, 0 is Monday."""

Hours = Annotated[tuple[time, ...], BeforeValidator(_hours)]
"""A span of the day from one time until another, past midnight too; or empty."""

Device = Annotated[str, Field(min_length=1)]
"""The name of a sound device, or a part of it."""

Name = Annotated[str, AfterValidator(_name)]
"""A name of one or two words."""

SpokenName = Annotated[str, AfterValidator(_spoken_name)]
"""A name of several words that the voice reads out."""

NamePair = Annotated[tuple[Name, ...], Field(strict=False), AfterValidator(_pair)]
"""The names of both partners, or empty."""

SpokenPair = Annotated[tuple[SpokenName, ...], Field(strict=False), AfterValidator(_pair)]
"""The names of both partners as the voice reads them, or empty."""

PhoneNumber = Annotated[str, AfterValidator(_phone_number)]
"""A phone number to read out."""

LanguageCode = Annotated[str, AfterValidator(parse_language)]
"""A language code, such as "en"."""

Folder = Annotated[str, AfterValidator(_folder)]
"""The full path of a folder, which may begin with `~`."""
