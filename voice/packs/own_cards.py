"""The couple's own cards: text files such as `own-questions.txt`, one card a line."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from voice.asr.words import words_of
from voice.packs.decks import Card, is_open
from voice.packs.pack import Pack
from voice.packs.spoken_text import fault_of, stop_pattern

__all__ = ["OWN", "OwnCards", "read_own", "with_own"]

OWN = "own"  # the category of own cards
_SHOWN = 60  # letters of a bad card that a message shows
_UNREADABLE = "\ufffd"  # stands for bytes that are not UTF-8


@dataclass(frozen=True)
class OwnCards:
    """The contents of a file of own cards.

    Attributes:
        cards: the good ones, of category "own".
        problems: a message for each bad card: "FILE:LINE: what is wrong: what to do".
    """

    cards: tuple[Card, ...] = ()
    problems: tuple[str, ...] = ()


def with_own(pack: Pack, folder: Path) -> tuple[Pack, tuple[str, ...]]:
    """Add the couple's own cards to a pack.

    Args:
        pack: the pack.
        folder: the folder of the files `own-DECK.txt`; folder and files may be missing.

    Returns:
        The pack with the good cards at the end of their decks, and a message for each card or file left out.
    """
    own = {deck: read_own(folder / f"own-{deck}.txt", pack, deck) for deck in pack.decks}
    decks = {deck: (*cards, *own[deck].cards) for deck, cards in pack.decks.items()}
    problems = (problem for found in own.values() for problem in found.problems)
    return replace(pack, decks=decks), (*problems, *_strangers(folder, pack.decks))


def read_own(path: Path, pack: Pack, deck: str) -> OwnCards:
    """Read a file of own cards: UTF-8, one card a line, with empty lines and comments (#).

    A card is left out if it has no words, too many for one breath, a phrase that stops the assistant, or a character
    that cannot be read; if another card says the same; and in a deck of questions, if it is not an open question.

    Args:
        path: the file, which may be missing.
        pack: the pack.
        deck: the name of the cards' deck.
    """
    try:
        if not path.is_file():
            return OwnCards(problems=(f"{path}: is not a file: put a text file in its place",) if path.exists() else ())
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = {number: " ".join(line.split()) for number, line in enumerate(file, start=1)}
    except OSError as error:
        return OwnCards(problems=(f"{path}: cannot be read ({error.strerror}): check the file's permissions",))
    return _sorted_out(path, {number: line for number, line in lines.items() if line and line[0] != "#"}, pack, deck)


def _sorted_out(path: Path, lines: Mapping[int, str], pack: Pack, deck: str) -> OwnCards:
    stops, openers = stop_pattern(pack.stop_set), pack.openers.get(deck, ())
    known = {words_of(card.text): "a card of the pack" for card in pack.decks[deck]}
    cards, problems = [], []
    for number, text in lines.items():
        words = words_of(text)
        fault = _fault_of(text, stops, openers) or _twin(known.get(words))
        if fault:
            problems.append(f'{path}:{number}: "{textwrap.shorten(text, _SHOWN, placeholder=" ...")}" {fault}')
        else:
            known[words] = f"line {number}"
            cards.append(Card(text, OWN, "light", f"{path}:{number}"))
    return OwnCards(tuple(cards), tuple(problems))


def _fault_of(text: str, stops: re.Pattern[str], openers: tuple[str, ...]) -> str | None:
    if _UNREADABLE in text:
        return "is not UTF-8: save the file in that encoding"
    if not text.isprintable():
        return "has an invisible character: type the line again"
    if not any(map(str.isalpha, text)):
        return "has no words: write some, or delete the line"
    if openers and not is_open(text, openers):
        return f'is not an open question: begin it with {", ".join(openers[:3])} or similar, and end it with "?"'
    return fault_of(text, stops)


def _twin(other: str | None) -> str | None:
    return f"says the same as {other}: delete one of them" if other else None


def _strangers(folder: Path, decks: Mapping[str, object]) -> Iterator[str]:
    """Yield a message for each file of own cards that belongs to no deck."""
    expected = {f"own-{deck}.txt" for deck in decks}
    for path in sorted(folder.glob("own-*.txt")):
        if path.name not in expected:
            yield f"{path}: there is no deck of this name: call it {' or '.join(sorted(expected))}"
