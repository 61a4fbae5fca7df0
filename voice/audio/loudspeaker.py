"""Where sound goes to: a sound device, or a timeline that becomes a file."""

import threading
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from voice.audio import devices
from voice.audio.clip import Clip, to_int16
from voice.clock import Clock, SystemClock
from voice.errors import InputError, SystemFailure

__all__ = ["BLOCK_SECONDS", "DeviceLoudspeaker", "Loudspeaker", "TimelineLoudspeaker"]

BLOCK_SECONDS = 0.02
"""Length of the blocks that are handed to the device; a stop fades out over one."""
SILENT_SECONDS = 2.0
"""A device that takes nothing for so long is stuck."""
STARTING_SECONDS = 3.0
"""What a device that was just opened gets on top: some have to wake up first."""


class Loudspeaker(Protocol):
    """Where sound goes to.

    Attributes:
        rate: samples a second of what it plays.
        underruns: how often the device ran dry while something played.
        latency: seconds between a sample's being handed over and its being heard.
    """

    @property
    def rate(self) -> int: ...  # noqa: D102 - see the class

    @property
    def underruns(self) -> int: ...  # noqa: D102 - see the class

    @property
    def latency(self) -> float: ...  # noqa: D102 - see the class

    @property
    def playing(self) -> bool:
        """Whether samples are waiting to be played. Raises `SystemFailure` when the device hangs."""

    def play(self, samples: NDArray[np.float32]) -> None:
        """Play `samples`, (n,) float32 mono in [-1, 1] at `rate`, in place of what plays; returns at once.

        Raises:
            SystemFailure: the device does not open.
        """

    def stop(self) -> None:
        """Fade out over one block of 20 ms and be silent."""

    def position(self) -> int:
        """Return how many samples of what was last played have been handed over; 0 when nothing was played."""

    def release(self) -> None:
        """Stop, and let go of the device between moments; `play` takes it again."""

    def close(self) -> None:
        """Let go of the device for good."""


class DeviceLoudspeaker:
    """A loudspeaker of the machine; its stream opens with the first sound and stays open until it is released.

    Args:
        name: which one (see `devices.choose`); None for the default.
        lead_in: seconds of silence after opening, before the first sound: HDMI swallows up to 1.5 s.
        volume: factor for all samples, 0 to 1.
        clock: for telling when the device hangs; the machine's if not given.

    Raises:
        InputError: no loudspeaker of that name, or several.
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

    @property
    def name(self) -> str:
        """Return the device's name."""
        return self._wiring.device.name

    @property
    def rate(self) -> int:
        """Return the samples a second of what it plays."""
        return self._wiring.rate

    @property
    def underruns(self) -> int:
        """Return how often the device ran dry while something played."""
        return self._underruns

    @property
    def latency(self) -> float:
        """Return the seconds between a sample's being handed over and its being heard, as PortAudio estimates them."""
        return self._latency

    @property
    def playing(self) -> bool:
        """Return whether some of the sound has not been handed to the device yet.

        Raises:
            SystemFailure: the device takes nothing any more.
        """
        playing = self._next < len(self._sound)
        if playing and self._stuck():
            raise SystemFailure(
                f'The loudspeaker "{self._wiring.device.name}" takes no sound any more: plug it in again'
            )
        return playing

    def play(self, samples: NDArray[np.float32]) -> None:
        """Play `samples`, (n,) float32 mono in [-1, 1] at `rate`, in place of what plays, which fades out below it.

        Raises:
            SystemFailure: the device does not open.
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
        """Fade out over one block of 20 ms and be silent; `position` then tells where that was."""
        with self._lock:
            self._sound = np.concatenate((self._sound[: self._next], self._faded()))

    def position(self) -> int:
        """Return how many samples of what was last played the device was handed; the lead-in does not count."""
        return self._next

    def release(self) -> None:
        """Stop, and close the stream once what was handed over is heard (some 0.2 s); `play` opens it again.

        Raises:
            SystemFailure: the sound system hangs.
        """
        self.stop()
        stream, self._stream = self._stream, None
        if stream is None:
            return
        # Closing throws away what the device has not played yet: its buffer runs through, after it took a last block.
        heard_at = self._sounded_at + 2 * self._latency
        self._clock.sleep(max(0.0, heard_at - self._clock.monotonic()))
        devices.close_stream(stream, stuck=self._stuck())

    def close(self) -> None:
        """Be silent and close the stream. Raises `SystemFailure` where the sound system hangs."""
        self.release()

    def _open(self) -> None:
        self._lead_left = self._lead_in
        self._taken_at = self._clock.monotonic() + STARTING_SECONDS
        try:
            device = devices.choose("output", self._name)  # its index may have changed since
        except InputError as error:
            raise SystemFailure(f'The loudspeaker "{self._wiring.device.name}" is gone: plug it in again') from error
        self._stream = devices.open_stream(replace(self._wiring, device=device), self._block, self._fill)
        self._latency = float(self._stream.latency)

    def _stuck(self) -> bool:
        return self._clock.monotonic() - self._taken_at > SILENT_SECONDS

    def _faded(self) -> NDArray[np.int16]:
        """Return the block that comes next, faded out; (n, channels) int16, empty if nothing plays."""
        coming = self._sound[self._next : self._next + self._block] if not self._lead_left else self._sound[:0]
        fade = np.linspace(1.0, 0.0, len(coming), dtype=np.float32)[:, np.newaxis]
        return (coming * fade).astype(np.int16)

    def _fill(self, data: Any, frames: int, _times: Any, status: Any) -> None:  # noqa: ANN401 - sounddevice has no types
        """Copy the next block to the device: called in PortAudio's thread, so it does no more."""
        self._taken_at = self._clock.monotonic()
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
        out[:silent] = 0
        out[silent : silent + len(piece)] = piece
        out[silent + len(piece) :] = 0


