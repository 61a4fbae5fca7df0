"""Appreciation: the beginning of a sentence of praise, for one partner to finish aloud."""

from voice.cues import Ask
from voice.moments.cards import Reading, read_out
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene

__all__ = ["appreciate"]

_STARTERS = Reading("appreciate", "appreciation", Ask("appreciate.turn", within=60.0, kind="talk"))


def _play(scene: Scene) -> Script:
    yield from read_out(scene, _STARTERS, scene.slots.get("kind"))


appreciate = Moment(_play, lines=_STARTERS.lines, decks=(_STARTERS.deck,), asks=(_STARTERS.turn,))
