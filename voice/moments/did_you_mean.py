"""Did you mean ...? A question before something that may have been asked for."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from voice.cues import Ask, Say
from voice.moments.moment import Moment, Script, again
from voice.moments.scene import Scene
from voice.nlu.intent import Intent

__all__ = ["NAMED", "asking", "did_you_mean"]

NAMED = (
    *("pause", "break", "say_kindly", "question", "appreciate", "encourage", "laughter", "story", "mindfulness"),
    *("gratitude", "check_in", "help", "remind"),
)
"""The moments that are worth the question; the language has a name for each."""

_SURE = Ask("did_you_mean.sure", within=6.0)


def asking(unsure: Intent | None) -> Intent | None:
    """Return the question whether something was meant; None where nothing was, or the question isn't worth it."""
    if unsure is None or unsure.moment not in NAMED:
        return None
    return Intent.of("did_you_mean", {"moment": unsure.moment, "slots": unsure.slots})


def _play(moments: Mapping[str, Moment], scene: Scene) -> Script:
    name = scene.slots.get("moment")
    if name not in NAMED or not scene.serves(name):
        return
    yield Say(scene.line("did_you_mean.ask", what=scene.line(f"did_you_mean.{name}")))
    answer = yield from again(scene, _SURE)
    if answer.intent == "Agree":
        yield from moments[name].play(replace(scene, slots=scene.slots.get("slots", {})))


def did_you_mean(moments: Mapping[str, Moment]) -> Moment:
    """Make the moment, which goes on with one of these."""
    return Moment(
        partial(_play, moments),
        lines=("did_you_mean.ask what", *(f"did_you_mean.{name}" for name in NAMED), "always.once_more"),
        asks=(_SURE,),
        comes_with=frozenset({"encourage"}),
        leads_to=frozenset(NAMED),
    )
