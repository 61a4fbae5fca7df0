"""The grammar graph: it has exactly the sentences that hassil matches."""

import itertools
import random
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from hassil import parse_sentence, recognize_all
from hassil.intents import RangeSlotList, SlotList, TextSlotList, WildcardSlotList
from hassil.sample import sample_expression
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.asr.automaton import WordGraph
from voice.asr.grammar import GrammarError, Template, compile_templates
from voice.asr.words import words_of
from voice.nlu.contexts import ANYTIME
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.sentences import Scope, load_sentences
from voice.nlu.wake_name import WakeName

WORDS = ("light", "s", "Let's", "well-known", "ON", "dim", "o'clock", "please", "late", "x-ray")
PUNCTUATION = ("", "", "", ",", "!", "?", " —", "…")
# Hassil's sampler takes ranges inside a template for lists of that name.
INLINE = {"7..9": RangeSlotList("7..9", 7, 9), "0..40,20": RangeSlotList("0..40,20", 0, 40, 20)}
TENS = re.compile("(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-")


@dataclass(frozen=True)
class Pack:
    """The content of a YAML file of sentences."""

    intents: Mapping[str, Sequence[str]]
    lists: Mapping[str, object]
    rules: Mapping[str, str]

    def scope(self, address: WakeName | None = None) -> Scope:
        """Load it like a pack, for an assistant with a wake name."""
        shape = {
            "language": "en",
            "intents": {name: {"data": [{"sentences": list(texts)}]} for name, texts in self.intents.items()},
            "lists": dict(self.lists),
            "expansion_rules": dict(self.rules),
        }
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "all.yaml").write_text(yaml.safe_dump(shape, allow_unicode=True), encoding="utf-8")
            return replace(load_sentences(Path(folder)), wake_name=address).scope(ANYTIME)


def _templates(*references: str, parts: int = 2) -> st.SearchStrategy[str]:
    """Generate templates of words and `references`: joined or apart, optional, alternative, permuted."""
    word = st.builds("".join, st.tuples(st.sampled_from(WORDS), st.sampled_from(PUNCTUATION)))
    leaf = st.one_of(word, word, st.sampled_from(references)) if references else word

    def larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        some = st.lists(part, min_size=2, max_size=3)
        return st.one_of(
            some.map(" ".join),
            some.map("".join),
            part.map(lambda text: f"[{text}]"),
            st.tuples(part, part, part).map(lambda texts: "{}({}| {})".format(*texts)),
            some.map(lambda texts: f"({'|'.join(texts)})"),
            some.map(lambda texts: f"[{'|'.join(texts)}]"),
            # With spaces, because hassil's sampler (unlike its matcher) drops those around a permutation.
            some.map(lambda texts: f" ({';'.join(texts)}) "),
        )

    return st.recursive(leaf, larger, max_leaves=parts)


def _values(*references: str) -> st.SearchStrategy[dict[str, object]]:
    """Generate a list.

    A value starts with a word, because hassil misses one that may be empty at the end of a text. It ends with a word,
    because hassil strips values, and with them the space after a permutation.
    """
    word = st.sampled_from(WORDS)
    value = st.builds("{}{}{}{}".format, word, st.sampled_from(("", " ")), _templates(*references), word)
    entry = st.one_of(value, st.builds(lambda text, out: {"in": text, "out": out}, value, st.integers(0, 3)))
    return st.fixed_dictionaries({"values": st.lists(entry, min_size=1, max_size=3)})


def _rules(*references: str) -> st.SearchStrategy[str]:
    """Generate a rule, in brackets so that hassil keeps the spaces at its ends."""
    return _templates(*references).map(lambda text: f"({text}|kindly)")


NUMBERS = st.builds(
    lambda first, more, step: {"range": {"from": first, "to": first + more, "step": step}},
    st.integers(-5, 120),
    st.integers(0, 6),
    st.integers(1, 4),
)
PACKS = st.builds(
    Pack,
    intents=st.dictionaries(
        st.sampled_from(("Pause", "Question")),
        st.lists(
            _templates("{room}", "{level}", "{7..9:shelf}", "{0..40,20:place}", "<polite>", "<whole>", parts=5),
            min_size=1,
            max_size=2,
        ),
        min_size=1,
    ),
    lists=st.fixed_dictionaries({"room": _values("{colour}", "<polite>"), "colour": _values(), "level": NUMBERS}),
    rules=st.fixed_dictionaries({"polite": _rules(), "whole": _rules("<polite>", "{colour}")}),
)


