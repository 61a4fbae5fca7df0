"""Sound devices: finding and choosing them, and streams to and from them with their times."""

import atexit
import ctypes
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import IO, Any, Literal, TypeAlias

from voice.clock import Clock
from voice.errors import InputError, SystemFailure

__all__ = [
    "Device",
    "Kind",
    "StreamTimes",
    "Wiring",
    "choose",
    "close_stream",
    "inputs",
    "negotiate",
    "open_stream",
    "outputs",
    "portaudio",
    "refresh",
]

Kind: TypeAlias = Literal["input", "output"]

LATENCY: dict[Kind, float] = {"input": 0.1, "output": 0.15}
"""Seconds of sound buffered between us and the device: a busy processor is bridged, an idle one can sleep."""
CLOSING = 3.0
"""Seconds after which we give up on a stream that does not close."""
NAMES: dict[Kind, str] = {"input": "microphone", "output": "loudspeaker"}

log = logging.getLogger(__name__)
_open_streams: set[Any] = set()
_SETTLING = 1.0  # seconds until a stream's times are settled
_ESTIMATES = 15  # the latest estimates that count until then: a sound server's first ones are off by its buffer
_FASTEST_DRIFT = 200e-6  # settled times follow the estimates by at most this many seconds per second
_JUMP = 0.03  # seconds; settled times start over if most estimates are further off than this for some seconds
_LONGEST_DELAY = 5.0  # seconds; a host that claims more gives no times


@dataclass(frozen=True)
class Device:
    """A sound device, as PortAudio sees it.

    Attributes:
        index: its number; it changes whenever a device is plugged in, the name does not.
        name: its name, as settings and messages use it.
        inputs: channels it records, 0 if it is not a microphone.
        outputs: channels it plays, 0 if it is not a loudspeaker.
        rate: its preferred rate, in samples per second.
    """

    index: int
    name: str
    inputs: int
    outputs: int
    rate: int


@dataclass(frozen=True)
class Wiring:
    """A device with a sample rate and a number of channels that it accepts."""

    kind: Kind
    device: Device
    rate: int
    channels: int


