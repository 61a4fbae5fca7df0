"""Times by voice: they are understood as people mean them, and said back so that they mean the same."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.languages.language import language_of
from voice.nlu.contexts import ANYTIME
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope, load_sentences
from voice.nlu.times import NoSuchTimeError, When, following, when
from voice.storage.paths import data_folder

# A Saturday afternoon.
NOW = datetime(2026, 3, 28, 15, 0)  # noqa: DTZ001 - wall time
EVENING = time(21, 30)
ENGLISH = language_of("en").spoken


def _clock(hour: int, minute: int = 0, **more: str) -> dict[str, Any]:
    """Return the slots of a time; `more` has the half of the day, its part, or the day."""
    return {"hour": hour, "minute": minute, **more}


SLOTS: dict[str, dict[str, Any]] = {
    "nine thirty": _clock(9, 30),
    "half past nine": _clock(9, 30),
    "half nine": _clock(9, 30),
    "a quarter to ten": _clock(9, 45),
    "quarter of ten": _clock(9, 45),
    "a quarter to one": _clock(12, 45),
    "ten past nine": _clock(9, 10),
    "ten minutes after nine": _clock(9, 10),
    "twenty to eight": _clock(7, 40),
    "ten to eight": _clock(7, 50),
    "ten": _clock(10),
    "ten o'clock": _clock(10),
    "ten p m": _clock(10, half="pm"),
    "ten pm": _clock(10, half="pm"),
    "10 P.M.": _clock(10, half="pm"),
    "seven am": _clock(7, half="am"),
    "nine in the evening": _clock(9, half="pm"),
    "nine at night": _clock(9, half="pm"),
    "two at night": _clock(2, half="am"),
    "twelve at night": _clock(12, half="am"),
    "nine in the morning": _clock(9, half="am"),
    "noon": _clock(12, half="pm"),
    "midday": _clock(12, half="pm"),
    "midnight": _clock(12, half="am"),
    "ten to midnight": _clock(11, 50, half="pm"),
    "a quarter to noon": _clock(11, 45, half="am"),
    "half past midnight": _clock(12, 30, half="am"),
    "twenty one thirty": _clock(21, 30),
    "twenty oh five": _clock(20, 5),
    "zero thirty": _clock(0, 30),
    "twenty five o'clock": _clock(25),
    "10": _clock(10),
    "21:30": _clock(21, 30),
    "21.33": _clock(21, 33),
    "9:05pm": _clock(9, 5, half="pm"),
    "seven tonight": _clock(7, half="pm", day="today"),
    "nine fourteen": _clock(9, 14),
    "fourteen past nine": _clock(9, 14),
    "twenty one minutes to ten": _clock(9, 39),
    "nine oh seven": _clock(9, 7),
    "quarter before nine": _clock(8, 45),
    "ten of nine": _clock(8, 50),
    "around nine": _clock(9),
    "about half past nine": _clock(9, 30),
    "nine sharp": _clock(9),
    "ten thirty in the evening": _clock(10, 30, half="pm"),
    "thirteen hundred": _clock(13),
    "twenty one forty five": _clock(21, 45),
    "9.30 pm": _clock(9, 30, half="pm"),
    "5 p.m.": _clock(5, half="pm"),
    "half 9": _clock(9, 30),
    "five tonight": _clock(5, half="pm", day="today"),
    "one tonight": _clock(1, half="am", day="today", part="night"),
    "nine on the third of may": _clock(9, day="--05-03"),
    "nine next friday": _clock(9, day="next_friday"),
    "nine the day after tomorrow": _clock(9, day="+2"),
    "six tomorrow": _clock(6, day="tomorrow"),
    "six on saturday": _clock(6, day="saturday"),
    "six on sundays": _clock(6, day="sunday"),
    "six on weekdays": _clock(6, day="weekdays"),
    "six every evening": _clock(6, half="pm", day="daily"),
}
MINUTES = {
    "in twenty minutes": 20,
    "in half an hour": 30,
    "in an hour": 60,
    "in an hour and a half": 90,
    "in one and a half hours": 90,
    "in two hours": 120,
    "in two and a half hours": 150,
    "in two hours and ten minutes": 130,
    "in a quarter of an hour": 15,
    "in three quarters of an hour": 45,
    "in a minute": 1,
    "in zero minutes": 0,
    "in 43 minutes": 43,
    "in 3 hours": 180,
    "in thirteen minutes": 13,
    "in fourteen minutes": 14,
    "in seventeen minutes": 17,
    "in twenty one minutes": 21,
    "in ninety nine minutes": 99,
    "in twenty five minutes or so": 25,
    "in about forty minutes": 40,
    "in an hour and twenty minutes": 80,
    "in an hour twenty": 80,
    "in a couple of hours": 120,
    "in thirty six hours": 36 * 60,
    "in two days": 2 * 24 * 60,
    "in a day and a half": 36 * 60,
    "in a week": 7 * 24 * 60,
    "in three weeks": 21 * 24 * 60,
    "in a fortnight": 14 * 24 * 60,
    "ten minutes from now": 10,
    "in a bit": 15,
    "in a few minutes": 5,
    "in a while": 30,
    "later": 60,
    "soon": 15,
    "in ninety seconds": 2,
    "in 2 hrs": 120,
    "in 90 min": 90,
    "in 45 mins": 45,
    "in 1h": 60,
    "in 1h30": 90,
    "in 1.5 hours": 90,
    "in two days' time": 2 * 24 * 60,
}
# Said on Wednesday the tenth of June at three in the afternoon: the day of June, hour, minute; day 0 is the next month.
FROM_WEDNESDAY: dict[str, tuple[int, int, int]] = {
    "tomorrow night at one": (12, 1, 0),
    "tomorrow night at nine": (11, 21, 0),
    "tomorrow night at half past five": (11, 17, 30),
    "tonight at half past five": (10, 17, 30),
    "tonight at two": (11, 2, 0),
    "tonight at twelve": (11, 0, 0),
    "tonight": (10, 20, 0),
    "this evening": (10, 19, 0),
    "this evening at eight": (10, 20, 0),
    "later tonight": (10, 20, 0),
    "at one tonight": (11, 1, 0),
    "tomorrow afternoon": (11, 15, 0),
    "tomorrow morning": (11, 9, 0),
    "tomorrow evening": (11, 19, 0),
    "tomorrow night": (11, 20, 0),
    "tomorrow noon": (11, 12, 0),
    "tomorrow": (11, 9, 0),
    "tomorrow at midnight": (12, 0, 0),
    "tomorrow at twelve": (11, 12, 0),
    "today": (10, 16, 0),
    "later today": (10, 16, 0),
    "this afternoon": (10, 16, 0),
    "at midnight today": (11, 0, 0),
    "today at twelve": (11, 0, 0),
    "in the morning": (11, 9, 0),
    "in the evening": (10, 19, 0),
    "in the evening at eight": (10, 20, 0),
    "friday night at twelve": (13, 0, 0),
    "friday evening at twelve": (13, 0, 0),
    "friday night at one": (13, 1, 0),
    "sunday noon": (14, 12, 0),
    "on saturday morning": (13, 9, 0),
    "this friday": (12, 9, 0),
    "next friday": (19, 9, 0),
    "next friday at noon": (19, 12, 0),
    "next monday at eight": (15, 8, 0),
    "friday week at noon": (19, 12, 0),
    "a week on friday at noon": (19, 12, 0),
    "a week from tomorrow at noon": (18, 12, 0),
    "this weekend": (13, 9, 0),
    "next weekend": (20, 9, 0),
    "next week": (15, 9, 0),
    "the day after tomorrow": (12, 9, 0),
    "the day after tomorrow at noon": (12, 12, 0),
    "in two days at noon": (12, 12, 0),
    "on the twentieth": (20, 9, 0),
    "on the twentieth of june at six": (20, 18, 0),
    "on june twentieth at six": (20, 18, 0),
    "on the 20th of June at 6pm": (20, 18, 0),
    "on friday the nineteenth at noon": (19, 12, 0),
    "tomorrow 5pm": (11, 17, 0),
    "tomorrow nine thirty": (11, 9, 30),
    "at half past": (10, 15, 30),
    "at ten to": (10, 15, 50),
}
SAID: dict[str, tuple[int, int, int]] = {  # the day of March 2026, hour, minute; 28 is a Saturday
    "at four": (28, 16, 0),
    "at three": (29, 3, 0),
    "at two": (29, 2, 0),
    "at noon": (29, 12, 0),
    "at midnight": (29, 0, 0),
    "tonight at half past eight": (28, 20, 30),
    "tonight at twelve": (29, 0, 0),
    "today at midnight": (29, 0, 0),
    "today at six": (28, 18, 0),
    "tomorrow at six": (29, 18, 0),
    "tomorrow at seven": (29, 7, 0),
    "tomorrow morning at six": (29, 6, 0),
    "at twenty two": (28, 22, 0),
    "at twenty four o'clock": (29, 0, 0),
    "on saturday at six": (28, 18, 0),
    "on saturday at two": (4, 14, 0),
    "on saturday morning at nine": (4, 9, 0),
    "on monday at eight": (30, 8, 0),
    "on friday at noon": (3, 12, 0),
    "on weekdays at noon": (30, 12, 0),
    "in twenty minutes": (28, 15, 20),
    "in nine hours": (29, 0, 0),
}
REFUSED = {
    "at twenty five o'clock": "no_such_hour",
    "at 24:30": "no_such_hour",
    "in zero minutes": "zero",
    "today at two": "past",
    "in 9000 hours": "too_far",
    "on the thirtieth of february at noon": "no_such_day",
}
NEAREST = {
    "ten": time(22),
    "half past nine": time(21, 30),
    "half past twelve": time(0, 30),
    "four": time(16),
    "three": time(3),
    "ten in the morning": time(10),
    "twenty": time(20),
}
EVERY_MINUTE = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))
FIVE_MINUTES = st.integers(0, 24 * 12 - 1).map(lambda number: timedelta(minutes=5 * number))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001 - wall time
    lambda now: now.replace(microsecond=0)
)


def _scope() -> Scope:
    return load_sentences(data_folder("intents") / "en").scope(ANYTIME)


SCOPE = _scope()


def _slots(sentence: str) -> dict[str, Any]:
    found = match(sentence, SCOPE)
    assert found is not None, f"{sentence} is not understood"
    return {name: value for name, value in found.slots.items() if name not in {"ritual", "what"}}


def _reminded(said: str, now: datetime) -> datetime:
    return when(_slots(f"remind us {said}"), now).at


@pytest.mark.parametrize("said", SLOTS)
def test_a_time_is_understood_however_it_is_said(said: str) -> None:
    """The hour, minute, half of the day and day are understood, as far as they were said."""
    assert _slots(f"move gratitude to {said}") == SLOTS[said]


@pytest.mark.parametrize("said", MINUTES)
def test_a_length_of_time_is_understood_in_minutes(said: str) -> None:
    """Hours, halves and quarters become minutes."""
    assert _slots(f"remind us {said}") == {"minutes": MINUTES[said]}


@pytest.mark.parametrize("said", SAID)
def test_a_reminder_comes_when_people_mean_it(said: str) -> None:
    """An ambiguous hour is the next one, and on another day one at which people are awake."""
    day, hour, minute = SAID[said]
    assert _reminded(said, NOW) == datetime(2026, 3 if day >= NOW.day else 4, day, hour, minute)  # noqa: DTZ001 - wall time


@pytest.mark.parametrize("said", FROM_WEDNESDAY)
def test_night_today_afternoon_and_next_week_are_meant_as_people_mean_them(said: str) -> None:
    """The night reaches into the next day, "today" is still to come, and "next" is of next week."""
    wednesday = datetime(2026, 6, 10, 15, 0)  # noqa: DTZ001 - wall time
    day, hour, minute = FROM_WEDNESDAY[said]
    found = match(f"remind us {said} to talk", SCOPE)
    assert found is not None
    assert when(found.slots, wednesday).at == wednesday.replace(day=day, hour=hour, minute=minute)


def test_after_midnight_tonight_is_still_this_night() -> None:
    """At half past twelve, "tonight at one" is in half an hour, and "tonight at nine" in the evening to come."""
    night = datetime(2026, 6, 10, 0, 30)  # noqa: DTZ001 - wall time
    assert _reminded("tonight at one", night) == night.replace(hour=1, minute=0)
    assert _reminded("tonight at nine", night) == night.replace(hour=21, minute=0)


def test_late_in_the_day_today_is_what_is_left_of_it() -> None:
    """At half past eleven "today" is before midnight, and an evening that is over is offered for tomorrow."""
    late = datetime(2026, 6, 10, 23, 30)  # noqa: DTZ001 - wall time
    assert when({"day": "today"}, late).at == late.replace(minute=45)
    with pytest.raises(NoSuchTimeError) as refused:
        when({"day": "today", "part": "afternoon", "half": "pm"}, late)
    assert refused.value.instead == late.replace(day=11, hour=15, minute=0)


def test_a_date_is_within_a_year() -> None:
    """A date that is over this year is that of the next; a leap day further away is refused."""
    assert when({"day": "--05-03"}, NOW.replace(month=6)).at == datetime(2027, 5, 3, 9, 0)  # noqa: DTZ001 - wall time
    assert when({"day": "---31"}, NOW.replace(month=4)).at == datetime(2026, 5, 31, 9, 0)  # noqa: DTZ001 - wall time
    with pytest.raises(NoSuchTimeError) as refused:
        when({"day": "--02-29"}, NOW)
    assert refused.value.reason == "too_far"


@pytest.mark.parametrize("said", REFUSED)
def test_an_impossible_time_is_refused_with_a_reason(said: str) -> None:
    """An hour or a day that does not exist, now, the past, and more than a year ahead are refused."""
    with pytest.raises(NoSuchTimeError) as refused:
        _reminded(said, NOW)
    assert refused.value.reason == REFUSED[said]


def test_a_time_that_is_over_today_is_offered_for_tomorrow() -> None:
    """The same time tomorrow is offered."""
    with pytest.raises(NoSuchTimeError) as refused:
        _reminded("today at two", NOW)
    assert refused.value.instead == NOW.replace(hour=14) + timedelta(days=1)


@pytest.mark.parametrize("said", NEAREST)
def test_a_ritual_moves_to_the_nearer_half_of_the_day(said: str) -> None:
    """An hour without a half of the day is the one nearer to the ritual's usual time."""
    assert when(_slots(f"move gratitude to {said}"), NOW, EVENING).at.time() == NEAREST[said]


