"""Walks through all branches of the moments: every request, every answer, silence, and speech that makes no sense."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from hassil.expression import Alternative, Expression, Group, ListReference, RuleReference, Sequence, TextChunk
from hassil.intents import RangeSlotList, SlotList, TextSlotList
from hassil.numbers import get_rbnf_engine

from voice.audio.clip import Clip
from voice.cues import Ask
from voice.moments.moment import SILENCE, Answer, Script
from voice.nlu.contexts import SCENE, asked
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.open_answers import OpenAnswer
from voice.packs.pack import STOP, Pack

__all__ = ["Walk", "answers_to", "requests"]

_LONGEST = 60  # questions in a row; a moment that asks more will not end
_TIMES = 2  # so often a question may have been asked before it is nothing new
_SOUND = Clip(np.zeros(160, np.float32), 16_000)

_Slots: TypeAlias = tuple[tuple[str, str], ...]
_Said: TypeAlias = dict[_Slots, str]
"""A text for each combination of values of slots."""


def requests(pack: Pack, *contexts: str) -> list[Intent]:
    """Return the requests of some contexts: each intent, with every value that each of its slots may have."""
    scope = pack.sentences.scope(*contexts)
    texts: list[str] = []
    seen: set[object] = set()
    for block in pack.sentences.blocks:
        if block.contexts.isdisjoint(contexts):
            continue
        lists = pack.sentences.lists | block.data.slot_lists
        rules = pack.sentences.rules | block.data.expansion_rules
        for sentence in block.sentences:
            for slots, text in _cover(sentence.expression, lists, rules).items():
                names = tuple(name for name, _ in slots)
                news = {block.place, *((block.intent, each) for each in (*slots, names))} - seen
                seen |= news
                texts += [text] if news else []
    found = (match(text, scope) for text in texts)
    return list({f"{each.name} {sorted(each.slots.items())}": each for each in found if each is not None}.values())


def answers_to(ask: Ask, pack: Pack) -> list[Answer]:
    """Return the answers to a question: silence, speech that is not understood, free speech and all of the pack's."""
    spoken = [Answer(intent.name, intent.slots, spoke=True) for intent in requests(pack, SCENE, asked(ask.name))]
    spoken += [Answer(open_.intent, {"words": "when it rains"}, spoke=True) for open_ in _open_answers(ask, pack)]
    free = [Answer(spoke=True, words="you made tea"), Answer(spoke=True, sound=_SOUND)] if ask.kind == "free" else []
    return [SILENCE, Answer(spoke=True), *free, *(answer for answer in spoken if answer.intent != STOP)]


def _open_answers(ask: Ask, pack: Pack) -> list[OpenAnswer]:
    return [each for each in pack.sentences.open_answers if ask.name in each.ask]


def _cover(expression: Expression, lists: Mapping[str, SlotList], rules: Mapping[str, Any]) -> _Said:
    """Return texts in which every value of every list occurs, with the other parts of the sentence and without."""
    match expression:
        case TextChunk():
            return {(): expression.text}
        case RuleReference():
            return _cover(rules[expression.rule_name].expression, lists, rules)
        case ListReference():
            return {((str(expression.slot_name), text),): text for text in _values(lists[expression.list_name], rules)}
        case Alternative():
            return _merged(_cover(item, lists, rules) for item in expression.items)
        case Group():
            parts = [list(_cover(item, lists, rules).items()) for item in expression.items]
            gap = "" if isinstance(expression, Sequence) else " "
            chosen = (
                [part[number % len(part)] if len(part) == longest or not alone else part[-1] for part in parts]
                for longest in (max(map(len, parts)),)
                for number in range(longest)
                for alone in (False, True)
            )
            return _merged({_slots(pieces): gap.join(text for _, text in pieces)} for pieces in chosen)
    raise AssertionError(expression)


def _slots(pieces: Iterable[tuple[_Slots, str]]) -> _Slots:
    return tuple(sorted(slot for slots, _ in pieces for slot in slots))


def _merged(several: Iterable[_Said]) -> _Said:
    merged: _Said = {}
    for said in several:
        merged = said | merged
    return merged


def _values(values: SlotList, rules: Mapping[str, Any]) -> Iterator[str]:
    """Yield a text for each value of a list, of a range the first, the last and one between."""
    if isinstance(values, TextSlotList):
        for value in values.values:
            yield next(iter(_cover(value.text_in, {}, rules).values()))
    elif isinstance(values, RangeSlotList):
        numbers = list(values.get_numbers())
        for number in sorted({numbers[0], numbers[len(numbers) // 2], numbers[-1]}):
            words = get_rbnf_engine("en").format_number(number).text_by_ruleset["spellout-cardinal"]
            yield str(number) if not values.words else words.replace("-", " ")


@dataclass
class Walk:
    """A walk through the branches of one moment in one home.

    The first time that a question comes up anywhere, it gets every answer. After that it gets one answer of each kind
    (an intent with the same slots), once for each kind of answer before it and each number of times it was asked;
    in a short walk, when it is asked for the first time and when it is asked again.

    Attributes:
        pack: the language.
        answers: the answers to each question that came up anywhere, by its name.
        short: whether the same moment has had its long walk in another home.
    """

    pack: Pack
    answers: dict[str, list[Answer]]
    short: bool = False
    _seen: set[object] = field(default_factory=set)

    def paths(self) -> Iterator["Path"]:
        """Yield ways through the moment; each has to be played before the next is taken."""
        left: list[tuple[Answer, ...]] = [()]
        while left:
            path = Path(left.pop())
            yield path
            for number, ask in enumerate(path.asked):
                left += [(*path.given[:number], answer) for answer in self._new(ask, path, number)]

    def _new(self, ask: Ask, path: "Path", number: int) -> list[Answer]:
        """Return the answers to a question that lead to somewhere new."""
        before = sum(each.name == ask.name for each in path.asked[:number])
        last = _kind(path.given[number - 1]) if number else None
        state = (ask.name, bool(before)) if self.short else (ask.name, min(before, _TIMES), last)
        if state in self._seen:
            return []
        self._seen.add(state)
        if ask.name not in self.answers:
            self.answers[ask.name] = answers_to(ask, self.pack)
            return self.answers[ask.name]
        return list({_kind(answer): answer for answer in self.answers[ask.name]}.values())


def _kind(answer: Answer) -> tuple[object, ...]:
    return (answer.intent, frozenset(answer.slots), answer.spoke, answer.words is None, answer.sound is None)


@dataclass
class Path:
    """One way through a moment.

    Attributes:
        answers: the answers to its questions; after them, silence.
        asked: the questions that were asked.
        given: the answers they got.
    """

    answers: tuple[Answer, ...]
    asked: list[Ask] = field(default_factory=list)
    given: list[Answer] = field(default_factory=list)

    def play(self, script: Script) -> None:
        """Play a moment to its end."""
        answer: Answer | None = None
        try:
            while True:
                cue = script.send(answer)
                answer = None
                if isinstance(cue, Ask):
                    answer = self.answers[len(self.given)] if len(self.given) < len(self.answers) else SILENCE
                    self.asked.append(cue)
                    self.given.append(answer)
                    assert len(self.asked) < _LONGEST, f"it goes on asking {cue.name}"
        except StopIteration:
            return
