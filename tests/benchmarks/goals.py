"""The goals of recognition, and how the figures are taken from the outcomes."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figures import Figure, Goal
from workshop import Outcome

ACCEPTED_SHARE = 0.995


def percent(value: float) -> str:
    """Format a share."""
    return f"{100 * value:.1f} %"


def _milliseconds(value: float) -> str:
    return f"{value:.0f} ms"


def _factor(value: float) -> str:
    return f"{value:.3f}"


def _megabytes(value: float) -> str:
    return f"{value:.0f} MB"


def _count(value: float) -> str:
    return f"{value:.0f}"


GOALS = {
    "coffee": Goal("coffee orders, quiet: understood", 0.96, 0.99, percent, more=True),
    "kitchen": Goal("coffee orders in the kitchen, mean of all levels: understood", 0.90, 0.98, percent, more=True),
    "voices": Goal("default pack, 8 voices, quiet: understood", 0.98, 0.995, percent, more=True),
    "noisy": Goal("default pack, 8 voices, each noise at 12 dB: understood", 0.93, 0.98, percent, more=True),
    "rooms": Goal("default pack, 8 voices, each room: understood", 0.93, 0.98, percent, more=True),
    "reject": Goal("people who say something else: false accepts", 0, 0, _count),
    "noise": Goal("noise alone: false accepts", 0, 0, _count),
    "clean factor": Goal("processor seconds per second of coffee orders, quiet", 0.15, 0.08, _factor),
    "noise factor": Goal("processor seconds per second of coffee orders, in noise", 0.30, 0.15, _factor),
    "clean p50": Goal("end of speech to intent, quiet, median", 900, 500, _milliseconds),
    "clean p95": Goal("end of speech to intent, quiet, 95th percentile", 1300, 800, _milliseconds),
    "noise p50": Goal("end of speech to intent, in noise, median", 900, 500, _milliseconds),
    "noise p95": Goal("end of speech to intent, in noise, 95th percentile", 1300, 800, _milliseconds),
    "memory": Goal("peak memory of a recognising process", 250, 150, _megabytes),
}
"""The limit and the aim of each figure."""


@dataclass(frozen=True)
class Judged:
    """A figure with the name of its goal, which its mistakes are stored under too."""

    name: str
    figure: Figure


def judged(outcomes: Mapping[str, Outcome]) -> Iterator[Judged]:
    """Judge the outcomes, in the order of the goals; missing parts have no figures."""
    for name, judge in _JUDGES.items():
        if name in outcomes:
            yield from judge(outcomes[name])
        if name == "reject" and {"voices", "reject"} <= outcomes.keys():
            yield Judged("threshold", _at_threshold(outcomes["voices"], outcomes["reject"]))
    if "coffee" in outcomes:
        yield from _times(outcomes["coffee"])
    memories = [outcome["memory"] for outcome in outcomes.values() if "memory" in outcome]
    if memories:
        yield _judge("memory", max(memories))


def threshold_that_accepts(confidences: Sequence[float], wanted: int, share: float) -> tuple[float, bool]:
    """Return the highest threshold that accepts a share of the wanted clips.

    Args:
        confidences: the confidences of the clips that are understood at a threshold of 0; not empty.
        wanted: the number of wanted clips, understood or not.
        share: the share, in (0, 1].

    Returns:
        The threshold, and whether it accepts the share of all wanted clips; if no threshold does, it accepts the share
        of those that are understood.
    """
    needed = math.ceil(share * wanted)
    of_all = needed <= len(confidences)
    if not of_all:
        needed = math.ceil(share * len(confidences))
    return sorted(confidences, reverse=True)[needed - 1], of_all


def _of_coffee(coffee: Outcome) -> Iterator[Judged]:
    yield _share("coffee", coffee["rows"][:1])
    yield _share("kitchen", coffee["rows"][1:])


def _of_sample(name: str) -> Callable[[Outcome], Iterator[Judged]]:
    def judge(outcome: Outcome) -> Iterator[Judged]:
        worst = min(outcome["rows"], key=lambda row: float(row["acceptance"]))
        yield _share(name, [outcome["total"]], f"({worst['name']} {percent(worst['acceptance'])})")

    return judge


def _of_reject(reject: Outcome) -> Iterator[Judged]:
    hours = sum(row["hours"] for row in reject["rows"])
    yield _judge("reject", sum(row["false_accepts"] for row in reject["rows"]), f"in {60 * hours:.0f} min")


def _of_noise(noise: Outcome) -> Iterator[Judged]:
    yield _judge("noise", noise["times"], f"in {60 * noise['rows'][0]['hours']:.0f} min")


_JUDGES: Mapping[str, Callable[[Outcome], Iterator[Judged]]] = {
    "coffee": _of_coffee,
    **{name: _of_sample(name) for name in ("voices", "noisy", "rooms")},
    "reject": _of_reject,
    "noise": _of_noise,
}


def _at_threshold(voices: Outcome, reject: Outcome) -> Figure:
    what = f"the same at the threshold that accepts {percent(ACCEPTED_SHARE)} of the wanted"
    if not voices["confidences"]:
        return Figure(what, "none was understood", "", "0", "below aim")
    threshold, of_all = threshold_that_accepts(voices["confidences"], voices["total"]["wanted"], ACCEPTED_SHARE)
    count = sum(entry["confidence"] >= threshold for entry in reject["heard"])
    detail = f"{count} at {threshold:.2f}" + ("" if of_all else " (of the understood)")
    return Figure(what, detail, "", "0", "below aim" if count else "ok")


def _times(coffee: Outcome) -> Iterator[Judged]:
    for name, row in (("clean", coffee["rows"][0]), ("noise", coffee["noise"])):
        yield _judge(f"{name} factor", row["real_time_factor"])
        for part in ("p50", "p95"):
            if row["latency_ms"][part] is not None:
                yield _judge(f"{name} {part}", row["latency_ms"][part])


def _judge(name: str, value: float, detail: str = "") -> Judged:
    return Judged(name, GOALS[name].judge(value, detail))


def _share(name: str, rows: Sequence[Mapping[str, Any]], detail: str = "") -> Judged:
    """Judge the mean acceptance of rows, with equal weights."""
    return _judge(name, sum(row["accepted"] / row["wanted"] for row in rows) / len(rows), detail)