def test_of_two_equally_near_hours_the_later_counts() -> None:
    """At six hours' distance both ways the evening is meant."""
    assert when({"hour": 6, "minute": 30}, NOW, time(12, 30)).at.time() == time(18, 30)


def test_a_day_alone_keeps_the_hour() -> None:
    """A ritual that moves to another day keeps its usual time."""
    moved = when(_slots("move the check in to thursday"), NOW, time(19))
    assert moved == When(datetime(2026, 4, 2, 19, 0), frozenset({3}))  # noqa: DTZ001 - wall time


def test_a_time_needs_an_hour_or_a_day() -> None:
    """Without an hour or a day there is no time."""
    with pytest.raises(NoSuchTimeError) as refused:
        when({}, NOW, EVENING)
    assert refused.value.reason == "unsaid"


def _ways(at: time) -> list[str]:
    """Return the ways in which a time of day is said and typed, exactly."""
    hour, following_hour = (ENGLISH.hour((number - 1) % 12 + 1) for number in (at.hour, at.hour + 1))
    part = "at night" if at.hour == 0 else ENGLISH.time(at.replace(minute=1)).partition(" in ")[2]
    part = part if at.hour == 0 else f"in {part}"
    after = {11: "at midnight", 23: "at night"}.get(at.hour, part) if at.minute else part
    minute, left = ENGLISH.minute(at.minute), ENGLISH.minute(60 - at.minute)
    half = "am" if at.hour < 12 else "pm"
    ways = [ENGLISH.time(at), f"{(at.hour - 1) % 12 + 1}:{at.minute:02} {half}"]
    if at.hour not in {10, 11, 12}:  # which may be either half of the day
        ways += [f"{at:%H:%M}", f"{at:%H.%M}"]
    if 1 <= at.minute <= 29:
        ways += [f"{minute} past {hour} {part}", f"{minute} minutes after {hour} {part}"]
    if at.minute >= 31 and at.hour not in {11, 23}:
        left += " minute" if left == "one" else ""  # "the morning one to six" names no minute
        ways += [f"{left} to {following_hour} {after}", f"{left} before {following_hour} {after}"]
    if at.minute >= 10:
        ways += [f"{hour} {minute} {part}"]
    if at.minute >= 10 and at.hour >= 13:
        ways += [f"{ENGLISH.hour(at.hour)} {minute}"]
    if at.minute == 30:
        ways += [f"half {hour} {part}", f"half past {hour} {part}"]
    return ways


