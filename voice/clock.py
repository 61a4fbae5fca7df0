"""The clocks: the machine's own, and one that is counted in frames."""

import time
from datetime import datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "CountedClock", "SystemClock"]


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """Return the local wall time, naive."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for waiting and measuring."""

    def boottime(self) -> float:
        """Return seconds since boot, with the machine's sleep, so that jumps of the wall clock can be detected."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the local wall time."""
        return datetime.now()  # noqa: DTZ005 - rituals are due at the wall's time, whatever the zone

    def monotonic(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()

    def boottime(self) -> float:
        """Return `CLOCK_BOOTTIME` where there is one (Linux), else the monotonic clock."""
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        time.sleep(seconds)


class CountedClock:
    """A clock that only moves when it is told to: by the frames of a file, or by a test.

    Args:
        start: its first wall time; the machine's own if None.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or SystemClock().now()
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Return the counted wall time."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds counted so far."""
        return self._elapsed

    def boottime(self) -> float:
        """Return the seconds counted so far."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)
