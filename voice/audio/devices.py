"""The machine's sound devices: which there are, which is meant, and streams to and from them."""

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

from voice.errors import InputError, SystemFailure

__all__ = [
    "Device",
    "Kind",
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
"""Seconds of sound between us and the device: rides out a busy processor, and lets an idle one sleep."""
CLOSING = 3.0
"""Seconds after which a stream that does not close is given up."""
NAMES: dict[Kind, str] = {"input": "microphone", "output": "loudspeaker"}

log = logging.getLogger(__name__)
_open_streams: set[Any] = set()


@dataclass(frozen=True)
class Device:
    """A sound device, as PortAudio sees it.

    Attributes:
        index: its number; it changes whenever something is plugged in, the name does not.
        name: its name, as settings and messages use it.
        inputs: channels it records, 0 if it is no microphone.
        outputs: channels it plays, 0 if it is no loudspeaker.
        rate: the rate it prefers, in samples a second.
    """

    index: int
    name: str
    inputs: int
    outputs: int
    rate: int


@dataclass(frozen=True)
class Wiring:
    """A device with a rate and a number of channels that it takes."""

    kind: Kind
    device: Device
    rate: int
    channels: int


def portaudio() -> ModuleType:
    """Return `sounddevice`, imported on first use: it starts PortAudio, which looks at every device.

    Raises:
        SystemFailure: PortAudio is not installed or does not start.
    """
    try:
        import sounddevice  # noqa: PLC0415 - commands without sound must not wait for the devices
    except OSError as error:
        raise SystemFailure(f"PortAudio is missing ({_line(error)}): sudo apt install libportaudio2") from error
    except Exception as error:  # sounddevice's own error cannot be named while it cannot be imported
        raise SystemFailure(
            f"PortAudio does not start ({_line(error)}): is another program holding the sound?"
        ) from error
    _hush_alsa()
    module: ModuleType = sounddevice
    return module


def inputs() -> list[Device]:
    """Return the microphones. Raises `SystemFailure` where PortAudio is missing."""
    return [device for device in _devices() if device.inputs]


def outputs() -> list[Device]:
    """Return the loudspeakers. Raises `SystemFailure` where PortAudio is missing."""
    return [device for device in _devices() if device.outputs]


def choose(kind: Kind, name: str | None) -> Device:
    """Return the device that is meant.

    Args:
        kind: a microphone ("input") or a loudspeaker ("output").
        name: its name in any case, or a part of it that only one has; None for the system's default.

    Raises:
        InputError: no device of that name, or several; the line lists the candidates.
        SystemFailure: there is no such device at all.
    """
    devices = inputs() if kind == "input" else outputs()
    if not devices:
        raise SystemFailure(_nothing_found(kind))
    if name is None:
        return _default(kind)
    wanted = name.strip().casefold()
    exact = [device for device in devices if device.name.casefold() == wanted]
    if exact:
        return exact[0]  # the same name twice is one device under two sound systems; PortAudio lists the better first
    similar = [device for device in devices if wanted in device.name.casefold()]
    if len(similar) == 1:
        return similar[0]
    found = f"{len(similar)} {NAMES[kind]}s match" if similar else f"No {NAMES[kind]} matches"
    candidates = ", ".join(dict.fromkeys(f'"{device.name}"' for device in similar or devices))
    raise InputError(f'{found} "{name}": name one of {candidates}')


def negotiate(kind: Kind, name: str | None, rates: Sequence[int | None]) -> Wiring:
    """Return the first rate, mono before stereo, that a device takes as 16-bit sound.

    Args:
        kind: a microphone or a loudspeaker.
        name: which one, as for `choose`.
        rates: samples a second in the order they are wanted; None stands for the device's own.

    Raises:
        InputError: see `choose`.
        SystemFailure: there is no such device, or it takes none of the rates.
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
        wiring: what `negotiate` found.
        block: samples a channel that each call of `callback` gets.
        callback: called in PortAudio's thread as (buffer, frames, times, status); may only copy.

    Raises:
        SystemFailure: the device does not open (any more).
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
    """Close a stream; what is still on its way is lost.

    Args:
        stream: what `open_stream` gave.
        stuck: its callbacks come no more, so its thread is cut off instead of waited for.

    Raises:
        SystemFailure: the sound system does not let go of it.
    """
    closing = threading.Thread(target=_close, args=(stream, stuck), name="closing a sound stream", daemon=True)
    closing.start()
    closing.join(CLOSING)  # the driver of a device that was pulled out may never answer
    if closing.is_alive():
        atexit.unregister(portaudio()._exit_handler)  # noqa: SLF001 - it would hang too, and the program could not end
        raise SystemFailure("The sound system hangs while closing a device: start the assistant again")
    _open_streams.discard(stream)


def refresh() -> bool:
    """Look for devices again: PortAudio's list is frozen when it starts.

    Returns:
        Whether the list is fresh: while any stream is open, PortAudio cannot start again.

    Raises:
        SystemFailure: PortAudio does not start again.
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
        stream.stop()  # aborting would cut the thread off in the middle of a callback
    stream.close()


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _log_alsa(_file: bytes, _line: int, function: bytes, _code: int, message: bytes) -> None:
    log.debug("ALSA: %s: %s", function.decode(errors="replace"), message.decode(errors="replace"))


# ALSA keeps only the address, so this must live as long as the program.
_alsa_said = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)(
    _log_alsa
)


@cache
def _hush_alsa() -> None:
    """Send what ALSA has to say while sound runs (such as an underrun, which we count) to the log, at debug level."""
    with suppress(OSError, AttributeError):  # no ALSA on this system
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_alsa_said)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what ALSA, JACK and PortAudio print themselves off the terminal: it goes to the log, at debug level."""
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
    """Return a nameless file, in memory where the system has such: the disk may be full or read-only."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("sound system"), "w+b")
    return tempfile.TemporaryFile()


def _flush() -> None:
    with suppress(Exception):  # there may be no stderr, or a closed one
        sys.stderr.flush()
