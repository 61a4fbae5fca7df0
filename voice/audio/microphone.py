"""The microphone: frames of sound from a device, each with its time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.audio import devices
from voice.audio.clip import to_int16
from voice.clock import Clock
from voice.errors import InputError, SystemFailure

__all__ = [
    "FRAME",
    "FRAME_SECONDS",
    "RATE",
    "DeviceMicrophone",
    "EndOfSound",
    "Frame",
    "Framer",
    "Microphone",
    "Played",
    "frames_of",
    "with_reference",
]

RATE = 16_000
"""Samples per second of every frame."""
FRAME = 512
"""Samples in a frame: 32 ms, the size that the voice activity model takes."""
FRAME_SECONDS = FRAME / RATE

KEPT_SECONDS = 10.0
"""How much sound waits for a slow reader before the oldest is dropped."""
SILENT_SECONDS = 2.0
"""A device that delivers nothing for this long is stuck: callbacks may stop while the stream stays active."""
STARTING_SECONDS = 3.0
"""Extra time for a device that was just opened: some have to wake up first."""

Played: TypeAlias = Callable[[float, float, int], NDArray[np.float32]]
"""`Loudspeaker.played`: the loudspeaker's sound from a time on, for some seconds, at a sample rate."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame: 32 ms of sound from the microphone.

    Attributes:
        samples: (512,) int16 at 16 kHz, mono.
        time: seconds on the monotonic clock (`Clock.monotonic`) at which its first sample was recorded.
        reference: gives the loudspeaker's sound at a time; None where there is no loudspeaker.
    """

    samples: NDArray[np.int16]
    time: float
    reference: Played | None = None

    @cached_property
    def playing(self) -> NDArray[np.float32] | None:
        """The loudspeaker's sound during the frame: (512,) float32 in [-1, 1] at 16 kHz; None without a loudspeaker.

        It is computed on first use, which costs about 0.2 ms, and only while the loudspeaker remembers the time: 10 s.
        """
        return None if self.reference is None else self.reference(self.time, FRAME_SECONDS, RATE)


def with_reference(frame: Frame, played: Played) -> Frame:
    """Return a frame with the loudspeaker's sound as its reference, which is computed on first use."""
    return replace(frame, reference=played)


def frames_of(samples: NDArray[np.int16], start: float = 0.0) -> Iterator[Frame]:
    """Cut sound into frames.

    Args:
        samples: (n,) int16 at 16 kHz.
        start: the time of the first sample, in seconds.

    Yields:
        all frames; the last one is filled up with silence.
    """
    for begin in range(0, samples.size, FRAME):
        piece = samples[begin : begin + FRAME]
        yield Frame(np.pad(piece, (0, FRAME - piece.size)), start + begin / RATE)


class EndOfSound(Exception):  # noqa: N818 - an end is no error
    """The end of a file: there are no more frames."""