@dataclass(frozen=True, eq=False)
class _Placed:
    """Sound on the timeline: (n,) float32 from sample `start` on."""

    start: int
    samples: NDArray[np.float32]


class TimelineLoudspeaker:
    """A loudspeaker of counted time: what is played is laid on a timeline, which can be mixed down to one clip.

    Args:
        clock: the time that is counted; the timeline begins at its zero.
        rate: samples a second of the timeline.
    """

    underruns = 0
    latency = 0.0

    def __init__(self, clock: Clock, rate: int = 22_050) -> None:
        self.rate = rate
        self._clock = clock
        self._playing: _Placed | None = None
        self._heard: list[_Placed] = []

    @property
    def playing(self) -> bool:
        """Return whether the sound that was last played lasts beyond the counted time."""
        return self._playing is not None and self.position() < len(self._playing.samples)

    def play(self, samples: NDArray[np.float32]) -> None:
        """Lay `samples`, (n,) float32 mono in [-1, 1] at `rate`, on the timeline at the counted time.

        What plays fades out from there.
        """
        self.stop()
        self._keep()
        self._playing = _Placed(self._now(), samples)

    def stop(self) -> None:
        """Cut what plays at the counted time, with 20 ms to fade out."""
        if self._playing is None or not self.playing:
            return
        position = self.position()
        kept = self._playing.samples[: position + round(self.rate * BLOCK_SECONDS)].copy()
        kept[position:] *= np.linspace(1.0, 0.0, len(kept) - position, dtype=np.float32)
        self._playing = _Placed(self._playing.start, kept)

    def position(self) -> int:
        """Return how many samples of what was last played lie before the counted time."""
        if self._playing is None:
            return 0
        return max(0, min(len(self._playing.samples), self._now() - self._playing.start))

    def release(self) -> None:
        """Do nothing: no device is held."""

    def close(self) -> None:
        """Be silent; the timeline stays."""
        self.stop()

    def add(self, samples: NDArray[np.float32], rate: int, at_seconds: float) -> None:
        """Mix another sound in, such as the partner's voice.

        Args:
            samples: (n,) float32 mono in [-1, 1].
            rate: its samples a second.
            at_seconds: where it begins, in seconds of counted time.
        """
        self._heard.append(_Placed(round(at_seconds * self.rate), Clip(samples, rate).resampled(self.rate).samples))

    def mixdown(self) -> Clip:
        """Return all that was played and added, from time zero to the last sound's end.

        The whole is made softer only if its loudest sample would not fit into [-1, 1].
        """
        placed = [*self._heard, *([self._playing] if self._playing else [])]
        mixed = np.zeros(max((one.start + len(one.samples) for one in placed), default=0), dtype=np.float32)
        for one in placed:
            mixed[one.start : one.start + len(one.samples)] += one.samples
        peak = max(mixed.max(initial=0.0), -mixed.min(initial=0.0))
        return Clip(mixed / peak if peak > 1.0 else mixed, self.rate)

    def _now(self) -> int:
        return round(self._clock.monotonic() * self.rate)

    def _keep(self) -> None:
        if self._playing is not None:
            self._heard.append(self._playing)


def _mix(sound: NDArray[np.int16], tail: NDArray[np.int16]) -> None:
    """Add the faded rest of the sound before to the start of the next one, in place; both (n, channels) int16."""
    both = min(len(sound), len(tail))
    mixed = sound[:both].astype(np.int32) + tail[:both]
    sound[:both] = np.clip(mixed, -32_768, 32_767)
