"""Reports: the table for people, the JSON, and the file of errors."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from voice.bench.results import Row, plain, summarise
from voice.errors import InputError

__all__ = ["Report", "errors_file", "write_errors"]


@dataclass(frozen=True)
class Report:
    """The figures of a whole run.

    Attributes:
        engine: the recogniser.
        rows: one for each condition, clean first.
        peak_memory_mb: the peak memory of a recognising process, with the clip, in MB (10^6 bytes).
    """

    engine: str
    rows: tuple[Row, ...]
    peak_memory_mb: float

    def as_json(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        rows = [summarise(row) for row in self.rows]
        return {"engine": self.engine, "rows": rows, "peak_memory_mb": round(self.peak_memory_mb, 1)}

    def lines(self) -> list[str]:
        """Return the report as the lines of a table."""
        heads = ("noise", "dB", "clips", "accepted", "misheard", "missed", "false accepts", "of one core", "p50", "p95")
        table = [heads, *(_cells(summarise(row)) for row in self.rows)]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(heads))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) for cells in table]
        return [*lines, f"engine {self.engine}, peak memory {self.peak_memory_mb:.0f} MB"]


@contextmanager
def errors_file(path: Path | None) -> Iterator[TextIO | None]:
    """The file of `--errors`, opened before the measurement so that a wrong name does not cost an hour.

    Raises:
        InputError: it cannot be written.
    """
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}): name another file for --errors") from None
    with file:
        yield file


def write_errors(report: Report, file: TextIO) -> None:
    """Write a line of JSON for each wrong result, row by row.

    `heard` has the sentences that gave an intent (joined by " / "), or else the best one below the threshold;
    `confidence` is the highest of theirs.
    """
    for row in report.rows:
        noise = row.condition.noise
        for result in row.results:
            if result.verdict in {"accepted", "rejected"}:
                continue
            sure = [answer for answer in result.answers if answer.intent is not None]
            shown = sure or sorted(result.answers, key=lambda answer: answer.confidence)[-1:]
            case = result.case
            entry = {
                "clip": case.name,
                "verdict": result.verdict,
                "heard": " / ".join(answer.text for answer in shown if answer.text is not None) or None,
                "answered": [{"intent": answer.intent, "slots": dict(answer.slots)} for answer in sure],
                "expected": None if case.intent is None else {"intent": case.intent, "slots": dict(case.slots)},
                "confidence": round(max((answer.confidence for answer in shown), default=0.0), 4),
                "noise": noise.name if noise else None,
                "snr": plain(row.condition.snr) if noise else None,
            }
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _cells(figures: Mapping[str, Any]) -> tuple[str, ...]:
    def share(name: str) -> str:
        return "-" if figures[name] is None else f"{figures[name]:.1%}"

    def wait(name: str) -> str:
        milliseconds = figures["latency_ms"][name]
        return "-" if milliseconds is None else f"{milliseconds:.0f} ms"

    per_hour = figures["false_accepts_per_hour"]
    factor = figures["real_time_factor"]
    return (
        figures["noise"] or "-",
        "-" if figures["snr"] is None else f"{figures['snr']:g}",
        str(figures["clips"]),
        share("acceptance"),
        share("misheard"),
        share("missed"),
        "-" if per_hour is None else f"{figures['false_accepts']} ({per_hour:.1f} an hour)",
        "-" if factor is None else f"{factor:.3f}",
        wait("p50"),
        wait("p95"),
    )
