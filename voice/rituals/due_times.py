"""Due times: the arithmetic of times of day, weekdays and quiet hours."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from voice.settings.rituals import RitualSetting

__all__ = ["coming", "is_within", "latest", "shortened"]

_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60


def latest(at: time, now: datetime) -> datetime:
    """Return the last wall time at or before `now` with the time of day `at`."""
    today = datetime.combine(now.date(), at)
    return today if today <= now else today - _DAY


def coming(setting: RitualSetting, now: datetime, grace: timedelta) -> Iterator[datetime]:
    """Yield the due times of a ritual from `grace` ago until eight days ahead, whether it is on or off."""
    first = latest(setting.at, now)
    dues = (first + day * _DAY for day in range(9))
    return (due for due in dues if due.weekday() in setting.days and now - due <= grace)


def is_within(hours: tuple[time, ...], at: time) -> bool:
    """Return whether a time of day lies within hours, from the first until just before the second, past midnight too.

    No time lies within empty hours.
    """
    if not hours:
        return False
    begin, end = hours
    return begin <= at < end if begin < end else at >= begin or at < end


def shortened(hours: tuple[time, ...], at: time, room: timedelta) -> tuple[time, time]:
    """Return hours shortened at the nearer end so that `at` lies outside; two equal times if nothing is left.

    Hours that now begin later leave `room` after `at`, or half of the rest if that is less.
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
    """Return the minutes from one time of day until the next."""
    return ((end.hour - begin.hour) * 60 + end.minute - begin.minute) % _MINUTES_A_DAY
