"""Plays scenes with answers given as text, without sound: for tests of what a moment says and does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voice.assistant import Assistant, assemble
from voice.cues import Ask, Cue, Say
from voice.moments import SILENCE, Answer
from voice.nlu.matcher import Intent
from voice.settings import Settings
from voice.stage import next_stretch, understand

__all__ = ["ANA", "BEN", "played", "spoken", "two_at_home"]

ANA, BEN = "Ana", "Ben"


def two_at_home(folder: Path) -> Assistant:
    """Return an assistant of Ana and Ben, which keeps what it keeps in a folder."""
    return assemble(Settings.model_validate({"keeping": {"folder": str(folder)}, "partners": {"names": [ANA, BEN]}}))


def played(
    assistant: Assistant,
    name: str,
    *answers: str | Answer,
    slots: dict[str, Any] | None = None,
    by_itself: bool = False,
) -> list[Cue]:
    """Return all cues of the moment that plays the intent `name`; its questions get `answers`, and then silence."""
    script = assistant.stage.script(Intent(name, slots or {}), by_itself=by_itself)
    left = iter(answers)
    stretch = next_stretch(script)
    cues = [*stretch.cues]
    while stretch.ask is not None:
        cues.append(stretch.ask)
        stretch = next_stretch(script, _answer(assistant, stretch.ask, left))
        cues += stretch.cues
    return cues


def spoken(cues: list[Cue]) -> list[str]:
    """Return what is said."""
    return [cue.text for cue in cues if isinstance(cue, Say)]


def _answer(assistant: Assistant, ask: Ask, left: Iterator[str | Answer]) -> Answer:
    said = next(left, SILENCE)
    if isinstance(said, Answer):
        return said
    intent = understand(said, ask, assistant.pack)
    return Answer(intent.name, intent.slots, spoke=True) if intent else Answer(spoke=True)
