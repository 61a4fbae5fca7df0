"""Forgetting the journal's records, of today or of all days, after a clear yes."""

from datetime import date

from voice.cues import Ask, Say
from voice.moments.moment import Moment, Script, again
from voice.moments.scene import Scene

__all__ = ["forget_everything", "forget_today"]

_SURE = Ask("forget.sure", within=10.0)


def _today(scene: Scene) -> Script:
    yield from _forget(scene, "forget_today", scene.now.date())


def _everything(scene: Scene) -> Script:
    yield from _forget(scene, "forget_everything", None)


def _forget(scene: Scene, name: str, since: date | None) -> Script:
    if scene.journal.is_empty(since):
        yield Say(scene.line(f"{name}.empty"))
        return
    yield Say(scene.line(f"{name}.sure"))
    answer = yield from again(scene, _SURE)
    if answer.intent == "Agree":
        scene.journal.forget(since)
        scene.changes.made("erased", None)
        yield Say(scene.line(f"{name}.done"))
    else:
        yield Say(scene.line("forget.nothing"))


def _moment_lines(name: str) -> tuple[str, ...]:
    return (f"{name}.empty", f"{name}.sure", f"{name}.done", "forget.nothing", "always.once_more")


forget_today = Moment(_today, lines=_moment_lines("forget_today"), asks=(_SURE,))
forget_everything = Moment(_everything, lines=_moment_lines("forget_everything"), asks=(_SURE,))
