"""A balanced sample of the sentences of a pack: over intents, templates and the alternatives in each."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template, compile_templates
from voice.bench.cases import expected_in
from voice.nlu.matcher import match
from voice.nlu.sentences import Sentences

# Of so many random sentences of a template, the one whose alternatives were taken least is kept.
_DRAWS = 60
_END = ""


@dataclass(frozen=True)
class Wanted:
    """A sentence: its words, the intent and slots it stands for, and the context in which it counts."""

    text: str
    intent: str
    slots: Mapping[str, Any]
    context: str


def balanced(sentences: Sentences, count: int, seed: int = 0) -> tuple[Wanted, ...]:
    """Draw different sentences of a pack: each next one is of the intent, in it of the template, taken least so far.

    The first sentences of a sample are a smaller sample, as balanced. An intent or template that has no more sentences
    leaves its turns to the others; so there are fewer than `count` only when the pack has no more.

    Args:
        sentences: the pack's.
        count: how many to draw.
        seed: another one gives another sample.
    """
    chooser = random.Random(seed)  # noqa: S311 - no secret: the same sample every time
    sources = [
        _Source(template, context, compile_templates([template]))
        for context in sorted(sentences.contexts)
        for template in sentences.scope(context).templates
    ]
    taken: dict[tuple[str, str], Wanted] = {}
    by_intent: Counter[str] = Counter()
    while sources and len(taken) < count:
        source = min(sources, key=lambda source: (by_intent[source.template.tag], source.drawn))
        text = source.draw(chooser, {text for context, text in taken if context == source.context})
        if text is None:
            sources.remove(source)
            continue
        source.drawn += 1
        by_intent[source.template.tag] += 1
        taken[source.context, text] = _labelled(sentences, text, source.context)
    return tuple(taken.values())


def _labelled(sentences: Sentences, text: str, context: str) -> Wanted:
    intent = match(text, sentences.scope(*expected_in(context)[0]))
    if intent is None:
        raise AssertionError(f'"{text}" is a sentence of the grammar that the matcher does not know')
    return Wanted(text, intent.name, intent.slots, context)


@dataclass(eq=False)
class _Source:
    """One template in one context, and how often each of its alternatives was taken."""

    template: Template
    context: str
    graph: WordGraph
    drawn: int = 0
    _uses: Counter[tuple[int, str]] = field(default_factory=Counter)

    def draw(self, chooser: random.Random, taken: set[str]) -> str | None:
        """Return a sentence that is not taken, of alternatives that were used least; None if there are no more."""
        walks = [self._walk(chooser) for _ in range(_DRAWS)]
        fresh = [walk for walk in walks if _text(walk) not in taken]
        if not fresh:
            # Few are left, and chance does not find them.
            texts = (" ".join(words) for words, _ in self.graph.sentences())
            return next((text for text in texts if text not in taken), None)
        best = min(fresh, key=lambda walk: sum(self._uses[step] for step in walk) / len(walk))
        self._uses.update(best)
        return _text(best)

    def _walk(self, chooser: random.Random) -> list[tuple[int, str]]:
        """Return a random sentence as the steps through the graph where there was a choice or not."""
        node = 0
        steps: list[tuple[int, str]] = []
        while True:
            words = [*self.graph.arcs[node], *([_END] if self.graph.tags[node] else [])]
            word = chooser.choice(words)
            steps.append((node, word))
            if word == _END:
                return steps
            node = self.graph.arcs[node][word]


def _text(steps: list[tuple[int, str]]) -> str:
    return " ".join(word for _, word in steps[:-1])
