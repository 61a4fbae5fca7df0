"""Breathing patterns."""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["BreathPattern", "Phase"]


@dataclass(frozen=True)
class Phase:
    """One phase of a breath: "inhale", "hold", "exhale" or "rest", and its length in counts of one second."""

    name: str
    counts: int


@dataclass(frozen=True)
class BreathPattern:
    """A breathing pattern: the counts of each phase (0 leaves it out) and the number of rounds."""

    inhale: int = 3
    hold: int = 0
    exhale: int = 3
    rest: int = 0
    rounds: int = 3

    def __iter__(self) -> Iterator[Phase]:
        """Iterate over the phases of one round, without those of no length."""
        for name in ("inhale", "hold", "exhale", "rest"):
            counts = getattr(self, name)
            if counts:
                yield Phase(name, counts)
