"""What the commands do, once their options are read."""

import fcntl
import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from voice.assistant import FILE_RATE, Assistant, assemble
from voice.audio.clip import Clip
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import DeviceMicrophone, EndOfSound
from voice.audio.simulated import FileMicrophone
from voice.cli import output as display
from voice.clock import Clock, CountedClock, SystemClock
from voice.control.server import ControlServer
from voice.dialogue.loop import Conversation, Devices, State
from voice.dialogue.offline import Performed
from voice.dialogue.offline import perform as perform_moment
from voice.errors import InputError, SystemFailure
from voice.listening.endpointer import Utterance
from voice.listening.listener import Listener
from voice.nlu.matcher import Intent, match
from voice.nlu.sentences import ANYTIME, SCENE
from voice.settings import schema as all_settings
from voice.settings.schema import Settings
from voice.storage.paths import private_folder, user_data
from voice.tts.score import DoesNotFit

__all__ = ["Output", "demo", "hear", "perform", "run", "say"]

_LONGEST_TEXT = 10_000
_WELCOMED = "welcomed"
# Seconds between two looks at what plays.
_LOOK = 0.02


@dataclass(frozen=True)
class Output:
    """Where a reply goes, and what answers its questions."""

    file: Path | None
    as_json: bool
    answers: tuple[str, ...]


def run(settings_file: Path | None, pack: Path | None, demo_file: Path | None) -> None:
    """Listen and speak until a signal ends it.

    Raises:
        MomentsError: a setting, the pack or a device is not as it should be.
    """
    settings = all_settings.load(settings_file)
    with _only_one(user_data(settings.keeping.folder)):
        assistant = assemble(settings, pack)
        clock = SystemClock()
        try:
            # As loud as it can: the conversation follows what the couple choose.
            loudspeaker = DeviceLoudspeaker(settings.speaking.loudspeaker, settings.speaking.lead_in, clock=clock)
            microphone = DeviceMicrophone(settings.listening.microphone, clock)
        except SystemFailure as error:
            if demo_file is None:
                raise
            display.note(f"{error}. Playing the demo to {demo_file} instead.")
            _demo(settings, pack, demo_file)
            return
        _converse(assistant, Devices(microphone, loudspeaker, clock))


def _converse(assistant: Assistant, devices: Devices) -> None:
    ended: deque[int] = deque()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: ended.append(received))
    folder = user_data(assistant.settings.keeping.folder)
    with ExitStack() as closing:
        for part in (devices.microphone, devices.loudspeaker, assistant.store):
            closing.callback(part.close)
        assistant.store.open()
        assistant.stage.check_counts(assistant.synthesiser)
        conversation = Conversation(
            devices, assistant.listener(), assistant.stage, assistant.synthesiser, assistant.ask_timeouts
        )
        conversation.follow(assistant.rituals)
        commands = _control_server(folder, devices.clock)
        if commands is not None:
            closing.callback(commands.close)
            conversation.follow_commands(commands)
        signal.signal(signal.SIGUSR1, lambda _number, _frame: conversation.hush())
        signal.signal(signal.SIGUSR2, lambda _number, _frame: conversation.toggle_mute())
        listening = assistant.settings.listening
        call = f"{listening.name}, " if listening.name and listening.name_required else ""
        print(f'Listening. Say "{call}what can we say" to hear what I know; Ctrl-C ends it.', flush=True)
        conversation.resume()
        _welcome(assistant, conversation)
        conversation.run(lambda: bool(ended))


def _control_server(folder: Path, clock: Clock) -> ControlServer | None:
    """Open the socket for other commands; without one the assistant runs all the same."""
    try:
        return ControlServer(folder, clock)
    except SystemFailure as error:
        display.note(f"{error}; without it, moments stop, mute and status cannot reach this assistant")
        return None