def _samples(scope: Scope, most: int) -> list[tuple[str, str]]:
    """Return hassil's samples with their intents, numbers in words, at most `most` for each template."""
    intents = scope.intents
    lists: dict[str, SlotList] = {**intents.slot_lists, **INLINE}
    return [
        (name, TENS.sub(r"\1 ", text))
        for name, intent in intents.intents.items()
        for data in intent.data
        for sentence in data.sentences
        for text in itertools.islice(
            sample_expression(sentence.expression, lists, intents.expansion_rules, language="en"), most
        )
        if not re.search("[0-9]", text)
    ]


def _walk(graph: WordGraph, chance: random.Random) -> tuple[str, ...] | None:
    """Return a random sentence of the graph; None if it has none."""
    node = 0
    words: list[str] = []
    while not graph.tags[node] or (graph.arcs[node] and chance.random() < 0.8):
        if not graph.arcs[node]:
            return None
        word = chance.choice(sorted(graph.arcs[node]))
        words.append(word)
        node = graph.arcs[node][word]
    return tuple(words)


def _readings(text: str, scope: Scope) -> list[Intent]:
    return [
        Intent(result.intent.name, {name: entity.value for name, entity in result.entities.items()})
        for result in recognize_all(text, scope.intents)
    ]


def _stripped(intent: Intent) -> Intent:
    """Strip the space that hassil leaves before values taken from the text."""
    slots = {name: value.strip() if isinstance(value, str) else value for name, value in intent.slots.items()}
    return Intent(intent.name, slots)


def _compile(template: str, lists: Mapping[str, SlotList] | None = None, **rules: str) -> WordGraph:
    bodies = {name: parse_sentence(body) for name, body in rules.items()}
    return compile_templates([Template("Pause", parse_sentence(template), lists or {}, bodies, "en", "pause.yaml:4")])


def _sentences(graph: WordGraph) -> set[str]:
    return {" ".join(words) for words, _ in graph.sentences()}


@settings(deadline=None, max_examples=60)
@given(PACKS)
def test_every_sample_of_hassil_is_in_the_graph(pack: Pack) -> None:
    """Every sentence that hassil samples from a template is in the graph, with its intent."""
    scope = pack.scope()
    for name, text in _samples(scope, most=300):
        words = words_of(text)
        assert not words or name in scope.graph.accepts(words), text


@settings(deadline=None, max_examples=60)
@given(PACKS, st.integers())
def test_the_graph_has_no_other_sentences(pack: Pack, seed: int) -> None:
    """Hassil recognises every sentence of the graph, and the matcher gives one of its readings."""
    scope = pack.scope()
    chance = random.Random(seed)  # noqa: S311 - a walk, no secret
    for _ in range(20):
        words = _walk(scope.graph, chance)
        if words is None:
            return
        text = " ".join(words)
        readings = [_stripped(reading) for reading in _readings(text, scope)]
        assert {reading.name for reading in readings} >= scope.graph.accepts(words), text
        assert match(text, scope) in readings


@settings(deadline=None, max_examples=60)
@given(PACKS, st.integers(), st.sampled_from(("Juniper", "Kim Lee")), st.booleans())
def test_the_wake_name_changes_no_sentence(
    pack: Pack,
    seed: int,
    name: str,
    required: bool,  # noqa: FBT001 - hypothesis passes it by position
) -> None:
    """A text behind the wake name is a sentence exactly if it is one without, in grammar and matcher."""
    plain, named = pack.scope(), pack.scope(WakeName(name, required))
    call = words_of(name)
    chance = random.Random(seed)  # noqa: S311 - a walk, no secret
    tried: list[tuple[str, ...]] = [()]
    for _ in range(10):
        words = _walk(plain.graph, chance) or ()
        tried += [words, words[1:], words[:-1], (*words, *words), (*call, *words)]
    for words in tried:
        text = " ".join(words)
        without = frozenset[str]() if required else plain.graph.accepts(words)
        assert named.graph.accepts((*call, *words)) == plain.graph.accepts(words), text
        assert match(f"{name}, {text}", named) == match(text, plain)
        if words[: len(call)] != call:
            assert named.graph.accepts(words) == without, text
            assert match(text, named) == (None if required else match(text, plain))


@settings(deadline=None, max_examples=60)
@given(PACKS)
def test_the_graph_is_minimal(pack: Pack) -> None:
    """No two nodes have the same future, all are reachable, and all lead to an end."""
    graph = pack.scope().graph
    futures = {(tags, tuple(sorted(row.items()))) for row, tags in zip(graph.arcs, graph.tags, strict=True)}
    assert len(futures) == len(graph.arcs)
    assert {0}.union(*(row.values() for row in graph.arcs)) == set(range(len(graph.arcs)))
    assert not graph.tags[0]
    assert all(tags or row for row, tags in zip(graph.arcs[1:], graph.tags[1:], strict=True))


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("turn on the light[s]", {"turn on the light", "turn on the lights"}),
        ("light(s| bulb)", {"lights", "light bulb"}),
        ("[the ]light[ now]", {"light", "the light", "light now", "the light now"}),
        ("(a;[b];c)", {"a c", "c a", *map(" ".join, itertools.permutations("abc"))}),
        ("Good-night, my DEAR!", {"good-night my dear"}),
        ("wait—what?", {"wait what"}),
        ("at {9..10:hour} {0..30,30:minute}", {f"at {h} {m}" for h in ("nine", "ten") for m in ("zero", "thirty")}),
        ("[please] [help]", {"please", "help", "please help"}),
    ],
)
def test_small_templates(template: str, sentences: set[str]) -> None:
    """Word pieces join, permutations keep their spaces, punctuation is silent, and no sentence is empty."""
    assert _sentences(_compile(template)) == sentences


