"""`moments run` and `demo`: the assistant, until a signal ends it, and a sample conversation."""

import fcntl
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from voice.assistant import Assistant, assemble
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import DeviceMicrophone
from voice.cli.options import OutFile, PackFolder, SettingsFile
from voice.cli.output import note
from voice.clock import Clock, SystemClock
from voice.control.server import ControlServer
from voice.demo import play_demo
from voice.dialogue.loop import Conversation, Devices, State
from voice.errors import SystemFailure
from voice.nlu.intent import Intent
from voice.settings.file import load_settings
from voice.settings.schema import Settings
from voice.storage.flags import Flags
from voice.storage.paths import private_folder, user_data

__all__ = ["demo", "run"]

_WELCOMED = "welcomed"  # the flag in the store


def run(
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
    demo_file: Annotated[
        Path | None,
        typer.Option(
            "--or-demo", metavar="FILE.wav", help="If there is no sound device, write the demo to this file instead."
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log everything to standard error, including what was said.")
    ] = False,
) -> None:
    """Listen and speak until stopped (Ctrl-C)."""
    _set_up_logging(verbose=verbose)
    settings = load_settings(settings_file)
    with _lock(user_data(settings.keeping.folder)):
        assistant = assemble(settings, pack)
        try:
            devices = _open_devices(settings, SystemClock())
        except SystemFailure as error:
            if demo_file is None:
                raise
            note(f"{error}. Playing the demo to {demo_file} instead.")
            play_demo(settings, pack, demo_file)
            return
        _converse(assistant, devices)


def demo(
    lang: Annotated[str | None, typer.Option("--lang", metavar="en|ko", help="The language of both voices.")] = None,
    out: OutFile = None,
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
) -> None:
    """Play a sample conversation, without hardware.

    A synthetic partner speaks, and the assistant answers; nothing of yours is changed.
    """
    settings = load_settings(settings_file)
    play_demo(settings.in_language(lang) if lang is not None else settings, pack, out)


def _set_up_logging(*, verbose: bool) -> None:
    """Log to standard error; only the debug level shows what people say."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def _open_devices(settings: Settings, clock: Clock) -> Devices:
    # The loudspeaker opens at full volume: the conversation applies the couple's own, which may change.
    loudspeaker = DeviceLoudspeaker(settings.speaking.loudspeaker, settings.speaking.lead_in, clock=clock)
    microphone = DeviceMicrophone(settings.listening.microphone, clock)
    return Devices(microphone, loudspeaker, clock)


def _converse(assistant: Assistant, devices: Devices) -> None:
    ended: deque[int] = deque()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: ended.append(received))
    with ExitStack() as closing:
        for part in (devices.microphone, devices.loudspeaker, assistant.database):
            closing.callback(part.close)
        assistant.database.open()
        assistant.stage.check_counts(assistant.synthesiser)
        conversation = _conversation(assistant, devices)
        commands = _control_server(user_data(assistant.settings.keeping.folder), devices.clock)
        if commands is not None:
            closing.callback(commands.close)
            conversation.follow_commands(commands)
        signal.signal(signal.SIGUSR1, lambda _number, _frame: conversation.hush())
        signal.signal(signal.SIGUSR2, lambda _number, _frame: conversation.toggle_mute())
        _print_hint(assistant)
        conversation.resume()
        _welcome(assistant, conversation)
        conversation.run(lambda: bool(ended))


def _conversation(assistant: Assistant, devices: Devices) -> Conversation:
    conversation = Conversation(
        devices,
        assistant.listener(),
        assistant.stage,
        assistant.synthesiser,
        assistant.ask_timeouts,
        background=True,
    )
    conversation.follow(assistant.rituals)
    return conversation


def _control_server(folder: Path, clock: Clock) -> ControlServer | None:
    """Open the control socket; return None if it cannot be opened, for the assistant runs without it too."""
    try:
        return ControlServer(folder, clock)
    except SystemFailure as error:
        note(f"{error}; without it, moments stop, mute and status cannot reach this assistant")
        return None


def _print_hint(assistant: Assistant) -> None:
    listening = assistant.settings.listening
    call = f"{listening.name}, " if listening.name and listening.name_required else ""
    print(f'Listening. Say "{call}what can we say" to hear what I know; Ctrl-C ends it.', flush=True)


def _welcome(assistant: Assistant, conversation: Conversation) -> None:
    """Greet new users once, but not in quiet hours or while muted."""
    now = assistant.stage.clock.now()
    met = Flags(assistant.database).get(_WELCOMED) is not None
    silent = conversation.state is not State.LISTENING or assistant.rituals.is_quiet(now.time())
    if met or silent or "welcome" not in assistant.pack.moments:
        return
    Flags(assistant.database).set(_WELCOMED, now.isoformat(timespec="seconds"))
    conversation.begin(Intent.of("welcome"))


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the running assistant; two assistants would answer each other.

    Raises:
        SystemFailure: another assistant is running.
    """
    path = private_folder(folder) / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SystemFailure(
            f"{path}: cannot be written ({error.strerror}): make room there, or set keeping.folder"
        ) from None
    with os.fdopen(descriptor, "r+"):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemFailure("the assistant is running already: end that one first") from None
        yield
