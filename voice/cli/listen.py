"""`moments hear`, `say` and `perform`: answers to a recording or a text, and moments on their own."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from voice.assistant import FILE_RATE, Assistant, assemble
from voice.audio.clip import Clip
from voice.audio.loudspeaker import DeviceLoudspeaker
from voice.audio.microphone import EndOfSound
from voice.audio.simulated import FileMicrophone
from voice.cli.options import Answers, AsJson, OutFile, PackFolder, SettingsFile
from voice.cli.output import cue_line, named, note, print_json
from voice.clock import CountedClock, SystemClock
from voice.dialogue import offline
from voice.dialogue.offline import Performed
from voice.dialogue.rules import in_order
from voice.errors import InputError, SystemFailure
from voice.listening.endpointer import Utterance
from voice.listening.listener import Listener
from voice.moments.did_you_mean import asking
from voice.nlu.contexts import ADDRESSED, ANYTIME, SCENE
from voice.nlu.intent import Intent
from voice.settings.file import load_settings
from voice.settings.schema import Settings
from voice.tts.score import DoesNotFit

__all__ = ["hear", "perform", "perform_moment", "say"]

_LONGEST_TEXT = 10_000  # characters
_POLL_INTERVAL = 0.02  # seconds between two looks at the loudspeaker's position


@dataclass(frozen=True)
class _Request:
    """A request.

    Attributes:
        text: its words; None if it was not understood.
        confidence: how sure they are, in [0, 1].
        intent: its intent.
        then: a second one in it.
        read: what the second ear read.
    """

    text: str | None
    confidence: float
    intent: Intent | None
    then: Intent | None = None
    read: str = ""


def hear(
    file: Annotated[Path, typer.Argument(metavar="FILE.wav", help="A recording, WAV or FLAC.")],
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Answer the requests in a recording.

    The recording takes the same path as sound from the microphone; each utterance is printed with its answer.
    """
    assistant = assemble(load_settings(settings_file), pack)
    microphone = FileMicrophone(file, CountedClock())
    listener = assistant.listener()
    answers = iter(answer or ())
    clips: list[Clip] = []
    spoken = False
    for utterance in _utterances(microphone, listener):
        spoken = True
        clips += _reply(assistant, _understand(listener, utterance), answers, as_json=as_json)
    if not spoken and not as_json:
        print("nobody speaks in this recording")
    _write(clips, out)


