"""The contents of a `language.yaml`, checked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from string import Formatter
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator

from voice.languages.phones import PHONES, parse_pronunciation

__all__ = [
    "ByNumber",
    "Dates",
    "Days",
    "LanguageFile",
    "Lengths",
    "Listing",
    "Numbers",
    "ReducedForm",
    "Spoken",
    "Times",
    "TypedForm",
]

_OTHER = "other"
_RANGE = re.compile(r"(\d+)(?:-(\d+))?", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _pattern(text: object, fields: frozenset[str]) -> str:
    """Check a text with fields in braces.

    Raises:
        ValueError: it is not a text, or has other fields.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("it has to be a text")
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None and (name not in fields or form or conversion):
            allowed = ", ".join(f"{{{known}}}" for known in sorted(fields))
            raise ValueError(f'"{text}" may only have {allowed} in braces')
    return text


@dataclass(frozen=True)
class ByNumber:
    """Patterns, one for each range of numbers.

    Attributes:
        ranges: the ranges with their patterns; the first one that holds a number wins.
        other: the pattern of all other numbers; None if the ranges hold all that occur.
    """

    ranges: tuple[tuple[range, str], ...]
    other: str | None

    def pattern(self, number: int) -> str:
        """Return the pattern of a number."""
        return next((pattern for numbers, pattern in self.ranges if number in numbers), self.other or "")


def _by_number(value: object, fields: frozenset[str], needed: range | None) -> ByNumber:
    """Read `{0: "...", 1-9: "...", other: "..."}`.

    Raises:
        ValueError: a key or a pattern is wrong, or a number of `needed` has no pattern.
    """
    if isinstance(value, ByNumber):
        return value
    if not isinstance(value, dict):
        raise ValueError(f'it has to be like {{0: "...", {_OTHER}: "..."}}')  # noqa: TRY004 - what pydantic catches
    ranges, other = [], None
    for key, text in value.items():
        pattern = _pattern(text, fields)
        found = _RANGE.fullmatch(str(key))
        if key == _OTHER:
            other = pattern
        elif found:
            ranges.append((range(int(found[1]), int(found[2] or found[1]) + 1), pattern))
        else:
            raise ValueError(f'"{key}" has to be a number, a range such as 1-9, or {_OTHER}')
    read = ByNumber(tuple(ranges), other)
    lacking = [number for number in needed or () if not read.pattern(number)]
    if lacking or (needed is None and other is None):
        raise ValueError(f"{lacking[0] if lacking else _OTHER} is missing")
    return read


def _numbered(*fields: str, needed: range | None = None) -> Any:  # noqa: ANN401 - pydantic's validators have no narrower type
    return PlainValidator(partial(_by_number, fields=frozenset(fields), needed=needed))


def _with(*fields: str) -> Any:  # noqa: ANN401 - pydantic's validators have no narrower type
    return AfterValidator(partial(_pattern, fields=frozenset(fields)))


def _named(times: Mapping[str, str]) -> Mapping[str, str]:
    for clock in times:
        if not _CLOCK.fullmatch(clock):
            raise ValueError(f'"{clock}" has to be a time such as "00:00"')
    return times


def _espeak_phones(phones: Mapping[str, str]) -> Mapping[str, str]:
    for text in phones.values():
        parse_pronunciation(text)
    return phones


def _known_phones(phones: Iterable[str]) -> Iterable[str]:
    for phone in phones:
        if phone not in PHONES:
            raise ValueError(f'"{phone}" is not a phone of the lexicon')
    return phones


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f'"{pattern}" is not a regular expression ({error})') from None
    return pattern


def _file_name(name: str) -> str:
    if name in {".", ".."} or "/" in name or "\0" in name:
        raise ValueError(f'"{name}" has to be the name of a file, without a folder')
    return name


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Numbers: TypeAlias = str | tuple[str, ...] | None
"""A rule set of Unicode's number spelling ("spellout-cardinal"), a list of words from zero on, or None for digits."""


class Times(_Form):
    """How a language says times of day.

    Attributes:
        clock: the hours that are counted before they begin again, 12 or 24.
        hour_numbers: how hours are spelled, of the clock and of lengths.
        minute_numbers: how minutes are spelled.
        named: times with a name of their own, by "HH:MM".
        minutes: the time on the clock, by the minute, without the part of the day.
        parts: the time with the part of the day, by the hour of 24.
        today: a moment of today.
        tomorrow: a moment of tomorrow.
        later: a moment of another day.
        after: a moment after a length of time.
    """

    clock: Literal[12, 24]
    hour_numbers: Numbers = None
    minute_numbers: Numbers = None
    named: Annotated[dict[str, str], AfterValidator(_named)] = {}
    minutes: Annotated[ByNumber, _numbered("hour", "next_hour", "minute", needed=range(60))]
    parts: Annotated[ByNumber, _numbered("clock", needed=range(24))]
    today: Annotated[str, _with("time")]
    tomorrow: Annotated[str, _with("time")]
    later: Annotated[str, _with("day", "time")]
    after: Annotated[str, _with("length")]


