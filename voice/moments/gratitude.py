"""The evening ritual: each partner in turn says thank you for one small thing of the day."""

from voice.cues import Ask, Chime, Rest, Say
from voice.moments.scene import Moment, Scene, Script

__all__ = ["gratitude"]

_READY = Ask("gratitude.ready", within=8.0)
_TURN = Ask("gratitude.turn", within=90.0, kind="free")


def _play(scene: Scene) -> Script:
    yield Chime("high")
    if scene.by_itself:
        yield Say(scene.line("gratitude.ready"))
        answer = yield _READY
        if answer is None or answer.intent != "Agree":
            if answer is not None and answer.spoke:
                yield Say(scene.line("gratitude.not_now"))
            return
    yield Say(scene.line("gratitude.begin"))
    yield Rest(2.0)
    for invitation in _invitations(scene):
        yield Say(invitation)
        answer = yield _TURN
        if answer is not None and answer.spoke and answer.intent != "Skip":
            yield Say(scene.line("gratitude.heard"))
    yield Say(scene.line("gratitude.end"))
    yield Chime("low")


def _invitations(scene: Scene) -> list[str]:
    if scene.partners:
        return [scene.line("gratitude.turn_named", name=name) for name in scene.partners]
    return [scene.line("gratitude.first_turn"), scene.line("gratitude.second_turn")]


gratitude = Moment(
    _play,
    lines=(
        "gratitude.ready",
        "gratitude.not_now",
        "gratitude.begin",
        "gratitude.turn_named name",
        "gratitude.first_turn",
        "gratitude.second_turn",
        "gratitude.heard",
        "gratitude.end",
    ),
    asks=(_READY, _TURN),
)
