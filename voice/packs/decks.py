"""The decks of a pack, and their cards by category and depth."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from voice.asr.words import words_of
from voice.errors import InputError
from voice.storage.yaml_file import YamlFile, read

__all__ = ["Card", "Deck", "is_open", "load_decks", "texts"]


@dataclass(frozen=True)
class Card:
    """A card of a deck, with its "FILE:LINE"; the category may be empty."""

    text: str
    category: str
    depth: Literal["light", "deep"]
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Deck:
    """The cards of one file.

    Attributes:
        cards: the cards, no two with the same words.
        openers: for a deck of questions, the words that a card may begin with; else empty.
    """

    cards: tuple[Card, ...]
    openers: tuple[str, ...] = ()


def load_decks(folder: Path) -> Mapping[str, Deck]:
    """Read `decks/*.yaml` of a pack.

    Returns:
        The decks by name, which is the file's name without its suffix.

    Raises:
        InputError: a file cannot be read, a card is in its deck twice, or a question is not open.
    """
    decks = {path.stem: _deck(read(path)) for path in sorted((folder / "decks").glob("*.yaml"))}
    for card, openers in ((card, deck.openers) for deck in decks.values() for card in deck.cards):
        if openers and not is_open(card.text, openers):
            raise InputError(
                f'{card.place}: "{card.text}" is not an open question: begin with {_listed(openers)}, and end with "?"'
            )
    return decks


def is_open(text: str, openers: Iterable[str]) -> bool:
    """Return whether a text is a question that begins with an opener; "what's" counts as "what"."""
    words = words_of(text)
    return "?" in text and bool(words) and words[0].replace("’", "'").split("'")[0] in openers  # noqa: RUF001 - as typed


def texts(cards: Iterable[Card], category: str | None = None, depth: str | None = None) -> tuple[str, ...]:
    """Return the texts of the cards of a category and a depth; None means any."""
    return tuple(card.text for card in cards if category in {None, card.category} and depth in {None, card.depth})


class _Card(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1)
    category: str = ""
    depth: Literal["light", "deep"] = "light"


class _Deck(BaseModel):
    model_config = ConfigDict(extra="forbid")
    openers: tuple[str, ...] = ()
    cards: list[_Card] = Field(min_length=1)


def _deck(file: YamlFile) -> Deck:
    content = file.validated(_Deck)
    cards = tuple(
        Card(card.text, card.category, card.depth, file.place("cards", number))
        for number, card in enumerate(content.cards)
    )
    for card in _repeated(cards):
        raise InputError(f'{card.place}: the card "{card.text}" is in the deck twice: take one out')
    return Deck(cards, content.openers)


def _repeated(cards: Iterable[Card]) -> Iterator[Card]:
    seen: set[tuple[str, ...]] = set()
    for card in cards:
        words = words_of(card.text)
        if words in seen:
            yield card
        seen.add(words)


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