class Lengths(_Form):
    """How a language says lengths of time.

    Attributes:
        minutes: less than an hour.
        hours: whole hours.
        half_hours: hours and a half, by the hours; None if they are not special.
        hours_and_minutes: both.
        days: whole days; None to say them in hours.
        weeks: whole weeks; None to say them in days.
    """

    minutes: Annotated[ByNumber, _numbered("minutes")]
    hours: Annotated[ByNumber, _numbered("hours")]
    half_hours: Annotated[ByNumber, _numbered("hours")] | None = None
    hours_and_minutes: Annotated[str, _with("hours", "minutes")]
    days: Annotated[ByNumber, _numbered("days")] | None = None
    weeks: Annotated[ByNumber, _numbered("weeks")] | None = None


_Week: TypeAlias = Annotated[tuple[str, ...], Field(min_length=7, max_length=7)]


class Days(_Form):
    """How a language says days of the week.

    Attributes:
        names: the name of each day, Monday first.
        each: the name of each day when it comes every week ("Mondays").
        every: all seven days.
        working: Monday to Friday.
        weekend: Saturday and Sunday.
        some: other days, by their names.
    """

    names: _Week
    each: _Week
    every: str
    working: str
    weekend: str
    some: Annotated[str, _with("days")]


class Dates(_Form):
    """How a language says single days.

    Attributes:
        today: the day itself, as a part of a sentence.
        tomorrow: the day after it.
        near: a day of this week.
        far: a later day, with its date.
        moment: a time of a later day; `{day}` is what `far` says.
        date_numbers: how the days of a month are spelled.
        months: the name of each month, January first.
    """

    today: str
    tomorrow: str
    near: Annotated[str, _with("day")]
    far: Annotated[str, _with("day", "date", "month")]
    moment: Annotated[str, _with("day", "time")]
    date_numbers: Numbers = None
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]


class Listing(_Form):
    """How a language lists several things: the text between two of them, and before the last."""

    between: str
    last: str


class Spoken(_Form):
    """How a language says times, lengths of time, days, several things, and what people said of themselves.

    Attributes:
        dates: how a date is said; None to say a day beyond the coming six as a length of time.
        you: what people say of themselves, and what is said to them instead ("my": "your").
        small_words: words that do not tell one thing from another.
    """

    times: Times
    lengths: Lengths
    days: Days
    dates: Dates | None = None
    list: Listing
    you: dict[str, str] = {}
    small_words: tuple[str, ...] = ()


class ReducedForm(_Form):
    """A phone that people often leave out of a word.

    Attributes:
        drop: the phones, any one of which may be left out.
        at: the place of the phone in the word.
        after: the kind of phone before it; None for any.
        longer_than: the number of phones that the word has to exceed.
    """

    drop: Annotated[frozenset[str], AfterValidator(_known_phones)]
    at: Literal["start", "end"]
    after: Literal["vowel", "consonant"] | None = None
    longer_than: Annotated[int, Field(ge=1)] = 1


class TypedForm(_Form):
    """A way to type something that the sentences spell differently: a regular expression and its replacement."""

    find: Annotated[str, AfterValidator(_compiled)]
    becomes: str

    @model_validator(mode="after")
    def _has_its_groups(self) -> Self:
        try:
            # An empty pattern in its place matches: only a match makes `re` read the replacement.
            re.sub(f"(?:{self.find})|", self.becomes, "")
        except (re.error, IndexError) as error:
            raise ValueError(f'"{self.becomes}" cannot replace "{self.find}" ({error})') from None
        return self


class LanguageFile(_Form):
    """The whole file; `voice.languages.language.Language` explains the other keys.

    Attributes:
        language: the language's code, the same as in the pack's sentences.
        dictionary: the file name of the dictionary; None if rules alone pronounce words.
        spoken: how times are said; None to say them in English.
    """

    language: str
    voice: str | None = None
    rules: str | None = None
    dictionary: Annotated[str, AfterValidator(_file_name)] | None = None
    letters: str = ""
    phones: Annotated[dict[str, str], AfterValidator(_espeak_phones)] = {}
    reduced_forms: tuple[ReducedForm, ...] = ()
    spaces_optional: bool = False
    embeds: bool = False
    typed: tuple[TypedForm, ...] = ()
    spoken: Spoken | None = None