@given(at=EVERY_MINUTE)
def test_every_minute_of_the_day_is_understood_in_each_way_of_saying_it(at: time) -> None:
    """Said in words by the hour before or after, by 24 hours, or typed, it is that minute and no other."""
    found = {said: _reminded(f"at {said}", NOW).time() for said in _ways(at)}
    assert found == dict.fromkeys(found, at)


@given(minutes=st.integers(1, 99))
def test_every_length_is_understood_in_minutes_hours_days_and_weeks(minutes: int) -> None:
    """A number of minutes, hours, days or weeks is that number and no other."""
    units = {"minutes": 1, "hours": 60, "days": 24 * 60, "weeks": 7 * 24 * 60}
    found = {
        unit: _slots(f"remind us in {number} {unit}")["minutes"]
        for unit in units
        for number in (ENGLISH.minute(minutes), str(minutes))
    }
    assert found == {unit: minutes * length for unit, length in units.items()}


@given(now=MOMENTS, clock=FIVE_MINUTES, days=st.integers(0, 360))
def test_a_time_said_back_is_understood_as_the_same_time(now: datetime, clock: timedelta, days: int) -> None:
    """Day and hour that are said back mean the same day and hour."""
    at = datetime.combine(now.date() + timedelta(days=days), time()) + clock
    if at <= now:
        at += timedelta(days=1)
    assert _reminded(ENGLISH.moment(at, now), now) == at


