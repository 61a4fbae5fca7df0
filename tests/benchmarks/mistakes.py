"""Mistakes: the clips that were not understood, and the confused words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from voice.bench.results import Answer, Result, Row

NOTHING = "nothing"
_NAMED = 3
_CONFUSIONS = 6


def mistakes(row: Row, name: str, texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return an entry for each clip of a row that was not understood.

    Args:
        row: the results.
        name: the row's name on the page.
        texts: the text of each clip by its name; without a text, slots are compared instead of words.

    Returns:
        For each clip: the row, the speaker and the noise ("" if none or unknown), the verdict, the confidence, the text
        said and the text heard (None if unknown), and the confused pairs (said, heard).
    """
    noise = row.condition.noise
    place = f"{noise.name.partition('.')[0]} {row.condition.snr:g} dB" if noise else ""
    found = []
    for result in row.results:
        if result.verdict not in {"missed", "misheard"}:
            continue
        answer = _shown(result)
        said = texts.get(result.case.name)
        heard = answer.text if answer else None
        found.append(
            {
                "row": name,
                "speaker": result.case.name.rpartition("/")[0] if said else "",
                "noise": place,
                "verdict": result.verdict,
                "confidence": round(answer.confidence, 3) if answer else 0.0,
                "said": said,
                "heard": heard,
                "confused": confused(said.split(), heard.split()) if said and heard else _slots(result, answer),
            }
        )
    return found


def confused(said: Sequence[str], heard: Sequence[str]) -> list[tuple[str, str]]:
    """Align the words said with the words heard; return the pairs that differ, `NOTHING` for an empty side.

    Pieces with equal numbers of words are paired word by word.
    """
    pairs: list[tuple[str, str]] = []
    for kind, begin, end, heard_begin, heard_end in SequenceMatcher(a=said, b=heard, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        left, right = said[begin:end], heard[heard_begin:heard_end]
        if len(left) == len(right):
            pairs += zip(left, right, strict=True)
        else:
            pairs.append((" ".join(left) or NOTHING, " ".join(right) or NOTHING))
    return pairs


def causes(found: Sequence[Mapping[str, Any]], below: Mapping[str, str]) -> list[str]:
    """Return lines on the mistakes in the rows of `below` (name: title), and the words confused most."""
    lines = []
    for row, title in below.items():
        here = [entry for entry in found if entry["row"] == row]
        if not here:
            continue
        verdicts = Counter(entry["verdict"] for entry in here)
        counts = f"{len(here)} clips, {verdicts['misheard']} misheard and {verdicts['missed']} missed"
        reasons = [_most("speakers", here, "speaker"), _most("noises", here, "noise")]
        lines.append(f"{title}: " + "; ".join(filter(None, (counts, *reasons))))
    pairs = Counter(tuple(pair) for entry in found for pair in entry["confused"])
    for (said, heard), count in pairs.most_common(_CONFUSIONS):
        lines.append(f"{_quoted(said)} was taken for {_quoted(heard)}: {count}")
    return lines


def _quoted(words: str) -> str:
    return NOTHING if words == NOTHING else f'"{words}"'


def _shown(result: Result) -> Answer | None:
    """Return the accepted answer, or else the most confident one."""
    sure = [answer for answer in result.answers if answer.intent is not None]
    return max(sure or result.answers, key=lambda answer: answer.confidence, default=None)


def _slots(result: Result, answer: Answer | None) -> list[tuple[str, str]]:
    if answer is None or answer.intent is None:
        return []
    pairs = [(str(value), str(answer.slots.get(name, NOTHING))) for name, value in result.case.slots.items()]
    return [(said, heard) for said, heard in pairs if said.strip() != heard.strip()]


def _most(what: str, found: Sequence[Mapping[str, Any]], key: str) -> str:
    counts = Counter(entry[key] for entry in found if entry[key])
    named = ", ".join(f"{name} {count}" for name, count in counts.most_common(_NAMED))
    return f"most often by {what}: {named}" if len(counts) > 1 else ""
