"""Figures beside what they must be: how they are judged, printed and remembered; a yardstick for machines."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

Verdict: TypeAlias = Literal["ok", "below aim", "BAD"]

_REPEATS = 5


@dataclass(frozen=True)
class Goal:
    """What a figure must be, and what it should become.

    Attributes:
        what: what is measured.
        must: the worst value that is good enough.
        aim: the value to reach.
        write: writes such a value with its unit.
        more: whether more is better.
    """

    what: str
    must: float
    aim: float
    write: Callable[[float], str]
    more: bool = False

    def judge(self, value: float, detail: str = "") -> "Figure":
        """Return a value as a figure; `detail` is written after it."""
        sign = 1 if self.more else -1
        verdict: Verdict = "BAD"
        if sign * value >= sign * self.must:
            verdict = "ok" if sign * value >= sign * self.aim else "below aim"
        text = " ".join(filter(None, (self.write(value), detail)))
        return Figure(self.what, text, self.write(self.must), self.write(self.aim), verdict)


@dataclass(frozen=True)
class Figure:
    """A figure with its unit, what it must be and should become ("" if there is no such thing), and how it stands."""

    what: str
    value: str
    must: str
    aim: str
    verdict: Verdict

    def line(self) -> str:
        """Return it as a line for people."""
        limits = [f"must be {self.must}"] if self.must else []
        limits += [f"aim {self.aim}"] if self.aim else []
        return f"{self.verdict:<9}  {self.what:<66} {self.value:>26}   {', '.join(limits)}"


@dataclass
class Figures:
    """Prints figures, and remembers whether all were good."""

    good: bool = field(default=True)

    def add(self, what: str, value: str, must: str, *, good: bool) -> None:
        """Print a figure beside what it must be."""
        self.show(Figure(what, value, must, "", "ok" if good else "BAD"))

    def show(self, figure: Figure) -> None:
        """Print a figure that has been judged."""
        self.good = self.good and figure.verdict != "BAD"
        print(figure.line(), flush=True)


def yardstick() -> float:
    """Return the seconds that a fixed piece of arithmetic takes, to compare machines by."""
    matrix = np.ones((600, 600), np.float32)
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        for _ in range(10):
            matrix @ matrix
        times.append(time.perf_counter() - started)
    return statistics.median(times)