def _welcome(assistant: Assistant, conversation: Conversation) -> None:
    """Greet those who are new, once, and neither in their quiet hours nor while it is muted."""
    now = assistant.household.clock.now()
    met = assistant.store.flag(_WELCOMED) is not None
    silent = conversation.state is not State.LISTENING or assistant.rituals.is_quiet(now.time())
    if met or silent or "welcome" not in assistant.pack.moments:
        return
    assistant.store.set_flag(_WELCOMED, now.isoformat(timespec="seconds"))
    conversation.begin(Intent.of("welcome"))


def demo(settings_file: Path | None, pack: Path | None, language: str | None, out: Path | None) -> None:
    """Play the demo, in `language` or that of the settings, and write it to a file if one is named.

    Raises:
        MomentsError: a setting or the pack is not as it should be, or a request was not understood.
    """
    settings = all_settings.load(settings_file)
    _demo(settings.in_language(language) if language is not None else settings, pack, out)


def _demo(settings: Settings, pack: Path | None, out: Path | None) -> None:
    from voice.demo import EVENING, play  # noqa: PLC0415 - only here is a partner needed

    clock = CountedClock(EVENING)
    with TemporaryDirectory(prefix="moments-demo-") as folder:  # what the two in it say changes nothing of yours
        keeping = settings.keeping.model_copy(update={"folder": folder})
        assistant = assemble(settings.model_copy(update={"keeping": keeping}), pack, clock)
        try:
            outcome = play(assistant.without_name, clock, print)
        finally:
            assistant.store.close()
    print(
        f"{outcome.understood} of {outcome.requests} requests understood; "
        f"{outcome.seconds:.0f} s of conversation in {outcome.computing:.1f} s"
    )
    if out is not None:
        outcome.sound.write(out)
        print(f"Listen to it: {out}")
    if outcome.understood < outcome.requests:
        raise SystemFailure("the demo was not understood in full: run moments doctor")


def hear(settings_file: Path | None, pack: Path | None, file: Path, output: Output) -> None:
    """Print what is heard in a recording, utterance by utterance, and what is answered.

    Raises:
        MomentsError: the file, a setting or the pack is not as it should be.
    """
    assistant = assemble(all_settings.load(settings_file), pack)
    microphone = FileMicrophone(file, CountedClock())
    listener = assistant.listener()
    answers = iter(output.answers)
    replies: list[Clip] = []
    spoken = False
    for utterance in _utterances(microphone, listener):
        spoken = True
        heard = listener.understand(utterance, ANYTIME)
        text = heard.transcript.text if heard.transcript and heard.intent else None
        sure = heard.transcript.confidence if heard.transcript else 0.0
        replies += _reply(assistant, Said(text, sure, heard.intent), answers, as_json=output.as_json)
    if not spoken and not output.as_json:
        print("nobody speaks in this recording")
    _write(replies, output)


def _utterances(microphone: FileMicrophone, listener: Listener) -> Iterator[Utterance]:
    """Yield what is said in a recording, to its end."""
    try:
        while True:
            frame = microphone.read(0.0)
            utterance = listener.push(frame, ANYTIME) if frame is not None else None
            if utterance is not None:
                yield utterance
    except EndOfSound:
        rest = listener.endpointer.flush()
        if rest is not None:
            yield rest
    finally:
        microphone.close()


def say(settings_file: Path | None, pack: Path | None, text: str, output: Output) -> None:
    """Print what is answered to a text.

    Raises:
        MomentsError: the text is empty or too long, or a setting or the pack is not as it should be.
    """
    if not text.strip():
        raise InputError('there is nothing to understand: give a sentence, such as moments say "help us pause"')
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"this text has {len(text)} characters, and nobody says more than {_LONGEST_TEXT}: shorten it")
    assistant = assemble(all_settings.load(settings_file), pack)
    intent = match(text, assistant.pack.sentences.scope(ANYTIME, SCENE))
    said = Said(text if intent else None, float(intent is not None), intent)
    _write(_reply(assistant, said, iter(output.answers), as_json=output.as_json), output)


