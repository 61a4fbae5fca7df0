"""How people's own wording is understood: the sentences, the rule that judges an answer, and the part in text.

The figures are defined here:

- A phrase is *right* if exactly one intent answers it, one of those that serve its wish, and every labelled slot that
  is compared has its value. It is *wrong* if anything else answers, and *missed* if nothing does.
- Compared are the slots of `COMPARED` letter by letter, and a time of day on a clock of twelve hours, since "at nine"
  leaves the half of the day open. Other slots, such as what to be reminded of, are not.
- *near* phrases are a sentence of the README in polite words or shortened, *mid* ones are people's own words for an
  explicit wish, *far* ones tell the situation alone.
- *taken* is a line of talk that anything answers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from workshop import ROOT, Outcome, Workshop, thinned

from voice.bench.contexts import typed_in
from voice.nlu.contexts import ANYTIME, ASLEEP, SCENE, asked
from voice.nlu.intent import Intent

Verdict: TypeAlias = Literal["right", "wrong", "missed"]

HELD_OUT = ROOT / "tests" / "sentences" / "held-out"
"""Our own sentences, which nothing was tuned with."""

SERVED_BY: Mapping[str, tuple[str, ...]] = {
    wish: tuple(intents.split())
    for wish, intents in {
        "pause": "Pause",
        "pattern": "Pause",
        "longer_break": "Break",
        "say_kindly": "SayKindly",
        "question": "Question",
        "question_another": "Another Question",
        "question_deeper": "Another Question",
        "question_lighter": "Another Question",
        "question_topic": "Another Question",
        "question_skip": "Skip",
        "question_keep": "Keep",
        "question_repeat": "Repeat",
        "appreciate": "Appreciate",
        "encourage": "Encourage Pause",
        "laugh": "Laughter",
        "joke": "Laughter",
        "story": "Story",
        "mindfulness": "Mindfulness",
        "tally_good": "GoodMoment",
        "tally_hard": "HardMoment",
        "week": "CheckIn",
        "gratitude": "Gratitude",
        "help": "Help",
        "repeat": "Repeat",
        "louder": "Louder",
        "softer": "Softer",
        "slower": "Slower",
        "faster": "Faster",
        "stop": "Stop",
        "mute": "StopListening Stop",
        "why": "Why",
        "sleep": "StopListening",
        "wake": "ListenAgain",
        "ritual_set": "SetRitual",
        "ritual_on": "TurnOn",
        "ritual_off": "TurnOff",
        "ritual_skip": "NotTonight",
        "ritual_ask_yes": "Agree",
        "ritual_ask_no": "NotNow NotTonight",
        "ritual_ask_snooze": "Snooze",
        "yes": "Agree",
        "no": "NotNow NotTonight",
        "reminder": "Remind",
        "timer": "Remind",
        "reminder_cancel": "CancelReminder",
        "reminder_list": "ListReminders WhatsNext",
        "undo": "Undo",
        "clock": "Clock",
        "social": "Social",
        "whats_next": "WhatsNext",
        "which_rituals": "WhichRituals",
        "keep_on": "KeepOn",
        "keep_off": "KeepOff",
        "read_back": "ReadNotes",
        "forget": "ForgetToday ForgetEverything",
        "forget_yes": "Agree",
        "forget_no": "Decline Stop",
        "safety": "Safety",
        "break_minutes": "Length",
        "kindly_feeling": "Feeling",
        "kindly_situation": "Situation",
        "kindly_request": "Request",
        "pause_door": "Break SayKindly Decline",
        "encourage_door": "Agree Decline",
        "setup_time": "Time Skip",
    }.items()
}
"""The intents that serve each wish."""

CHOSEN_BY: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("forget", "span"): {"today": "ForgetToday", "all": "ForgetEverything"},
    ("pause_door", "door"): {"longer_break": "Break", "say_kindly": "SayKindly", "no": "Decline"},
}
"""Wishes with a labelled value that decides which of their intents is the right one."""

DEPTHS: Mapping[str, str] = {"question_deeper": "deep", "question_lighter": "light"}
"""Wishes that need this value of `depth`."""

COMPARED = frozenset({"minutes", "ritual", "category", "what", "pattern", "rounds", "style", "feeling", "day"})
"""The slots that are compared letter by letter."""

_CONTEXTS: Mapping[str, str] = {
    "anytime": ANYTIME,
    "scene": SCENE,
    "asleep": ASLEEP,
    "question": asked("question.talk"),
    "ritual_ask": asked("ritual.ready"),
    "forget_confirm": asked("forget.sure"),
    "break_ask": asked("break.length"),
    "kindly_feeling": asked("kindly.say"),
    "kindly_situation": asked("kindly.situation"),
    "kindly_request": asked("kindly.request"),
    "after_pause": asked("pause.after"),
    "after_encourage": asked("encourage.pause"),
    "setup_time": asked("welcome.time"),
}
# These two count where there is something to stop, or to wake.
_HEARD_IN: Mapping[str, str] = {"stop": SCENE, "wake": ASLEEP}
# "Cancel the reminder" and "cancel all reminders".
_WHICH: Mapping[str, bool] = {"one": False, "all": True}
_SPELLED: Mapping[str, str] = {"478": "four_seven_eight"}
_HALF_A_DAY = 12
_CONFUSIONS = 10


@dataclass(frozen=True)
class Wish:
    """What somebody wants: the name of a wish (see `SERVED_BY`) or of an intent, and the labelled slots."""

    name: str
    slots: Mapping[str, str] = field(default_factory=dict)

    def is_met_by(self, intent: Intent) -> bool:
        """Tell whether an intent, with its slots, does what is wanted."""
        if intent.name not in SERVED_BY.get(self.name, (self.name,)):
            return False
        for (wish, slot), chosen in CHOSEN_BY.items():
            if wish == self.name and chosen.get(self.slots.get(slot, "")) != intent.name:
                return False
        if self.name == "setup_time" and ("time" in self.slots) != (intent.name == "Time"):
            return False
        if self.name in DEPTHS and intent.slots.get("depth") != DEPTHS[self.name]:
            return False
        if self.slots.get("which", "") in _WHICH and bool(intent.slots.get("all")) != _WHICH[self.slots["which"]]:
            return False
        return all(_has(intent, slot, value) for slot, value in self.slots.items())


@dataclass(frozen=True)
class Phrase:
    """A sentence in somebody's own words.

    Attributes:
        text: the sentence.
        wish: what is wanted.
        context: where it is said: `ANYTIME`, `SCENE`, `ASLEEP` or that of a question.
        distance: "near", "mid" or "far"; "" if unknown.
        ambiguous: whether it could as well be said to the partner.
    """

    text: str
    wish: Wish
    context: str
    distance: str = ""
    ambiguous: bool = False


@dataclass(frozen=True)
class _Set:
    """A set of phrases: its name on the page, and the names of its goals."""

    name: str
    goal: str
    phrases: Sequence[Phrase]


def judged(wish: Wish, answers: Sequence[Intent]) -> Verdict:
    """Judge the answers to a phrase by the rule at the top of this module."""
    if not answers:
        return "missed"
    return "right" if len(answers) == 1 and wish.is_met_by(answers[0]) else "wrong"


def read_phrases(path: Path) -> list[Phrase]:
    """Read phrases: columns sentence, wanted, context, and if there are any, slots, distance and address."""
    return [
        Phrase(
            row["sentence"],
            Wish(row["wanted"], slots_of(row.get("slots", ""))),
            _HEARD_IN.get(row["wanted"], context_of(row["context"])),
            row.get("distance", ""),
            row.get("address", "") == "ambiguous",
        )
        for row in read_table(path)
    ]


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """Read a table with tabs between its columns, and their names in the first line."""
    head, *lines = read_lines(path)
    names = head.split("\t")
    for line in lines:
        cells = line.split("\t")
        yield dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=False))


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file that are not empty."""
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def slots_of(text: str) -> dict[str, str]:
    """Return the slots in "time=17:00 todo=call mom"."""
    pairs = re.split(r"\s+(?=\w+=)", text.strip())
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def context_of(name: str) -> str:
    """Return a context by its name in the tables, or by its own."""
    return _CONTEXTS.get(name, name or ANYTIME)


