"""A sample of a pack's sentences, balanced over intents, templates and alternatives."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template, compile_templates
from voice.bench.contexts import expected_in
from voice.nlu.matcher import match
from voice.nlu.sentences import Sentences

# So many random sentences of a template are drawn; the one with the least used alternatives is kept.
_DRAWS = 60
_END = ""


@dataclass(frozen=True)
class Wanted:
    """A sentence with its intent, its slots, and the context it counts in."""

    text: str
    intent: str
    slots: Mapping[str, Any]
    context: str


def balanced(sentences: Sentences, count: int, seed: int = 0) -> tuple[Wanted, ...]:
    """Draw different sentences of a pack, each of the least used intent, and in it the least used template.

    The start of a sample is a smaller balanced sample. Exhausted intents and templates leave their turns to others, so
    there are fewer than `count` sentences only if the pack has no more.

    Args:
        sentences: the pack's sentences.
        count: the number of sentences to draw.
        seed: the seed of the sample.
    """
    chooser = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
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
        raise AssertionError(f'"{text}" is a sentence of the grammar, but the matcher does not recognise it')
    return Wanted(text, intent.name, intent.slots, context)


@dataclass(eq=False)
class _Source:
    """A template in a context, with the use of each of its alternatives."""

    template: Template
    context: str
    graph: WordGraph
    drawn: int = 0
    _uses: Counter[tuple[int, str]] = field(default_factory=Counter)

    def draw(self, chooser: random.Random, taken: set[str]) -> str | None:
        """Return a new sentence of the least used alternatives; None if there are no more."""
        walks = [self._walk(chooser) for _ in range(_DRAWS)]
        fresh = [walk for walk in walks if _text(walk) not in taken]
        if not fresh:
            # Few are left, and random walks do not find them.
            texts = (" ".join(words) for words, _ in self.graph.sentences())
            return next((text for text in texts if text not in taken), None)
        best = min(fresh, key=lambda walk: sum(self._uses[step] for step in walk) / len(walk))
        self._uses.update(best)
        return _text(best)

    def _walk(self, chooser: random.Random) -> list[tuple[int, str]]:
        """Return a random sentence as its steps through the graph: (node, word)."""
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
