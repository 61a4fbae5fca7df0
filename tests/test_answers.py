"""Answers in people's own words: yes, no, later, doubt, offers, free words; and small talk."""

import re
from pathlib import Path

import pytest
from acting import act, said

from voice.asr.words import words_of
from voice.assistant import Assistant, assemble
from voice.moments.registry import NEEDS
from voice.nlu.contexts import ADDRESSED, ANYTIME, SCENE, asked
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.open_answers import open_answer
from voice.nlu.wake_name import WakeName
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.settings.schema import Settings
from voice.storage.paths import data_folder

ENGLISH = data_folder("intents") / "en"
YES = """yes|yeah|yep|yup|yeap|sure|sure thing|of course|okay|ok|all right|alright|certainly|absolutely|definitely
gladly
indeed|affirmative|confirmed|agreed|with pleasure|by all means|yes please|yes, let's|let's|let's go
let's do it|do that
do it|go ahead|yeah go ahead|go on then|go for it|i vote yes|that's a yes|it's a yes from us|yes, that's confirmed
i can confirm it is affirmative|yeah that's what i want|that sounds good|sounds lovely|that would be nice|we'd love to
i'd like that|why not|good idea|perfect|great|fine by me|okay with us|count us in|we're in
we're ready|ready|now is good
it's a good time|yes we do|we have time|works for me|you bet|no problem|exactly|with pleasure, thank you|yes of course
okay for me|for us yes|is good|i guess so|i suppose|i think so|if you like|might as well|we don't mind"""
NO = """no|nope|nah|no thanks|no thank you|no way|not now|not right now|not just yet|not really|not at all|please, no
wait no
i don't think so|i'd prefer not|i would prefer not|i'd rather not|we'd rather not|rather not|better not|i must say no
i gotta say no|i say no to that question|that's a negative|that's a negatory|it's a no
it's a no from me|my answer is no
no, that's not it|no, don't do that|don't do it|please don't|leave it|no, leave it|let's not
let's not do it|never mind
we don't want to|i don't feel like it|we don't need it|not for us|not interested|not in the mood|we can't right now
count us out|another time|some other time|maybe not|probably not|i'm afraid not|unfortunately not|i'll pass|we'll pass
it's not a good time|now is not a good time|it's a bad time|we're too tired|we're busy|i'm very tired tonight
no, we don't want it|of course not|certainly not|absolutely not|no chance|i think not|for me no|not this time"""
LATER = """later|a bit later|maybe later|later please|in a bit|in a while|in a little while
in a moment|soon|after dinner
after the film|after work|when we're done|when the kids are in bed|ask us later|ask us again later
ask again|come back later
come back in ten|come back in ten minutes|five more minutes|ten minutes please|give us a moment
give us half an hour|hold on
one moment|just a second|we're not ready yet|we need more time|it can wait|let's do it later|can we do it after dinner
remind us in a bit|snooze|in ten minutes"""
DOUBT = """i'm not sure|we're not sure|not sure|not so sure|not quite sure yet|i don't know
we don't know|i really don't know|dunno
i dunno|no idea|i have no idea|who knows|maybe|maybe maybe not|perhaps|possibly|could be|might be
kind of|yes and no|hard to say
it depends|let me think|let us think about it|i need to think about it|we can't decide
we haven't decided|what do you think
i'm in two minds|i'm undecided|yes maybe|maybe yes"""
# Irony, questions and half a yes, where everything is to be erased.
NO_CONSENT = """yeah right|oh yeah right|sure, right|right|as if|yeah, as if|you wish|really|yes, really?|are you sure
great idea|yeah, great idea|good one|nice try|very funny|yes?|absolutely?|yeah whatever|do we want that
do we really want that|can it be undone|what|yes what|why|huh|hmm|should we|are we sure|is that safe
yes but not today|yes if we must|well yes but|yeah sure|yeah yeah|do it, you wouldn't dare|suit yourself|if you must"""
# The words that a line offers beside "say: ...", and the question where it offers them.
OFFERS = {
    "break.doors": (
        "pause.after",
        ("a longer break", "help to say it kindly", "kinder words", "help you say it kindly"),
        ("help us say it kindly", "say it kindly", "kinder words", "a longer break"),
    ),
    "break.which": ("pause.after", ("longer break", "kinder words"), ("a longer break", "kinder words")),
    "kindly.after": (
        "kindly.after",
        ("hear it again", "change something", "change a part"),
        ("can we hear it again", "again", "change something", "change a part"),
    ),
    "kindly.ask_part": (
        "kindly.part",
        ("feeling", "situation", "request"),
        ("the feeling", "the situation", "the request"),
    ),
    "help.begin": (
        "help.topic",
        (
            "talk",
            "take a breath",
            "say thanks",
            "rituals",
            "notes",
            "talking",
            "breathing",
            "saying thanks",
            "steer me",
        ),
        ("talk", "take a breath", "say thanks", "your rituals", "keep notes", "notes", "talking", "how to steer you"),
    ),
    "help.which": (
        "help.topic",
        ("talking", "breathing", "saying thanks", "rituals", "keeping notes", "controls"),
        ("talking", "breathing", "saying thanks", "rituals", "keeping notes", "controls"),
    ),
}


