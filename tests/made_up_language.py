"""A made-up language, Kalo, in a folder of its own: all that a language needs, and no other file."""

from pathlib import Path
from typing import Any

import yaml

__all__ = ["CODE", "write_pack"]

CODE = "qaa"  # of the codes that are kept free for local use

_ONES = ("nul", "un", "du", "tri", "kvar", "kvin", "ses", "sep", "ok", "naŭ")
_DAYS = ("lundo", "mardo", "merkredo", "ĵaŭdo", "vendredo", "sabato", "dimanĉo")
_DAY_SLOTS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _number(number: int) -> str:
    tens, ones = divmod(number, 10)
    ten = {0: "", 1: "dek"}.get(tens, f"{_ONES[tens]}dek")
    return " ".join(filter(None, (ten, _ONES[ones] if ones or not tens else "")))


_NUMBERS = [_number(number) for number in range(60)]

LANGUAGE: dict[str, Any] = {
    "language": CODE,
    "voice": "eo+f3",
    "letters": "ĉĝĥĵŝŭ",
    "phones": {"oɪ": "ɔɪ"},  # noqa: RUF001 - the phonetic alphabet
    "reduced_forms": [{"drop": ["n"], "at": "end", "after": "vowel", "longer_than": 2}],
    "typed": [{"find": r"(?<=\d):(?=\d\d)", "becomes": " kaj "}],
    "spoken": {
        "times": {
            "clock": 12,
            "hour_numbers": _NUMBERS,
            "minute_numbers": _NUMBERS,
            "named": {"12:00": "tagmezo"},
            "minutes": {0: "horo {hour}", 45: "kvarono antaŭ horo {next_hour}", "other": "horo {hour} kaj {minute}"},
            "parts": {
                0: "{clock} nokte",
                "1-11": "{clock} matene",
                "12-17": "{clock} tage",
                "18-23": "{clock} vespere",
            },
            "today": "je {time}",
            "tomorrow": "morgaŭ je {time}",
            "later": "en {day} je {time}",
            "after": "post {length}",
        },
        "lengths": {
            "minutes": {1: "un minuto", "other": "{minutes} minutoj"},
            "hours": {1: "un horo", "2-4": "{hours} horetoj", "other": "{hours} horoj"},
            "hours_and_minutes": "{hours} kaj {minutes}",
        },
        "days": {
            "names": _DAYS,
            "each": [f"{day}j" for day in _DAYS],
            "every": "ĉiutage",
            "working": "labortage",
            "weekend": "semajnfine",
            "some": "en {days}",
        },
        "list": {"between": ", ", "last": " kaj "},
    },
}

SENTENCES: dict[str, Any] = {
    "language": CODE,
    "lists": {
        "hour": {"values": [{"in": _number(hour), "out": hour} for hour in range(24)]},
        "minute": {"values": [{"in": _number(minute), "out": minute} for minute in range(60)]},
        "typed": {"range": {"from": 0, "to": 59, "words": False}},
        "quarter": {"values": [{"in": "kvarono", "out": 15}]},
        "part": {
            "values": [
                {"in": "nokte", "out": "night"},
                {"in": "matene", "out": "morning"},
                {"in": "tage", "out": "afternoon"},
                {"in": "vespere", "out": "evening"},
            ]
        },
        "noon": {"values": [{"in": "tagmezo", "out": "noon"}]},
        "tomorrow": {"values": [{"in": "morgaŭ", "out": "tomorrow"}]},
        "day": {"values": [{"in": day, "out": slot} for day, slot in zip(_DAYS, _DAY_SLOTS, strict=True)]},
    },
    "expansion_rules": {
        "hour_of_clock": "({hour}|{typed:hour})",
        "clock": "(horo <hour_of_clock> [kaj ({minute}|{typed:minute})]|{quarter:time_before} antaŭ horo {hour})",
        "time": "(<clock> [{part:time_part}]|{noon:time_named})",
        "moment": "[{tomorrow:day}|en {day}] je <time>",
        "minutes": "({minute:minutes} minutoj|{minute:minutes} minuto)",
        "hours": "{hour:hours} (horo|horetoj|horoj)",
        "length": "(<minutes>|<hours>|<hours> kaj <minutes>)",
    },
    "intents": {
        "Remind": {"data": [{"sentences": ["memorigu nin (<moment>|post <length>)"]}]},
        "Time": {"data": [{"sentences": ["(<moment>|post <length>)"], "requires_context": {"ask": "remind.when"}}]},
        "Correct": {"data": [{"sentences": ["ne <moment>"], "requires_context": {"ask": "change.corrected"}}]},
        "Stop": {"data": [{"sentences": ["ĉesu"], "requires_context": {"scene": True}}]},
    },
}

RESPONSES: dict[str, Any] = {
    "remind": {
        "set": "Bone, {when}.",
        "set_to": "Bone, {when}, {what}.",
        "once": "Nur unufoje.",
        "no_such_hour": "Ne estas tia horo.",
        "gone": "Tiu tago jam pasis.",
        "zero": "Nun do.",
        "past": "Tio jam pasis, do morgaŭ.",
        "too_far": "Tio estas tro malproksima.",
    }
}


def write_pack(folder: Path, needed: dict[str, frozenset[str]]) -> Path:
    """Write the pack into a folder; return the folder.

    Args:
        folder: where the files go; it need not exist.
        needed: the keys of all lines that the pack's moments need; those that are missing say "Bone."
    """
    lines = {group: dict(said) for group, said in RESPONSES.items()}
    for key in needed:
        group, name = key.split(".", 1)
        lines.setdefault(group, {}).setdefault(name, "Bone.")
    (folder / "sentences").mkdir(parents=True)
    contents = {"language.yaml": LANGUAGE, "sentences/all.yaml": SENTENCES, "responses.yaml": lines}
    for name, content in contents.items():
        text = yaml.safe_dump(_plain(content), allow_unicode=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _plain(value: Any) -> Any:  # noqa: ANN401 - any YAML value
    """Return a value with lists for tuples, which YAML does not have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
