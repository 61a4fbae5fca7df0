"""An idea for a kind message at midday."""

from voice.cues import Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["midday"]

_DECK = "kind_messages"


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "midday")):
        return
    yield Say(scene.line("midday.begin"))
    yield Rest(0.4)
    yield Say(scene.deal(_DECK) or "")
    yield Say(scene.line("midday.end"))


midday = Moment(_play, lines=(*opening_lines("midday"), "midday.begin", "midday.end"), asks=(READY,), decks=(_DECK,))