def _ways(text: str) -> list[str]:
    return re.split(r"[|\n]", text)


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return load_pack(ENGLISH, NEEDS, pronounceable=False)


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    """Give an assistant in its own home."""
    return assemble(Settings.model_validate({"keeping": {"folder": str(tmp_path)}}))


def _heard(pack: Pack, text: str, ask: str) -> Intent | None:
    return match(text, pack.sentences.text_scope(SCENE, asked(ask)))


@pytest.mark.parametrize(
    ("ways", "fewest", "intents"),
    [
        (YES, 60, {"Agree"}),
        (NO, 60, {"NotNow", "NotTonight"}),
        (LATER, 30, {"Snooze"}),
        (DOUBT, 30, {"NotNow"}),
    ],
    ids=["yes", "no", "later", "doubt"],
)
def test_a_ritual_takes_everyday_answers(pack: Pack, ways: str, fewest: int, intents: set[str]) -> None:
    """Everyday words for yes, no, later and doubt answer "is now good?"."""
    texts = _ways(ways)
    assert len(texts) >= fewest
    found = {text: _heard(pack, text, "ritual.ready") for text in texts}
    assert {text: meant for text, meant in found.items() if meant is None or meant.name not in intents} == {}


@pytest.mark.parametrize("ways", [NO, LATER, DOUBT], ids=["no", "later", "doubt"])
def test_nothing_but_a_clear_yes_erases(pack: Pack, ways: str) -> None:
    """No doubt, delay or refusal is taken for consent to forget everything, and none is a request."""
    found = {text: _heard(pack, text, "forget.sure") for text in _ways(ways)}
    assert [text for text, meant in found.items() if meant is not None and meant.name == "Agree"] == []


def test_every_doubt_keeps_the_journal(pack: Pack) -> None:
    """Each kind of doubt is a no where something is erased."""
    doubts = [*_ways(DOUBT), "i think so", "i guess so", "probably", "unsure"]
    found = {text: _heard(pack, text, "forget.sure") for text in doubts}
    assert {text: meant for text, meant in found.items() if meant is None or meant.name != "Decline"} == {}


def test_irony_and_questions_are_no_consent(assistant: Assistant) -> None:
    """Nobody's journal is erased by a joke, a question back or half a yes; a plain yes erases it."""
    sure = asked("forget.sure")
    read = {text: assistant.pack.read(text, (SCENE, sure), (ANYTIME, ADDRESSED)).intent for text in _ways(NO_CONSENT)}
    assert len(read) > 20
    assert [text for text, meant in read.items() if meant is not None and meant.name == "Agree"] == []
    for text in ("yes", "oh yes", "yes please", "yes, forget everything", "absolutely, go ahead", "we are sure"):
        meant = assistant.pack.read(text, (SCENE, sure), (ANYTIME, ADDRESSED)).intent
        assert meant == Intent("Agree"), text


