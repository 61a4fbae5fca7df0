"""Time, behind one seam: the machine's, or one that is counted in frames."""

import time
from datetime import datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "CountedClock", "SystemClock"]


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the local wall time, naive, as people read it off the wall."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for waiting and measuring."""

    def boottime(self) -> float:
        """Return seconds since boot, time asleep included, so that a jump of the wall clock can be told."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


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
        """Sleep."""
        time.sleep(seconds)


class CountedClock:
    """A clock that stands still until it is moved: by the frames of a file, or by a test.

    Args:
        start: the wall time it begins at; the machine's own if not given.
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
        """Move on by `seconds`."""
        self._elapsed += seconds
        self._now += timedelta(seconds=seconds)
