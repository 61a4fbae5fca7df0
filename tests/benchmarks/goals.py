"""The goals of recognition, and how the figures are taken from the outcomes."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figures import Figure, Goal
from workshop import Outcome

ACCEPTED_SHARE = 0.995
_LOUDEST = 6.0  # dB


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
    "shared phrases right": Goal("shared phrases, near and mid, as text: right", 0.85, 0.95, percent, more=True),
    "shared phrases wrong": Goal("shared phrases, near and mid, as text: wrong", 0.02, 0.01, percent),
    "crowd right": Goal("typed by a crowd: right", 0.55, 0.80, percent, more=True),
    "crowd wrong": Goal("typed by a crowd: wrong", 0.03, 0.02, percent),
    "held-out phrases right": Goal("held-out phrases, near and mid, as text: right", 0.85, 0.95, percent, more=True),
    "held-out phrases wrong": Goal("held-out phrases, near and mid, as text: wrong", 0.02, 0.01, percent),
    "strangers right": Goal("strangers' phrases, near and mid, as text: right", 0.85, 0.95, percent, more=True),
    "strangers wrong": Goal("strangers' phrases, near and mid, as text: wrong", 0.02, 0.01, percent),
    "unusual right": Goal("unusual phrases, near and mid, as text: right", 0.85, 0.95, percent, more=True),
    "unusual wrong": Goal("unusual phrases, near and mid, as text: wrong", 0.02, 0.01, percent),
    "shared talk": Goal("shared couple talk, taken as text", 0, 0, _count),
    "held-out talk": Goal("held-out couple talk, taken as text", 0.002, 0, percent),
    "spoken right": Goal("spoken phrases, 8 voices: right", 0.80, 0.92, percent, more=True),
    "spoken wrong": Goal("spoken phrases, 8 voices: wrong", 0.02, 0.01, percent),
    "spoken else": Goal("spoken, not in the grammar: something else done", 0.02, 0.005, percent),
    "spoken lasting": Goal("spoken, not in the grammar: something lasting done", 0.003, 0, percent),
    "couple talk": Goal("spoken couple talk, voices not tuned with: answered", 2 / 435, 0, percent),
    "neighbours": Goal("neighbours, 8 voices: done wrongly", 0.05, 0.01, percent),
    "prefixes": Goal("sentences that begin alike, 8 voices: right", 0.97, 0.99, percent, more=True),
    "coffee": Goal("coffee orders, quiet: understood", 0.991, 0.998, percent, more=True),
    "kitchen": Goal("coffee orders in the kitchen, mean of all levels: understood", 0.975, 0.988, percent, more=True),
    "kitchen 6 dB": Goal("coffee orders in the kitchen, 6 dB: understood", 0.94, 0.96, percent, more=True),
    "voices": Goal("default pack, 8 voices, quiet: understood", 0.993, 0.997, percent, more=True),
    "noisy": Goal("default pack, 8 voices, each noise at 12 dB: understood", 0.97, 0.985, percent, more=True),
    "rooms": Goal("default pack, 8 voices, each room: understood", 0.98, 0.99, percent, more=True),
    "reject": Goal("people who say something else: false accepts", 0, 0, _count),
    "nearest": Goal("the same: highest confidence, as a share of the threshold", 1, 0.5, percent),
    "noise": Goal("noise alone: false accepts", 0, 0, _count),
    "clean factor": Goal("processor seconds per second of coffee orders, quiet", 0.10, 0.08, _factor),
    "noise factor": Goal("processor seconds per second of coffee orders, in noise", 0.25, 0.15, _factor),
    "clean p50": Goal("end of speech to intent, quiet, median", 550, 400, _milliseconds),
    "clean p95": Goal("end of speech to intent, quiet, 95th percentile", 800, 700, _milliseconds),
    "noise p50": Goal("end of speech to intent, in noise, median", 900, 500, _milliseconds),
    "noise p95": Goal("end of speech to intent, in noise, 95th percentile", 1300, 800, _milliseconds),
    "memory": Goal("peak memory of a recognising process", 400, 250, _megabytes),
    "memory of one": Goal("the same with the first ear alone", 200, 130, _megabytes),
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
    loudest = [row for row in coffee["rows"] if row["snr"] == _LOUDEST]
    if loudest:
        yield _share("kitchen 6 dB", loudest)


def _of_sample(name: str) -> Callable[[Outcome], Iterator[Judged]]:
    def judge(outcome: Outcome) -> Iterator[Judged]:
        worst = min(outcome["rows"], key=lambda row: float(row["acceptance"]))
        yield _share(name, [outcome["total"]], f"({worst['name']} {percent(worst['acceptance'])})")

    return judge


def _of_reject(reject: Outcome) -> Iterator[Judged]:
    hours = sum(row["hours"] for row in reject["rows"])
    yield _judge("reject", sum(row["false_accepts"] for row in reject["rows"]), f"in {60 * hours:.0f} min")
    highest = max((entry["confidence"] for entry in reject["heard"]), default=0.0)
    yield _judge("nearest", highest / reject["threshold"], f"({highest:.2f} of {reject['threshold']:.2f})")


def _of_noise(noise: Outcome) -> Iterator[Judged]:
    yield _judge("noise", noise["times"], f"in {60 * noise['rows'][0]['hours']:.0f} min")


def _of_phrases(phrases: Outcome) -> Iterator[Judged]:
    for row in phrases["phrases"]:
        if row["goal"] and row["count"]:
            for verdict in ("right", "wrong"):
                yield _judge(f"{row['goal']} {verdict}", row[verdict], f"of {row['count']}")
    for row in phrases["talk"]:
        share = row["name"] == "held-out talk"
        yield _judge(
            row["name"], row["taken"] / row["lines"] if share else row["taken"], f"({row['taken']} of {row['lines']})"
        )


def _of_spoken(spoken: Outcome) -> Iterator[Judged]:
    for verdict in ("right", "wrong"):
        yield _judge(f"spoken {verdict}", spoken["total"][verdict], f"of {spoken['total']['count']}")
    others = spoken["others"]
    for what in ("else", "lasting"):
        if others["clips"]:
            yield _judge(f"spoken {what}", others[what] / others["clips"], f"({others[what]} of {others['clips']})")


def _of_talk(talk: Outcome) -> Iterator[Judged]:
    answered, clips, hours = (sum(row[name] for row in talk["talk"]) for name in ("answered", "clips", "hours"))
    yield _judge("couple talk", answered / clips, f"({answered} of {clips}, {answered / hours:.0f} an hour)")


def _of_neighbours(neighbours: Outcome) -> Iterator[Judged]:
    total = neighbours["total"]
    yield _judge("neighbours", total["ear wrong"] / total["ear count"], f"of {total['ear count']}")


def _of_prefixes(prefixes: Outcome) -> Iterator[Judged]:
    right, clips = (sum(row[name] for row in prefixes["prefixes"]) for name in ("right", "clips"))
    yield _judge("prefixes", right / clips, f"of {clips}")


def _of_fused(fused: Outcome) -> Iterator[Judged]:
    yield _judge("memory of one", fused["memories"]["first ear"])


_JUDGES: Mapping[str, Callable[[Outcome], Iterator[Judged]]] = {
    "phrases": _of_phrases,
    "spoken phrases": _of_spoken,
    "couple talk": _of_talk,
    "neighbours": _of_neighbours,
    "prefixes": _of_prefixes,
    "coffee": _of_coffee,
    **{name: _of_sample(name) for name in ("voices", "noisy", "rooms")},
    "reject": _of_reject,
    "noise": _of_noise,
    "fused": _of_fused,
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
