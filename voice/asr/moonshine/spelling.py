"""How the model writes words: with capitals, hyphens and digits, where the grammar has plain words."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from hassil.numbers import get_rbnf_engine

__all__ = ["PUNCTUATION", "contradicts", "shapes", "written_words"]

# What may stand behind a word.
PUNCTUATION = (",", ".", "?", "!")
_LARGEST = 100
_DIGITS = 6  # more are no number that anybody says
_HOURS = range(1, 13)
_MINUTES = range(60)
# Words that are written together, or in another way. A leading space belongs to the text.
_OTHERWISE = {
    ("p", "m"): (" pm", " p.m.", "pm", " PM", "PM"),
    ("a", "m"): (" am", " a.m.", "am", " AM", "AM"),
    ("okay",): (" OK", " ok", " Ok"),
    ("ok",): (" Okay", " okay", " OK"),
    ("mom",): (" Mum", " mum"),
    ("mum",): (" Mom", " mom"),
    ("good", "night"): (" goodnight", " Goodnight"),
    ("all", "right"): (" alright", " Alright"),
    ("alright",): (" all right", " All right"),
}


def contradicts(free: str, words: Sequence[str]) -> bool:
    """Tell whether a free text is a sentence but for another number, or a denial.

    Args:
        free: a text as the model writes it.
        words: the sentence.
    """
    read = _plain(free)
    return list(words) != read and [word for word in words if not _decides(word)] == [
        word for word in read if not _decides(word)
    ]


def _decides(word: str) -> bool:
    return word in _number_words() or word in {"not", "never"} or word.endswith("n't")


def _plain(text: str) -> list[str]:
    """Return a text's words, with small letters, and numbers in words."""
    words: list[str] = []
    for piece in re.findall(r"[a-z']+|[0-9]+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")):
        words += _spelled(int(piece)) if piece.isdigit() and len(piece) <= _DIGITS else (piece,)
    return words


@cache
def _number_words() -> frozenset[str]:
    return frozenset(word for number in range(_LARGEST) for word in _spelled(number)) - {"one"}


@cache
def _spelled(number: int) -> tuple[str, ...]:
    return tuple(re.split(r"[ -]", get_rbnf_engine("en").format_number(number).text))


def shapes(word: str) -> tuple[str, ...]:
    """Return a word in small letters and with a capital."""
    capital = word[:1].upper() + word[1:]
    return (word,) if capital == word else (word, capital)


@cache
def written_words() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the texts that may stand for some words, above all numbers and times in digits."""
    texts: dict[tuple[str, ...], list[str]] = {words: list(others) for words, others in _OTHERWISE.items()}
    for number in range(_LARGEST + 1):
        texts.setdefault(_spelled(number), []).append(f" {number}")
    for hour in _HOURS:
        for minute in _MINUTES:
            ways = [(*_spelled(hour), *_spelled(minute))]
            if 0 < minute < 10:  # noqa: PLR2004 - "nine oh five"
                ways = [(*_spelled(hour), zero, *_spelled(minute)) for zero in ("oh", "o")]
            for words in ways if minute else ():
                texts.setdefault(words, []).extend((f" {hour}:{minute:02}", f" {hour}{minute:02}"))
        texts.setdefault((*_spelled(hour), "o'clock"), []).append(f" {hour}:00")
    return {words: tuple(dict.fromkeys(ways)) for words, ways in texts.items()}
