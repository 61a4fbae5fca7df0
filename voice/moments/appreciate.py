"""The beginning of a sentence that says what one sees in the other, to be finished aloud."""

from voice.cues import Ask
from voice.moments.cards import Reading, read_out
from voice.moments.scene import Moment, Scene, Script

__all__ = ["appreciate"]

_STARTERS = Reading("appreciate", "appreciation", Ask("appreciate.turn", within=60.0, kind="talk"))


def _play(scene: Scene) -> Script:
    yield from read_out(scene, _STARTERS, scene.slots.get("kind"))


appreciate = Moment(_play, lines=_STARTERS.lines, decks=(_STARTERS.deck,), asks=(_STARTERS.turn,))
