"""The loudspeaker: plays sound on a device, and remembers it for echo cancelling."""

import math
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voice.audio import devices
from voice.audio.clip import FULL_SCALE, to_int16
from voice.clock import Clock, SystemClock
from voice.errors import InputError, SystemFailure

__all__ = ["BLOCK_SECONDS", "DeviceLoudspeaker", "Loudspeaker", "Placed", "played_between"]

BLOCK_SECONDS = 0.02
"""Length of the blocks that the device gets; a stop fades out over one."""
REMEMBERED_SECONDS = 10.0
"""The seconds for which a loudspeaker remembers its sound."""
SILENT_SECONDS = 2.0
"""A device that accepts nothing for this long is stuck."""
STARTING_SECONDS = 3.0
"""Extra time for a device that was just opened: some have to wake up first."""

_MARGIN = 0.02  # seconds on either side that resampling looks at
_WHOLE = 0.04  # seconds; multiples of it have a whole number of samples at any usual rate


class Loudspeaker(Protocol):
    """A destination of sound.

    Attributes:
        rate: samples per second of its sound.
        underruns: how often the device ran out of sound while something played.
        latency: seconds from handing a sample to the device until it is heard.
    """

    @property
    def rate(self) -> int: ...  # noqa: D102 - see the class

    @property
    def underruns(self) -> int: ...  # noqa: D102 - see the class

    @property
    def latency(self) -> float: ...  # noqa: D102 - see the class

    @property
    def playing(self) -> bool:
        """Whether samples are waiting to be played. Raises `SystemFailure` if the device is stuck."""

    def play(self, samples: NDArray[np.float32]) -> None:
        """Play a sound in place of the current one; returns at once.

        Args:
            samples: (n,) float32 mono in [-1, 1] at `rate`.

        Raises:
            SystemFailure: the device cannot be opened.
        """

    def stop(self) -> None:
        """Fade out over one block of 20 ms, then be silent."""

    def position(self) -> int:
        """Return how many samples of the last sound the device has got; 0 if nothing was played."""

    def played(self, start: float, seconds: float, rate: int) -> NDArray[np.float32]:
        """Return the sound played from a given time on, for echo cancelling.

        Args:
            start: seconds on the monotonic clock (`Clock.monotonic`) at which the first sample was heard.
            seconds: how much of it.
            rate: samples per second of the result.

        Returns:
            (round(seconds * rate),) float32 mono in [-1, 1], as loud as it was played; silence where nothing was
            played, and for times more than 10 s ago.
        """

    def release(self) -> None:
        """Stop, and close the device between moments; `play` opens it again."""

    def close(self) -> None:
        """Stop, and close the device for good."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A sound on a timeline.

    Attributes:
        start: its first sample, counted from the timeline's zero.
        samples: (n,) float32 mono in [-1, 1].
    """

    start: int
    samples: NDArray[np.float32]


def played_between(
    placed: Iterable[Placed], rate: int, start: float, seconds: float, wanted: int
) -> NDArray[np.float32]:
    """Return a part of a timeline at another rate, to a fraction of a sample.

    Parts that follow each other join without a seam, wherever they begin. So the part is resampled by a Fourier
    transform that also shifts it: of a window with margins that are faded, since the transform takes it for periodic.

    Args:
        placed: the sounds; where they overlap they are added up.
        rate: samples per second of the timeline.
        start: seconds from the timeline's zero to the part.
        seconds: the length of the part.
        wanted: samples per second of the result.

    Returns:
        (round(seconds * wanted),) float32 mono.
    """
    length = math.ceil((seconds + 2 * _MARGIN) / _WHOLE) * _WHOLE
    first = math.floor((start - _MARGIN) * rate)
    window = np.zeros(round(length * rate))
    for one in placed:
        begin = max(one.start, first)
        end = min(one.start + len(one.samples), first + len(window))
        if begin < end:
            window[begin - first : end - first] += one.samples[begin - one.start : end - one.start]
    count = round(seconds * wanted)
    if not window.any():
        return np.zeros(count, np.float32)
    inside = start - first / rate
    skipped = round(inside * wanted)
    moved = _resampled(window * _faded_ends(len(window), rate), rate, wanted, inside - skipped / wanted)
    return moved[skipped : skipped + count].astype(np.float32)


