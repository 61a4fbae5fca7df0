"""Figures and their limits: judging and printing them, and a yardstick for machines."""

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
    """The limits of a figure.

    Attributes:
        what: the name of the figure.
        must: the worst acceptable value.
        aim: the value to reach.
        write: formats a value with its unit.
        more: whether more is better.
    """

    what: str
    must: float
    aim: float
    write: Callable[[float], str]
    more: bool = False

    def judge(self, value: float, detail: str = "") -> "Figure":
        """Return a value as a judged figure; `detail` is written after it."""
        sign = 1 if self.more else -1
        verdict: Verdict = "BAD"
        if sign * value >= sign * self.must:
            verdict = "ok" if sign * value >= sign * self.aim else "below aim"
        text = " ".join(filter(None, (self.write(value), detail)))
        return Figure(self.what, text, self.write(self.must), self.write(self.aim), verdict)


@dataclass(frozen=True)
class Figure:
    """A figure with its unit, its limit and its aim ("" for none), and the verdict."""

    what: str
    value: str
    must: str
    aim: str
    verdict: Verdict

    def line(self) -> str:
        """Return the figure as a line of text."""
        limits = [f"must be {self.must}"] if self.must else []
        limits += [f"aim {self.aim}"] if self.aim else []
        return f"{self.verdict:<9}  {self.what:<66} {self.value:>26}   {', '.join(limits)}"


@dataclass
class Figures:
    """Prints figures; `good` tells whether all were good."""

    good: bool = field(default=True)

    def add(self, what: str, value: str, must: str, *, good: bool) -> None:
        """Print a figure with its limit."""
        self.show(Figure(what, value, must, "", "ok" if good else "BAD"))

    def show(self, figure: Figure) -> None:
        """Print a judged figure."""
        self.good = self.good and figure.verdict != "BAD"
        print(figure.line(), flush=True)


def yardstick() -> float:
    """Return the seconds that a fixed calculation takes, to compare machines."""
    matrix = np.ones((600, 600), np.float32)
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        for _ in range(10):
            matrix @ matrix
        times.append(time.perf_counter() - started)
    return statistics.median(times)