class Microphone(Protocol):
    """A source of frames."""

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame.

        Args:
            timeout: seconds to wait for it.

        Returns:
            the frame, or None if none was complete in time.

        Raises:
            EndOfSound: there are no more frames.
            SystemFailure: the device is gone, or has stopped delivering sound.
            InputError: the file turns out to be damaged.
        """

    def release(self) -> None:
        """Close the device and drop unread sound, so that nothing is recorded; the next `read` opens it again.

        Raises:
            SystemFailure: the sound system hangs.
        """

    def close(self) -> None:
        """Close the device or file for good."""


class DeviceMicrophone:
    """A microphone of this machine; it records from the start until it is released or closed.

    Args:
        name: the device's name (see `devices.choose`); None for the default.
        clock: the clock of the frames' times, also used to notice a stuck device.

    Attributes:
        overflows: how often sound was lost because it was not read in time.

    Raises:
        InputError: no microphone, or more than one, has that name.
        SystemFailure: there is no microphone, or it cannot be opened.
    """

    def __init__(self, name: str | None, clock: Clock) -> None:
        self.overflows = 0
        self._name = name
        self._clock = clock
        self._told = False
        self._reopened = False
        self._released = False
        self._stream: Any = None
        self._open()

    @property
    def name(self) -> str:
        """The device's name."""
        return self._wiring.device.name

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or None if none was complete within `timeout` seconds.

        A stuck device is reopened once; a released one is opened again.

        Raises:
            SystemFailure: the device is gone, in use by another program, or still silent after it was reopened.
        """
        if self._released:
            self._reopen()
            self._released = False
        deadline = self._clock.monotonic() + timeout
        while (frame := self._framer.pop()) is None:
            try:
                position, block = self._blocks.get(timeout=max(0.0, deadline - self._clock.monotonic()))
            except Empty:
                self._watch()
                return None
            self._reopened = False
            self._framer.push(_mono(block, self._wiring.channels), self._times.of(position))
        self._report()
        return frame

    def release(self) -> None:
        """Close the device, so that its light goes off, and drop unread sound; the next `read` opens it again.

        Raises:
            SystemFailure: the sound system hangs.
        """
        self._released, self._reopened = True, False
        stream, self._stream = self._stream, None
        if stream is not None:
            devices.close_stream(stream, stuck=self._stuck)
        self._forget()

    def close(self) -> None:
        """Close the device. Raises `SystemFailure` if the sound system hangs."""
        stream, self._stream = self._stream, None
        if stream is not None:
            devices.close_stream(stream)

    def _open(self) -> None:
        self._wiring = devices.negotiate("input", self._name, (RATE, None, 48_000, 44_100))
        self._forget()
        block = round(self._wiring.rate * FRAME_SECONDS)
        self._most_blocks = round(KEPT_SECONDS / FRAME_SECONDS)
        self._heard_at = self._clock.monotonic() + STARTING_SECONDS
        self._stream = devices.open_stream(self._wiring, block, self._take)

    def _forget(self) -> None:
        """Drop unread sound."""
        self._framer = Framer(self._wiring.rate)
        self._times = devices.StreamTimes(self._wiring, self._clock)
        self._blocks: SimpleQueue[tuple[int, bytes]] = SimpleQueue()

    def _take(self, data: Any, frames: int, times: Any, status: Any) -> None:  # noqa: ANN401 - sounddevice has no types
        """Keep a copy of a block: called in PortAudio's thread, so it does no more."""
        self._heard_at = self._clock.monotonic()
        position = self._times.add(times.inputBufferAdcTime, times.currentTime, frames, lost=status.input_overflow)
        if status.input_overflow:
            self.overflows += 1
        if self._blocks.qsize() >= self._most_blocks:
            self.overflows += 1
            with suppress(Empty):
                self._blocks.get_nowait()
        self._blocks.put((position, bytes(data)))

    @property
    def _stuck(self) -> bool:
        return self._clock.monotonic() - self._heard_at >= SILENT_SECONDS

    def _watch(self) -> None:
        """Reopen a device that has stopped delivering sound."""
        if self._stream is None or not self._stuck:
            return
        name = self._wiring.device.name
        stream, self._stream = self._stream, None
        devices.close_stream(stream, stuck=True)
        if self._reopened:
            raise SystemFailure(f'The microphone "{name}" delivers no sound, even after reopening: plug it in again')
        self._reopened = True
        log.warning('The microphone "%s" no longer delivers sound: reopening it', name)
        self._reopen()

    def _reopen(self) -> None:
        name = self._wiring.device.name
        devices.refresh()
        try:
            self._open()
        except InputError as error:
            raise SystemFailure(f'The microphone "{name}" is gone: plug it in again') from error

    def _report(self) -> None:
        if self.overflows and not self._told:
            self._told = True
            log.warning("Sound from the microphone was lost: the machine is too busy to keep up")


class Framer:
    """Cuts a stream of any sample rate into frames; an incomplete frame waits for the next block.

    Args:
        rate: samples per second of the stream.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="float32")
        self._waiting = np.zeros(0, dtype=np.int16)
        self._zero = 0.0
        self._pushed = 0
        self._popped = 0

    def push(self, samples: NDArray[np.float32], time: float, *, last: bool = False) -> None:
        """Take the next block.

        Args:
            samples: (n,) float32 mono in [-1, 1] at the stream's rate.
            time: when its first sample was recorded, in seconds.
            last: whether it is the last block, so that the resampler lets out what it holds back.
        """
        self._zero = time - self._pushed / self._rate
        self._pushed += len(samples)
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        self._waiting = np.concatenate((self._waiting, to_int16(samples)))

    def pop(self) -> Frame | None:
        """Return the next frame if it is complete."""
        if len(self._waiting) < FRAME:
            return None
        samples, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
        frame = Frame(samples, self._zero + self._popped * FRAME_SECONDS)
        self._popped += 1
        return frame

    def fill(self) -> None:
        """Fill an incomplete frame up with silence."""
        missing = -len(self._waiting) % FRAME
        self._waiting = np.pad(self._waiting, (0, missing))

    def pop_all(self) -> Iterator[Frame]:
        """Yield the complete frames."""
        while (frame := self.pop()) is not None:
            yield frame


def _mono(block: bytes, channels: int) -> NDArray[np.float32]:
    """Return interleaved 16-bit samples as (n,) float32 mono in [-1, 1]."""
    samples = np.frombuffer(block, dtype=np.int16).reshape(-1, channels)
    mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32) / np.float32(32_768)
    return mono
