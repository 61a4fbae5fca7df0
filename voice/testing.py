"""Fakes for the microphone, the loudspeaker and the clock; public, so that your tests can use them too."""

from datetime import datetime
from typing import Protocol

from voice.audio.simulated import NoMicrophone, ScriptedMicrophone
from voice.audio.simulated import TimelineLoudspeaker as RecordingLoudspeaker
from voice.clock import CountedClock

__all__ = ["CountedClock", "NoMicrophone", "RecordingLoudspeaker", "ScriptedMicrophone", "Traveller", "TurnedClock"]


class Traveller(Protocol):
    """The object that `time_machine.travel` gives: it changes `datetime.now` for all libraries."""

    def shift(self, delta: float) -> None:
        """Move the time forward by `delta` seconds."""

    def move_to(self, destination: float) -> None:
        """Set the time, in seconds since 1970."""


class TurnedClock:
    """A clock that tests set: the wall time, which `schedule` reads too, and the time since boot.

    Args:
        traveller: the object that `time_machine.travel` gave.
    """

    def __init__(self, traveller: Traveller) -> None:
        self._traveller = traveller
        self._awake = 0.0
        self._asleep = 0.0

    def now(self) -> datetime:
        """Return the wall time."""
        return datetime.now()  # noqa: DTZ005 - rituals are due at the wall's time, whatever the zone

    def monotonic(self) -> float:
        """Return the seconds that the machine was awake."""
        return self._awake

    def boottime(self) -> float:
        """Return the seconds that the machine was awake or asleep."""
        return self._awake + self._asleep

    def sleep(self, seconds: float) -> None:
        """Let time pass, awake."""
        self._awake += seconds
        self._traveller.shift(seconds)

    def suspend(self, seconds: float) -> None:
        """Let time pass while the machine is asleep."""
        self._asleep += seconds
        self._traveller.shift(seconds)

    def turn(self, moment: datetime) -> None:
        """Set only the wall time: the clock jumps."""
        self._traveller.move_to(moment.timestamp())
