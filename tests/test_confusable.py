"""Sentences that sound alike: the search finds the same ones as a comparison of all pairs."""

import itertools
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hassil import parse_sentence
from hypothesis import given
from hypothesis import strategies as st
from small_pack import SMALL

from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template, compile_templates
from voice.asr.lexicon import Lexicon
from voice.asr.phones import near_phones
from voice.languages.language import language_of
from voice.languages.phones import Pronunciation, parse_pronunciation
from voice.moments.registry import NEEDS
from voice.nlu.confusable import find_confusable
from voice.packs.load import load_pack
from voice.packs.needs import Needs
from voice.packs.pack import Pack
from voice.storage.paths import data_folder

if TYPE_CHECKING:
    from command_line import CommandLine

# Words whose sounds are near each other, far, the same, or cut differently: "let us" and "lettuce".
WAYS: Mapping[str, frozenset[Pronunciation]] = {
    word: frozenset(map(parse_pronunciation, ways))
    for word, ways in {
        "at": ["AE T"],
        "add": ["AE D", "AE"],
        "ad": ["AE D"],
        "a": ["AH", "EY"],
        "tad": ["T AE D"],
        "see": ["S IY"],
        "seat": ["S IY T"],
        "eat": ["IY T", "IY"],
        "s": ["S", "EH S"],
    }.items()
}
INTENTS = ("Ask", "Pause", "Rest")
Sentence = tuple[str, ...]
SENTENCES = st.dictionaries(
    st.lists(st.sampled_from(sorted(WAYS)), min_size=1, max_size=4).map(tuple),
    st.sampled_from(INTENTS),
    min_size=2,
    max_size=8,
)


def graph_of(sentences: Mapping[Sentence, str]) -> WordGraph:
    """Return the graph of some sentences with their intents."""
    templates = [Template(tag, parse_sentence(" ".join(words)), {}, {}, "en") for words, tag in sentences.items()]
    return compile_templates(templates)


def spelled(words: Sentence) -> list[Pronunciation]:
    """Return all pronunciations of a sentence."""
    return [tuple(itertools.chain(*ways)) for ways in itertools.product(*(sorted(WAYS[word]) for word in words))]


