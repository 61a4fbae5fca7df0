"""Simulated devices: microphones and a loudspeaker that need no hardware, on a clock that is counted in frames."""

from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import Clip, open_sound
from voice.audio.loudspeaker import BLOCK_SECONDS, Placed, played_between
from voice.audio.microphone import FRAME, FRAME_SECONDS, EndOfSound, Frame, Framer
from voice.clock import Clock, CountedClock

__all__ = ["FileMicrophone", "NoMicrophone", "ScriptedMicrophone", "TimelineLoudspeaker"]


class FileMicrophone:
    """A sound file in place of a microphone: each read returns at once and moves the clock on by one frame.

    Args:
        path: a WAV or FLAC file of any sample rate, width and number of channels; it is read block by block.
        clock: the clock that is counted in frames.
        tail: seconds of silence after the file's end, so that the last utterance ends too.

    Raises:
        InputError: the file is missing, damaged or not a sound file.
    """

    def __init__(self, path: Path | str, clock: CountedClock, tail: float = 2.0) -> None:
        sound = open_sound(path)
        self._clock = clock
        self._blocks = sound.blocks
        self._frames = _frames(sound.blocks, sound.rate, tail)

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 - a file never makes one wait
        """Return the next frame, with its time on the counted clock, and move that on by 32 ms.

        Raises:
            EndOfSound: file and tail are over.
            InputError: the file turns out to be damaged here.
        """
        frame = next(self._frames, None)
        if frame is None:
            raise EndOfSound
        return _timed(frame.samples, self._clock)

    def release(self) -> None:
        """Do nothing: no device is open, and the file waits."""

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._blocks.close()


class ScriptedMicrophone:
    """A microphone that hears the sounds it is given, else silence; each read moves the clock on by one frame.

    Args:
        clock: the clock that is counted in frames.

    Attributes:
        released: whether it was released and not read since; sounds given in that state are not heard.
    """

    def __init__(self, clock: Clock) -> None:
        self.released = False
        self._clock = clock
        self._waiting = np.zeros(0, dtype=np.int16)

    @property
    def busy(self) -> bool:
        """Whether some of the sound it was given has not been read yet."""
        return bool(self._waiting.size)

    def hear(self, samples: NDArray[np.int16]) -> None:
        """Give it a sound, (n,) int16 at 16 kHz, to hear after those it was given before."""
        if not self.released:
            self._waiting = np.concatenate((self._waiting, samples))

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 - it never makes one wait
        """Return the next frame, with its time on the counted clock, and move that on by 32 ms."""
        self.released = False
        samples, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
        return _timed(np.pad(samples, (0, FRAME - len(samples))), self._clock)

    def release(self) -> None:
        """Drop all unread sound, and hear nothing until the next `read`."""
        self.released = True
        self._waiting = np.zeros(0, dtype=np.int16)

    def close(self) -> None:
        """Do nothing: no device is open."""


class NoMicrophone:
    """The absence of a microphone: time passes, and nothing is heard.

    Args:
        clock: the clock to wait on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, timeout: float) -> Frame | None:
        """Let `timeout` seconds pass and return None."""
        self._clock.sleep(timeout)
        return None

    def release(self) -> None:
        """Do nothing: no device is open."""

    def close(self) -> None:
        """Do nothing: no device is open."""


class TimelineLoudspeaker:
    """A loudspeaker on a counted clock: it lays sounds on a timeline, which can be mixed down to one clip.

    Args:
        clock: the clock that is counted; the timeline begins at its zero.
        rate: samples per second of the timeline.
    """

    underruns = 0
    latency = 0.0

    def __init__(self, clock: Clock, rate: int = 22_050) -> None:
        self.rate = rate
        self._clock = clock
        self._playing: Placed | None = None
        self._played: list[Placed] = []
        self._added: list[Placed] = []

    @property
    def playing(self) -> bool:
        """Whether the last sound goes on beyond the counted time."""
        return self._playing is not None and self.position() < len(self._playing.samples)

    def play(self, samples: NDArray[np.float32]) -> None:
        """Lay a sound on the timeline at the counted time; the sound before it fades out from there.

        Args:
            samples: (n,) float32 mono in [-1, 1] at `rate`.
        """
        self.stop()
        if self._playing is not None:
            self._played.append(self._playing)
        self._playing = Placed(self._now(), samples)

    def stop(self) -> None:
        """Cut the sound off at the counted time, with 20 ms to fade out."""
        if self._playing is None or not self.playing:
            return
        position = self.position()
        kept = self._playing.samples[: position + round(self.rate * BLOCK_SECONDS)].copy()
        kept[position:] *= np.linspace(1.0, 0.0, len(kept) - position, dtype=np.float32)
        self._playing = Placed(self._playing.start, kept)

    def position(self) -> int:
        """Return how many samples of the last sound lie before the counted time."""
        if self._playing is None:
            return 0
        return max(0, min(len(self._playing.samples), self._now() - self._playing.start))

    def played(self, start: float, seconds: float, rate: int) -> NDArray[np.float32]:
        """Return the sound played from a given time on; see `Loudspeaker.played`. Added sounds are left out."""
        return played_between(self._all_played(), self.rate, start, seconds, rate)

    def release(self) -> None:
        """Do nothing: no device is open."""

    def close(self) -> None:
        """Be silent; the timeline stays."""
        self.stop()

    def add(self, samples: NDArray[np.float32], rate: int, at_seconds: float) -> None:
        """Mix another sound in, such as the partner's voice.

        Args:
            samples: (n,) float32 mono in [-1, 1].
            rate: its samples per second.
            at_seconds: where it begins, in seconds of counted time.
        """
        self._added.append(Placed(round(at_seconds * self.rate), Clip(samples, rate).resampled(self.rate).samples))

    def mixdown(self) -> Clip:
        """Return all that was played and added, from time zero to the end of the last sound.

        It is made quieter only if its loudest sample would not fit into [-1, 1].
        """
        placed = [*self._added, *self._all_played()]
        mixed = np.zeros(max((one.start + len(one.samples) for one in placed), default=0), dtype=np.float32)
        for one in placed:
            mixed[one.start : one.start + len(one.samples)] += one.samples
        peak = max(mixed.max(initial=0.0), -mixed.min(initial=0.0))
        return Clip(mixed / peak if peak > 1.0 else mixed, self.rate)

    def _all_played(self) -> list[Placed]:
        return [*self._played, *([self._playing] if self._playing else [])]

    def _now(self) -> int:
        return round(self._clock.monotonic() * self.rate)


def _timed(samples: NDArray[np.int16], clock: Clock) -> Frame:
    """Return (512,) samples as a frame that begins now, and move the clock to its end."""
    frame = Frame(samples, clock.monotonic())
    clock.sleep(FRAME_SECONDS)
    return frame


def _frames(blocks: Iterator[NDArray[np.float32]], rate: int, tail: float) -> Generator[Frame, None, None]:
    """Yield the frames of a file and of the silence after it; the last one is filled up with silence."""
    framer = Framer(rate)
    for block in blocks:
        framer.push(block, 0.0)
        yield from framer.pop_all()
    framer.push(np.zeros(round(tail * rate), dtype=np.float32), 0.0)
    framer.push(np.zeros(0, dtype=np.float32), 0.0, last=True)
    framer.fill()
    yield from framer.pop_all()
