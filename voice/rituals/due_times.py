"""When rituals are due: the arithmetic of times of day, days of the week and quiet hours."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from voice.settings.schema import RitualSetting

__all__ = ["coming", "is_within", "latest", "shortened"]

_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60


def latest(at: time, now: datetime) -> datetime:
    """Return the last time at or before `now` that the wall's clock showed `at`."""
    today = datetime.combine(now.date(), at)
    return today if today <= now else today - _DAY


def coming(setting: RitualSetting, now: datetime, grace: timedelta) -> Iterator[datetime]:
    """Yield when a ritual is due within the next eight days, whether it is on or not; first what is still in time."""
    first = latest(setting.at, now)
    dues = (first + day * _DAY for day in range(9))
    return (due for due in dues if due.weekday() in setting.days and now - due <= grace)


def is_within(hours: tuple[time, ...], at: time) -> bool:
    """Return whether a time of day lies within hours that may pass midnight: from when, until before when; or none."""
    if not hours:
        return False
    begin, end = hours
    return begin <= at < end if begin < end else at >= begin or at < end


def shortened(hours: tuple[time, ...], at: time, room: timedelta) -> tuple[time, time]:
    """Return what is left of hours, cut on the nearer side so that `at` lies outside them; two equal times if nothing.

    Where their beginning is cut, they leave `room` after `at`, or half of the rest if that is less.
    """
    if not is_within(hours, at):
        return (hours[0], hours[1]) if hours else (at, at)
    begin, end = hours
    before, after = _minutes(begin, at), _minutes(at, end)
    if before >= after:
        return begin, at
    left = max(1, min(int(room.total_seconds()) // 60, after // 2))
    hour, minute = divmod((at.hour * 60 + at.minute + left) % _MINUTES_A_DAY, 60)
    return time(hour, minute), end


def _minutes(begin: time, end: time) -> int:
    """Return the minutes from one time of day to the next time that it is another."""
    return ((end.hour - begin.hour) * 60 + end.minute - begin.minute) % _MINUTES_A_DAY
