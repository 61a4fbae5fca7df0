"""English requests are understood, and talk between two people is not."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hassil.numbers import get_rbnf_engine

from voice.asr.grammar import compile_templates
from voice.asr.words import words_of
from voice.moments.registry import MOMENTS, NEEDS
from voice.nlu.contexts import ADDRESSED, ANYTIME, ASLEEP, SCENE, asked
from voice.nlu.matcher import match
from voice.packs.load import load_pack
from voice.packs.pack import STOP, Pack
from voice.storage.paths import data_folder
from voice.storage.yaml_file import read

FOLDER = Path(__file__).parent / "sentences"
# An evening with it is made of these.
MAIN = (
    *("Question", "Pause", "Break", "SayKindly", "Mindfulness", "Appreciate", "GoodMoment", "HardMoment", "CheckIn"),
    *("Encourage", "Laughter", "Story", "Gratitude", "SetRitual", "Remind", "TurnOn", "TurnOff", "NotTonight"),
    *("Snooze", "WhatsNext", "WhichRituals", "StopListening", "Help", "Repeat", "ReadNotes", "Stop"),
)


@dataclass(frozen=True)
class Said:
    """A sentence, its context and its intent."""

    text: str
    context: str
    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    written: bool = False  # whether it counts in text alone

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts in which it can be said: answers are valid beside the sentences of a scene."""
        return (self.context,) if self.context in {ADDRESSED, ANYTIME, SCENE, ASLEEP} else (SCENE, self.context)

    @property
    def words(self) -> tuple[str, ...]:
        """Its words as the grammar spells them, numbers included."""
        spoken = (_spelled(word) if word.isdigit() else word for word in words_of(self.text.replace(":", " ")))
        return words_of(" ".join(spoken))

    def __str__(self) -> str:
        """Return its name in the list of tests."""
        return f"{self.context}: {self.text}"


def _spelled(digits: str) -> str:
    return get_rbnf_engine("en").format_number(int(digits)).text_by_ruleset["spellout-cardinal"].replace("-", " ")


def _read() -> Iterator[Said]:
    file = read(FOLDER / "en.yaml").data
    answers = {asked(name): sentences for name, sentences in file.pop("answers").items()}
    for context, sentences in {**file, **answers}.items():
        for said in sentences:
            yield Said(said["say"], context, said["intent"], said.get("slots", {}), said.get("written", False))


OURS = tuple(_read())
OTHERS: tuple[str, ...] = tuple(read(FOLDER / "en-others.yaml").data["others"])


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return load_pack(data_folder("intents") / "en", NEEDS)


@pytest.mark.parametrize("said", OURS, ids=str)
def test_requests_are_understood(pack: Pack, said: Said) -> None:
    """A sentence has its intent, and exactly the slots that it names."""
    scope = pack.sentences.text_scope if said.written else pack.sentences.scope
    found = match(said.text, scope(*said.contexts))
    assert found is not None, f"{said.text} is not understood"
    assert (found.name, dict(found.slots)) == (said.intent, said.slots)


@pytest.mark.parametrize("text", OTHERS)
def test_talk_is_ignored(pack: Pack, text: str) -> None:
    """Talk at home has no meaning while no moment plays."""
    assert match(text, pack.sentences.scope(ANYTIME)) is None


def test_free_talk_is_not_an_answer(pack: Pack) -> None:
    """While two people talk freely after a question, talk at home neither answers nor stops anything."""
    asks = {ask.name for moment in MOMENTS.values() for ask in moment.asks if ask.kind in {"free", "talk"}}
    assert asks
    for name in asks:
        scope = pack.sentences.scope(SCENE, asked(name))
        assert [text for text in OTHERS if match(text, scope)] == [], name


def test_the_stop_set_is_valid_only_in_scenes(pack: Pack) -> None:
    """The stop set is valid beside the answers to each question, but not while no moment plays."""
    stops = [said.text for said in OURS if (said.context, said.intent) == (SCENE, STOP)]
    assert [text for text in stops if match(text, pack.sentences.scope(ANYTIME))] == []
    for context in pack.sentences.contexts - {ANYTIME, ASLEEP}:
        found = [match(text, pack.sentences.scope(SCENE, context)) for text in stops]
        assert {intent.name if intent else None for intent in found} == {STOP}, context


def test_there_are_sentences_enough() -> None:
    """There are as many sentences of both kinds, and a dozen for every main moment."""
    anytime = [said for said in OURS if said.context == ANYTIME]
    assert 600 <= len(anytime) <= len(OTHERS)
    counts = Counter(said.intent for said in OURS if said.context in {ANYTIME, SCENE})
    assert {intent: counts[intent] for intent in MAIN if counts[intent] < 12} == {}


def test_no_sentence_is_listed_twice() -> None:
    """All sentences differ, and none is both a request and talk."""
    ours = Counter((said.context, words_of(said.text)) for said in OURS)
    others = Counter(map(words_of, OTHERS))
    assert [said for said, times in (ours + others).items() if times > 1] == []
    assert [" ".join(words) for words in others if (ANYTIME, words) in ours] == []


def test_every_template_is_reached(pack: Pack) -> None:
    """Each template has a test sentence."""
    said = defaultdict(set)
    for sentence in OURS:
        said[sentence.context, sentence.intent].add(sentence.words)
    written: dict[str, str] = {}
    reached: set[str] = set()
    for context in sorted(pack.sentences.contexts):
        for intent in pack.sentences.intents(context):
            templates = [t for t in pack.sentences.scope(context).templates if t.tag == intent]
            written |= {template.place: f"{template.place}: {template.sentence.text}" for template in templates}
            graph = compile_templates(replace(template, tag=template.place) for template in templates)
            reached.update(*map(graph.accepts, said[context, intent]))
    lines = [line for place, line in written.items() if place not in reached]
    assert not lines, "no test sentence reaches\n" + "\n".join(lines)


def test_suggested_sentences_are_understood(pack: Pack) -> None:
    """Every sentence that the assistant suggests is understood, as a request or as an answer."""
    lines = [line for variants in pack.responses.values() for line in variants]
    told = [text for line in lines for text in re.findall(r"(?:\b[Ss]ay|Or|[Aa]sk me|Tell me): ([^.?{]+)", line)]
    suggested = [text for several in told for text in several.partition(", and ")[0].split(", or ")]
    scopes = [pack.sentences.scope(context) for context in sorted(pack.sentences.contexts)]
    assert len(suggested) > 10
    assert [text for text in suggested if not any(match(text, scope) for scope in scopes)] == []
