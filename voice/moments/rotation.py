"""Whose turn it is, and what is only said now and then."""

from collections import Counter
from collections.abc import Callable

__all__ = ["Rotation"]


class Rotation:
    """Alternates between the partners, and counts how often something could have been said.

    Args:
        last: returns the partner who began last; None if nobody did.
        remember: stores the partner who begins now.
    """

    def __init__(self, last: Callable[[], str | None], remember: Callable[[str], None]) -> None:
        self._last = last
        self._remember = remember
        self._asked: Counter[str] = Counter()

    def next_partner(self, partners: tuple[str, ...]) -> str | None:
        """Return the name of the partner who begins, the other one each time; None without names."""
        if not partners:
            return None
        first = self._last() != partners[0]
        name = partners[0] if first else partners[1]
        self._remember(name)
        return name

    def now_and_then(self, what: str, every: int) -> bool:
        """Return True each `every`th time it is called for `what`."""
        self._asked[what] += 1
        return self._asked[what] % every == 0
