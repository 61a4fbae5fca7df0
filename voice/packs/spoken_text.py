"""Checks of spoken text: no phrase that stops the assistant, and no more than a breath at once."""

import re
from collections.abc import Iterable

from voice.asr.words import words_of

__all__ = ["A_BREATH", "breaths", "fault_of", "sentences_of", "stop_pattern"]

A_BREATH = 25  # words between two pauses; listeners lose track of longer ones
_SENTENCE_END = re.compile(r"(?<=[.?!]) +")


def breaths(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words between pauses, part by part."""
    return tuple(words for part in re.split(r"[.?!:;]", text) if (words := words_of(part)))


def stop_pattern(phrases: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases in words joined by single spaces."""
    wanted: list[str] = []
    for phrase in sorted((" ".join(words) for words in phrases), key=len):
        # "please stop it" is found by its "stop".
        if not any(re.search(_as_words(shorter), phrase) for shorter in wanted):
            wanted.append(phrase)
    return re.compile("|".join(map(_as_words, wanted)))


def fault_of(text: str, stops: re.Pattern[str]) -> str | None:
    """Return why a text must not be said ("has ...: what to do"), or None if it may.

    Args:
        text: a line or a card.
        stops: see `stop_pattern`.
    """
    words = words_of(text)
    found = stops.search(" ".join(words))
    if found:
        return f'has "{found[0]}", which stops the assistant: reword it'
    longest = max(map(len, breaths(text))) if len(words) > A_BREATH else 0
    if longest > A_BREATH:
        return f"has {longest} words in one breath, and listeners lose more than {A_BREATH}: make two sentences of it"
    return None


def _as_words(phrase: str) -> str:
    return rf"\b{re.escape(phrase)}\b"


def sentences_of(card: str) -> list[str]:
    """Return the sentences of a card; each is said on its own."""
    return _SENTENCE_END.split(card)
