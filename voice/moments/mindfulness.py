"""One to twenty guided minutes: few words, much silence, exact to the second."""

from voice.cues import Chime, Rest, Say
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["mindfulness"]

_MOST_MINUTES = 20
_RITUAL_MINUTES = 2
_CHIME = 4.0
# Long enough for a line at a slow pace; the rest of it is silence.
_LINE = 9.0
_FIRST_MINUTE = (20.0, 20.0, 20.0)
_NEXT_MINUTE = (30.0, 30.0)
# From oneself to the other; they start over when there are more minutes than themes.
_THEMES = ("breath", "body", "sounds", "together", "kindness")


def _play(scene: Scene) -> Script:
    ready = yield from opening(scene, "mindfulness")
    if not ready:
        return
    wanted = max(scene.slots.get("minutes", _RITUAL_MINUTES if scene.by_itself else 1), 1)
    if wanted > _MOST_MINUTES:
        yield Say(scene.line("mindfulness.at_most", length=scene.language.length(_MOST_MINUTES)))
        yield Rest(1.0)
    yield from _guide(scene, min(wanted, _MOST_MINUTES))
    yield Chime("low")
    yield Say(scene.line("mindfulness.end"))


def _guide(scene: Scene, minutes: int) -> Script:
    """Fill exactly `minutes` from the first chime to the last one."""
    first, *rest = _FIRST_MINUTE + _NEXT_MINUTE * (minutes - 1)
    yield Chime("high", takes=_CHIME)
    yield Say(scene.line("mindfulness.begin"), takes=_LINE)
    yield Rest(first - _CHIME - _LINE)
    for number, seconds in enumerate(rest):
        yield Say(scene.line(f"mindfulness.{_THEMES[number % len(_THEMES)]}"), takes=_LINE)
        yield Rest(seconds - _LINE)


mindfulness = Moment(
    _play,
    lines=(
        *opening_lines("mindfulness"),
        "mindfulness.begin",
        *(f"mindfulness.{theme}" for theme in _THEMES),
        "mindfulness.end",
        "mindfulness.at_most length",
    ),
    asks=(READY,),
)
