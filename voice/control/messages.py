"""The messages between the commands and the running assistant: one line of JSON each way."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

__all__ = [
    "LONGEST_LINE",
    "LONGEST_MUTE",
    "SHORTEST_MUTE",
    "Action",
    "NextRitual",
    "Request",
    "Status",
    "read_request",
    "read_status",
    "write_request",
    "write_status",
]

LONGEST_LINE = 1_024
"""Bytes of the longest message, with its end of line."""
SHORTEST_MUTE = 60.0
"""Seconds."""
LONGEST_MUTE = 86_400.0
"""Seconds; to mute the assistant for longer, end it."""

Action: TypeAlias = Literal["stop", "mute", "unmute", "status"]


@dataclass(frozen=True)
class Request:
    """A request to the running assistant.

    Attributes:
        action: stop playing, switch the microphone off or on, or only report the status.
        seconds: the length of a mute, from `SHORTEST_MUTE` to `LONGEST_MUTE`; None for all other actions.
    """

    action: Action
    seconds: float | None = None


@dataclass(frozen=True)
class NextRitual:
    """The next ritual: its name, and its local time, naive."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Status:
    """The state of the running assistant; it holds nothing that was said.

    Attributes:
        state: the state of the conversation; the microphone is off when muted, and on when asleep.
        since: the local time, naive, at which this state began.
        moment: the name of the moment that is playing, if any.
        muted_until: the local time, naive, at which being muted or asleep ends.
        next: the next ritual, if any is on.
    """

    state: Literal["listening", "performing", "awaiting", "muted", "asleep"]
    since: datetime
    moment: str | None = None
    muted_until: datetime | None = None
    next: NextRitual | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the value that `moments status --json` prints."""
        return {
            "state": self.state,
            "moment": self.moment,
            "muted_until": _iso(self.muted_until) if self.muted_until else None,
            "since": _iso(self.since),
            "next": {"name": self.next.name, "at": _iso(self.next.at)} if self.next else None,
        }


def write_request(request: Request) -> bytes:
    """Return the line for a request."""
    seconds = {} if request.seconds is None else {"seconds": request.seconds}
    return _line({"action": request.action} | seconds)


def read_request(line: bytes) -> Request | None:
    """Return the request in a line; None if it is not a valid one."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match message:
        case {"action": "stop" | "unmute" | "status" as action}:
            return Request(action)
        case {"action": "mute", "seconds": int() | float() as seconds} if SHORTEST_MUTE <= seconds <= LONGEST_MUTE:
            return Request("mute", float(seconds))
    return None


def write_status(status: Status) -> bytes:
    """Return the line for a status."""
    return _line(status.as_json())


def read_status(line: bytes) -> Status:
    """Return the status in a line.

    Raises:
        ValueError, LookupError, TypeError: the line is not a status.
    """
    message = json.loads(line)
    coming, muted_until = message["next"], message["muted_until"]
    return Status(
        state=message["state"],
        since=datetime.fromisoformat(message["since"]),
        moment=message["moment"],
        muted_until=datetime.fromisoformat(muted_until) if muted_until else None,
        next=NextRitual(coming["name"], datetime.fromisoformat(coming["at"])) if coming else None,
    )


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
