"""The controls of the voice and the microphone: loudness, pace and sleep."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from voice.audio.clip import Clip
from voice.clock import Clock
from voice.tts.synthesiser import Synthesiser

__all__ = ["Controls", "Paced"]

_LOUDNESS = (0.05, 0.08, 0.13, 0.2, 0.32, 0.5, 0.7, 1.0)  # steps of 3 to 4 dB, the smallest audible ones
_SLOWEST, _FASTEST, _RATE_STEP = 90, 220, 15  # words a minute


class Controls:
    """The controls of `voice.moments.scene`.

    Args:
        volume: the loudness at the start, 0 to 1.
        rate: the words a minute at the start.
        clock: measures the sleep.
        change: stores a setting with its new value.
    """

    def __init__(self, volume: float, rate: int, clock: Clock, change: Callable[[str, Any], None]) -> None:
        self.volume = volume
        self.rate = rate
        self._clock = clock
        self._change = change
        self._asleep_until: datetime | None = None

    @property
    def asleep_until(self) -> datetime | None:
        """The end of the sleep; None if the assistant is awake."""
        until = self._asleep_until
        return until if until is not None and self._clock.now() < until else None

    @property
    def asleep(self) -> bool:
        """Whether the assistant is asleep and obeys only "listen again"."""
        return self.asleep_until is not None

    def louder(self) -> bool:
        """Speak one step louder; return False at the loudest."""
        return self._set_volume(next((step for step in _LOUDNESS if step > self.volume), self.volume))

    def softer(self) -> bool:
        """Speak one step softer; return False at the softest."""
        return self._set_volume(next((step for step in reversed(_LOUDNESS) if step < self.volume), self.volume))

    def faster(self) -> bool:
        """Speak one step faster; return False at the fastest."""
        return self._set_rate(max(self.rate, min(self.rate + _RATE_STEP, _FASTEST)))

    def slower(self) -> bool:
        """Speak one step slower; return False at the slowest."""
        return self._set_rate(min(self.rate, max(self.rate - _RATE_STEP, _SLOWEST)))

    def sleep(self, minutes: float) -> None:
        """Ignore everything but "listen again" for so many minutes, once the moment is over."""
        self._asleep_until = self._clock.now() + timedelta(minutes=minutes)

    def wake(self) -> None:
        """Listen again."""
        self._asleep_until = None

    def _set_volume(self, volume: float) -> bool:
        if volume == self.volume:
            return False
        self.volume = volume
        self._change("speaking.volume", volume)
        return True

    def _set_rate(self, rate: int) -> bool:
        if rate == self.rate:
            return False
        self.rate = rate
        self._change("speaking.rate", rate)
        return True


class Paced:
    """A voice at the pace of the controls.

    Args:
        voice: the voice.
        rate: its usual words a minute.
        controls: the controls, with the current words a minute.
    """

    def __init__(self, voice: Synthesiser, rate: int, controls: Controls) -> None:
        self._voice = voice
        self._rate = rate
        self._controls = controls

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return `text` as speech, at `pace` times the current rate; see `Synthesiser.render`."""
        return self._voice.render(text, round(pace * self._controls.rate / self._rate, 4))
