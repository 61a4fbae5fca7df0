"""Whose turn it is, and what is only said now and then."""

from collections import Counter

from voice.storage.flags import Flags

__all__ = ["Rotation"]

_NAME = "turn"


class Rotation:
    """Alternates between the partners, and counts how often something could have been said.

    Args:
        flags: remember across restarts whose turn it was.
    """

    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self._asked: Counter[str] = Counter()

    def next_partner(self, partners: tuple[str, ...]) -> str | None:
        """Return the name of the partner who begins, the other one each time; None without names."""
        if not partners:
            return None
        first = self._flags.get(_NAME) != partners[0]
        name = partners[0] if first else partners[1]
        self._flags.set(_NAME, name)
        return name

    def now_and_then(self, what: str, every: int) -> bool:
        """Return True each `every`th time it is called for `what`."""
        self._asked[what] += 1
        return self._asked[what] % every == 0
