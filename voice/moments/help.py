"""What can we say: offered by topic, instead of reading a list."""

from voice.cues import Ask, Rest, Say
from voice.moments.scene import SILENCE, Moment, Scene, Script, again

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
