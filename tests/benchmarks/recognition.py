"""Measures the whole recognition table and writes docs/recognition.md. `script/bench` runs it.

Each figure is printed with its limit and its aim. With `--keep`, outcomes are stored, and parts that `--only` leaves
out are taken from there; the page is written once all parts are there.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TextIO

import report
from figures import Figures, yardstick
from goals import Judged, judged, percent
from parts import NEEDS, PARTS, SCRIPTS
from workshop import FULL, QUICK, ROOT, Outcome, Scale, Workshop

from voice.bench.report import errors_file
from voice.errors import InputError, MomentsError

PAGE = ROOT / "docs" / "recognition.md"
# They cannot be measured on a smaller scale.
NOT_QUICK = ("packs", "korean")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write the page; exit with 1 if a figure misses its limit, with 2 on wrong usage."""
    options = _options(arguments)
    scale = _scale(options)
    names = _names(options)
    _check(names, options.shared)
    outcomes = {} if options.keep is None else _kept(options.keep)
    try:
        with errors_file(options.errors) as errors, tempfile.TemporaryDirectory(prefix="moments-") as folder:
            workshop = Workshop(options.shared, Path(folder), scale, _spoken(names, scale), options.jobs)
            for name in names:
                outcomes[name] = _measured(name, workshop)
                if errors is not None:
                    _tell_errors(outcomes[name], errors)
                if options.keep is not None:
                    _keep(options.keep, name, outcomes[name])
    except InputError as error:
        _refuse(str(error))
    except MomentsError as error:
        sys.exit(f"script/bench: {error}")
    judgements = list(judged(outcomes))
    figures = Figures()
    print()
    for one in judgements:
        figures.show(one.figure)
    _write(options, outcomes, judgements)
    sys.exit(not (figures.good and all(outcome.get("good", True) for outcome in outcomes.values())))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small samples, within five minutes; writes no page")
    parser.add_argument("--only", metavar="PART,...", help=f"only these parts: {', '.join(PARTS)}")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="store the parts there, and take the others from there"
    )
    parser.add_argument("--shared", type=Path, metavar="DIR", default=ROOT.parent / "shared" / "bench",
                        help="the recordings: coffee, reject, noise, rooms (default: ../shared/bench)")  # fmt: skip
    parser.add_argument(
        "--page", type=Path, metavar="FILE", default=PAGE, help="the page (default: docs/recognition.md)"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="recognising processes (default: 2)")
    parser.add_argument("--errors", type=Path, metavar="FILE",
                        help="write the sentences that went wrong, and show the most frequent confusions")  # fmt: skip
    # To try the benchmark itself; its results are no figures.
    parser.add_argument("--limit", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.quick and options.keep is not None:
        parser.error("--quick measures too little to store: leave out --quick or --keep")
    if options.jobs < 1:
        parser.error("--jobs must be 1 or more")
    return options


def _scale(options: argparse.Namespace) -> Scale:
    if options.limit is None:
        return QUICK if options.quick else FULL
    limit = options.limit
    return replace(
        QUICK,
        name=f"limit {limit}",
        clips=limit,
        sentences=limit,
        sample=limit,
        minutes=limit / 60,
        phrases=limit,
        lines=limit,
    )


def _names(options: argparse.Namespace) -> list[str]:
    """Return the parts to measure, in order."""
    asked = set(PARTS)
    if options.only is not None:
        asked = {name.strip().replace("-", " ") for name in options.only.split(",")}
    unknown = asked - set(PARTS)
    if unknown:
        _refuse(f"--only {options.only}: there is no part {', '.join(sorted(unknown))}: use {', '.join(PARTS)}")
    left_out = {name for name, path in SCRIPTS.items() if not path.exists()}
    if options.quick and options.only is None:
        left_out |= set(NOT_QUICK)
    return [name for name in PARTS if name in asked - left_out]


def _spoken(names: Sequence[str], scale: Scale) -> int:
    return scale.sentences if "voices" in names else scale.sample


def _check(names: Sequence[str], shared: Path) -> None:
    """Check the folders before the measurement, so that a missing one does not cost an hour."""
    for name in names:
        for folder in NEEDS.get(name, ()):
            if not (shared / folder).is_dir():
                _refuse(f"{shared / folder} is not there, and {name} needs it: name its parent folder with --shared")


def _refuse(text: str) -> NoReturn:
    print(f"script/bench: {text}", file=sys.stderr)
    sys.exit(2)


def _measured(name: str, workshop: Workshop) -> Outcome:
    """Measure a part and print its rows; add date, duration and machine to its outcome."""
    print(f"-- {name}", flush=True)
    began = time.monotonic()
    outcome = PARTS[name](workshop)
    rows = (*outcome.get("rows", ()), *outcome.get("places", ()))
    for line in (*map(_row_line, rows), *outcome.get("told", ())):
        print(f"   {line}", flush=True)
    seconds = time.monotonic() - began
    print(f"   {name}: {seconds:.0f} s", flush=True)
    return outcome | {
        "scale": workshop.scale.name,
        "commit": _commit(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(seconds, 1),
        "yardstick": round(yardstick(), 5),
        "machine": machine(),
    }


def _tell_errors(outcome: Outcome, file: TextIO) -> None:
    """Write a line for each wrong or missed sentence of a part, and print what was confused most."""
    file.writelines(json.dumps(error, ensure_ascii=False) + "\n" for error in outcome.get("errors", ()))
    file.flush()
    for line in outcome.get("confusions", ()):
        print(f"      {line}", flush=True)


def _row_line(row: Mapping[str, Any]) -> str:
    understood = "" if row["acceptance"] is None else f"{percent(row['acceptance'])} of {row['wanted']} understood, "
    wrong = f"{row['false_accepts']} false accepts, " if row["unwanted"] else ""
    factor = "-" if row["real_time_factor"] is None else f"{row['real_time_factor']:.3f}"
    return f"{row['name']:<28} {understood}{wrong}{factor} processor seconds a second"


def machine() -> str:
    """Return the name and number of the processors."""
    name = platform.processor() or platform.machine()
    cpus: list[str] = []
    path = Path("/proc/cpuinfo")
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        cpus = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{cpus[0]}, {len(cpus)} processors" if cpus else name


def _commit() -> str:
    """Return the measured commit, with a mark if files that matter for the figures have changed."""
    git = ["git", "-C", str(ROOT)]
    changed = ["status", "--porcelain", "--", "voice", "intents", "models", "tests/benchmarks"]
    try:
        head, changes = (
            subprocess.run([*git, *command], capture_output=True, text=True, check=True).stdout.strip()
            for command in (["rev-parse", "--short", "HEAD"], changed)
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} with changes" if changes else head


def _kept(folder: Path) -> dict[str, Outcome]:
    """Return the stored outcomes of all known parts."""
    outcomes = {}
    for name in PARTS:
        path = folder / f"{name}.json"
        if path.exists():
            outcomes[name] = json.loads(path.read_text(encoding="utf-8"))
    return outcomes


def _keep(folder: Path, name: str, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(outcome) + "\n", encoding="utf-8")


def _write(options: argparse.Namespace, outcomes: Mapping[str, Outcome], judgements: Sequence[Judged]) -> None:
    """Write the page, unless a part is missing or was measured on a small sample."""
    missing = [name for name in PARTS if name not in outcomes and (name not in SCRIPTS or SCRIPTS[name].exists())]
    small = [name for name, outcome in outcomes.items() if outcome["scale"] != FULL.name]
    if options.page == PAGE and (missing or small):
        reason = f"without {', '.join(missing)}" if missing else f"small samples: {', '.join(small)}"
        print(f"\n{PAGE.relative_to(ROOT)} is unchanged ({reason})")
        return
    figures = report.figures(outcomes, judgements)
    report.put(options.page, figures)
    print(f"\n{options.page} is written")


if __name__ == "__main__":
    main()
