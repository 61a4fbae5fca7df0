"""Help by topic, instead of a long list."""

from voice.cues import Ask, Rest, Say
from voice.moments.moment import SILENCE, Moment, Script, again
from voice.moments.scene import Scene

__all__ = ["help_"]

TOPICS = ("talk", "breathe", "thanks", "rituals", "keeping", "controls")
_TOPIC = Ask("help.topic", within=8.0)


def _play(scene: Scene) -> Script:
    topic = scene.slots.get("topic")
    if topic is None:
        yield Say(scene.line("help.begin"))
        topic = (yield from again(scene, _TOPIC)).slots.get("topic")
    while topic is not None:
        yield Say(scene.line(f"help.{topic}"))
        yield Rest(0.3)
        yield Say(scene.line("help.more"))
        topic = ((yield _TOPIC) or SILENCE).slots.get("topic")


help_ = Moment(
    _play,
    lines=("help.begin", "help.more", "always.once_more", *(f"help.{topic}" for topic in TOPICS)),
    asks=(_TOPIC,),
)