class StreamTimes:
    """The times of a stream's samples on our monotonic clock.

    PortAudio estimates a time for each block, on a clock of its own (on Linux it may be the wall clock). The estimates
    jump by up to 15 ms, while the sound itself runs evenly: echo cancelling needs times that do the same. So they are
    counted from the start of the stream: the median of the latest estimates during its first second, which from then
    on follows the estimates no faster than two clocks drift apart.

    Args:
        wiring: the stream's device and rate.
        clock: the clock of the times.
    """

    def __init__(self, wiring: Wiring, clock: Clock) -> None:
        self._rate = wiring.rate
        self._clock = clock
        self._usual = LATENCY["output"] if wiring.kind == "output" else -LATENCY["input"]
        self._count = 0
        self._start = 0.0
        self._latest: tuple[float, ...] = ()
        self._settled = 0.0
        self._off = 0.0

    def add(self, block_time: float, current_time: float, samples: int, *, lost: bool) -> int:
        """Take note of a block; called in PortAudio's thread, in the block's callback.

        Args:
            block_time: PortAudio's time of the block's first sample at the device: `inputBufferAdcTime` or
                `outputBufferDacTime`.
            current_time: PortAudio's time of the callback.
            samples: samples per channel in the block.
            lost: whether sound was lost before the block, so that earlier estimates no longer hold.

        Returns:
            the position of the block's first sample in the stream.
        """
        position = self._count
        self._count += samples
        delay = block_time - current_time
        if not block_time or not current_time or abs(delay) > _LONGEST_DELAY:
            delay = self._usual
        if lost:
            self._start_over()
        self._follow(self._clock.monotonic() + delay - position / self._rate, samples / self._rate)
        return position

    def of(self, position: int) -> float:
        """Return the time of a sample, in seconds, once a block was added.

        Args:
            position: the sample's position in the stream.
        """
        return self._start + position / self._rate

    def _follow(self, estimate: float, seconds: float) -> None:
        """Take a block's estimate of when the stream started, and the block's length."""
        if self._settled < _SETTLING:
            self._settled += seconds
            self._latest = (*self._latest[1 - _ESTIMATES :], estimate)
            self._start = sorted(self._latest)[len(self._latest) // 2]
            return
        error = estimate - self._start
        step = _FASTEST_DRIFT * seconds
        self._start += min(max(error, -step), step)
        self._off = max(0.0, self._off + (seconds if abs(error) > _JUMP else -seconds))
        if self._off > _SETTLING:
            self._start_over()

    def _start_over(self) -> None:
        self._latest, self._settled, self._off = (), 0.0, 0.0


def portaudio() -> ModuleType:
    """Return `sounddevice`, imported on first use: importing starts PortAudio, which probes every device.

    Raises:
        SystemFailure: PortAudio is not installed or does not start.
    """
    try:
        import sounddevice  # noqa: PLC0415 - commands without sound must not wait for PortAudio
    except OSError as error:
        raise SystemFailure(f"PortAudio is missing ({_line(error)}): sudo apt install libportaudio2") from error
    except Exception as error:  # sounddevice's own error class cannot be imported either
        raise SystemFailure(
            f"PortAudio does not start ({_line(error)}): is another program holding the sound?"
        ) from error
    _hush_alsa()
    module: ModuleType = sounddevice
    return module


def inputs() -> list[Device]:
    """Return all microphones. Raises `SystemFailure` if PortAudio is missing."""
    return [device for device in _devices() if device.inputs]


def outputs() -> list[Device]:
    """Return all loudspeakers. Raises `SystemFailure` if PortAudio is missing."""
    return [device for device in _devices() if device.outputs]


def choose(kind: Kind, name: str | None) -> Device:
    """Find a device by its name.

    Args:
        kind: "input" for a microphone, "output" for a loudspeaker.
        name: its name in any case, or a part of it that no other device has; None for the system's default.

    Raises:
        InputError: no device, or more than one, has that name; the message lists the candidates.
        SystemFailure: there is no device of that kind.
    """
    devices = inputs() if kind == "input" else outputs()
    if not devices:
        raise SystemFailure(_nothing_found(kind))
    if name is None:
        return _default(kind)
    wanted = name.strip().casefold()
    exact = [device for device in devices if device.name.casefold() == wanted]
    if exact:
        return exact[0]  # a name listed twice is one device under two sound systems, the better one first
    similar = [device for device in devices if wanted in device.name.casefold()]
    if len(similar) == 1:
        return similar[0]
    found = f"{len(similar)} {NAMES[kind]}s match" if similar else f"No {NAMES[kind]} matches"
    candidates = ", ".join(dict.fromkeys(f'"{device.name}"' for device in similar or devices))
    raise InputError(f'{found} "{name}": name one of {candidates}')


def negotiate(kind: Kind, name: str | None, rates: Sequence[int | None]) -> Wiring:
    """Find a sample rate at which a device accepts 16-bit sound, in mono if possible, else in stereo.

    Args:
        kind: "input" for a microphone, "output" for a loudspeaker.
        name: the device's name, as for `choose`.
        rates: samples per second, the preferred first; None stands for the device's own rate.

    Raises:
        InputError: see `choose`.
        SystemFailure: there is no such device, or it accepts none of the rates.
    """
    device = choose(kind, name)
    sound = portaudio()
    check = sound.check_input_settings if kind == "input" else sound.check_output_settings
    problem = ""
    with _quiet():
        for rate in dict.fromkeys(rate or device.rate for rate in rates):
            for channels in (1, 2):
                try:
                    check(device=device.index, samplerate=rate, channels=channels, dtype="int16")
                except (sound.PortAudioError, ValueError) as error:
                    problem = problem or _line(error)
                else:
                    return Wiring(kind, device, rate, channels)
    if name is None:
        raise SystemFailure(f'{_nothing_found(kind)} (the default, "{device.name}", cannot be opened: {problem})')
    raise SystemFailure(f'The {NAMES[kind]} "{device.name}" cannot be opened ({problem}): is another program using it?')


def open_stream(wiring: Wiring, block: int, callback: Callable[..., None]) -> Any:  # noqa: ANN401 - sounddevice has no types
    """Open and start a raw 16-bit stream; close it with `close_stream`.

    Args:
        wiring: the device, from `negotiate`.
        block: samples per channel in each call of `callback`.
        callback: called in PortAudio's thread as (buffer, frames, times, status); it may only copy.

    Raises:
        SystemFailure: the device cannot be opened.
    """
    sound = portaudio()
    make = sound.RawInputStream if wiring.kind == "input" else sound.RawOutputStream
    stream = None
    try:
        with _quiet():
            stream = make(
                samplerate=wiring.rate,
                blocksize=block,
                device=wiring.device.index,
                channels=wiring.channels,
                dtype="int16",
                latency=LATENCY[wiring.kind],
                callback=callback,
            )
            stream.start()
    except sound.PortAudioError as error:
        if stream is not None:
            stream.close()
        name = f'{NAMES[wiring.kind]} "{wiring.device.name}"'
        raise SystemFailure(f"The {name} cannot be opened ({_line(error)}): is it plugged in and free?") from error
    _open_streams.add(stream)
    log.debug("%s opened: %s, latency %.3f s", NAMES[wiring.kind], wiring, stream.latency)
    return stream


def close_stream(stream: Any, *, stuck: bool = False) -> None:  # noqa: ANN401 - sounddevice has no types
    """Close a stream; sound that is still buffered is lost.

    Args:
        stream: a stream from `open_stream`.
        stuck: whether its callbacks have stopped, so that its thread must be aborted instead of waited for.

    Raises:
        SystemFailure: the sound system hangs.
    """
    closing = threading.Thread(target=_close, args=(stream, stuck), name="closing a sound stream", daemon=True)
    closing.start()
    closing.join(CLOSING)  # the driver of an unplugged device may never answer
    if closing.is_alive():
        atexit.unregister(portaudio()._exit_handler)  # noqa: SLF001 - it would hang too, and the program could not exit
        raise SystemFailure("The sound system hangs while closing a device: start the assistant again")
    _open_streams.discard(stream)


def refresh() -> bool:
    """Update the list of devices, which PortAudio freezes when it starts.

    Returns:
        whether the list was updated: PortAudio cannot be restarted while a stream is open.

    Raises:
        SystemFailure: PortAudio does not restart.
    """
    if _open_streams:
        return False
    sound = portaudio()
    try:
        sound._terminate()  # noqa: SLF001 - the only way, and sounddevice documents it
        sound._initialize()  # noqa: SLF001 - see above
    except sound.PortAudioError as error:
        raise SystemFailure(f"PortAudio does not start again ({_line(error)}): start the assistant again") from error
    return True


def _devices() -> list[Device]:
    return [_device(entry) for entry in portaudio().query_devices()]


def _device(entry: dict[str, Any]) -> Device:
    return Device(
        index=int(entry["index"]),
        name=str(entry["name"]).strip(),
        inputs=int(entry["max_input_channels"]),
        outputs=int(entry["max_output_channels"]),
        rate=round(entry["default_samplerate"]),
    )


def _default(kind: Kind) -> Device:
    sound = portaudio()
    try:
        return _device(sound.query_devices(kind=kind))
    except (sound.PortAudioError, ValueError) as error:
        raise SystemFailure(_nothing_found(kind)) from error


def _nothing_found(kind: Kind) -> str:
    name = NAMES[kind]
    return f"No {name} found: plug one in, or choose one in the sound settings of the system"


def _close(stream: Any, stuck: bool) -> None:  # noqa: ANN401, FBT001 - sounddevice has no types; a thread's target
    if stuck:
        stream.abort()
    else:
        stream.stop()  # aborting would end the thread in the middle of a callback
    stream.close()


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _log_alsa(_file: bytes, _line: int, function: bytes, _code: int, message: bytes) -> None:
    log.debug("ALSA: %s: %s", function.decode(errors="replace"), message.decode(errors="replace"))


# ALSA keeps only the address, so this object must live as long as the program.
_alsa_said = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)(
    _log_alsa
)


@cache
def _hush_alsa() -> None:
    """Send ALSA's own messages (of an underrun, say, which we count) to the log at debug level."""
    with suppress(OSError, AttributeError):  # no ALSA on this system
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_alsa_said)


@contextmanager
def _quiet() -> Iterator[None]:
    """Send the stderr output of ALSA, JACK and PortAudio to the log at debug level."""
    with _memory() as kept:
        try:
            terminal = os.dup(2)
        except OSError:  # a service without stderr
            yield
            return
        _flush()
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            kept.seek(0)
            for line in kept.read().decode(errors="replace").splitlines():
                log.debug("sound system: %s", line)


def _memory() -> IO[bytes]:
    """Return an anonymous file, in memory where the system can: the disk may be full or read-only."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("sound system"), "w+b")
    return tempfile.TemporaryFile()


def _flush() -> None:
    with suppress(Exception):  # stderr may be missing or closed
        sys.stderr.flush()
