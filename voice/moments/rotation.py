"""Turns of the partners, and lines that are only said now and then."""

from collections import Counter
from collections.abc import Callable

__all__ = ["Rotation"]


class Rotation:
    """Alternates between the partners, and counts the chances of an occasional line.

    Args:
        last: returns the partner of the last turn, or None.
        remember: stores the partner of this turn.
    """

    def __init__(self, last: Callable[[], str | None], remember: Callable[[str], None]) -> None:
        self._last = last
        self._remember = remember
        self._asked: Counter[str] = Counter()

    def next_partner(self, partners: tuple[str, ...]) -> str | None:
        """Return the name of the partner to begin, alternating with each call; None without names."""
        if not partners:
            return None
        first = self._last() != partners[0]
        name = partners[0] if first else partners[1]
        self._remember(name)
        return name

    def now_and_then(self, what: str, every: int) -> bool:
        """Return True at every `every`th call with the same `what`."""
        self._asked[what] += 1
        return self._asked[what] % every == 0
