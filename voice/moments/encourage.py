"""An encouraging word, and the offer of a pause."""

from voice.cues import Ask, Rest, Say
from voice.moments.pause import pause
from voice.moments.scene import Moment, Scene, Script, again

__all__ = ["encourage"]

_PAUSE = Ask("encourage.pause", within=8.0)


def _play(scene: Scene) -> Script:
    word = scene.deal("encouragement")
    if word is not None:
        yield Say(word)
        yield Rest(1.0)
    yield Say(scene.line("encourage.offer"))
    answer = yield from again(scene, _PAUSE)
    if answer.intent == "Agree":
        yield from pause.play(scene)
    elif answer.intent == "Decline":
        yield Say(scene.line("encourage.declined"))


encourage = Moment(
    _play,
    lines=("encourage.offer", "encourage.declined", "always.once_more"),
    decks=("encouragement",),
    asks=(_PAUSE,),
)
