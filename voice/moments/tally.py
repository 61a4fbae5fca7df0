"""Good and hard moments: acknowledged, and counted for both together if the tally is on."""

from voice.cues import Say
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene

__all__ = ["good_moment", "hard_moment"]

_HINT_EVERY = 4


def _good(scene: Scene) -> Script:
    kept = scene.journal.tally(good=True)
    yield Say(scene.line("good_moment.heard"))
    yield from _afterwards(scene, kept=kept)


def _hard(scene: Scene) -> Script:
    kept = scene.journal.tally(good=False)
    yield Say(scene.line("hard_moment.heard"))
    yield from _afterwards(scene, kept=kept)


def _afterwards(scene: Scene, *, kept: bool) -> Script:
    if kept:
        yield Say(scene.line("tally.counted"))
    elif scene.now_and_then("tally_hint", _HINT_EVERY):
        yield Say(scene.line("tally.hint"))


good_moment = Moment(_good, lines=("good_moment.heard", "tally.counted", "tally.hint"))
hard_moment = Moment(_hard, lines=("hard_moment.heard", "tally.counted", "tally.hint"))
