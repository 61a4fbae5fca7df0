"""`moments understand`: the meaning of sentences, as text."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from voice.assistant import pack_of
from voice.bench.contexts import typed_in
from voice.cli.options import AsJson, PackFolder, SettingsFile
from voice.cli.output import named, print_json
from voice.errors import InputError
from voice.moments.did_you_mean import asking
from voice.nlu.contexts import ADDRESSED, ANYTIME, SCENE
from voice.nlu.intent import Intent, Meaning, Tier
from voice.nlu.sentences import Sentences
from voice.settings.file import load_settings

__all__ = ["understand_text"]

_LONGEST_TEXT = 10_000  # characters


def understand_text(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="A sentence; without it, standard input, one a line.")
    ] = None,
    context: Annotated[
        str, typer.Option("--context", metavar="NAME", help="When it is said: anytime, scene, asleep or ask:QUESTION.")
    ] = ANYTIME,
    settings_file: SettingsFile = None,
    pack: PackFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show what a sentence means."""
    contents = pack_of(load_settings(settings_file), pack)
    tiers = _tiers(context, contents.sentences)
    lines = tuple(_lines()) if text is None else (text,)
    read = [line[:_LONGEST_TEXT] for line in lines]
    meanings = contents.reader(read, tiers)
    if as_json:
        for sentence, meaning in zip(lines, meanings, strict=True):
            print_json(_as_json(sentence, meaning))
        return
    commands = contents.reader(read, [(SCENE,)]) if context == ANYTIME else [Meaning() for _ in read]
    for sentence, meaning, command in zip(lines, meanings, commands, strict=True):
        print(_line(sentence, meaning, command))


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")


def _tiers(context: str, sentences: Sentences) -> tuple[Tier, ...]:
    """Return the contexts that count then.

    Raises:
        InputError: there is no such context.
    """
    if context not in sentences.contexts:
        known = ", ".join(sorted(sentences.contexts - {ADDRESSED}))
        raise InputError(f'--context "{context}" is unknown: use one of {known}')
    return typed_in(context)


def _as_json(text: str, meaning: Meaning) -> dict[str, object]:
    intent, then = meaning.intent, meaning.then
    return {
        "text": text,
        "intent": intent.name if intent else None,
        "slots": dict(intent.slots) if intent else {},
        "by": meaning.by,
        "confidence": round(meaning.confidence, 3),
        "then": {"intent": then.name, "slots": dict(then.slots)} if then else None,
    }


def _line(text: str, meaning: Meaning, command: Meaning) -> str:
    """Return what a sentence means; `command` is what it means while a moment plays."""
    question = asking(meaning.maybe) if meaning.intent is None else None
    if question is not None and meaning.maybe is not None:
        return f'"{text}" may be {_name(meaning.maybe)}: it would ask'
    if meaning.withdrawn:
        return f'"{text}" takes back what it asks for'
    if meaning.intent is None:
        only = f", but while a moment plays it is {_name(command.intent)}" if command.intent is not None else ""
        return f'"{text}" is not understood{only}'
    what = ", then ".join(_name(intent) for intent in (meaning.intent, meaning.then) if intent is not None)
    return f'"{text}" is {what}, by {meaning.by}, confidence {meaning.confidence:.2f}'


def _name(intent: Intent) -> str:
    return named(intent.name, intent.slots)
