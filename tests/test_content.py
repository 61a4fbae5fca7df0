"""What the English pack says and understands: short lines, open questions, and what people really say."""

import itertools
import re
from pathlib import Path

import pytest

from voice.asr.grammar import words_of
from voice.moments import MOMENTS
from voice.nlu.matcher import Intent, match
from voice.nlu.pack import Pack, load_pack
from voice.nlu.sentences import ANYTIME, SCENE, asked
from voice.places import data_folder

OPEN = ("what", "how", "when", "which", "where", "who")
A_BREATH = 25
NEARLY = 0.25

UNDERSTOOD = {
    "Pause": (
        "help us pause",
        "Please help us slow down for a moment.",
        "Can you help me calm down?",
        "We need a breather",
        "let's take three deep breaths together",
    ),
    "Question": (
        "Give us a question",
        "Ask us another question, please.",
        "Another question, please.",
        "One more question, please.",
        "Could we have one more question?",
        "What should we talk about tonight?",
    ),
    "Gratitude": (
        "Let's start our gratitude round",
        "start the evening ritual",
        "We'd like to share what we are thankful for.",
        "It's time for some gratitude",
    ),
    "Repeat": ("Say that again, please.", "can you repeat the question", "what was the question again"),
    "Help": ("What can we say to you?", "what can you do for us", "Please tell me what I can say."),
}
IN_A_SCENE = {"Stop": ("stop", "That's enough, thank you.", "please be quiet now", "cancel that")}
ANSWERS = {
    "gratitude.ready": {
        "Agree": ("yes please", "of course", "we're ready", "now is a good time"),
        "NotNow": ("no thank you", "not tonight", "maybe tomorrow", "we're too tired"),
    },
    "gratitude.turn": {"Skip": ("skip", "pass", "I'd rather not", "skip my turn")},
}
EVERYDAY = (
    "stop it, that tickles",
    "what's next on your list",
    "help me with the dishes",
    "can you help me carry this",
    "we need a new fridge",
    "I want a pause button for this show",
    "let's take the dog for a walk",
    "let's take a bath together",
    "take a deep breath and tell me what happened",
    "give me a minute",
    "give us a kiss",
    "ask your mother",
    "that is a good question",
    "I have another question for the doctor",
    "what should we have for dinner tonight",
    "what can we do about the noise",
    "say that again and I am leaving",
    "start the washing machine please",
    "it's time for bed",
    "time for some tea",
    "how do we use this thing",
    "what do you know about it",
    "please pause the film",
    "play the evening news",
    "thank you for the lovely evening",
    "one more question and I will scream",
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the pack that we ship."""
    models: Path = data_folder("models")
    return load_pack(data_folder("intents") / "en", MOMENTS, models / "en" / "cmudict.tsv.gz")


def _distance(one: str, other: str) -> float:
    """Return the edit distance of two texts (Levenshtein 1966), as a share of the longer."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        before, row[0] = row[0], number
        for place, against in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (letter != against))
    return row[-1] / max(len(one), len(other), 1)


def test_there_are_forty_open_questions(pack: Pack) -> None:
    """No question can be answered with yes or no, and there are evenings enough of them."""
    questions = [card.text for card in pack.decks["questions"]]
    assert len(questions) >= 40
    for question in questions:
        assert words_of(question)[0] in OPEN, question
        assert re.fullmatch(r"[A-Z][^?]*\?", question), question


def test_no_question_comes_twice_in_other_words(pack: Pack) -> None:
    """Questions differ in a quarter of their letters or more."""
    questions = [" ".join(words_of(card.text)) for card in pack.decks["questions"]]
    close = [pair for pair in itertools.combinations(questions, 2) if _distance(*pair) < NEARLY]
    assert close == []


def test_every_category_has_light_and_deep_questions(pack: Pack) -> None:
    """Whatever the mood, there is a card for it."""
    cards = pack.decks["questions"]
    categories = {card.category for card in cards}
    assert {(card.category, card.depth) for card in cards} == set(itertools.product(categories, ("light", "deep")))


def test_no_line_is_longer_than_a_breath(pack: Pack) -> None:
    """What is said between two full stops can be taken in by ear."""
    lines = [*itertools.chain.from_iterable(pack.responses.values()), *(c.text for c in pack.decks["questions"])]
    breaths = [breath for line in lines for breath in re.split(r"[.?!:;]", line)]
    assert [breath for breath in breaths if len(words_of(breath)) > A_BREATH] == []


@pytest.mark.parametrize("intent", UNDERSTOOD)
def test_requests_are_understood(pack: Pack, intent: str) -> None:
    """Each request is understood in several ways that people put it."""
    scope = pack.sentences.scope(ANYTIME)
    assert {sentence: _intent(match(sentence, scope)) for sentence in UNDERSTOOD[intent]} == dict.fromkeys(
        UNDERSTOOD[intent], intent
    )


def _intent(found: Intent | None) -> str | None:
    return found.name if found else None


def test_every_intent_is_tried(pack: Pack) -> None:
    """These tests have three sentences or more for everything the pack understands."""
    assert set(UNDERSTOOD) == set(pack.sentences.intents(ANYTIME))
    assert set(IN_A_SCENE) == set(pack.sentences.intents(SCENE))
    asks = {context for context in pack.sentences.contexts if context not in {ANYTIME, SCENE}}
    assert asks == {asked(name) for name in ANSWERS}
    for name, answers in ANSWERS.items():
        assert set(answers) == set(pack.sentences.intents(asked(name)))
    tried = itertools.chain(UNDERSTOOD.values(), IN_A_SCENE.values(), *(each.values() for each in ANSWERS.values()))
    assert all(len(sentences) >= 3 for sentences in tried)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_understood(pack: Pack, name: str) -> None:
    """While a question is open, its answers count, and so does stopping."""
    scope = pack.sentences.scope(SCENE, asked(name))
    for intent, sentences in {**ANSWERS[name], **IN_A_SCENE}.items():
        assert {sentence: _intent(match(sentence, scope)) for sentence in sentences} == dict.fromkeys(sentences, intent)


@pytest.mark.parametrize("sentence", [*EVERYDAY, *itertools.chain.from_iterable(IN_A_SCENE.values())])
def test_everyday_talk_is_no_request(pack: Pack, sentence: str) -> None:
    """What two people say to each other is left alone."""
    assert match(sentence, pack.sentences.scope(ANYTIME)) is None


@pytest.mark.parametrize("sentence", EVERYDAY)
def test_everyday_talk_is_no_answer(pack: Pack, sentence: str) -> None:
    """Nor does it answer or stop anything while a question is open."""
    for name in ANSWERS:
        assert match(sentence, pack.sentences.scope(SCENE, asked(name))) is None
