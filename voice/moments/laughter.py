"""Something light before bed: a prompt to tell each other something funny."""

from voice.cues import Ask
from voice.moments.cards import Reading, read_out
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["laughter"]

_PROMPTS = Reading("laughter", "laughter", Ask("laughter.turn", within=90.0, kind="talk"))


def _play(scene: Scene) -> Script:
    if (yield from opening(scene, "laughter")):
        yield from read_out(scene, _PROMPTS)


laughter = Moment(
    _play,
    lines=(*opening_lines("laughter"), *_PROMPTS.lines),
    decks=(_PROMPTS.deck,),
    asks=(READY, _PROMPTS.turn),
)