def understood(workshop: Workshop, sentences: Sequence[tuple[str, str]]) -> list[Intent | None]:
    """Return the meaning of typed sentences, each (text, context), as `moments understand` does."""
    groups: dict[str, list[int]] = {}
    for place, (_, context) in enumerate(sentences):
        groups.setdefault(context, []).append(place)
    found: list[Intent | None] = [None] * len(sentences)
    for context, places in groups.items():
        meanings = workshop.contents.reader([sentences[place][0] for place in places], typed_in(context))
        for place, meaning in zip(places, meanings, strict=True):
            found[place] = meaning.intent
    return found


def phrases(workshop: Workshop) -> Outcome:
    """Measure phrases and talk as text: the shared third, and our own that were held back."""
    shared = workshop.shared / "phrases"
    sets = (
        _Set("shared phrases", "shared phrases", read_phrases(shared / "phrases.tsv")),
        _Set("typed by a crowd", "crowd", read_phrases(shared / "crowd.tsv")),
        _Set("held-out phrases", "held-out phrases", read_phrases(HELD_OUT / "phrases.tsv")),
        _Set("strangers' phrases", "strangers", read_phrases(HELD_OUT / "strangers.tsv")),
        _Set("unusual phrases", "unusual", read_phrases(HELD_OUT / "unusual.tsv")),
    )
    talk = {
        "shared talk": [line for path in sorted(shared.glob("talk-*.txt")) for line in read_lines(path)],
        "held-out talk": [line for name in ("talk", "talk-near") for line in read_lines(HELD_OUT / f"{name}.txt")],
    }
    tables: list[Outcome] = []
    errors: list[Outcome] = []
    for one in sets:
        rows, wrong = _measured(workshop, one)
        tables += rows
        errors += wrong
    taken = []
    for name, lines in talk.items():
        row, wrong = _taken(workshop, name, lines)
        taken.append(row)
        errors += wrong
    return {
        "phrases": tables,
        "talk": taken,
        "told": [
            *map(_phrase_line, tables),
            *(f"{row['name']}: {row['taken']} of {row['lines']} taken" for row in taken),
        ],
        "errors": errors,
        "confusions": confusions(errors),
    }


