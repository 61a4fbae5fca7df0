"""The journal by voice: switch it on and off, and read the notes of the last week."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from voice.cues import Chime, Replay, Rest, Say
from voice.journal.entries import Note
from voice.moments.corrections import CORRECTED, corrected
from voice.moments.moment import Moment, Script
from voice.moments.scene import Scene

__all__ = ["keep_off", "keep_on", "read_notes"]

_KEPT = ("moments", "tally", "notes")
_LAST_DAYS = timedelta(days=6)  # and today: a week


def _on(scene: Scene) -> Script:
    yield from corrected(scene, scene.slots, partial(_switch, scene, "keep_on", on=True))


def _off(scene: Scene) -> Script:
    yield from corrected(scene, scene.slots, partial(_switch, scene, "keep_off", on=False))


def _switch(scene: Scene, name: str, slots: Mapping[str, Any], *, on: bool) -> Script:
    what = slots.get("what")
    if what is None:
        yield Say(scene.line("keeping.which"))
        return
    changed = scene.journal.switch(what, on=on)
    if changed:
        scene.changes.made("keeping", partial(scene.journal.switch, what, on=not on))
    yield Say(scene.line(f"{name}.{what}" if changed else f"{name}.before"))


def _read(scene: Scene) -> Script:
    notes = scene.journal.notes(scene.now.date() - _LAST_DAYS)
    if not notes:
        yield Say(scene.line("read_notes.none" if scene.journal.keeps("notes") else "read_notes.not_kept"))
        return
    yield Say(scene.line("read_notes.begin"))
    for note in notes:
        yield Rest(0.8)
        yield from _note(scene, note)
    yield Chime("low")


def _note(scene: Scene, note: Note) -> Script:
    if note.partner is not None:
        yield Say(scene.line("read_notes.said", name=note.partner))
    if note.words is not None:
        yield Say(note.words)
    elif note.sound is not None:
        yield Replay(note.sound)


keep_on = Moment(
    _on,
    lines=(*(f"keep_on.{what}" for what in _KEPT), "keep_on.before", "keeping.which"),
    asks=(CORRECTED,),
    leads_to=frozenset({"undo"}),
)
keep_off = Moment(
    _off,
    lines=(*(f"keep_off.{what}" for what in _KEPT), "keep_off.before", "keeping.which"),
    asks=(CORRECTED,),
    leads_to=frozenset({"undo"}),
)
read_notes = Moment(_read, lines=("read_notes.none", "read_notes.not_kept", "read_notes.begin", "read_notes.said name"))
