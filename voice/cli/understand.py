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
from voice.nlu.contexts import ADDRESSED, ANYTIME
from voice.nlu.intent import Meaning, Tier
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
    for sentence, meaning in zip(lines, contents.reader([line[:_LONGEST_TEXT] for line in lines], tiers), strict=True):
        if as_json:
            print_json(_as_json(sentence, meaning))
        else:
            print(_line(sentence, meaning))


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


def _line(text: str, meaning: Meaning) -> str:
    if meaning.intent is None:
        return f'"{text}" is not understood'
    what = ", then ".join(
        named(intent.name, intent.slots) for intent in (meaning.intent, meaning.then) if intent is not None
    )
    return f'"{text}" is {what}, by {meaning.by}, confidence {meaning.confidence:.2f}'
