"""Say it kindly: a feeling, a situation and a request instead of an accusation."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import TypeAlias

from voice.cues import Ask, Cue, Rest, Say
from voice.moments.moment import Answer, Moment, Script, again
from voice.moments.scene import Scene

__all__ = ["ACCUSATIONS", "FEELINGS", "REQUESTS", "SITUATIONS", "find_words", "say_kindly"]

# Examples are offered in this order.
FEELINGS = (
    *("unheard", "lonely", "tired", "hurt", "worried", "overwhelmed", "sad", "angry", "anxious", "afraid", "ignored"),
    *("unappreciated", "frustrated", "disappointed", "left_out", "stressed", "invisible", "jealous", "insecure"),
    *("rejected", "misunderstood", "criticised", "confused", "embarrassed", "guilty", "helpless", "unimportant"),
    *("distant", "pressured", "restless", "exhausted", "taken_for_granted", "unloved", "irritated"),
)
SITUATIONS = (
    *("talk_late", "on_phone", "plans_change", "chores_alone", "no_time", "late_home", "interrupted", "loud_voices"),
    *("money", "work_evenings", "decide_alone", "no_answer", "walk_away", "jokes", "parents", "untidy", "hurry"),
    *("silence", "forgotten", "corrected", "no_thanks", "bed_apart", "bedtime_alone", "no_touch", "friends"),
)
REQUESTS = (
    *("another_time", "listen_first", "hug", "phone_away", "share_chores", "plan_together", "let_finish"),
    *("ten_minutes", "tell_me_early", "decide_together", "softer_voice", "hold_hands", "evening_together", "walk"),
    *("ask_first", "say_thanks", "say_needs", "send_message", "break_first", "bed_together", "help_me"),
)
ACCUSATIONS = (
    *("never_listen", "always_interrupt", "always_late", "never_help", "always_on_phone", "dont_care"),
    *("never_say_thanks", "always_criticise", "never_plan", "ignore_me", "always_work", "too_messy", "never_time"),
    *("spend_too_much", "always_angry", "never_apologise", "forget_everything", "never_compliment"),
    *("take_for_granted", "always_right", "dont_trust", "never_touch", "never_talk", "dont_understand", "always_shout"),
    *("always_my_fault", "only_yourself", "lazy"),
)
"""The keys of the phrases: the lists of the sentences return them, and the responses have a line for each."""

_SAY = Ask("kindly.say", within=15.0)
_SITUATION = Ask("kindly.situation", within=15.0)
_REQUEST = Ask("kindly.request", within=15.0)
_AFTER = Ask("kindly.after", within=10.0)


@dataclass(frozen=True)
class _Part:
    """One of the three parts: its question, the keys to choose from, and whether the sentence needs it."""

    name: str
    ask: Ask
    keys: tuple[str, ...]
    needed: bool = True


_PARTS = (
    _Part("feeling", _SAY, FEELINGS),
    _Part("situation", _SITUATION, SITUATIONS),
    _Part("request", _REQUEST, REQUESTS, needed=False),
)
# The chosen key of each part, by its name.
_Chosen: TypeAlias = Mapping[str, str]


def find_words(scene: Scene) -> Script:
    """Ask for the three parts one by one, and say the whole sentence."""
    yield Say(scene.line("kindly.begin"))
    yield from _walk(scene, {})


def _play(scene: Scene) -> Script:
    if "accusation" in scene.slots:
        yield from _gentler(scene, scene.slots["accusation"])
    else:
        yield from find_words(scene)


def _walk(scene: Scene, chosen: _Chosen) -> Script:
    """Ask for the parts that are still missing, and say the sentence."""
    for part in _PARTS:
        if part.name in chosen:
            continue
        answer = yield from _choose(scene, part)
        if answer.intent == "Accuse":
            yield from _gentler(scene, answer.slots["accusation"])
            return
        chosen = {**chosen, **answer.slots}
        if part.needed and part.name not in chosen:
            yield Say(scene.line("kindly.later"))
            return
    answer = yield from _hear(scene, _whole(scene, chosen))
    if answer.intent == "Change":
        changed = answer.slots["part"]
        yield from _walk(scene, {name: key for name, key in chosen.items() if name != changed})


def _choose(scene: Scene, part: _Part) -> Generator[Cue, Answer | None, Answer]:
    """Ask for one part; give examples on request, and once after silence."""
    yield Say(scene.line(f"kindly.ask_{part.name}"))
    answer = yield from again(scene, part.ask)
    keys = cycle(part.keys)
    waited = False
    while answer.intent == "Another" or not (answer.spoke or waited):
        waited = waited or not answer.spoke
        names = ("first", "second", "third") if answer.spoke else ("first", "second")
        examples = {name: scene.line(f"kindly.{part.name}_{next(keys)}") for name in names}
        yield Say(scene.line("kindly.three" if answer.spoke else "kindly.two", **examples))
        answer = yield from again(scene, part.ask)
    return answer


def _whole(scene: Scene, chosen: _Chosen) -> str:
    words = {name: scene.line(f"kindly.{name}_{key}") for name, key in chosen.items()}
    return scene.line("kindly.whole" if "request" in words else "kindly.without", **words)


def _gentler(scene: Scene, accusation: str) -> Script:
    """Say a gentler version of an accusation; to change it, ask for the three parts."""
    yield Say(scene.line("kindly.try"))
    answer = yield from _hear(scene, scene.line(f"kindly.gentler_{accusation}"))
    if answer.intent == "Change":
        yield from _walk(scene, {})


def _hear(scene: Scene, words: str) -> Generator[Cue, Answer | None, Answer]:
    """Say a sentence, again on request; return the answer that is not such a request."""
    yield Say(words)
    yield Rest(1.0)
    yield Say(scene.line("kindly.after"))
    answer = yield from again(scene, _AFTER)
    while answer.intent == "Again":
        yield Say(words)
        answer = yield from again(scene, _AFTER)
    if answer.intent == "Done":
        yield Say(scene.line("kindly.end"))
    return answer


def _keys(part: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"kindly.{part}_{key}" for key in keys)


say_kindly = Moment(
    _play,
    lines=(
        "kindly.begin",
        *(f"kindly.ask_{part.name}" for part in _PARTS),
        "kindly.two first second",
        "kindly.three first second third",
        "kindly.whole feeling situation request",
        "kindly.without feeling situation",
        "kindly.try",
        "kindly.after",
        "kindly.later",
        "kindly.end",
        *(line for part in _PARTS for line in _keys(part.name, part.keys)),
        *_keys("gentler", ACCUSATIONS),
        "always.once_more",
    ),
    asks=(*(part.ask for part in _PARTS), _AFTER),
)
