"""Reading cards out, as appreciation, laughter and stories do."""

from dataclasses import dataclass

from voice.cues import Ask, Rest, Say
from voice.moments.moment import SILENCE, Script
from voice.moments.scene import Scene
from voice.packs.spoken_text import sentences_of

__all__ = ["Reading", "read_out"]

_BETWEEN_SENTENCES = 0.5


@dataclass(frozen=True)
class Reading:
    """The cards to read out, and the time for the couple to talk afterwards.

    Attributes:
        name: the group of its lines: "begin", and "end" if they talked.
        deck: the deck to deal from.
        turn: waits while the couple talk; "Another" may name a category (its slot "kind").
    """

    name: str
    deck: str
    turn: Ask

    @property
    def lines(self) -> tuple[str, ...]:
        """The keys of its lines."""
        return (f"{self.name}.begin", f"{self.name}.end")


def read_out(scene: Scene, reading: Reading, kind: str | None = None) -> Script:
    """Read a card of a category, or any, and wait while they talk; read another one whenever they ask."""
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


def _sentences(card: str) -> Script:
    """Say a card sentence by sentence, so that it can be stopped between them."""
    for number, sentence in enumerate(sentences_of(card)):
        if number:
            yield Rest(_BETWEEN_SENTENCES)
        yield Say(sentence)
