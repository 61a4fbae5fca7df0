"""What the English pack understands: what people really say, and nothing else."""

import itertools
from pathlib import Path

import pytest

from voice.moments import MOMENTS
from voice.nlu.matcher import Intent, match
from voice.nlu.pack import Pack, load_pack
from voice.nlu.sentences import ANYTIME, SCENE, asked
from voice.places import data_folder

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
    "ritual.ready": {
        "Agree": ("yes please", "of course", "we're ready", "now is a good time"),
        "NotNow": ("no thank you", "maybe later", "we're too tired"),
        "NotTonight": ("not tonight", "maybe tomorrow"),
        "Snooze": ("snooze", "ten more minutes", "ask us again in half an hour"),
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


@pytest.mark.parametrize("intent", UNDERSTOOD)
def test_requests_are_understood(pack: Pack, intent: str) -> None:
    """Each request is understood in several ways that people put it."""
    scope = pack.sentences.scope(ANYTIME)
    assert {sentence: _intent(match(sentence, scope)) for sentence in UNDERSTOOD[intent]} == dict.fromkeys(
        UNDERSTOOD[intent], intent
    )


def _intent(found: Intent | None) -> str | None:
    return found.name if found else None


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
