"""What a reminder is called: "a reminder to call your mother"."""

from voice.moments.scene import Scene

__all__ = ["OWN_WORDS", "REMINDER_LINES", "SUBJECT_LINES", "TOPICS", "named", "subject"]

# "rest" is a break to take; "break" is the end of one: the reminder that a break sets, and the default after one.
TOPICS = (
    *("message", "rest", "break", "talk", "hug", "call", "walk"),
    *("water", "bed", "thanks", "question", "plain"),
)
OWN_WORDS = ("do", "about", "that")
"""To call my mother, about the dentist, that the oven is on."""
SUBJECT_LINES = (
    *(f"remind_to.{topic}" for topic in TOPICS if topic != "plain"),
    *(f"remind_to.{link} todo" for link in OWN_WORDS),
)
"""The lines of `subject`; a moment that calls it has to declare them."""
_TOPIC_KEYS = frozenset(line.partition(" ")[0] for line in SUBJECT_LINES)
REMINDER_LINES = ("next.reminder", "next.reminder_to what", "next.timer", *SUBJECT_LINES)
"""The lines of `named`; a moment that calls it has to declare them."""


def subject(scene: Scene, what: str | None, todo: str | None) -> str | None:
    """Return the subject of a reminder as it is said ("to call your mother"); None if it has none."""
    key = f"remind_to.{what}"
    if key not in _TOPIC_KEYS:
        return None
    return scene.line(key, todo=scene.language.to_you(todo)) if todo else scene.line(key)


def named(scene: Scene, what: str | None, todo: str | None) -> str:
    """Return a reminder as it is said: "a reminder to call your mother"."""
    if what == "timer":
        return scene.line("next.timer")
    about = subject(scene, what, todo)
    return scene.line("next.reminder") if about is None else scene.line("next.reminder_to", what=about)