def perform(settings_file: Path | None, pack: Path | None, name: str, output: Output) -> None:
    """Play a moment: on the loudspeaker, or into a file.

    Raises:
        MomentsError: there is no such moment or loudspeaker, or a setting or the pack is not as it should be.
    """
    assistant = assemble(all_settings.load(settings_file), pack)
    if name not in assistant.pack.moments:
        known = ", ".join(sorted(assistant.pack.moments))
        raise InputError(f'there is no moment "{name}": name one of {known}')
    loudspeaker = None if output.file else _loudspeaker(assistant.settings, output)
    rate = loudspeaker.rate if loudspeaker else FILE_RATE
    performed = _perform(assistant, Intent.of(name), rate, iter(output.answers))
    if output.as_json:
        display.print_json({"name": name, "moment": name, "cues": performed.cues, "duration": performed.duration})
    if loudspeaker:
        _play(loudspeaker, performed, quiet=output.as_json)
    elif not output.as_json:
        for cue in performed.cues:
            print(display.cue_line(cue))
    _write([Clip(performed.samples, performed.rate)], output)


def _loudspeaker(settings: Settings, output: Output) -> DeviceLoudspeaker | None:
    """Open the loudspeaker; where only JSON is wanted, a machine without one has something to tell all the same."""
    speaking = settings.speaking
    try:
        return DeviceLoudspeaker(speaking.loudspeaker, speaking.lead_in, speaking.volume)
    except SystemFailure as error:
        if not output.as_json:
            raise SystemFailure(f"{error}; or write the sound to a file with --out FILE.wav") from None
        display.note(str(error))
        return None


def _play(loudspeaker: DeviceLoudspeaker, performed: Performed, *, quiet: bool) -> None:
    """Play to the end, and print each cue as it comes."""
    clock = SystemClock()
    cues = deque(() if quiet else performed.cues)
    try:
        loudspeaker.play(performed.samples)
        while loudspeaker.playing:
            while cues and cues[0]["at"] * performed.rate <= loudspeaker.position():
                print(display.cue_line(cues.popleft()), flush=True)
            clock.sleep(_LOOK)
    finally:
        loudspeaker.close()
    if loudspeaker.underruns:
        display.note(f"the sound broke off {loudspeaker.underruns} times: the machine is too busy to keep up")


@dataclass(frozen=True)
class Said:
    """What was understood: the words (None if nothing), how sure, and the intent."""

    text: str | None
    confidence: float
    intent: Intent | None


def _reply(assistant: Assistant, said: Said, answers: Iterator[str], *, as_json: bool) -> list[Clip]:
    """Perform what was wanted, print it, and return its sound; none if nothing was wanted."""
    performed = _perform(assistant, said.intent, FILE_RATE, answers) if said.intent else None
    reply = display.reply(said.text, said.confidence, said.intent, performed)
    if as_json:
        display.print_json(reply)
    else:
        display.print_reply(reply)
    return [Clip(performed.samples, performed.rate)] if performed else []


def _perform(assistant: Assistant, intent: Intent, rate: int, answers: Iterator[str]) -> Performed:
    stage, voice = assistant.stage, assistant.synthesiser
    try:
        return perform_moment(stage, intent, voice, rate, answers)
    except DoesNotFit:
        stage.check_counts(voice)  # which tells the line of the pack
        raise


def _write(clips: list[Clip], output: Output) -> None:
    """Write the sound of the replies, one after the other."""
    if output.file is not None:
        samples = np.concatenate([np.zeros(0, np.float32), *(clip.samples for clip in clips)])
        Clip(samples, FILE_RATE).write(output.file)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of the assistant that runs; two of them would answer each other.

    Raises:
        SystemFailure: one runs already.
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
            raise SystemFailure("the assistant is running already, and one is enough: end that one first") from None
        yield
