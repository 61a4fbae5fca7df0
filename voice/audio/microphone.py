"""Where frames come from: a sound device, a file, or nowhere."""

import logging
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.audio import devices
from voice.audio.clip import open_sound, to_int16
from voice.clock import Clock, CountedClock
from voice.errors import InputError, SystemFailure

__all__ = [
    "FRAME",
    "FRAME_SECONDS",
    "RATE",
    "DeviceMicrophone",
    "EndOfSound",
    "FileMicrophone",
    "Frame",
    "Microphone",
    "NoMicrophone",
    "ScriptedMicrophone",
]

RATE = 16_000
"""Samples a second of every frame."""
FRAME = 512
"""Samples of a frame: what the voice-activity model takes, 32 ms."""
FRAME_SECONDS = FRAME / RATE
Frame: TypeAlias = NDArray[np.int16]
"""A short piece of sound: (512,) int16 at 16 kHz, mono."""

KEPT_SECONDS = 10.0
"""How much sound waits for a slow reader before the oldest is dropped."""
SILENT_SECONDS = 2.0
"""A device that hands nothing over for so long is stuck: callbacks may stop while the stream stays active."""
STARTING_SECONDS = 3.0
"""What a device that was just opened gets on top: some have to wake up first."""

log = logging.getLogger(__name__)


class EndOfSound(Exception):  # noqa: N818 - an end is no error
    """The file is at its end: there will be no more frames."""


class Microphone(Protocol):
    """Where frames come from."""

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame.

        Args:
            timeout: seconds to wait for it.

        Returns:
            (512,) int16 at 16 kHz, or None when no frame was complete in time.

        Raises:
            EndOfSound: there will be no more.
            SystemFailure: the device is gone, or hands nothing over any more.
            InputError: a file turns out to be damaged.
        """

    def release(self) -> None:
        """Let go of the device and drop what waits, so that nothing is recorded; the next `read` takes it again.

        Raises:
            SystemFailure: the sound system hangs.
        """

    def close(self) -> None:
        """Let go of the device or file."""


class DeviceMicrophone:
    """A microphone of the machine, opened at once and listening until it is released or closed.

    Args:
        name: which one (see `devices.choose`); None for the default.
        clock: for telling when it hands nothing over any more.

    Attributes:
        overflows: how often sound was lost because nobody fetched it in time.

    Raises:
        InputError: no microphone of that name, or several.
        SystemFailure: there is no microphone, or it does not open.
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
        """Return the device's name."""
        return self._wiring.device.name

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, (512,) int16 at 16 kHz, or None when none was complete within `timeout` seconds.

        A device that has fallen silent is opened anew, once; one that was released is taken again.

        Raises:
            SystemFailure: the device is gone, taken by another program, or silent even after it was opened anew.
        """
        if self._released:
            self._reopen()
            self._released = False
        deadline = self._clock.monotonic() + timeout
        while (frame := self._framer.pop()) is None:
            try:
                block = self._blocks.get(timeout=max(0.0, deadline - self._clock.monotonic()))
            except Empty:
                self._watch()
                return None
            self._reopened = False
            self._framer.push(_mono(block, self._wiring.channels))
        self._report()
        return frame

    def release(self) -> None:
        """Close the device, whose light goes off, and drop what waits; the next `read` opens it again.

        Raises:
            SystemFailure: the sound system hangs.
        """
        self._released, self._reopened = True, False
        stream, self._stream = self._stream, None
        if stream is not None:
            devices.close_stream(stream, stuck=self._silent)
        self._forget()

    def close(self) -> None:
        """Close the device. Raises `SystemFailure` where the sound system hangs."""
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
        """Drop what waits to be read."""
        self._framer = _Framer(self._wiring.rate)
        self._blocks: SimpleQueue[bytes] = SimpleQueue()

    def _take(self, data: Any, _frames: int, _times: Any, status: Any) -> None:  # noqa: ANN401 - sounddevice has no types
        """Keep a copy of a block: called in PortAudio's thread, so it does no more."""
        self._heard_at = self._clock.monotonic()
        if status.input_overflow:
            self.overflows += 1
        if self._blocks.qsize() >= self._most_blocks:
            self.overflows += 1
            with suppress(Empty):
                self._blocks.get_nowait()
        self._blocks.put(bytes(data))

    @property
    def _silent(self) -> bool:
        return self._clock.monotonic() - self._heard_at >= SILENT_SECONDS

    def _watch(self) -> None:
        """Open a device anew that hands nothing over any more."""
        if self._stream is None or not self._silent:
            return
        name = self._wiring.device.name
        stream, self._stream = self._stream, None
        devices.close_stream(stream, stuck=True)
        if self._reopened:
            raise SystemFailure(f'The microphone "{name}" hands over no sound, even after reopening: plug it in again')
        self._reopened = True
        log.warning('The microphone "%s" hands over no sound any more: opening it anew', name)
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


