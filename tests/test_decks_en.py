"""The content of the English pack: enough cards, open questions, short plain lines, no repeats."""

import collections
import gzip
import itertools
import re

import nltk
import pytest
import textstat
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from voice.asr.words import words_of
from voice.moments.registry import NEEDS
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.packs.spoken_text import fault_of, stop_pattern
from voice.storage.paths import data_folder

DICTIONARY = data_folder("models") / "en" / "cmudict.tsv.gz"
PACK = load_pack(data_folder("intents") / "en", NEEDS)
NEARLY = 0.25  # of the letters: texts that differ in less are the same again
WORDS_A_MINUTE = 140
A_FULL_STOP = 0.35  # seconds


def spoken(pack: Pack) -> dict[str, list[str]]:
    """Return all spoken texts, by deck, and the lines of the scenes."""
    decks = {name: [card.text for card in cards] for name, cards in pack.decks.items()}
    return {**decks, "responses": list(itertools.chain.from_iterable(pack.responses.values()))}


SPOKEN = spoken(PACK)


@pytest.fixture(scope="module", autouse=True)
def _syllables(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give textstat the shipped dictionary, which it would otherwise download."""
    folder = tmp_path_factory.mktemp("nltk")
    words = {word for texts in SPOKEN.values() for text in texts for word in words_of(text)}
    entries = (line.split("\t")[:2] for line in gzip.decompress(DICTIONARY.read_bytes()).decode().splitlines())
    file = folder / "corpora" / "cmudict" / "cmudict"
    file.parent.mkdir(parents=True)
    file.write_text("".join(f"{word} 1 {way}\n" for word, way in entries if word in words), encoding="utf-8")
    nltk.data.path.insert(0, str(folder))


FEWEST = {
    "appreciation": {"noticed": 28, "thanks": 28, "growth": 28},
    "encouragement": {"word": 40},
    "suggestions": {"low": 8, "near": 8, "well": 8},
}
CATEGORIES = ("pride", "challenge", "meaning", "dreams", "memories", "gratitude", "play")
IN_ALL = {
    "questions": 155,
    "appreciation": 84,
    "laughter": 44,
    "stories": 14,
    "encouragement": 40,
    "suggestions": 24,
    "kind_messages": 20,
}


def test_there_are_cards_for_many_evenings() -> None:
    """Each deck is large enough for many evenings."""
    assert {name: len(PACK.decks[name]) for name in IN_ALL if len(PACK.decks[name]) < IN_ALL[name]} == {}


def test_every_category_has_light_and_deep_questions() -> None:
    """Every category has eight cards of each depth."""
    found = collections.Counter((card.category, card.depth) for card in PACK.decks["questions"])
    assert set(found) == set(itertools.product(CATEGORIES, ("light", "deep")))
    assert min(found.values()) >= 8


@pytest.mark.parametrize("deck", FEWEST)
def test_every_kind_has_cards(deck: str) -> None:
    """Each deck has exactly the kinds that its scene deals."""
    found = collections.Counter(card.category for card in PACK.decks[deck])
    assert set(found) == set(FEWEST[deck])
    assert [kind for kind, fewest in FEWEST[deck].items() if found[kind] < fewest] == []


def test_questions_are_open() -> None:
    """No question can be answered with yes or no, and none asks why, which sounds like blame."""
    for card in PACK.decks["questions"]:
        assert words_of(card.text)[0] in {"what", "how", "when", "which", "where", "who", "whose"}, card
        assert re.fullmatch(r"[A-Z][^?.]*\?", card.text), card


def test_beginnings_leave_the_end_open() -> None:
    """A beginning addresses the other person and leaves the end open."""
    for card in PACK.decks["appreciation"]:
        assert re.fullmatch(r"[A-Z][^.?!]*[A-Za-z]\.\.\.", card.text), card
        assert {"you", "your"} & set(words_of(card.text)), card


def test_stories_are_short() -> None:
    """A story takes 40 seconds at most."""
    for card in PACK.decks["stories"]:
        stops = len(re.findall(r"[.?!]", card.text))
        assert len(words_of(card.text)) * 60 / WORDS_A_MINUTE + stops * A_FULL_STOP < 40, card


@pytest.mark.parametrize("deck", PACK.decks)
def test_no_two_cards_say_nearly_the_same(deck: str) -> None:
    """Cards differ in at least a quarter of their letters."""
    texts = [" ".join(words_of(text)) for text in SPOKEN[deck]]
    near = cdist(texts, texts, scorer=Levenshtein.normalized_distance, score_cutoff=NEARLY) < NEARLY
    pairs = [(texts[one], texts[other]) for one, other in zip(*near.nonzero(), strict=True) if one < other]
    assert pairs == []


@pytest.mark.parametrize("part", SPOKEN)
def test_every_line_can_be_heard(part: str) -> None:
    """Every text fits into a breath, does not stop the assistant, and has only signs that a voice can read."""
    stops = stop_pattern(PACK.stop_set)
    assert [fault for text in SPOKEN[part] if (fault := fault_of(text, stops))] == []
    assert [text for text in SPOKEN[part] if not re.fullmatch(r"[A-Za-z ,.?!:;'{}_-]+", text)] == []


@pytest.mark.parametrize("part", SPOKEN)
def test_every_deck_is_plain_english(part: str) -> None:
    """Every deck and all lines need sixth grade at most (Kincaid 1975), so that tired people can follow."""
    text = " ".join(line if line[-1] in ".?!" else f"{line}." for line in SPOKEN[part])
    grade = textstat.flesch_kincaid_grade(text)
    assert grade <= 6.0, grade
