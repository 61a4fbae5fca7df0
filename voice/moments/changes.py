"""The last change that a couple made by voice, and how it is taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TypeAlias

from voice.clock import Clock

__all__ = ["Change", "Changes"]

_REMEMBERED = timedelta(hours=1).total_seconds()

Revert: TypeAlias = Callable[[], object]
"""Takes a change back; returns False if that is no longer possible."""


@dataclass(frozen=True)
class Change:
    """A change that was made.

    Attributes:
        kind: what it was, as the lines `undo.KIND` have it.
        revert: takes it back; None if nothing can.
        fields: what the line tells, besides.
    """

    kind: str
    revert: Revert | None
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Changes:
    """Remembers the last change of a household for an hour, or until the program ends.

    Args:
        clock: the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: Change | None = None
        self._made_at = 0.0

    def made(self, kind: str, revert: Revert | None, **fields: str) -> None:
        """Remember a change, in place of the one before."""
        self._last, self._made_at = Change(kind, revert, fields), self._clock.boottime()

    @property
    def last(self) -> Change | None:
        """The last change, however long ago; None if it was taken back."""
        return self._last

    def take(self) -> Change | None:
        """Return the last change and forget it; None if there is none, or it was made long ago."""
        last, self._last = self._last, None
        return last if self._clock.boottime() - self._made_at <= _REMEMBERED else None