class FileMicrophone:
    """A sound file in the microphone's place: every frame comes at once and moves the clock on by its length.

    Args:
        path: a WAV or FLAC file of any rate, width and number of channels; it is read as it is needed.
        clock: the time that is counted in frames.
        tail: seconds of silence after the file's end, so that what is said last is heard to end.

    Raises:
        InputError: the file is missing, damaged or not a sound file.
    """

    def __init__(self, path: Path | str, clock: CountedClock, tail: float = 2.0) -> None:
        sound = open_sound(path)
        self._clock = clock
        self._blocks = sound.blocks
        self._frames = _frames(sound.blocks, sound.rate, tail)

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 - a file never lets one wait
        """Return the next frame, (512,) int16 at 16 kHz, and move the clock on by 32 ms.

        Raises:
            EndOfSound: file and tail are over.
            InputError: the file turns out to be damaged here.
        """
        frame = next(self._frames, None)
        if frame is None:
            raise EndOfSound
        self._clock.sleep(FRAME_SECONDS)
        return frame

    def release(self) -> None:
        """Do nothing: no device is held, and the file waits."""

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._blocks.close()


class ScriptedMicrophone:
    """A microphone that hears what it is told to, and silence otherwise; each frame moves the clock on by its length.

    Args:
        clock: the time that is counted in frames.

    Attributes:
        released: whether it was let go and not read since; what it is told then, it does not hear.
    """

    def __init__(self, clock: Clock) -> None:
        self.released = False
        self._clock = clock
        self._waiting = np.zeros(0, dtype=np.int16)

    @property
    def busy(self) -> bool:
        """Whether some of what it was told has not been heard yet."""
        return bool(self._waiting.size)

    def hear(self, samples: NDArray[np.int16]) -> None:
        """Let it hear `samples`, (n,) int16 at 16 kHz, after what it was told before."""
        if not self.released:
            self._waiting = np.concatenate((self._waiting, samples))

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 - it never lets one wait
        """Return the next frame, (512,) int16 at 16 kHz, and move the clock on by 32 ms."""
        self.released = False
        frame, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
        self._clock.sleep(FRAME_SECONDS)
        return np.pad(frame, (0, FRAME - len(frame)))

    def release(self) -> None:
        """Forget what was not heard yet, until the next `read`."""
        self.released = True
        self._waiting = np.zeros(0, dtype=np.int16)

    def close(self) -> None:
        """Do nothing."""


class NoMicrophone:
    """No microphone at all: time passes, and nothing is heard.

    Args:
        clock: the clock that waits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, timeout: float) -> Frame | None:
        """Let `timeout` seconds pass and return None."""
        self._clock.sleep(timeout)
        return None

    def release(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class _Framer:
    """Cuts sound of any rate into frames; what is left over waits for the next piece."""

    def __init__(self, rate: int) -> None:
        self._resampler = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="float32")
        self._waiting = np.zeros(0, dtype=np.int16)

    def push(self, samples: NDArray[np.float32], *, last: bool = False) -> None:
        """Take the next samples, (n,) float32 mono in [-1, 1]; with `last`, let out what the resampler holds back."""
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        self._waiting = np.concatenate((self._waiting, to_int16(samples)))

    def pop(self) -> Frame | None:
        """Return the next whole frame, if there is one."""
        if len(self._waiting) < FRAME:
            return None
        frame, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
        return frame

    def fill(self) -> None:
        """Fill the piece that is left over up to a frame, with silence."""
        missing = -len(self._waiting) % FRAME
        self._waiting = np.pad(self._waiting, (0, missing))

    def pop_all(self) -> Iterator[Frame]:
        """Yield the frames that are whole."""
        while (frame := self.pop()) is not None:
            yield frame


def _frames(blocks: Iterator[NDArray[np.float32]], rate: int, tail: float) -> Generator[Frame, None, None]:
    """Yield the frames of a file and of the silence after it; the last one is filled up with silence."""
    framer = _Framer(rate)
    for block in blocks:
        framer.push(block)
        yield from framer.pop_all()
    framer.push(np.zeros(round(tail * rate), dtype=np.float32))
    framer.push(np.zeros(0, dtype=np.float32), last=True)
    framer.fill()
    yield from framer.pop_all()


def _mono(block: bytes, channels: int) -> NDArray[np.float32]:
    """Return interleaved 16-bit samples as (n,) float32 mono in [-1, 1]."""
    samples = np.frombuffer(block, dtype=np.int16).reshape(-1, channels)
    mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32) / np.float32(32_768)
    return mono
