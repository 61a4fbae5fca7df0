"""Plays a scene as a script alone: its questions are answered by text, and nothing is spoken."""

from collections.abc import Iterator
from pathlib import Path

from voice.assistant import Assistant, assemble
from voice.cues import Ask, Cue, Say
from voice.dialogue.rules import understand
from voice.moments import SILENCE, Answer
from voice.nlu.matcher import Intent
from voice.settings.schema import Settings

__all__ = ["ANA", "BEN", "act", "said", "two_at_home"]

ANA, BEN = "Ana", "Ben"


def two_at_home(folder: Path) -> Assistant:
    """Return an assistant of Ana and Ben, which keeps what it keeps in a folder."""
    return assemble(Settings.model_validate({"keeping": {"folder": str(folder)}, "partners": {"names": [ANA, BEN]}}))


def act(assistant: Assistant, intent: Intent, *answers: str | Answer | None, by_itself: bool = False) -> list[Cue]:
    """Return the cues of a moment; each question gets the next answer, None or no more of them being silence."""
    replies = iter(answers)
    script = assistant.stage.script(intent, by_itself=by_itself)
    cues: list[Cue] = []
    try:
        cue = next(script)
        while True:
            cues.append(cue)
            cue = script.send(_answer(assistant, cue, replies) if isinstance(cue, Ask) else None)
    except StopIteration:
        return cues


def said(cues: list[Cue]) -> list[str]:
    """Return what is said."""
    return [cue.text for cue in cues if isinstance(cue, Say)]


def _answer(assistant: Assistant, ask: Ask, replies: Iterator[str | Answer | None]) -> Answer:
    reply = next(replies, None) or SILENCE
    if isinstance(reply, Answer):
        return reply
    understood = understand(reply, ask, assistant.pack)
    return Answer(understood.name, understood.slots, spoke=True) if understood else Answer(spoke=True)
