"""Times, lengths of time and days as a language says them, and what people said of themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from voice.languages.forms import Days, Lengths, Listing, Numbers, Spoken, Times

__all__ = ["SpokenTimes"]

_HALF_HOUR = 30
_HOUR = 60
_WEEK = 7
_DAY = 24 * _HOUR
_FEW = 12  # minutes that people count one by one; above, they count in fives
_EVERY_DAY = frozenset(range(7))
_WORKING_DAYS = frozenset(range(5))
_WEEKEND = frozenset({5, 6})


@dataclass(frozen=True)
class SpokenTimes:
    """Says times in one language.

    Attributes:
        code: the language's code, which the spelling of numbers needs.
        forms: the forms of the language.
    """

    code: str
    forms: Spoken

    @property
    def _times(self) -> Times:
        return self.forms.times

    @property
    def _lengths(self) -> Lengths:
        return self.forms.lengths

    @property
    def _weekdays(self) -> Days:
        return self.forms.days

    @property
    def _listing(self) -> Listing:
        return self.forms.list

    def time(self, at: time) -> str:
        """Return a time of day: "half past nine in the evening", "noon"."""
        named = self._times.named.get(f"{at:%H:%M}")
        return named or self._times.parts.pattern(at.hour).format(clock=self._clock(at.hour, at.minute))

    def moment(self, at: datetime, now: datetime) -> str:
        """Return day and time: "at noon", "tomorrow at noon", "on Friday the tenth of April at noon".

        The hour after midnight belongs to the night before it. From the day after tomorrow on, a day of a later week
        is said with its date.
        """
        night = at.date() - timedelta(days=at.hour == 0)
        days = (night - now.date()).days
        if days <= 0 and at - now < timedelta(days=1):
            return self._times.today.format(time=self.time(at.time()))
        if days == 1:
            return self._times.tomorrow.format(time=self.time(at.time()))
        if days > 0 and not self._is_far(night, at, now):
            return self._times.later.format(day=self._weekdays.names[night.weekday()], time=self.time(at.time()))
        if days <= 0 or self.forms.dates is None:
            return self.after(round((at - now) / timedelta(minutes=1)))
        return self.forms.dates.moment.format(day=self.day(night, now), time=self.time(at.time()))

    def day(self, day: date, now: datetime) -> str:
        """Return a day from today on: "today", "on Friday", "on Friday the tenth of April"."""
        days, dates = (day - now.date()).days, self.forms.dates
        if dates is None:
            return self._weekdays.some.format(days=self._weekdays.names[day.weekday()])
        if days in {0, 1}:
            return dates.tomorrow if days else dates.today
        if not self._is_far(day, datetime.combine(day, now.time()), now):
            return dates.near.format(day=self._weekdays.names[day.weekday()])
        return dates.far.format(
            day=self._weekdays.names[day.weekday()],
            date=_spelled(day.day, dates.date_numbers, self.code),
            month=dates.months[day.month - 1],
        )

    def _is_far(self, day: date, at: datetime, now: datetime) -> bool:
        """Return whether the weekday alone would leave open which one it is."""
        if self.forms.dates is None:
            return at - now > timedelta(days=_WEEK)
        return day.isocalendar()[:2] != now.isocalendar()[:2]

    def weekday(self, at: datetime) -> str:
        """Return the day of the week: "Saturday"."""
        return self._weekdays.names[at.weekday()]

    def when(self, at: datetime, now: datetime) -> str:
        """Return the time until `at` if it is short and round ("in twenty minutes"), else day and time."""
        minutes = round((at - now) / timedelta(minutes=1))
        if minutes <= 0 or minutes > _HOUR or (minutes > _FEW and minutes % 5):
            return self.moment(at, now)
        return self.after(minutes)

    def after(self, minutes: int) -> str:
        """Return a length of time from now: "in twenty minutes"."""
        return self._times.after.format(length=self.length(minutes))

    def length(self, minutes: int) -> str:
        """Return a length of time: "twenty minutes", "an hour and a half", "two days"."""
        days, odd = divmod(minutes, _DAY)
        if days and not odd and self._lengths.weeks and days % _WEEK == 0:
            return self._lengths.weeks.pattern(days // _WEEK).format(weeks=self.hour(days // _WEEK))
        if days and not odd and self._lengths.days:
            return self._lengths.days.pattern(days).format(days=self.hour(days))
        hours, rest = divmod(minutes, _HOUR)
        if hours and rest == _HALF_HOUR and self._lengths.half_hours:
            return self._hours(self._lengths.half_hours.pattern(hours), hours)
        whole = self._hours(self._lengths.hours.pattern(hours), hours)
        part = self._lengths.minutes.pattern(rest).format(minutes=self.minute(rest))
        if hours and rest:
            return self._lengths.hours_and_minutes.format(hours=whole, minutes=part)
        return whole if hours else part

    def days(self, days: frozenset[int]) -> str:
        """Return days of the week, 0 is Monday: "every day", "on weekdays", "on Fridays and Saturdays"."""
        if days == _EVERY_DAY:
            return self._weekdays.every
        if days in {_WORKING_DAYS, _WEEKEND}:
            return self._weekdays.working if days == _WORKING_DAYS else self._weekdays.weekend
        return self._weekdays.some.format(days=self.list([self._weekdays.each[day] for day in sorted(days)]))

    def list(self, items: Sequence[str]) -> str:
        """Return several things, at least one: "Monday, Tuesday and Friday"."""
        return self._listing.last.join(filter(None, (self._listing.between.join(items[:-1]), items[-1])))

    def to_you(self, text: str) -> str:
        """Return what people said of themselves as it is said to them: "call my mother" as "call your mother"."""
        if not self.forms.you:
            return text
        words = "|".join(re.escape(word) for word in sorted(self.forms.you, key=len, reverse=True))
        whole = re.compile(rf"(?<![\w'])(?:{words})(?![\w'])", re.IGNORECASE)
        return whole.sub(lambda found: self.forms.you[found[0].lower()], text)

    @property
    def small_words(self) -> frozenset[str]:
        """The words that do not tell one thing from another: "the", "to", "your"."""
        return frozenset(self.forms.small_words)

    def hour(self, number: int) -> str:
        """Return a number of hours in words."""
        return _spelled(number, self._times.hour_numbers, self.code)

    def minute(self, number: int) -> str:
        """Return a number of minutes in words."""
        return _spelled(number, self._times.minute_numbers, self.code)

    def _hours(self, pattern: str, hours: int) -> str:
        return pattern.format(hours=self.hour(hours))

    def _clock(self, hour: int, minute: int) -> str:
        in_digits = self._times.minute_numbers is None
        return self._times.minutes.pattern(minute).format(
            hour=self.hour(self._counted(hour)),
            next_hour=self.hour(self._counted(hour + 1)),
            minute=f"{minute:02}" if in_digits else self.minute(minute),
        )

    def _counted(self, hour: int) -> int:
        """Return the hour on the dial: 1 to 12, or 0 to 23."""
        return (hour - 1) % self._times.clock + 1 if self._times.clock == 12 else hour % self._times.clock  # noqa: PLR2004 - a dial


def _spelled(number: int, numbers: Numbers, code: str) -> str:
    """Return a number in words, as the number ranges of the sentences have them.

    Raises:
        ValueError: Unicode's number spelling does not have the language.
        KeyError: it does not have the rule set.
    """
    if isinstance(numbers, str):
        from hassil.numbers import get_rbnf_engine  # noqa: PLC0415 - takes 0.2 s, and settings need the voice alone

        words: str = get_rbnf_engine(code.partition("-")[0]).format_number(number).text_by_ruleset[numbers]
        return words.replace("-", " ").replace("\u00ad", "")
    return numbers[number] if numbers and number < len(numbers) else str(number)
