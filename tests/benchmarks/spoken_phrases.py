"""People's own wording and the talk of a couple, spoken by synthetic voices in quiet.

The figures are defined here:

- A phrase is right, wrong or missed by the rule of `phrases`, in its context. Of the sample one half is from the shared
  phrases and one from our own, and of each one half is near and one mid. At any time of the day nobody has called it.
- *Called*: the same, but those that could as well be said to the partner (their authors marked them) are heard a second
  time, as just after it has spoken or was called, and count as they were heard then. The name itself isn't spoken.
- *Something else done*: of the clips whose sentence is not in the grammar of its contexts, the share that is wrong.
  *Something lasting done*: the share in which a wrong answer is one of `intent.LASTING`.
- *Answered*: a clip of talk, heard at any time, in which anything is understood; also for each hour of these clips.
  The voices of the talk are those that nothing was tuned with (`voices.strange`).
"""

import random
from collections.abc import Mapping
from typing import Any

from phrases import (
    HELD_OUT,
    Phrase,
    confusions,
    entry,
    judged,
    read_lines,
    read_phrases,
    shares,
    written,
)
from voices import chosen, strange
from workshop import SEED, Outcome, Workshop, heard, thinned

from voice.asr.words import words_of
from voice.bench.contexts import expected_in
from voice.nlu.contexts import ADDRESSED, ANYTIME
from voice.nlu.intent import LASTING
from voice.nlu.sentences import Sentences

DISTANCES = ("near", "mid")


def spoken_phrases(workshop: Workshop) -> Outcome:
    """Measure phrases in every voice, each in its context."""
    said = sample(workshop, workshop.scale.phrases)
    found, memory = heard(workshop, "phrases", [(phrase.text, phrase.context) for phrase in said], chosen())
    voices = chosen()
    doubtful = [place for place, phrase in enumerate(said) if phrase.ambiguous and phrase.context == ANYTIME]
    called, _ = heard(workshop, "called", [(said[place].text, ADDRESSED) for place in doubtful], voices)
    again = {(clip.voice, doubtful[clip.place]): clip.intents for clip in called}
    unknown = [not in_grammar(workshop.pack, phrase) for phrase in said]
    verdicts = [judged(said[clip.place].wish, clip.intents) for clip in found]
    rows = [
        {"name": voice.name}
        | shares([verdict for clip, verdict in zip(found, verdicts, strict=True) if clip.voice == voice])
        for voice in dict.fromkeys(clip.voice for clip in found)
    ]
    wrong = [
        (clip, {intent.name for intent in clip.intents if not said[clip.place].wish.is_met_by(intent)})
        for clip, verdict in zip(found, verdicts, strict=True)
        if verdict == "wrong" and unknown[clip.place]
    ]
    others = {
        "clips": sum(unknown[clip.place] for clip in found),
        "else": len(wrong),
        "lasting": sum(not names.isdisjoint(LASTING) for _, names in wrong),
    }
    errors = [
        entry(clip.voice.name, said[clip.place].text, written(said[clip.place].wish), clip.intents, verdict)
        for clip, verdict in zip(found, verdicts, strict=True)
        if verdict != "right"
    ]
    total = {"name": "all voices"} | shares(verdicts)
    after_name = {"name": "all voices, called"} | shares(
        [judged(said[clip.place].wish, again.get((clip.voice, clip.place), clip.intents)) for clip in found]
    )
    return {
        "phrases": rows,
        "total": total,
        "called": after_name | {"doubtful": len(called)},
        "others": others,
        "told": [*map(_voice_line, (*rows, total, after_name)), _others_line(others)],
        "errors": errors,
        "confusions": confusions(errors),
        "memory": memory,
    }


def couple_talk(workshop: Workshop) -> Outcome:
    """Measure lines of talk in voices that nothing was tuned with: none of them is meant for the assistant."""
    lines = _talk(workshop)
    found, memory = heard(workshop, "talk", [(line, ANYTIME) for _, line in lines], strange())
    rows = []
    for kind in dict.fromkeys(kind for kind, _ in lines):
        clips = [clip for clip in found if lines[clip.place][0] == kind]
        hours = sum(clip.seconds for clip in clips) / 3600
        answered = sum(bool(clip.intents) for clip in clips)
        rows.append({"name": kind, "clips": len(clips), "answered": answered, "hours": hours})
    errors = [
        entry(clip.voice.name, lines[clip.place][1], "nothing", clip.intents, "wrong") for clip in found if clip.intents
    ]
    return {
        "talk": rows,
        "voices": list(dict.fromkeys(clip.voice.name for clip in found)),
        "told": [f"{row['name']:<8} {row['answered']} of {row['clips']} clips answered" for row in rows],
        "errors": errors,
        "confusions": confusions(errors),
        "memory": memory,
    }


def sample(workshop: Workshop, count: int) -> list[Phrase]:
    """Draw phrases with a fixed seed: shared ones and our own, near and mid ones, in equal parts."""
    chooser = random.Random(SEED)  # noqa: S311 - a reproducible sample, no secret
    drawn: list[Phrase] = []
    groups = [
        [phrase for phrase in read_phrases(path) if phrase.distance == distance]
        for path in (workshop.shared / "phrases" / "phrases.tsv", HELD_OUT / "phrases.tsv")
        for distance in DISTANCES
    ]
    for number, group in enumerate(groups):
        share = count * (number + 1) // len(groups) - count * number // len(groups)
        drawn += chooser.sample(group, min(share, len(group)))
    return drawn


def in_grammar(sentences: Sentences, phrase: Phrase) -> bool:
    """Tell whether the recogniser's grammar has a phrase, in any context that counts with its own."""
    words = words_of(sentences.speech.normalise(phrase.text))
    return any(sentences.scope(*tier).graph.accepts(words) for tier in expected_in(phrase.context) if tier)


def _talk(workshop: Workshop) -> list[tuple[str, str]]:
    """Return lines of talk, each with its kind, "plain" or "hard": our own, and the shared ones."""
    lines = [
        (kind, line) for kind, _, line in (line.partition("\t") for line in read_lines(HELD_OUT / "talk-spoken.txt"))
    ]
    for kind in ("plain", "hard"):
        lines += [(kind, line) for line in read_lines(workshop.shared / "phrases" / f"talk-{kind}.txt")]
    return thinned(lines, workshop.scale.lines)


def _voice_line(row: Mapping[str, Any]) -> str:
    return f"{row['name']:<28} {100 * row['right']:.1f} % right, {100 * row['wrong']:.1f} % wrong of {row['count']}"


def _others_line(others: Mapping[str, int]) -> str:
    return (
        f"{others['clips']} clips not in the grammar: "
        f"{others['else']} did something else, {others['lasting']} something lasting"
    )
