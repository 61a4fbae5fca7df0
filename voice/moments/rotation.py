"""Whose turn it is, and what is only said now and then."""

from collections import Counter

from voice.storage.database import Store

__all__ = ["Rotation"]

_FLAG = "turn"


class Rotation:
    """Alternates between the partners, and counts how often something could have been said.

    Args:
        store: remembers across restarts whose turn it was.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: Counter[str] = Counter()

    def next_partner(self, partners: tuple[str, ...]) -> str | None:
        """Return the name of the partner who begins, the other one each time; None without names."""
        if not partners:
            return None
        first = self._store.flag(_FLAG) != partners[0]
        name = partners[0] if first else partners[1]
        self._store.set_flag(_FLAG, name)
        return name

    def now_and_then(self, what: str, every: int) -> bool:
        """Return True each `every`th time it is called for `what`."""
        self._asked[what] += 1
        return self._asked[what] % every == 0