def say(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The request.")],
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Answer a typed request."""
    if not text.strip():
        raise InputError('there is nothing to understand: give a sentence, such as moments say "help us pause"')
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"this text has {len(text)} characters, and the limit is {_LONGEST_TEXT}: shorten it")
    assistant = assemble(load_settings(settings_file), pack)
    meaning = assistant.pack.read(text, (ANYTIME, ADDRESSED), (SCENE,))
    intent = meaning.intent or asking(meaning.maybe)
    request = _Request(text if intent else None, meaning.confidence, intent, meaning.then)
    _write(_reply(assistant, request, iter(answer or ()), as_json=as_json), out)


def perform(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the moment, such as pause.")],
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
    out: OutFile = None,
    as_json: AsJson = False,
    answer: Answers = None,
) -> None:
    """Play one moment.

    It plays on the loudspeaker, or goes into the file given by --out.
    """
    perform_moment(assemble(load_settings(settings_file), pack), name, out, answer or (), as_json=as_json)


def perform_moment(
    assistant: Assistant, name: str, out: Path | None, answers: list[str] | tuple[str, ...], *, as_json: bool
) -> None:
    """Play a moment on the loudspeaker, or write its sound to `out`; print its cues.

    Args:
        assistant: the assembled parts.
        name: the moment's name.
        out: a sound file; None for the loudspeaker.
        answers: the answers to its questions, in order.
        as_json: whether to print one line of JSON.

    Raises:
        InputError: there is no such moment.
        SystemFailure: there is no loudspeaker, or the sound cannot be made.
    """
    if name not in assistant.pack.moments:
        known = ", ".join(sorted(assistant.pack.moments))
        raise InputError(f'there is no moment "{name}": name one of {known}')
    loudspeaker = None if out else _loudspeaker(assistant.settings, as_json=as_json)
    rate = loudspeaker.rate if loudspeaker else FILE_RATE
    performed = _perform(assistant, Intent.of(name), rate, iter(answers))
    if as_json:
        print_json({"name": name, "moment": name, "cues": performed.cues, "duration": performed.duration})
    if loudspeaker:
        _play(loudspeaker, performed, quiet=as_json)
    elif not as_json:
        for cue in performed.cues:
            print(cue_line(cue))
    _write([Clip(performed.samples, performed.rate)], out)


def _utterances(microphone: FileMicrophone, listener: Listener) -> Iterator[Utterance]:
    """Yield the utterances of a recording, to its end."""
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


def _understand(listener: Listener, utterance: Utterance) -> _Request:
    heard = listener.understand(utterance, ANYTIME)
    intent = heard.intent or asking(heard.unsure)
    text = heard.text if intent else None
    free = heard.transcript.free if heard.transcript is not None else None
    return _Request(text, heard.confidence, intent, heard.then, free.text if free is not None else "")


def _reply(assistant: Assistant, request: _Request, answers: Iterator[str], *, as_json: bool) -> list[Clip]:
    """Perform and print the answer; return its sound, or an empty list if there is no answer."""
    wishes = in_order(request.intent, request.then) if request.intent else None
    performed = _perform(assistant, wishes[0], FILE_RATE, answers, wishes[1]) if wishes else None
    if wishes:
        request = replace(request, intent=wishes[0], then=wishes[1])  # what is done, and in this order
    reply = _as_json(request, performed)
    if as_json:
        print_json(reply)
    else:
        _print_reply(reply, request.then, request.read)
    return [Clip(performed.samples, performed.rate)] if performed else []


def _perform(
    assistant: Assistant, intent: Intent, rate: int, answers: Iterator[str], then: Intent | None = None
) -> Performed:
    stage, voice = assistant.stage, assistant.synthesiser
    try:
        return offline.perform(stage, intent, voice, rate, answers, then)
    except DoesNotFit:
        stage.check_counts(voice)  # names the line in the pack
        raise


def _as_json(request: _Request, performed: Performed | None) -> dict[str, Any]:
    intent, then = request.intent, request.then
    return {
        "heard": request.text,
        "confidence": round(request.confidence, 3),
        "intent": intent.name if intent else None,
        "slots": dict(intent.slots) if intent else {},
        "moment": intent.moment if intent else None,
        "then": {"intent": then.name, "slots": dict(then.slots), "moment": then.moment} if then else None,
        "cues": list(performed.cues) if performed else [],
        "duration": round(performed.duration, 6) if performed else 0.0,
    }


def _print_reply(reply: dict[str, Any], then: Intent | None, read: str) -> None:
    if reply["intent"] is None:
        print(f"not understood (confidence {reply['confidence']:.2f})" + (f': "{read}"' if read else ""))
        return
    if reply["moment"] == "did_you_mean":
        unsure = Intent.of(reply["slots"]["moment"], reply["slots"]["slots"])
        print(f'"{reply["heard"]}" may be {named(unsure.name, unsure.slots)}, so it asks')
        _print_cues(reply)
        return
    meaning = named(reply["intent"], reply["slots"]) + (f", then {named(then.name, then.slots)}" if then else "")
    print(f'"{reply["heard"]}" is {meaning}, confidence {reply["confidence"]:.2f}')
    _print_cues(reply)


def _print_cues(reply: dict[str, Any]) -> None:
    for cue in reply["cues"]:
        print(cue_line(cue))


def _loudspeaker(settings: Settings, *, as_json: bool) -> DeviceLoudspeaker | None:
    """Open the loudspeaker; if there is none, JSON output goes on without it and returns None."""
    speaking = settings.speaking
    try:
        return DeviceLoudspeaker(speaking.loudspeaker, speaking.lead_in, speaking.volume)
    except SystemFailure as error:
        if not as_json:
            raise SystemFailure(f"{error}; or write the sound to a file with --out FILE.wav") from None
        note(str(error))
        return None


def _play(loudspeaker: DeviceLoudspeaker, performed: Performed, *, quiet: bool) -> None:
    """Play to the end; print each cue as it starts, unless quiet."""
    clock = SystemClock()
    cues = deque(() if quiet else performed.cues)
    try:
        loudspeaker.play(performed.samples)
        while loudspeaker.playing:
            while cues and cues[0]["at"] * performed.rate <= loudspeaker.position():
                print(cue_line(cues.popleft()), flush=True)
            clock.sleep(_POLL_INTERVAL)
    finally:
        loudspeaker.close()
    if loudspeaker.underruns:
        note(f"the sound broke off {loudspeaker.underruns} times: the machine is too busy to keep up")


def _write(clips: list[Clip], out: Path | None) -> None:
    """Write the clips, one after the other, unless `out` is None."""
    if out is not None:
        samples = np.concatenate([np.zeros(0, np.float32), *(clip.samples for clip in clips)])
        Clip(samples, FILE_RATE).write(out)
