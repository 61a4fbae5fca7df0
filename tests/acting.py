"""Plays a scene as a script alone: its questions are answered by text, and nothing is spoken."""

from collections.abc import Iterator

from voice.assistant import Assistant
from voice.cues import Ask, Cue, Say
from voice.moments import SILENCE, Answer
from voice.nlu.matcher import Intent
from voice.stage import understand

__all__ = ["act", "said"]


def act(assistant: Assistant, intent: Intent, *answers: str | None, by_itself: bool = False) -> list[Cue]:
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


def _answer(assistant: Assistant, ask: Ask, replies: Iterator[str | None]) -> Answer:
    text = next(replies, None)
    if text is None:
        return SILENCE
    understood = understand(text, ask, assistant.pack)
    return Answer(understood.name, understood.slots, spoke=True) if understood else Answer(spoke=True)
