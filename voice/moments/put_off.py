"""Skip today's ritual, or snooze the one that began last."""

from datetime import datetime, time, timedelta

from voice.cues import Say
from voice.moments.moment import Moment, Script
from voice.moments.ritual_changes import NAME_LINES, state_of
from voice.moments.scene import Scene

__all__ = ["not_tonight", "snooze"]

_A_WHILE = 10  # minutes
_EVENING = time(17)


def _not_tonight(scene: Scene) -> Script:
    name = scene.slots.get("ritual")
    if name is not None and state_of(scene, name) is None:
        yield Say(scene.line("rituals.unknown"))
        return
    skipped = scene.rituals.skip(name or _of_the_evening(scene))
    if skipped is not None:
        yield Say(scene.line("rituals.skipped", ritual=scene.line(f"ritual.{skipped}")))
    elif name is not None:
        yield Say(scene.line("rituals.not_today", ritual=scene.line(f"ritual.{name}")))
    else:
        yield Say(scene.line("rituals.none_left"))


def _of_the_evening(scene: Scene) -> str | None:
    """Return the next ritual of this evening, None if there is none: "tonight" means it even in the morning."""
    tonight = datetime.combine(scene.now.date(), _EVENING)
    coming = (due for due in scene.rituals.upcoming() if due.what is None)
    return next((due.name for due in coming if tonight <= due.at < tonight + timedelta(hours=7)), None)


def _snooze(scene: Scene) -> Script:
    minutes = scene.slots.get("minutes", _A_WHILE)
    if minutes == 0:
        yield Say(scene.line("rituals.zero"))
        return
    at = scene.rituals.snooze(minutes)
    if at is None:
        yield Say(scene.line("rituals.no_snooze"))
    else:
        yield Say(scene.line("rituals.snoozed", when=scene.language.when(at, scene.now)))


not_tonight = Moment(
    _not_tonight,
    lines=(
        "rituals.unknown",
        "rituals.skipped ritual",
        "rituals.not_today ritual",
        "rituals.none_left",
        *NAME_LINES,
    ),
)
snooze = Moment(_snooze, lines=("rituals.zero", "rituals.no_snooze", "rituals.snoozed when"))
