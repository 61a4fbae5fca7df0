"""The evening ritual: each partner in turn says thank you for one small thing of the day."""

from dataclasses import replace

from voice.cues import Ask, Chime, Rest, Say
from voice.moments.opening import READY, opening, opening_lines
from voice.moments.scene import SILENCE, Moment, Scene, Script

__all__ = ["gratitude"]

_TURN = Ask("gratitude.turn", within=90.0, kind="free")


def _play(scene: Scene) -> Script:
    if not (yield from opening(scene, "gratitude")):
        return
    yield Say(scene.line("gratitude.begin"))
    yield Rest(2.0)
    for name, invitation in _turns(scene):
        yield Say(invitation)
        yield from _listen(scene, name)
    yield Say(scene.line("gratitude.end"))
    yield Chime("low")


def _turns(scene: Scene) -> list[tuple[str | None, str]]:
    """Return whose turn it is, by name if names are set, with the invitation."""
    first = scene.turn()
    if first is None:
        return [(None, scene.line("gratitude.first_turn")), (None, scene.line("gratitude.second_turn"))]
    names = sorted(scene.partners, key=lambda name: name != first)
    return [(name, scene.line("gratitude.turn_named", name=name)) for name in names]


def _listen(scene: Scene, name: str | None) -> Script:
    keeps = scene.journal.keeps("notes")
    answer = (yield replace(_TURN, record=keeps)) or SILENCE
    if answer.spoke and answer.intent != "Skip":
        if keeps:
            scene.journal.keep_note(name, answer.words, answer.sound)
        yield Say(scene.line("gratitude.heard"))


gratitude = Moment(
    _play,
    lines=(
        *opening_lines("gratitude"),
        "gratitude.begin",
        "gratitude.turn_named name",
        "gratitude.first_turn",
        "gratitude.second_turn",
        "gratitude.heard",
        "gratitude.end",
    ),
    asks=(READY, _TURN),
)
