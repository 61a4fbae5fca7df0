"""What the commands print: for people, and as JSON."""

import json
import sys
from typing import Any

from voice.dialogue.offline import Performed
from voice.nlu.matcher import Intent

__all__ = ["cue_line", "note", "print_json", "print_reply", "reply"]


def reply(heard: str | None, confidence: float, intent: Intent | None, performed: Performed | None) -> dict[str, Any]:
    """Return what `hear` and `say` print as JSON.

    Args:
        heard: the words, None if nothing was understood.
        confidence: how sure the recogniser is, in [0, 1].
        intent: what is wanted, None if nothing was understood.
        performed: the answer, None if there is none.
    """
    return {
        "heard": heard,
        "confidence": round(confidence, 3),
        "intent": intent.name if intent else None,
        "slots": dict(intent.slots) if intent else {},
        "moment": intent.moment if intent else None,
        "cues": list(performed.cues) if performed else [],
        "duration": round(performed.duration, 6) if performed else 0.0,
    }


def print_reply(said: dict[str, Any]) -> None:
    """Print a reply for people."""
    if said["intent"] is None:
        print(f"not for me (sure to {said['confidence']:.2f})")
        return
    slots = ", ".join(f"{name}={value}" for name, value in said["slots"].items())
    print(f'heard "{said["heard"]}" (sure to {said["confidence"]:.2f}): {said["intent"]}({slots})')
    for cue in said["cues"]:
        print(cue_line(cue))


def print_json(value: dict[str, Any] | list[Any]) -> None:
    """Print one line of JSON."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def cue_line(cue: dict[str, Any]) -> str:
    """Return a cue as a line for people."""
    match cue:
        case {"say": text}:
            what = str(text)
        case {"chime": name}:
            what = f"({name} chime)"
        case {"ask": name}:
            what = f"(listens for {cue['for']:g} s: {name})"
        case _:
            what = "..."
    return f"{cue['at']:8.2f} s  {what}"


def note(line: str) -> None:
    """Say something beside the answer."""
    print(f"moments: {line}", file=sys.stderr, flush=True)