def test_numbers_are_spelled_out() -> None:
    """A range becomes its numbers as spoken, in steps."""
    graph = _compile("{level} percent", {"level": RangeSlotList("level", 20, 100, 40)})
    assert _sentences(graph) == {"twenty percent", "sixty percent", "one hundred percent"}
    graph = _compile("{level}", {"level": RangeSlotList("level", 21, 21)})
    assert _sentences(graph) == {"twenty one"}


def test_a_billion_sentences_take_ten_nodes() -> None:
    """Each of nine choices of ten words takes one node."""
    graph = _compile(" ".join([f"({'|'.join('abcdefghij')})"] * 9))
    assert len(graph.arcs) == 10
    assert sum(map(len, graph.arcs)) == 90


def test_a_permutation_is_a_lattice() -> None:
    """The 720 orders of six parts take 64 nodes, one for each set of parts said so far."""
    assert len(_compile("(a;b;c;d;e;f)").arcs) == 64


def test_nested_options_take_one_node() -> None:
    """Nested options without a space can be left out in many ways, and still take one node."""
    graph = _compile("a" + "[[[b]]]" * 40 + " c")
    assert len(graph.arcs) == 3
    assert len(graph.arcs[0]) == 41


def test_the_shortest_sentence_is_found_without_listing_all() -> None:
    """The shortest of a billion sentences is found, with its length."""
    graph = _compile("(" + " ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 9) + "|so short)")
    assert graph.shortest({**dict.fromkeys("abcdefghij", 2), "j": 1, "so": 3, "short": 7}) == (9, ("j",) * 9)
    assert graph.shortest({**dict.fromkeys("abcdefghij", 2), "so": 3, "short": 7}) == (10, ("so", "short"))
    assert compile_templates([]).shortest({}) is None


def test_one_sentence_for_two_intents_is_found() -> None:
    """An ambiguous sentence is returned with both of its intents."""
    templates = [Template(tag, parse_sentence(text), {}, {}, "en") for tag, text in (("A", "go [on]"), ("B", "go on"))]
    assert compile_templates(templates).ambiguous() == (("go", "on"), frozenset({"A", "B"}))
    assert compile_templates(templates[:1]).ambiguous() is None


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("go to {attic}", "there is no list {attic}"),
        ("go <fast>", "there is no rule <fast>"),
        ("play {anything}", "the list {anything} is open"),
        ("play {nothing}", "the list {nothing} is empty"),
        ("go <round>", "<round> refers to itself"),
        ("go to {mirror}", "{mirror} refers to itself"),
        ("(a;b;c;d;e;f;g)", "a permutation of 7 parts is too long"),
        ("at {9..1:hour}", "the range {9..1} is broken"),
        ("at {0..1000000:hour}", "the range {0..1000000} has too many numbers"),
        ("at {digits}", "the list {digits} is of digits only"),
        ("at {klingon}", 'the numbers of {klingon} cannot be spelled out in "tlh"'),
    ],
)
def test_an_invalid_template_is_refused(template: str, message: str) -> None:
    """The error names the place and the reason."""
    lists: dict[str, SlotList] = {
        "anything": WildcardSlotList("anything"),
        "nothing": TextSlotList("nothing", []),
        "mirror": TextSlotList.from_strings(["(a|{mirror})"]),
        "digits": RangeSlotList("digits", 1, 9, words=False),
        "klingon": RangeSlotList("klingon", 1, 9, words_language="tlh"),
    }
    with pytest.raises(GrammarError) as refused:
        _compile(template, lists, round="[and] <around>", around="<round>")
    assert str(refused.value).startswith(f"pause.yaml:4: {message}")


def test_digits_can_be_typed_but_not_spoken() -> None:
    """A list of digits adds nothing to the sentences that can be spoken."""
    lists: dict[str, SlotList] = {"typed": RangeSlotList("typed", 0, 59, words=False)}
    assert _sentences(_compile("at nine [(thirty|{typed})|<far>]", lists, far="{typed} sharp")) == {
        "at nine",
        "at nine thirty",
    }
