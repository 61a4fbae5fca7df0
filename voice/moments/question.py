"""One open question for both, from a deck that deals without repeats."""

from voice.cues import Rest, Say
from voice.moments.scene import Moment, Scene, Script

__all__ = ["question"]


def _play(scene: Scene) -> Script:
    yield Say(scene.line("question.begin"))
    yield Rest(0.4)
    yield Say(scene.deal("questions"))


question = Moment(_play, lines=("question.begin",), decks=("questions",))
