"""The evening ritual: the partners take turns to say thank you for one small thing of the day."""

from collections.abc import Generator
from dataclasses import replace

from voice.cues import Ask, Chime, Cue, Rest, Say
from voice.moments.moment import SILENCE, Answer, Moment, Script
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import Scene

__all__ = ["gratitude"]

_TURN = Ask("gratitude.turn", within=90.0, kind="free")


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "gratitude")):
        return
    yield Say(scene.line("gratitude.begin"))
    yield Rest(2.0)
    thanked = False
    for name, invitation in _turns(scene):
        yield Say(invitation)
        thanked = (yield from _listen(scene, name)) or thanked
    yield Say(scene.line("gratitude.end" if thanked else "gratitude.nothing"))
    yield Chime("low")


def _turns(scene: Scene) -> list[tuple[str | None, str]]:
    """Return both turns: the name of the partner, None without names, and the invitation."""
    first = scene.turn()
    if first is None:
        return [(None, scene.line("gratitude.first_turn")), (None, scene.line("gratitude.second_turn"))]
    names = sorted(scene.partners, key=lambda name: name != first)
    return [(name, scene.line("gratitude.turn_named", name=name)) for name in names]


def _listen(scene: Scene, name: str | None) -> Generator[Cue, Answer | None, bool]:
    """Wait for a word of thanks, and keep it if notes are on; return whether there was one."""
    keeps = scene.journal.keeps("notes")
    answer = (yield replace(_TURN, record=keeps)) or SILENCE
    if not answer.spoke or answer.intent == "Skip":
        return False
    if keeps:
        scene.journal.keep_note(name, answer.words, answer.sound)
    yield Say(scene.line("gratitude.heard"))
    return True


gratitude = Moment(
    _play,
    lines=(
        *opening_lines("gratitude"),
        "gratitude.begin",
        "gratitude.turn_named name",
        "gratitude.first_turn",
        "gratitude.second_turn",
        "gratitude.heard",
        "gratitude.nothing",
        "gratitude.end",
    ),
    asks=(READY, _TURN),
)
