"""Reads the cards that a couple wrote for themselves: `own-questions.txt` and the like, one card a line."""

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

OWN = "own"  # their category
_SHOWN = 60  # letters of a bad card that are shown with it
_UNREADABLE = "\ufffd"  # what is read in the place of bytes that are no UTF-8


@dataclass(frozen=True)
class OwnCards:
    """What a file of own cards holds.

    Attributes:
        cards: the good ones, of category "own".
        problems: a line for each bad one: "FILE:LINE: what is wrong: what to do".
    """

    cards: tuple[Card, ...] = ()
    problems: tuple[str, ...] = ()


def with_own(pack: Pack, folder: Path) -> tuple[Pack, tuple[str, ...]]:
    """Add the couple's own cards to a pack.

    Args:
        pack: the pack as it was loaded.
        folder: where `own-DECK.txt` may lie, for any deck of the pack; neither folder nor files have to be there.

    Returns:
        The pack with all good cards at the end of their decks, and a line for each card or file that was left out.
    """
    own = {deck: read_own(folder / f"own-{deck}.txt", pack, deck) for deck in pack.decks}
    decks = {deck: (*cards, *own[deck].cards) for deck, cards in pack.decks.items()}
    problems = (problem for found in own.values() for problem in found.problems)
    return replace(pack, decks=decks), (*problems, *_strangers(folder, pack.decks))


def read_own(path: Path, pack: Pack, deck: str) -> OwnCards:
    """Read a file of own cards: UTF-8, one card a line; empty lines and those that begin with "#" are passed over.

    A card is left out if it has no words, too many for one breath, what would stop the assistant, or what cannot be
    read aloud; if it says the same as another; and from a deck of questions, if it is no open one.

    Args:
        path: the file, which does not have to be there.
        pack: the pack it belongs to.
        deck: the name of the deck that its cards are for.
    """
    try:
        if not path.is_file():
            return OwnCards(problems=(f"{path}: is no file: put a text file in its place",) if path.exists() else ())
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = {number: " ".join(line.split()) for number, line in enumerate(file, start=1)}
    except OSError as error:
        return OwnCards(problems=(f"{path}: cannot be read ({error.strerror}): check the file's rights",))
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
        return "holds a character that cannot be seen: type it anew"
    if not any(map(str.isalpha, text)):
        return "has no words: write some, or take it out"
    if openers and not is_open(text, openers):
        return f'is no open question: begin it with {", ".join(openers[:3])} or the like, and end it with "?"'
    return fault_of(text, stops)


def _twin(other: str | None) -> str | None:
    return f"says the same as {other}: take it out" if other else None


def _strangers(folder: Path, decks: Mapping[str, object]) -> Iterator[str]:
    """Yield a line for each file that is named like own cards, and is for no deck."""
    expected = {f"own-{deck}.txt" for deck in decks}
    for path in sorted(folder.glob("own-*.txt")):
        if path.name not in expected:
            yield f"{path}: there is no deck of this name: call it {' or '.join(sorted(expected))}"
