"""How the model writes words: with capitals, hyphens and digits, where the grammar has plain words."""

import re
from collections.abc import Mapping
from functools import cache

from hassil.numbers import get_rbnf_engine

__all__ = ["PUNCTUATION", "shapes", "written_words"]

# What may stand behind a word.
PUNCTUATION = (",", ".", "?", "!")
_LARGEST = 100
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


def shapes(word: str) -> tuple[str, ...]:
    """Return a word in small letters and with a capital."""
    capital = word[:1].upper() + word[1:]
    return (word,) if capital == word else (word, capital)


@cache
def written_words() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the texts that may stand for some words, above all numbers and times in digits."""
    engine = get_rbnf_engine("en")

    def spelled(number: int) -> tuple[str, ...]:
        return tuple(re.split(r"[ -]", engine.format_number(number).text))

    texts: dict[tuple[str, ...], list[str]] = {words: list(others) for words, others in _OTHERWISE.items()}
    for number in range(_LARGEST + 1):
        texts.setdefault(spelled(number), []).append(f" {number}")
    for hour in _HOURS:
        for minute in _MINUTES:
            ways = [(*spelled(hour), *spelled(minute))]
            if 0 < minute < 10:  # noqa: PLR2004 - "nine oh five"
                ways = [(*spelled(hour), zero, *spelled(minute)) for zero in ("oh", "o")]
            for words in ways if minute else ():
                texts.setdefault(words, []).extend((f" {hour}:{minute:02}", f" {hour}{minute:02}"))
        texts.setdefault((*spelled(hour), "o'clock"), []).append(f" {hour}:00")
    return {words: tuple(dict.fromkeys(ways)) for words, ways in texts.items()}