def test_the_hour_after_midnight_is_that_of_the_night_to_come() -> None:
    """In the evening, the hour after midnight is not "tomorrow"."""
    assert ENGLISH.moment(NOW.replace(hour=0, minute=0) + timedelta(days=1), NOW) == "at midnight"
    assert ENGLISH.moment(NOW.replace(hour=0, minute=20) + timedelta(days=1), NOW) == "at twelve twenty at night"
    assert ENGLISH.moment(NOW.replace(hour=1, minute=0) + timedelta(days=1), NOW) == "tomorrow at one in the morning"


@given(now=MOMENTS, minutes=st.integers(1, 7 * 24 * 60))
def test_the_time_to_wait_is_said_exactly(now: datetime, minutes: int) -> None:
    """A time within the hour is said in minutes, and never rounded to another time."""
    at = now + timedelta(minutes=minutes)
    said = ENGLISH.when(at, now)
    if said.startswith("in "):
        assert _reminded(said, now) == at
    else:
        assert minutes > 12


@given(at=FIVE_MINUTES)
def test_a_time_of_day_is_said_so_that_a_ritual_would_move_to_it(at: timedelta) -> None:
    """A time is always said with the part of the day, so that any ritual would move to it."""
    clock = (NOW.replace(hour=0) + at).time()
    slots = _slots(f"move gratitude to {ENGLISH.time(clock)}")
    assert {when(slots, NOW, time(hour)).at.time() for hour in (0, 6, 12, 18)} == {clock}


