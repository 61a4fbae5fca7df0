"""Help by topic, instead of a long list."""

from collections.abc import Generator

from voice.cues import Ask, Cue, Rest, Say
from voice.moments.moment import SILENCE, Answer, Moment, Script, again
from voice.moments.scene import Scene

__all__ = ["help_"]

TOPICS = ("talk", "breathe", "thanks", "rituals", "keeping", "controls")
_TOPIC = Ask("help.topic", within=8.0)


def _play(scene: Scene) -> Script:
    topic = scene.slots.get("topic")
    if topic is None:
        yield Say(scene.line("help.begin"))
        topic = yield from _topic(scene, (yield from again(scene, _TOPIC)))
    while topic is not None:
        yield Say(scene.line(f"help.{topic}"))
        yield Rest(0.3)
        yield Say(scene.line("help.more"))
        topic = yield from _topic(scene, (yield _TOPIC) or SILENCE)


def _topic(scene: Scene, answer: Answer) -> Generator[Cue, Answer | None, str | None]:
    """Return the topic of an answer, None for none; a mere yes is asked once which one."""
    if answer.intent == "Agree":
        yield Say(scene.line("help.which"))
        answer = yield from again(scene, _TOPIC)
    topic: str | None = answer.slots.get("topic")
    return topic


help_ = Moment(
    _play,
    lines=("help.begin", "help.more", "help.which", "always.once_more", *(f"help.{topic}" for topic in TOPICS)),
    asks=(_TOPIC,),
)
