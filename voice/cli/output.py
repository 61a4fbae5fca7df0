"""Prints for the commands: JSON, cues, and notes on standard error."""

import json
import sys
from typing import Any

__all__ = ["cue_line", "note", "print_json"]


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


def note(line: str) -> None:
    """Print a remark to standard error."""
    print(f"moments: {line}", file=sys.stderr, flush=True)
