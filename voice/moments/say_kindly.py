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
    *("upset", "betrayed", "controlled", "alone_in_it", "ashamed", "nervous", "unhappy"),
    *("let_down", "powerless", "disconnected", "rushed", "uneasy", "annoyed", "abandoned"),
    *("unwanted", "undervalued", "used", "empty", "numb", "hopeless", "discouraged"),
    *("bored", "trapped", "stuck", "suffocated", "judged", "blamed", "attacked"),
    *("disrespected", "dismissed", "neglected", "forgotten", "belittled", "humiliated", "small"),
    *("stupid", "inadequate", "torn", "tense", "shocked", "heartbroken", "devastated"),
    *("miserable", "down", "gutted", "fed_up", "furious", "bitter", "resentful"),
    *("offended", "insulted", "lied_to", "cheated", "distrusted", "unsupported", "uncared_for"),
    *("burdened", "drained", "burnt_out", "lost", "vulnerable", "envious", "impatient"),
    *("bad", "cold", "crushed", "desperate", "depressed", "homesick", "mistrustful"),
    *("pushed_away", "replaced", "second_best", "shut_out", "unattractive", "worthless"),
)
SITUATIONS = (
    *("talk_late", "on_phone", "plans_change", "chores_alone", "no_time", "late_home", "interrupted", "loud_voices"),
    *("money", "work_evenings", "decide_alone", "no_answer", "walk_away", "jokes", "parents", "untidy", "hurry"),
    *("silence", "forgotten", "corrected", "no_thanks", "bed_apart", "bedtime_alone", "no_touch", "friends"),
    *("no_text", "no_call", "cancel_plans", "not_listening", "not_asked", "work_stress", "money_spent"),
    *("compared", "sarcasm", "old_fights", "kids_fight", "in_front_of_kids", "argue", "sulk"),
    *("secrets", "no_help", "ex", "drinking", "gaming", "tv", "decisions_rushed"),
    *("my_family", "birthday", "apart", "tired_evenings", "not_said"),
)
REQUESTS = (
    *("another_time", "listen_first", "hug", "phone_away", "share_chores", "plan_together", "let_finish"),
    *("ten_minutes", "tell_me_early", "decide_together", "softer_voice", "hold_hands", "evening_together", "walk"),
    *("ask_first", "say_thanks", "say_needs", "send_message", "break_first", "bed_together", "help_me"),
    *("help_kids", "do_dishes", "call_me", "be_on_time", "look_at_me", "be_patient", "trust_me"),
    *("be_honest", "answer_me", "kind_words", "apologise", "turn_off_tv", "stay", "ask_how"),
    *("time_alone", "talk_about_it", "save_money", "date_night", "cuddle"),
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
_RIGHT = Ask("kindly.right", within=10.0)
_AFTER = Ask("kindly.after", within=10.0)
_PART = Ask("kindly.part", within=10.0)


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
# The words of each part that is chosen, by its name.
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
    """Ask for the parts that are still missing, and say the sentence; stop where a needed part is not given."""
    said_back = ""
    while (part := next((part for part in _PARTS if part.name not in chosen), None)) is not None:
        answer = yield from _choose(scene, part, _question(scene, part, chosen), said_back)
        if answer.intent == "Accuse":
            yield from _gentler(scene, answer.slots["accusation"])
            return
        if answer.intent == "Wrong":
            chosen, said_back = _without(chosen, "feeling"), ""
            continue
        new = yield from _confirmed(scene, answer)
        if new is None:
            said_back = ""
            continue
        if part.name not in new and not new.keys() & {"feeling", "situation"}:
            if part.needed:
                yield Say(scene.line("kindly.later"))
                return
            break
        chosen = {**chosen, **new}
        said_back = _said_back(scene, new)
    answer = yield from _hear(scene, _whole(scene, chosen))
    if answer.intent == "Change":
        changed = yield from _part_to_change(scene, answer)
        if changed is not None:
            yield from _walk(scene, _without(chosen, changed))


def _without(chosen: _Chosen, name: str) -> _Chosen:
    return {each: words for each, words in chosen.items() if each != name}


def _question(scene: Scene, part: _Part, chosen: _Chosen) -> str:
    """Return the question for a part; after a situation, what one feels then."""
    then = part.name == "feeling" and "situation" in chosen
    return scene.line("kindly.ask_feeling_then" if then else f"kindly.ask_{part.name}")


def _choose(scene: Scene, part: _Part, question: str, said_back: str) -> Generator[Cue, Answer | None, Answer]:
    """Say the last choice back and ask for one part; give examples on request, and once after silence."""
    if said_back:
        yield Say(said_back)
    yield Say(question)
    answer = yield from again(scene, part.ask)
    keys = cycle(part.keys)
    offered: list[str] = []
    waited = False
    while answer.intent == "Another" or (answer.intent == "Choose" and not offered) or not (answer.spoke or waited):
        waited = waited or not answer.spoke
        names = ("first", "second", "third") if answer.spoke else ("first", "second")
        offered = [next(keys) for _ in names]
        examples = {name: scene.line(f"kindly.{part.name}_{key}") for name, key in zip(names, offered, strict=True)}
        yield Say(scene.line("kindly.three" if answer.spoke else "kindly.two", **examples))
        answer = yield from again(scene, part.ask)
    if answer.intent == "Choose":
        return Answer(part.name.title(), _offered(part.name, offered, answer.slots["which"]), spoke=True)
    return answer


def _offered(name: str, keys: list[str], which: int) -> Mapping[str, str]:
    """Return the example that was chosen: by its number, or the last one for 0."""
    return {name: keys[min(which, len(keys)) - 1]}


def _confirmed(scene: Scene, answer: Answer) -> Generator[Cue, Answer | None, _Chosen | None]:
    """Return the words of the parts in an answer, after a yes where they are free; None if that was no yes."""
    if "words" not in answer.slots:
        names = [part.name for part in _PARTS if part.name in answer.slots]
        return {name: scene.line(f"kindly.{name}_{answer.slots[name]}") for name in names}
    words = str(answer.slots["words"])
    words = words if answer.intent == "Situation" else words[:1].upper() + words[1:]
    yield Say(scene.line("kindly.is_right", words=words))
    right = yield from again(scene, _RIGHT)
    return {(answer.intent or "").lower(): words} if right.intent == "Agree" else None


def _said_back(scene: Scene, new: _Chosen) -> str:
    """Return a line with the feeling that was just chosen; nothing if it was not alone."""
    return scene.line("kindly.heard", words=new["feeling"]) if new.keys() == {"feeling"} else ""


def _whole(scene: Scene, chosen: _Chosen) -> str:
    return scene.line("kindly.whole" if "request" in chosen else "kindly.without", **chosen)


def _part_to_change(scene: Scene, answer: Answer) -> Generator[Cue, Answer | None, str | None]:
    """Return the part to change, after asking where it was left open; None for none."""
    if "part" not in answer.slots:
        yield Say(scene.line("kindly.ask_part"))
        answer = yield from again(scene, _PART)
    part: str | None = answer.slots.get("part")
    return part


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
    asked_back = False
    while answer.intent == "Again" or (answer.intent == "Agree" and not asked_back):
        asked_back = asked_back or answer.intent == "Agree"
        yield Say(scene.line("kindly.which") if answer.intent == "Agree" else words)
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
        "kindly.ask_feeling_then",
        "kindly.heard words",
        "kindly.is_right words",
        "kindly.which",
        "kindly.ask_part",
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
    asks=(*(part.ask for part in _PARTS), _RIGHT, _AFTER, _PART),
)