def entry(part: str, said: str, wanted: str, answers: Iterable[Intent], verdict: str) -> Outcome:
    """Return what `--errors` tells about a sentence."""
    got = " + ".join(f"{answer.name} {dict(answer.slots) or ''}".strip() for answer in answers)
    return {"part": part, "verdict": verdict, "sentence": said, "wanted": wanted, "got": got or None}


def confusions(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the most frequent pairs of a wish and what was done instead, and of missed wishes."""
    pairs = Counter((error["wanted"].partition(" ")[0], _done(error)) for error in errors)
    return [f"{wanted} was taken for {got}: {count}" for (wanted, got), count in pairs.most_common(_CONFUSIONS)]


def _done(error: Mapping[str, Any]) -> str:
    """Return the name of what was done, and whether only its slots were wrong."""
    name = str(error["got"] or "nothing").partition(" ")[0]
    wish = error["wanted"].partition(" ")[0]
    return f"{name} with other values" if name in SERVED_BY.get(wish, ()) else name


def shares(verdicts: Sequence[str]) -> dict[str, Any]:
    """Return the number of verdicts, and the share of each; None without any."""
    count = len(verdicts)
    return {"count": count} | {
        verdict: round(verdicts.count(verdict) / count, 4) if count else None
        for verdict in ("right", "wrong", "missed")
    }


def written(wish: Wish) -> str:
    """Return a wish as the tables have it."""
    return " ".join([wish.name, *(f"{name}={value}" for name, value in wish.slots.items())])


def _measured(workshop: Workshop, one: _Set) -> tuple[list[Outcome], list[Outcome]]:
    """Return a set's rows (all, each distance, near and mid together) and its errors."""
    chosen = thinned(one.phrases, workshop.scale.texts)
    found = understood(workshop, [(phrase.text, phrase.context) for phrase in chosen])
    answers = [[intent] if intent is not None else [] for intent in found]
    verdicts = [judged(phrase.wish, answer) for phrase, answer in zip(chosen, answers, strict=True)]
    groups: dict[str, tuple[str, ...]] = {"": ("", "near", "mid", "far")}
    if any(phrase.distance for phrase in chosen):
        groups |= {"near": ("near",), "mid": ("mid",), "far": ("far",), "near and mid": ("near", "mid")}
    rows = [
        {"name": ", ".join(filter(None, (one.name, group))), "goal": one.goal if group in {"", "near and mid"} else ""}
        | shares([verdict for phrase, verdict in zip(chosen, verdicts, strict=True) if phrase.distance in distances])
        for group, distances in groups.items()
    ]
    if len(rows) > 1:
        rows[0]["goal"] = ""  # far ones have no goal
    errors = [
        entry(one.name, phrase.text, written(phrase.wish), answer, verdict)
        for phrase, answer, verdict in zip(chosen, answers, verdicts, strict=True)
        if verdict != "right"
    ]
    return rows, errors


def _taken(workshop: Workshop, name: str, lines: Sequence[str]) -> tuple[Outcome, list[Outcome]]:
    chosen = thinned(lines, workshop.scale.texts)
    found = understood(workshop, [(line, ANYTIME) for line in chosen])
    errors = [
        entry(name, line, "nothing", [intent], "wrong")
        for line, intent in zip(chosen, found, strict=True)
        if intent is not None
    ]
    return {"name": name, "lines": len(chosen), "taken": len(errors)}, errors


def _phrase_line(row: Mapping[str, Any]) -> str:
    told = ", ".join(
        f"{verdict} {'-' if row[verdict] is None else f'{100 * row[verdict]:.1f} %'}"
        for verdict in ("right", "wrong", "missed")
    )
    return f"{row['name']:<30} {row['count']:>5}: {told}"


def _has(intent: Intent, slot: str, value: str) -> bool:
    """Tell whether an intent has a labelled value, if that slot is compared."""
    if slot in COMPARED:
        return str(intent.slots.get(slot)) == _SPELLED.get(value, value)
    if slot == "time" and ":" in value and intent.name != "Skip":
        hour, minute = map(int, value.split(":"))
        if "hour" not in intent.slots:
            return False
        told = int(intent.slots["hour"]) % _HALF_A_DAY, int(intent.slots.get("minute", 0))
        return told == (hour % _HALF_A_DAY, minute)
    return True
