"""Requests for the assistant itself: repeat, why, louder, softer, faster, slower, stop, stop listening."""

from collections.abc import Callable
from datetime import timedelta

from voice.cues import Rest, Say
from voice.moments.interfaces import Controls
from voice.moments.moment import Moment, Play, Script
from voice.moments.scene import Scene
from voice.settings.rituals import RITUALS

__all__ = ["REASONS", "faster", "listen_again", "louder", "repeat", "slower", "softer", "stop", "stop_listening", "why"]

REASONS = (
    *(ritual.name for ritual in RITUALS),
    "appreciate",
    "break",
    "encourage",
    "good_moment",
    "hard_moment",
    "pause",
    "question",
    "say_kindly",
    "story",
)
"""The moments with a line that answers "why": `why.NAME`."""

_USUAL_SLEEP = 60  # minutes
_LONGEST_SLEEP = 24 * 60


def _repeat(scene: Scene) -> Script:
    if scene.last:
        yield from scene.last
    else:
        yield Say(scene.line("repeat.nothing"))


def _why(scene: Scene) -> Script:
    known = scene.last_moment in REASONS
    yield Say(scene.line(f"why.{scene.last_moment}" if known else "why.all"))


def _change(name: str, change: Callable[[Controls], bool], revert: Callable[[Controls], bool]) -> Play:
    def play(scene: Scene) -> Script:
        changed = change(scene.controls)
        if changed:
            scene.changes.made("voice", lambda: revert(scene.controls))
        yield Say(scene.line(f"{name}.done" if changed else f"{name}.limit"))

    return play


def _stop_listening(scene: Scene) -> Script:
    wanted = scene.slots.get("minutes", _USUAL_SLEEP)
    if wanted == 0:
        yield Say(scene.line("stop_listening.zero"))
        return
    minutes = min(wanted, _LONGEST_SLEEP)
    length = scene.language.length(minutes)
    if wanted > minutes:
        yield Say(scene.line("stop_listening.at_most", length=length))
    until = scene.language.moment(scene.now + timedelta(minutes=minutes), scene.now)
    yield Say(scene.line("stop_listening.done", length=length, until=until))
    yield Rest(0.3)
    yield Say(scene.line("stop_listening.how"))
    scene.controls.sleep(minutes)


def _listen_again(scene: Scene) -> Script:
    scene.controls.wake()
    yield Say(scene.line("listen_again.done"))


def _stop(_scene: Scene) -> Script:
    """Say nothing: the conversation has already ended the moment that played."""
    yield from ()


def _control(name: str, change: Callable[[Controls], bool], revert: Callable[[Controls], bool]) -> Moment:
    return Moment(_change(name, change, revert), lines=(f"{name}.done", f"{name}.limit"), aside=True)


repeat = Moment(_repeat, lines=("repeat.nothing",), aside=True)
why = Moment(_why, lines=("why.all", *(f"why.{name}" for name in REASONS)), aside=True)
louder = _control("louder", lambda controls: controls.louder(), lambda controls: controls.softer())
softer = _control("softer", lambda controls: controls.softer(), lambda controls: controls.louder())
faster = _control("faster", lambda controls: controls.faster(), lambda controls: controls.slower())
slower = _control("slower", lambda controls: controls.slower(), lambda controls: controls.faster())
stop_listening = Moment(
    _stop_listening,
    lines=(
        "stop_listening.zero",
        "stop_listening.at_most length",
        "stop_listening.done length until",
        "stop_listening.how",
    ),
)
listen_again = Moment(_listen_again, lines=("listen_again.done",))
stop = Moment(_stop)
