"""An encouraging word, and the offer of a pause if the language has one."""

from functools import partial

from voice.cues import Ask, Rest, Say
from voice.moments.moment import Moment, Script, again
from voice.moments.scene import Scene

__all__ = ["encourage"]

_PAUSE = Ask("encourage.pause", within=8.0)


def _play(pause: Moment, scene: Scene) -> Script:
    word = scene.deal("encouragement")
    if word is not None:
        yield Say(word)
        yield Rest(1.0)
    if scene.serves("pause"):
        yield from _offer(pause, scene)


def _offer(pause: Moment, scene: Scene) -> Script:
    yield Say(scene.line("encourage.offer"))
    answer = yield from again(scene, _PAUSE)
    if answer.slots.get("unsure"):
        yield Say(scene.line("encourage.unsure"))
        answer = yield from again(scene, _PAUSE)
    if answer.intent == "Agree":
        yield from pause.play(scene)
    elif answer.intent == "Decline":
        yield Say(scene.line("encourage.declined"))


def encourage(pause: Moment) -> Moment:
    """Make the moment, which offers this pause."""
    return Moment(
        partial(_play, pause),
        lines=("encourage.offer", "encourage.unsure", "encourage.declined", "always.once_more"),
        decks=("encouragement",),
        asks=(_PAUSE,),
        leads_to=frozenset({"pause"}),
    )
