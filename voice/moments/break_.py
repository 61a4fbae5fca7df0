"""A longer break with an agreed return. Twenty minutes is about what a body needs to calm down."""

from collections.abc import Generator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from voice.cues import Ask, Chime, Cue, Rest, Say
from voice.moments.corrections import CORRECTED, corrected
from voice.moments.moment import Answer, Moment, Script, again
from voice.moments.scene import Scene
from voice.nlu.times import NoSuchTimeError, when

__all__ = ["DOORS", "break_", "take_break"]

# These belong to the break, and not to the pause: a language without breaks has pauses all the same.
DOORS = Ask("pause.after", within=10.0)
"""The choice after a pause: a longer break, kinder words, the same again, or nothing."""

_LENGTH = Ask("break.length", within=10.0)
_ADVISED = 20
_SHORTEST = 1
_LONGEST = 7 * 24 * 60


def take_break(scene: Scene, minutes: int | None) -> Script:
    """Agree on a break of `minutes`, ask for its length if None, and set a reminder for its end."""
    yield Say(scene.line("break.begin"))
    if minutes is None:
        minutes = yield from _length(scene)
    if minutes is None:
        yield Say(scene.line("break.declined"))
        return
    yield from corrected(scene, {"minutes": minutes}, partial(_agree, scene))


def _agree(scene: Scene, slots: Mapping[str, Any]) -> Script:
    """Set the reminder for the end of a break, and say when that is."""
    minutes = slots["minutes"] if "minutes" in slots else _until(scene, slots)
    if minutes < _ADVISED:
        yield Say(scene.line("break.short"))
    minutes = min(max(minutes, _SHORTEST), _LONGEST)
    back = scene.now + timedelta(minutes=minutes)
    scene.changes.made("reminder", partial(scene.rituals.cancel, scene.rituals.remind(back, "break")))
    length, time = scene.language.length(minutes), scene.language.moment(back, scene.now)
    yield Say(scene.line("break.agreed", length=length, time=time))
    yield Rest(0.5)
    yield Say(scene.line("break.meanwhile"))
    yield Chime("low")


def _until(scene: Scene, slots: Mapping[str, Any]) -> int:
    """Return the minutes until a time of day; the advised ones if there is no such time."""
    try:
        return round((when(slots, scene.now).at - scene.now).total_seconds() / 60)
    except NoSuchTimeError:
        return _ADVISED


def _length(scene: Scene) -> Generator[Cue, Answer | None, int | None]:
    """Ask for the length in minutes; None for no break. After silence it is the advised length: choosing is hard."""
    yield Say(scene.line("break.length"))
    answer = yield from again(scene, _LENGTH)
    if answer.intent == "Decline":
        return None
    minutes: int = answer.slots.get("minutes", _ADVISED)
    return minutes


def _play(scene: Scene) -> Script:
    yield from take_break(scene, scene.slots.get("minutes"))


break_ = Moment(
    _play,
    lines=(
        "break.doors",
        "break.which",
        "break.begin",
        "break.length",
        "break.declined",
        "break.short",
        "break.agreed length time",
        "break.meanwhile",
        "always.once_more",
    ),
    asks=(DOORS, _LENGTH, CORRECTED),
    leads_to=frozenset({"undo"}),
)
