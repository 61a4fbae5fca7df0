"""A longer break with an agreed return. Twenty minutes is about what a body needs to calm down."""

from collections.abc import Generator
from datetime import timedelta

from voice.cues import Ask, Chime, Cue, Rest, Say
from voice.moments.moment import Answer, Moment, Script, again
from voice.moments.scene import Scene

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
    if minutes < _ADVISED:
        yield Say(scene.line("break.short"))
    minutes = min(max(minutes, _SHORTEST), _LONGEST)
    back = scene.now + timedelta(minutes=minutes)
    scene.rituals.remind(back, "break")
    length, time = scene.language.length(minutes), scene.language.moment(back, scene.now)
    yield Say(scene.line("break.agreed", length=length, time=time))
    yield Rest(0.5)
    yield Say(scene.line("break.meanwhile"))
    yield Chime("low")


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
    asks=(DOORS, _LENGTH),
)
