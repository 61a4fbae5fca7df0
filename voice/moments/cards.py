"""What appreciation, laughter and stories share: a card is read out, and the two take it from there."""

import re
from dataclasses import dataclass

from voice.cues import Ask, Rest, Say
from voice.moments.scene import SILENCE, Scene, Script

__all__ = ["Reading", "read_out", "sentences_of"]

_BETWEEN_SENTENCES = 0.5
_SENTENCE_END = re.compile(r"(?<=[.?!]) +")


@dataclass(frozen=True)
class Reading:
    """What is read out, and how long the two are listened to.

    Attributes:
        name: the group of its lines: "begin", and "end" once somebody has spoken.
        deck: the deck it deals from.
        turn: waits for the two; "Another" may name a category (its slot "kind").
    """

    name: str
    deck: str
    turn: Ask

    @property
    def lines(self) -> tuple[str, ...]:
        """The keys of its lines."""
        return (f"{self.name}.begin", f"{self.name}.end")


def read_out(scene: Scene, reading: Reading, kind: str | None = None) -> Script:
    """Read a card of a kind, or any, and wait until somebody has finished; another one as often as they like."""
    yield Say(scene.line(f"{reading.name}.begin"))
    while True:
        yield Rest(_BETWEEN_SENTENCES)
        card = scene.deal(reading.deck, kind) or scene.deal(reading.deck) or ""
        yield from _sentences(card)
        answer = (yield reading.turn) or SILENCE
        if answer.intent == "Skip":
            scene.skip(reading.deck, card)
        elif answer.intent == "Another":
            kind = answer.slots.get("kind", kind)
        else:
            break
    if answer.spoke:
        yield Say(scene.line(f"{reading.name}.end"))


def sentences_of(card: str) -> list[str]:
    """Return the sentences of a card, each of which is said by itself."""
    return _SENTENCE_END.split(card)


def _sentences(card: str) -> Script:
    """Say sentence by sentence: between them, it can be stopped."""
    for number, sentence in enumerate(sentences_of(card)):
        if number:
            yield Rest(_BETWEEN_SENTENCES)
        yield Say(sentence)
