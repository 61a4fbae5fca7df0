"""One open question from a deck that never repeats itself, and time for both to talk."""

from collections.abc import Generator, Mapping
from typing import Any, TypeAlias

from voice.cues import Ask, Cue, Rest, Say
from voice.moments.moment import SILENCE, Answer, Moment, Script
from voice.moments.scene import Scene

__all__ = ["question"]

_DECK = "questions"
_TALK = Ask("question.talk", within=120.0, kind="talk", silence=5.0)
_MIRROR_EVERY = 3
_Wish: TypeAlias = Mapping[str, Any]


def _play(scene: Scene) -> Script:
    yield Say(scene.line("question.begin"))
    yield Rest(0.4)
    card, wish = yield from _deal(scene, scene.slots)
    yield from _who_begins(scene)
    while (answer := (yield _TALK) or SILENCE).spoke:
        match answer.intent:
            case "Another":
                card, wish = yield from _deal(scene, answer.slots or wish)
                yield from _who_begins(scene)
            case "Skip":
                if not wish.get("kept"):
                    scene.skip(_DECK, card)
                card, wish = yield from _deal(scene, wish)
            case "Repeat":
                yield Say(card)
            case "Done":
                return
            case "Keep":
                yield Say(scene.line("question.kept" if scene.keep(_DECK, card) else "question.kept_before"))
            case _:
                if scene.now_and_then("mirror", _MIRROR_EVERY):
                    yield Say(scene.line("question.mirror"))


def _deal(scene: Scene, wish: _Wish) -> Generator[Cue, Answer | None, tuple[str, _Wish]]:
    """Say a card that fits the wish, or say that there is none and any other; return it and the wish it meets."""
    card, without = _wished(scene, wish)
    if card is None:
        yield Say(scene.line(without))
        card, wish = scene.deal(_DECK) or "", {}
    yield Say(card)
    return card, wish


def _wished(scene: Scene, wish: _Wish) -> tuple[str | None, str]:
    """Return a card that fits, None if there is none, and the line that says so."""
    if wish.get("kept"):
        return scene.deal_kept(_DECK), "question.none_kept"
    return scene.deal(_DECK, wish.get("category"), wish.get("depth")), "question.none_such"


def _who_begins(scene: Scene) -> Script:
    name = scene.turn()
    if name is not None:
        yield Rest(0.4)
        yield Say(scene.line("question.who_begins", name=name))


question = Moment(
    _play,
    lines=(
        "question.begin",
        "question.who_begins name",
        "question.kept",
        "question.kept_before",
        "question.none_kept",
        "question.none_such",
        "question.mirror",
    ),
    decks=(_DECK,),
    asks=(_TALK,),
)
