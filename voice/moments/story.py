"""A short story of a couple and the small things they do."""

from voice.cues import Ask
from voice.moments.cards import Reading, read_out
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene

__all__ = ["story"]

_STORIES = Reading("story", "stories", Ask("story.turn", within=30.0, kind="talk"))


def _play(scene: Scene) -> Script:
    yield from read_out(scene, _STORIES)


story = Moment(_play, lines=_STORIES.lines, decks=(_STORIES.deck,), asks=(_STORIES.turn,))