def apart(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the phone distance of two pronunciations (Levenshtein 1966); neighbours count half."""
    near = near_phones()
    row = [float(column) for column in range(len(other) + 1)]
    for number, phone in enumerate(one, start=1):
        before, row = row, [float(number)]
        for column, heard in enumerate(other):
            cost = 0.0 if phone == heard else 0.5 if heard in near[phone] else 1.0
            row.append(min(before[column] + cost, before[column + 1] + 1.0, row[column] + 1.0))
    return row[-1]


def compared(one: Sentence, other: Sentence) -> float:
    """Return the smallest distance between the pronunciations of two sentences."""
    return min(apart(*ways) for ways in itertools.product(spelled(one), spelled(other)))


@given(SENTENCES)
def test_the_search_finds_what_comparing_all_pairs_finds(sentences: Mapping[Sentence, str]) -> None:
    """Each pair of intents within one phone is found with its closest sentences, and no other pair."""
    closest: dict[frozenset[str], float] = {}
    for (one, intent), (other, another) in itertools.combinations(sentences.items(), 2):
        if intent != another:
            intents = frozenset({intent, another})
            closest[intents] = min(closest.get(intents, 9.0), compared(one, other))
    found = find_confusable(graph_of(sentences), WAYS)
    assert {frozenset(alike.intents): alike.distance for alike in found} == {
        intents: distance for intents, distance in closest.items() if distance <= 1.0
    }
    for alike in found:
        assert tuple(sentences[words] for words in alike.sentences) == alike.intents
        assert compared(*alike.sentences) == alike.distance
        assert alike.phones in {max(map(len, ways)) for ways in itertools.product(*map(spelled, alike.sentences))}
    assert [alike.distance for alike in found] == sorted(alike.distance for alike in found)


@given(SENTENCES)
def test_equal_sounds_are_always_found(sentences: Mapping[Sentence, str]) -> None:
    """Sentences that sound the same are found even without any budget for the search."""
    everything = find_confusable(graph_of(sentences), WAYS)
    same = find_confusable(graph_of(sentences), WAYS, most_pairs=0)
    assert [(alike.intents, alike.distance) for alike in same] == [
        (alike.intents, 0.0) for alike in everything if alike.distance == 0.0
    ]


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("let us pause", "lettuce paws", 100),
        ("write it down", "right it down", 100),
        ("i scream", "ice cream", 100),
        ("give us a question", "give us the question", 92),
        ("take a deep breath", "take a deep bread", 90),
        ("give us a hint", "give us a mint", 88),
        ("give us a hint", "tell us a story", None),
    ],
)
def test_how_alike_english_sounds(one: str, other: str, likeness: int | None) -> None:
    """Real words, in per cent; None where they are far enough apart."""
    graph = graph_of({tuple(one.split()): "Ask", tuple(other.split()): "Pause"})
    found = find_confusable(graph, Lexicon({}, language_of("en")).pronounce(graph.words))
    assert [int(100 * alike.likeness) for alike in found] == ([] if likeness is None else [likeness])


def test_millions_of_sentences_are_not_listed() -> None:
    """A billion sentences for each of two intents are searched place by place, and the clash is found."""
    words = "|".join(sorted(WAYS))
    places = " ".join([f"({words})"] * 9)
    templates = [
        Template(tag, parse_sentence(f"{first} {places}"), {}, {}, "en")
        for tag, first in (("Ask", "at"), ("Pause", "ad"))
    ]
    (alike,) = find_confusable(compile_templates(templates), WAYS)
    assert alike.distance <= 0.5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the small pack."""
    return Path(shutil.copytree(SMALL, tmp_path / "en"))


def load(folder: Path) -> Pack:
    """Return the loaded pack."""
    return load_pack(folder, NEEDS)


def add(folder: Path, file: str, first: str, template: str) -> int:
    """Put a template before another one; return its line."""
    path = folder / "sentences" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(first) == 1
    path.write_text(text.replace(first, f'- "{template}"\n          {first}'), encoding="utf-8")
    return text[: text.index(first)].count("\n") + 1


def test_the_english_pack_has_no_confusable_sentences(caplog: pytest.LogCaptureFixture) -> None:
    """No two sentences of the shipped pack with different intents are within one phone."""
    assert load(data_folder("intents") / "en").confusable == ()
    assert caplog.messages == []


def test_a_warning_says_which_where_and_how_alike(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each pair of intents gets one line, with both templates and the likeness."""
    one = add(folder, "pause.yaml", '- "[please] breathe with (us|me)"', "[oh] let us [please] pause (now|here)")
    other = add(folder, "question.yaml", '- "give us something to talk about"', "[oh] lettuce [please] paws (now|here)")
    pack = load(folder)
    assert caplog.messages == list(pack.confusable)
    (line,) = pack.confusable
    assert f"pause.yaml:{one}" in line
    assert f"question.yaml:{other}" in line
    assert "100 %" in line
    assert '"let us pause' in line
    assert '"lettuce paws' in line
    assert line.endswith(": reword one of them")
    assert "\n" not in line


def test_an_answer_that_sounds_like_a_stop_is_told(folder: Path) -> None:
    """Sentences are compared if they are valid at the same time, such as an answer and the stop set."""
    add(folder, "gratitude.yaml", '- "skip (my turn|this one)"', "can sell that")
    (line,) = load(folder).confusable
    assert '"cancel that" (Stop' in line
    assert '"can sell that" (Skip' in line
    add(folder, "question.yaml", '- "give us something to talk about"', "skip mai turn")
    assert len(load(folder).confusable) == 1


def test_the_doctor_shows_it(moments: "CommandLine", folder: Path) -> None:
    """`moments doctor` shows the warning, and still finds no fault."""
    add(folder, "question.yaml", '- "give us something to talk about"', "lettuce paws together")
    ran = moments.run("doctor", "--pack", folder)
    (line,) = [line for line in ran.out.splitlines() if line.startswith("see ")]
    assert line.split() == [*line.split()[:2], *ran.err.split()]
    assert '"let us pause together"' in line
    assert any(line.split()[:2] == ["ok", "pack"] for line in ran.out.splitlines())


@pytest.mark.parametrize("told_apart", ["[]", "[[TurnOn, TurnOff]]"])
def test_intents_that_are_told_apart_may_be_a_phone_apart(tmp_path: Path, told_apart: str) -> None:
    """A pack may declare intents that its replies tell apart, and then no warning is given."""
    (tmp_path / "sentences").mkdir()
    (tmp_path / "sentences" / "rituals.yaml").write_text(
        f"language: en\ntold_apart: {told_apart}\nintents:\n"
        '  TurnOn: {data: [{sentences: ["turn on midday"]}]}\n'
        '  TurnOff: {data: [{sentences: ["turn off midday"]}]}\n'
        '  Stop: {data: [{sentences: ["stop"], requires_context: {scene: true}}]}\n',
        encoding="utf-8",
    )
    (tmp_path / "responses.yaml").write_text('turned: {done: "Done."}\n', encoding="utf-8")
    needs = Needs(lines=("turned.done",))
    pack = load_pack(tmp_path, dict.fromkeys(("turn_on", "turn_off", "stop"), needs))
    assert len(pack.confusable) == (told_apart == "[]")
