"""The weekly check-in: good moments against hard ones, and one small thing to try.

Couples who stay close have at least five good moments for each hard one (Gottman, "What Predicts Divorce?", 1994).
"""

from voice.cues import Rest, Say
from voice.journal.entries import Week
from voice.moments.moment import Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["check_in"]

_DECK = "suggestions"
_FEWEST = 5
_WELL = 5
_NEAR = 3


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "check_in")):
        return
    week = scene.journal.week()
    how = _how(week) if scene.journal.keeps("tally") else "not_kept"
    yield Say(scene.line(f"check_in.{how}", good=str(week.good), hard=str(week.hard)))
    suggestion = scene.deal(_DECK, {"few": "low", "not_kept": "low", "all_good": "well"}.get(how, how))
    if suggestion is not None:
        yield Rest(0.6)
        yield Say(scene.line("check_in.suggestion"))
        yield Say(suggestion)


def _how(week: Week) -> str:
    if week.good + week.hard < _FEWEST:
        return "few"
    if not week.hard:
        return "all_good"
    ratio = week.good / week.hard
    return "well" if ratio >= _WELL else "near" if ratio >= _NEAR else "low"


check_in = Moment(
    _play,
    lines=(
        *opening_lines("check_in"),
        *(f"check_in.{how} good hard" for how in ("well", "near", "low")),
        "check_in.all_good good",
        "check_in.few",
        "check_in.not_kept",
        "check_in.suggestion",
    ),
    decks=(_DECK,),
    asks=(READY,),
)