@pytest.mark.parametrize("key", OFFERS)
def test_what_a_line_offers_is_understood_there(pack: Pack, key: str) -> None:
    """Every word that a question offers is an answer to it."""
    ask, offered, tried = OFFERS[key]
    lines = " ".join(pack.responses[key]).lower()
    assert [words for words in offered if words not in lines] == []
    assert [text for text in tried if _heard(pack, text, ask) is None] == []


def test_what_it_teaches_carries_the_name_that_it_needs() -> None:
    """With a required name, the welcome and the help say it before each request."""
    named = load_pack(ENGLISH, NEEDS, wake_name=WakeName("Juniper", required=True), pronounceable=False)
    assert "say: Juniper, help us pause" in named.responses["welcome.first"][0]
    assert not any("{call}" in line for lines in named.responses.values() for line in lines)
    told = [
        text for lines in named.responses.values() for line in lines for text in re.findall(r"Juniper, ([^.?{]+)", line)
    ]
    scope = named.sentences.scope(ANYTIME, ADDRESSED)
    taught = [text.partition(", and ")[0] for text in told if text != "turn on "]
    assert [text for text in taught if match(f"Juniper {text}", scope) is None] == []


@pytest.mark.parametrize(
    ("text", "ask", "intent"),
    [
        (
            "when the dog barks all night",
            "kindly.situation",
            Intent("Situation", {"words": "when the dog barks all night"}),
        ),
        ("that you're late", "kindly.say", Intent("Situation", {"words": "when you're late"})),
        ("I want you to water my plants", "kindly.request", Intent("Request", {"words": "could you water my plants"})),
        ("when", "kindly.situation", None),
        ("pass me the salt please", "kindly.request", None),
        ("when the dog barks all night", "ritual.ready", None),
    ],
)
def test_free_words_after_a_beginning(pack: Pack, text: str, ask: str, intent: Intent | None) -> None:
    """Free words are an answer where the pack has a beginning for them, and nowhere else."""
    assert open_answer(words_of(pack.sentences.speech.normalise(text)), ask, pack.sentences.open_answers) == intent


@pytest.mark.parametrize(
    "text", ["Im not safe", "I don`t feel safe", "i\u00b4m not safe", "I DON\u2019T WANT TO LIVE ANYMORE", "he hits me"]
)
def test_safety_is_heard_however_it_is_typed(pack: Pack, text: str) -> None:
    """A missing or a wrong apostrophe hides no cry for help."""
    found = match(text, pack.sentences.text_scope(ANYTIME, ADDRESSED))
    assert found is not None
    assert found.name == "Safety"


def test_a_feeling_is_said_back(assistant: Assistant) -> None:
    """A feeling is said back before the next question, in its own word, and can be corrected there."""
    lines = said(act(assistant, Intent("SayKindly"), "upset", "no, betrayed", "when you come home late", "no request"))
    assert any("I feel upset." in line for line in lines)
    assert "I feel betrayed when you come home late." in lines


def test_a_situation_that_comes_first_is_asked_back(assistant: Assistant) -> None:
    """A situation in place of a feeling is kept, and the feeling is asked for."""
    lines = said(act(assistant, Intent("SayKindly"), "when you come home late", "worried", "no request"))
    assert set(lines) & set(assistant.pack.responses["kindly.ask_feeling_then"])
    assert "I feel worried when you come home late." in lines


def test_small_talk_gets_a_short_answer(assistant: Assistant) -> None:
    """Thanks and the time are answered in one line."""
    assert len(said(act(assistant, Intent("Social", {"kind": "thanks"})))) == 1
    (line,) = said(act(assistant, Intent("Clock", {"kind": "time"})))
    assert line.endswith(("morning.", "afternoon.", "evening.", "night.", "noon.", "midnight."))
