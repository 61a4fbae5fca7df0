"""What tests put in the place of a microphone, a loudspeaker and the clock; yours may use it too."""

from datetime import datetime
from typing import Protocol

from voice.audio.simulated import NoMicrophone, ScriptedMicrophone
from voice.audio.simulated import TimelineLoudspeaker as RecordingLoudspeaker
from voice.clock import CountedClock

__all__ = ["CountedClock", "NoMicrophone", "RecordingLoudspeaker", "ScriptedMicrophone", "Traveller", "TurnedClock"]


class Traveller(Protocol):
    """What `time_machine.travel` gives: it turns `datetime.now` for all libraries."""

    def shift(self, delta: float) -> None:
        """Turn by so many seconds."""

    def move_to(self, destination: float) -> None:
        """Turn to a time, in seconds since 1970."""


class TurnedClock:
    """A clock that tests turn: the wall's time, which `schedule` reads too, and the time since boot.

    Args:
        traveller: what `time_machine.travel` gave.
    """

    def __init__(self, traveller: Traveller) -> None:
        self._traveller = traveller
        self._awake = 0.0
        self._asleep = 0.0

    def now(self) -> datetime:
        """Return the wall time."""
        return datetime.now()  # noqa: DTZ005 - rituals are due at the wall's time, whatever the zone

    def monotonic(self) -> float:
        """Return the seconds awake."""
        return self._awake

    def boottime(self) -> float:
        """Return the seconds awake and asleep."""
        return self._awake + self._asleep

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._awake += seconds
        self._traveller.shift(seconds)

    def suspend(self, seconds: float) -> None:
        """Let time pass while the machine sleeps."""
        self._asleep += seconds
        self._traveller.shift(seconds)

    def turn(self, moment: datetime) -> None:
        """Set the wall time alone, as a clock does that jumps."""
        self._traveller.move_to(moment.timestamp())
