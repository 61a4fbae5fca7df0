"""Neighbours and beginnings of our sentences: what differs by little, and what goes on.

The figures are defined here:

- A neighbour differs from a sentence that is understood by a number, a day, a unit, "all", a negation or the opposite
  wish; `not` is the meaning of the one it could be taken for, `means` its own. It is *done wrongly* if anything answers
  that is not what it means: the other's meaning, or any third. Silence is never wrong. `as not` counts those that were
  taken for exactly the other.
- A pair of prefixes is a sentence and a longer one that begins with it. Each is spoken alone, and *right* if its own
  meaning answers, and nothing else. Where it means nothing, silence is right.
- A meaning is "WISH slot=value ..." (see `phrases.SERVED_BY`) or "nothing"; " | " stands between those that are right.
  Each is heard in its context: an answer after its question, "stop" while something plays, most at any time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phrases import HELD_OUT, Verdict, Wish, confusions, context_of, entry, judged, read_table, slots_of, understood
from voices import chosen
from workshop import Heard, Outcome, Workshop, heard, thinned

from voice.nlu.intent import Intent

NOTHING = "nothing"


@dataclass(frozen=True)
class Meant:
    """The meanings of a sentence of which each is right; none if it means nothing, or may."""

    label: str

    @property
    def wishes(self) -> list[Wish]:
        """The wishes that the sentence may mean."""
        labels = [label.strip() for label in self.label.split("|")]
        return [_wish(label) for label in labels if label != NOTHING]

    def admits(self, intent: Intent) -> bool:
        """Tell whether an intent does what is meant."""
        return any(wish.is_met_by(intent) for wish in self.wishes)

    def judge(self, answers: Sequence[Intent]) -> Verdict:
        """Judge the answers: silence is right where nothing is meant."""
        if not answers:
            return "right" if NOTHING in self.label else "missed"
        verdicts = [judged(wish, answers) for wish in self.wishes]
        return "right" if "right" in verdicts else "wrong"


@dataclass(frozen=True)
class Neighbour:
    """A sentence that could be taken for another one.

    Attributes:
        text: the sentence.
        kind: what it differs by.
        context: where it is said.
        means: its meaning.
        other: the meaning that it could be taken for.
    """

    text: str
    kind: str
    context: str
    means: Meant
    other: Meant

    def is_done_wrongly(self, answers: Iterable[Intent]) -> bool:
        """Tell whether something is done that is not meant."""
        return not all(map(self.means.admits, answers))

    def is_taken_for_other(self, answers: Iterable[Intent]) -> bool:
        """Tell whether the other's meaning is done."""
        return any(self.other.admits(intent) and not self.means.admits(intent) for intent in answers)


@dataclass(frozen=True)
class Prefix:
    """A sentence of a pair of prefixes: its place in the pair ("first" or "second"), its context and its meaning."""

    text: str
    place: str
    context: str
    means: Meant


def neighbours(workshop: Workshop) -> Outcome:
    """Measure neighbours as text, and in every voice."""
    every = read_neighbours()
    typed = understood(workshop, [(one.text, one.context) for one in every])
    by_text = [(one, [intent] if intent else []) for one, intent in zip(every, typed, strict=True)]
    said = thinned(every, workshop.scale.lines)
    clips, memory = heard(workshop, "neighbours", [(one.text, one.context) for one in said], chosen())
    by_ear = [(said[clip.place], list(clip.intents)) for clip in clips]
    rows = [
        {"name": kind}
        | {
            f"{way} {what}": count
            for way, group in (("text", by_text), ("ear", by_ear))
            for what, count in _counts(group, kind).items()
        }
        for kind in (*dict.fromkeys(one.kind for one in every), "")
    ]
    errors = [
        entry(f"{speaker}, {one.kind}", one.text, one.means.label, answers, "wrong")
        for speaker, (one, answers) in (
            *(("text", pair) for pair in by_text),
            *((clip.voice.name, pair) for clip, pair in zip(clips, by_ear, strict=True)),
        )
        if one.is_done_wrongly(answers)
    ]
    return {
        "kinds": rows[:-1],
        "total": rows[-1],
        "told": [_line(row) for row in rows],
        "errors": errors,
        "confusions": confusions(errors),
        "memory": memory,
    }


def prefixes(workshop: Workshop) -> Outcome:
    """Measure sentences that begin alike, in every voice, each alone."""
    every = read_prefixes()
    said = [
        one for pair in thinned(list(zip(every[::2], every[1::2], strict=True)), workshop.scale.lines) for one in pair
    ]
    clips, memory = heard(workshop, "prefixes", [(one.text, one.context) for one in said], chosen())
    rows = []
    for place in ("first", "second"):
        verdicts = [_verdict(said, clip) for clip in clips if said[clip.place].place == place]
        rows.append(
            {"name": place, "clips": len(verdicts)}
            | {name: verdicts.count(name) for name in ("right", "wrong", "missed")}
        )
    errors = [
        entry(clip.voice.name, said[clip.place].text, said[clip.place].means.label, clip.intents, _verdict(said, clip))
        for clip in clips
        if _verdict(said, clip) != "right"
    ]
    return {
        "prefixes": rows,
        "told": [f"{row['name']:<8} {row['right']} of {row['clips']} right, {row['wrong']} wrong" for row in rows],
        "errors": errors,
        "confusions": confusions(errors),
        "memory": memory,
    }


def read_neighbours() -> list[Neighbour]:
    """Read our neighbours: columns sentence, not, why, means, context."""
    return [
        Neighbour(row["sentence"], row["why"], context_of(row["context"]), Meant(row["means"]), Meant(row["not"]))
        for row in read_table(HELD_OUT / "neighbours.tsv")
    ]


def read_prefixes() -> list[Prefix]:
    """Read our pairs of prefixes: columns first, first_means, first_context, and the same of second."""
    return [
        Prefix(row[place], place, context_of(row[f"{place}_context"]), Meant(row[f"{place}_means"]))
        for row in read_table(HELD_OUT / "prefixes.tsv")
        for place in ("first", "second")
    ]


def _wish(label: str) -> Wish:
    name, _, slots = label.partition(" ")
    return Wish(name, slots_of(slots))


def _verdict(said: Sequence[Prefix], clip: Heard) -> Verdict:
    return said[clip.place].means.judge(clip.intents)


def _counts(group: Iterable[tuple[Neighbour, Sequence[Intent]]], kind: str) -> dict[str, int]:
    """Return the counts for one kind of neighbour, "" for all."""
    chosen_ones = [(one, answers) for one, answers in group if kind in {"", one.kind}]
    return {
        "count": len(chosen_ones),
        "wrong": sum(one.is_done_wrongly(answers) for one, answers in chosen_ones),
        "as not": sum(one.is_taken_for_other(answers) for one, answers in chosen_ones),
        "right": sum(one.means.judge(answers) == "right" for one, answers in chosen_ones),
    }


def _line(row: Mapping[str, Any]) -> str:
    text, ear = (f"{row[f'{way} wrong']} of {row[f'{way} count']} done wrongly" for way in ("text", "ear"))
    return f"{row['name'] or 'all':<10} text: {text}; spoken: {ear} ({row['ear as not']} as the other)"
