"""Results: the answers to each clip, the verdict on them, and the figures of a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from voice.bench.cases import Case
from voice.bench.mixing import Condition

__all__ = ["Answer", "Result", "Row", "Verdict", "plain", "summarise", "verdict"]

Verdict: TypeAlias = Literal["accepted", "misheard", "missed", "rejected", "false accept"]


@dataclass(frozen=True)
class Answer:
    """The result of one utterance.

    Attributes:
        text: the best sentence at any confidence; None if none fits at all.
        confidence: the recogniser's confidence, in [0, 1].
        intent: the intent's name, None if the confidence is too low.
        slots: its slots.
        latency: seconds from the end of the speech to the intent; see `voice.bench.runner`.
    """

    text: str | None
    confidence: float
    intent: str | None
    slots: Mapping[str, Any]
    latency: float


@dataclass(frozen=True)
class Result:
    """The result of one clip.

    Attributes:
        case: the clip and its label.
        answers: the answers, in order.
        seconds: the length of the clip.
        processor_seconds: the processor time spent on it.
    """

    case: Case
    answers: tuple[Answer, ...]
    seconds: float
    processor_seconds: float

    @property
    def verdict(self) -> Verdict:
        """The verdict on its answers."""
        return verdict(self.case, self.answers)

    def at(self, threshold: float) -> "Result":
        """Return the result at another threshold, not below the one it was measured with."""
        answers = (
            answer if answer.confidence >= threshold else replace(answer, intent=None, slots={})
            for answer in self.answers
        )
        return replace(self, answers=tuple(answers))


@dataclass(frozen=True)
class Row:
    """The results of all clips in one condition."""

    condition: Condition
    results: tuple[Result, ...]

    def at(self, threshold: float) -> "Row":
        """Return the row at another threshold; see `Result.at`."""
        return replace(self, results=tuple(result.at(threshold) for result in self.results))


def verdict(case: Case, answers: Sequence[Answer]) -> Verdict:
    """Judge a clip by the rule of Picovoice's speech-to-intent benchmark, with one intent at most."""
    intents = [answer for answer in answers if answer.intent is not None]
    if case.intent is None:
        return "false accept" if intents else "rejected"
    if not intents:
        return "missed"
    right = len(intents) == 1 and intents[0].intent == case.intent and _has(intents[0].slots, case.slots)
    return "accepted" if right else "misheard"


def summarise(row: Row) -> dict[str, Any]:
    """Return a row's figures, as in the JSON report.

    `acceptance`, `misheard` and `missed` are shares of the clips with a wanted intent; `accepted` and `false_accepts`
    are counts. False accepts per hour are per hour of the clips that must trigger nothing. Figures without clips are
    None.
    """
    verdicts = [result.verdict for result in row.results]
    wanted = sum(result.case.intent is not None for result in row.results)
    false_accepts = verdicts.count("false accept")
    seconds = sum(result.seconds for result in row.results)
    unwanted_seconds = sum(result.seconds for result in row.results if result.case.intent is None)
    accepted = [result for result in row.results if result.verdict == "accepted"]
    waits = [answer.latency for result in accepted for answer in result.answers if answer.intent is not None]
    noise = row.condition.noise
    return {
        "noise": noise.name if noise else None,
        "snr": plain(row.condition.snr) if noise else None,
        "clips": len(row.results),
        "wanted": wanted,
        "accepted": len(accepted),
        "acceptance": _share(len(accepted), wanted, 4),
        "misheard": _share(verdicts.count("misheard"), wanted, 4),
        "missed": _share(verdicts.count("missed"), wanted, 4),
        "unwanted": len(row.results) - wanted,
        "false_accepts": false_accepts,
        "false_accepts_per_hour": _share(false_accepts, unwanted_seconds / 3600, 2),
        "hours": round(seconds / 3600, 6),
        "real_time_factor": _share(sum(result.processor_seconds for result in row.results), seconds, 4),
        "latency_ms": {
            f"p{part}": round(float(np.percentile(waits, part)) * 1000, 1) if waits else None for part in (50, 95)
        },
    }


def _has(slots: Mapping[str, Any], labelled: Mapping[str, Any]) -> bool:
    return all(
        name in slots and str(plain(slots[name])).strip() == str(plain(value)).strip()
        for name, value in labelled.items()
    )


def plain(value: Any) -> Any:  # noqa: ANN401 - a slot may hold any JSON value
    """Turn whole floats into integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _share(part: float, whole: float, digits: int) -> float | None:
    return round(part / whole, digits) if whole else None
