"""Prints for the commands: JSON, cues, and notes on standard error."""

import json
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["cue_line", "named", "note", "print_json"]


def print_json(value: dict[str, Any] | list[Any]) -> None:
    """Print one line of JSON."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def cue_line(cue: dict[str, Any]) -> str:
    """Return a line for a cue: its start in seconds and its content."""
    match cue:
        case {"say": text}:
            content = str(text)
        case {"chime": name}:
            content = f"({name} chime)"
        case {"ask": name}:
            content = f"(listens for {cue['for']:g} s: {name})"
        case _:
            content = "..."
    return f"{cue['at']:8.2f} s  {content}"


def named(intent: str, slots: Mapping[str, Any]) -> str:
    """Return an intent with its slots, such as "Pause (rounds=3)"."""
    told = ", ".join(f"{name}={value}" for name, value in slots.items())
    return f"{intent} ({told})" if told else intent


def note(line: str) -> None:
    """Print a remark to standard error."""
    print(f"moments: {line}", file=sys.stderr, flush=True)