@given(minutes=st.integers(1, 24 * 60) | st.integers(1, 60).map(lambda days: 24 * 60 * days))
def test_a_length_is_said_as_it_is_understood(minutes: int) -> None:
    """Minutes, half hours, hours, days and weeks are understood as they are said."""
    assert _slots(f"remind us in {ENGLISH.length(minutes)}") == {"minutes": minutes}


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (time(21, 30), "half past nine in the evening"),
        (time(21, 45), "a quarter to ten in the evening"),
        (time(12, 45), "a quarter to one in the afternoon"),
        (time(7, 10), "seven ten in the morning"),
        (time(0, 5), "twelve oh five at night"),
        (time(12), "noon"),
        (time(0), "midnight"),
    ],
)
def test_times_are_said_as_people_say_them(at: time, said: str) -> None:
    """Quarters, halves, noon and midnight have their names."""
    assert ENGLISH.time(at) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (range(7), "every day"),
        (range(5), "on weekdays"),
        ((5, 6), "on weekends"),
        ((4, 5), "on Fridays and Saturdays"),
        ((0, 1, 4), "on Mondays, Tuesdays and Fridays"),
        ((6,), "on Sundays"),
    ],
)
def test_days_are_said_together_if_they_have_a_name(days: list[int], said: str) -> None:
    """Weekdays, weekends and all days have their names."""
    assert ENGLISH.days(frozenset(days)) == said


def test_the_next_of_some_days_follows() -> None:
    """Today counts while the time is still to come."""
    assert following(time(16), {5}, NOW) == NOW.replace(hour=16)
    assert following(time(15), {5}, NOW) == NOW + timedelta(days=7)
    assert following(time(15), (), NOW) is None
