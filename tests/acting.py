"""Plays a scene as a script: its questions are answered by text, and nothing is spoken."""

from pathlib import Path

from voice.assistant import Assistant, assemble
from voice.cues import Cue, Say
from voice.dialogue.offline import Reply, cues_of
from voice.nlu.intent import Intent
from voice.settings.schema import Settings

__all__ = ["ANA", "BEN", "act", "said", "two_at_home"]

ANA, BEN = "Ana", "Ben"


def two_at_home(folder: Path) -> Assistant:
    """Return the assistant of Ana and Ben, with its data in a folder."""
    return assemble(Settings.model_validate({"keeping": {"folder": str(folder)}, "partners": {"names": [ANA, BEN]}}))


def act(
    assistant: Assistant, intent: Intent, *replies: Reply, by_itself: bool = False, then: Intent | None = None
) -> list[Cue]:
    """Return the cues of a moment, and of `then` after it; each question gets the next reply, then silence."""
    left = iter(replies)
    played = cues_of(assistant.stage, intent, lambda: next(left, None), by_itself=by_itself, then=then)
    return [cue for _, cues in played for cue in (cues if isinstance(cues, tuple) else (cues,))]


def said(cues: list[Cue]) -> list[str]:
    """Return the spoken lines."""
    return [cue.text for cue in cues if isinstance(cue, Say)]