def _faded_ends(count: int, rate: int) -> NDArray[np.float64]:
    """Return a window that rises within the margin, is 1 between and falls again: (count,)."""
    ramp = np.minimum(np.arange(count) + 0.5, _MARGIN * rate) / (_MARGIN * rate)
    rise = 0.5 - 0.5 * np.cos(np.pi * ramp)
    faded: NDArray[np.float64] = rise * rise[::-1]
    return faded


def _resampled(window: NDArray[np.float64], rate: int, wanted: int, shift: float) -> NDArray[np.float64]:
    """Return a window of whole periods at another rate, beginning `shift` seconds later."""
    spectrum = np.fft.rfft(window)
    count = round(len(window) * wanted / rate)
    kept = min(len(spectrum), count // 2 + 1)
    turned = np.exp(2j * np.pi * shift * rate / len(window) * np.arange(kept))
    return np.fft.irfft(spectrum[:kept] * turned, count) * (count / len(window))


class DeviceLoudspeaker:
    """A loudspeaker of this machine; its stream opens with the first sound and stays open until it is released.

    Args:
        name: the device's name (see `devices.choose`); None for the default.
        lead_in: seconds of silence after opening, before the first sound: HDMI swallows up to 1.5 s.
        volume: factor for all samples, 0 to 1.
        clock: the clock of `played`, also used to notice a stuck device; the machine's if not given.

    Raises:
        InputError: no loudspeaker, or more than one, has that name.
        SystemFailure: there is no loudspeaker, or it cannot be opened.
    """

    def __init__(
        self, name: str | None, lead_in: float = 0.0, volume: float = 1.0, *, clock: Clock | None = None
    ) -> None:
        self._name = name
        self._wiring = devices.negotiate("output", name, (None, 48_000, 44_100, 22_050))
        self._block = round(self._wiring.rate * BLOCK_SECONDS)
        self._lead_in = round(lead_in * self._wiring.rate)
        self._volume = volume
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()  # held for a copy of 20 ms at most, so the callback never waits long
        self._stream: Any = None
        self._latency = devices.LATENCY["output"]
        self._underruns = 0
        self._sound = np.zeros((0, self._wiring.channels), dtype=np.int16)
        self._next = 0
        self._lead_left = 0
        self._taken_at = 0.0
        self._sounded_at = 0.0
        self._times = devices.StreamTimes(self._wiring, self._clock)
        self._history: deque[_Block] = deque(maxlen=round(REMEMBERED_SECONDS / BLOCK_SECONDS))

    @property
    def name(self) -> str:
        """The device's name."""
        return self._wiring.device.name

    @property
    def rate(self) -> int:
        """Samples per second of its sound."""
        return self._wiring.rate

    @property
    def underruns(self) -> int:
        """How often the device ran out of sound while something played."""
        return self._underruns

    @property
    def latency(self) -> float:
        """Seconds from handing a sample to the device until it is heard, as PortAudio estimates them."""
        return self._latency

    @property
    def playing(self) -> bool:
        """Whether part of the sound has not been handed to the device yet.

        Raises:
            SystemFailure: the device is stuck.
        """
        playing = self._next < len(self._sound)
        if playing and self._stuck():
            raise SystemFailure(
                f'The loudspeaker "{self._wiring.device.name}" no longer accepts sound: plug it in again'
            )
        return playing

    def play(self, samples: NDArray[np.float32]) -> None:
        """Play a sound in place of the current one, which fades out below it.

        Args:
            samples: (n,) float32 mono in [-1, 1] at `rate`.

        Raises:
            SystemFailure: the device cannot be opened.
        """
        pcm = to_int16(samples * np.float32(self._volume))
        sound = np.repeat(pcm[:, np.newaxis], self._wiring.channels, axis=1)
        with self._lock:
            _mix(sound, self._faded())
            self._sound, self._next = sound, 0
            self._taken_at = max(self._taken_at, self._clock.monotonic())
        if self._stream is None:
            self._open()

    def stop(self) -> None:
        """Fade out over one block of 20 ms, then be silent; `position` then tells where that was."""
        with self._lock:
            self._sound = np.concatenate((self._sound[: self._next], self._faded()))

    def position(self) -> int:
        """Return how many samples of the last sound the device has got; the lead-in does not count."""
        return self._next

    def played(self, start: float, seconds: float, rate: int) -> NDArray[np.float32]:
        """Return the sound played from a given time on; see `Loudspeaker.played`.

        The times are PortAudio's estimates of when the device turns samples into sound. What it does not know of (the
        way through the room, a Bluetooth link, a sound server's own buffers) delays the echo further, and evenly.
        """
        with self._lock:
            history = tuple(self._history)
        since, until = start - _MARGIN - BLOCK_SECONDS, start + seconds + _MARGIN + _WHOLE
        newest = takewhile(lambda block: block.time >= since, reversed(history))
        origin = self._times.of(0)
        placed = (block.placed(origin, self.rate) for block in newest if block.time < until)
        return played_between(placed, self.rate, start - origin, seconds, rate)

    def release(self) -> None:
        """Stop, and close the stream once all of the sound was heard (some 0.2 s); `play` opens it again.

        Raises:
            SystemFailure: the sound system hangs.
        """
        self.stop()
        stream, self._stream = self._stream, None
        if stream is None:
            return
        # Closing throws away what the device has not played yet: let its buffer run through after it took a last block.
        heard_at = self._sounded_at + 2 * self._latency
        self._clock.sleep(max(0.0, heard_at - self._clock.monotonic()))
        devices.close_stream(stream, stuck=self._stuck())

    def close(self) -> None:
        """Stop, and close the stream. Raises `SystemFailure` if the sound system hangs."""
        self.release()

    def _open(self) -> None:
        self._lead_left = self._lead_in
        self._taken_at = self._clock.monotonic() + STARTING_SECONDS
        self._times = devices.StreamTimes(self._wiring, self._clock)
        try:
            device = devices.choose("output", self._name)  # its index may have changed since
        except InputError as error:
            raise SystemFailure(f'The loudspeaker "{self._wiring.device.name}" is gone: plug it in again') from error
        self._stream = devices.open_stream(replace(self._wiring, device=device), self._block, self._fill)
        self._latency = float(self._stream.latency)

    def _stuck(self) -> bool:
        return self._clock.monotonic() - self._taken_at > SILENT_SECONDS

    def _faded(self) -> NDArray[np.int16]:
        """Return the next block, faded out; (n, channels) int16, empty if nothing plays."""
        coming = self._sound[self._next : self._next + self._block] if not self._lead_left else self._sound[:0]
        fade = np.linspace(1.0, 0.0, len(coming), dtype=np.float32)[:, np.newaxis]
        return (coming * fade).astype(np.int16)

    def _fill(self, data: Any, frames: int, times: Any, status: Any) -> None:  # noqa: ANN401 - sounddevice has no types
        """Copy the next block to the device: called in PortAudio's thread, so it does no more."""
        self._taken_at = self._clock.monotonic()
        position = self._times.add(times.outputBufferDacTime, times.currentTime, frames, lost=status.output_underflow)
        out = np.frombuffer(data, dtype=np.int16).reshape(frames, -1)
        with self._lock:
            if status.output_underflow and 0 < self._next < len(self._sound):
                self._underruns += 1
            silent = min(frames, self._lead_left)
            piece = self._sound[self._next : self._next + frames - silent]
            self._lead_left -= silent
            self._next += len(piece)
            if len(piece):
                self._sounded_at = self._taken_at
                self._history.append(_Block(self._times, position + silent, piece[:, 0].copy()))
        out[:silent] = 0
        out[silent : silent + len(piece)] = piece
        out[silent + len(piece) :] = 0


@dataclass(frozen=True, eq=False)
class _Block:
    """A block that the device got: (n,) int16 mono, and its first sample's place in a stream."""

    times: devices.StreamTimes
    position: int
    samples: NDArray[np.int16]

    @property
    def time(self) -> float:
        """When its first sample is heard, in seconds on the monotonic clock."""
        return self.times.of(self.position)

    def placed(self, origin: float, rate: int) -> Placed:
        """Return the block on a timeline that begins at `origin`, in seconds on the monotonic clock."""
        samples = self.samples.astype(np.float32) / np.float32(FULL_SCALE)
        return Placed(round((self.times.of(0) - origin) * rate) + self.position, samples)


def _mix(sound: NDArray[np.int16], tail: NDArray[np.int16]) -> None:
    """Add the faded rest of the previous sound to the start of the next one, in place; both (n, channels) int16."""
    both = min(len(sound), len(tail))
    mixed = sound[:both].astype(np.int32) + tail[:both]
    sound[:both] = np.clip(mixed, -32_768, 32_767)
