"""The needs of a moment: the lines, decks and answers that a pack must have for it."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Needs"]


@dataclass(frozen=True)
class Needs:
    """The needs of one moment.

    Attributes:
        lines: the keys of its lines, each followed by the fields that it may have: "rituals.moved ritual time".
        counted: the lines among them that have to fit into one second.
        decks: the names of its decks.
        asks: the names of its questions.
        comes_with: for a moment that cannot be requested: the moments that bring it along.
    """

    lines: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    comes_with: frozenset[str] = frozenset()

    @property
    def fields(self) -> Mapping[str, frozenset[str]]:
        """The fields of each line, by its key."""
        split = (line.split() for line in self.lines)
        return {key: frozenset(fields) for key, *fields in split}
