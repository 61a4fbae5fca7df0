"""The parts of script/bench: the sample, the voices, the judgement, and the page of figures."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from small_pack import SMALL

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import report
from figures import Goal
from goals import threshold_that_accepts
from mistakes import NOTHING, confused
from neighbours import Meant, read_neighbours, read_prefixes
from phrases import HELD_OUT, SERVED_BY, Wish, judged, read_phrases
from samples import balanced
from voices import SILENCE_SECONDS, Voice, render

from voice.audio.clip import Clip
from voice.bench.cases import Case
from voice.bench.contexts import expected_in
from voice.bench.results import summarise
from voice.bench.runner import PackListener, run
from voice.nlu.contexts import asked
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.sentences import Sentences, load_sentences
from voice.storage.paths import data_folder

RATE = 16_000
UNEVEN = """
language: en
intents:
  Paint:
    data:
      - sentences:
          - "paint the (wall|door|roof|floor) (red|green|blue|white) [now]"
          - "[please] colour (it|this|that) {times}"
  Rest:
    data:
      - requires_context: {ask: paint.more}
        sentences: ["(no|not now|enough)"]
lists:
  times: {range: {from: 2, to: 9}}
"""


@pytest.fixture
def uneven(tmp_path: Path) -> Sentences:
    """Return a pack with an intent of 80 sentences in two templates, and one of three sentences."""
    (tmp_path / "paint.yaml").write_text(UNEVEN)
    return load_sentences(tmp_path)


def test_the_sample_is_balanced(uneven: Sentences) -> None:
    """Intents, templates and alternatives are drawn equally often until exhausted; no sentence twice."""
    sample = balanced(uneven, 38)
    assert Counter(wanted.intent for wanted in sample[:6]) == {"Paint": 3, "Rest": 3}
    texts = [wanted.text for wanted in sample if wanted.intent == "Paint"]
    assert (len(sample), len(set(texts))) == (38, 35)
    painted = Counter(text.split()[2] for text in texts if text.startswith("paint"))
    assert painted.total() in {17, 18}
    assert painted.keys() == {"wall", "door", "roof", "floor"}
    assert max(painted.values()) - min(painted.values()) <= 2
    assert Counter(wanted.context for wanted in sample) == {"anytime": 35, asked("paint.more"): 3}


def test_the_sample_is_reproducible_and_can_be_complete(uneven: Sentences) -> None:
    """A seed gives the same sample again, a longer one starts with it, and the longest has all sentences."""
    sample = balanced(uneven, 20, seed=7)
    assert balanced(uneven, 20, seed=7) == sample
    assert balanced(uneven, 12, seed=7) == sample[:12]
    assert balanced(uneven, 20, seed=8) != sample
    everything = balanced(uneven, 1000)
    assert len(everything) == 4 * 4 * 2 + 2 * 3 * 8 + 3
    numbers = {wanted.slots["times"] for wanted in everything if wanted.slots}
    assert numbers == {2, 3, 4, 5, 6, 7, 8, 9}


def test_the_default_sample_is_understood_from_text() -> None:
    """The default pack gives 400 sentences, each labelled with its intent in its context."""
    sentences = load_sentences(data_folder("intents") / "en")
    sample = balanced(sentences, 400)
    assert len(sample) == 400
    intents = {intent for context in sentences.contexts for intent in sentences.intents(context)}
    assert {wanted.intent for wanted in sample} == intents
    for wanted in sample[::7]:
        intent = match(wanted.text, sentences.scope(*expected_in(wanted.context)[0]))
        assert intent is not None
        assert intent.name == wanted.intent


@pytest.mark.parametrize("voice", [Voice("flite", "slt"), Voice("espeak-ng", "en-us+f3")])
def test_each_voice_speaks_the_given_texts(voice: Voice, tmp_path: Path) -> None:
    """The clips are at 16 kHz, start with silence, and are recognised in order and context."""
    told = (
        ("help us pause", "Pause", "anytime"),
        ("that's enough", "Stop", "scene"),
        ("later", "NotNow", asked("ritual.ready")),
    )
    paths = render(voice, [text for text, _, _ in told], tmp_path)
    cases = [Case(path.name, path, intent, {}, context) for path, (_, intent, context) in zip(paths, told, strict=True)]
    for path in paths:
        clip = Clip.read(path)
        assert clip.rate == RATE
        before = round(SILENCE_SECONDS * RATE)
        assert not clip.samples[:before].any()
        assert np.abs(clip.samples[before:]).max() > 0.05
    (row,), _ = run(cases, PackListener(SMALL, 0.0, 0.5))
    assert [result.answers[0].text for result in row.results] == [text for text, _, _ in told]
    assert summarise(row)["acceptance"] == 1.0


def test_hand_written_text_stays_on_the_page(tmp_path: Path) -> None:
    """Figures replace the text between the marks; a page without marks is not changed."""
    page = tmp_path / "page.md"
    page.write_text("# By hand\n\n<!-- figures -->\nold\n<!-- /figures -->\n\nTried: much.\n")
    for figures in ("| first |", "| second |"):
        report.put(page, figures)
        assert page.read_text() == f"# By hand\n\n<!-- figures -->\n\n{figures}\n\n<!-- /figures -->\n\nTried: much.\n"
    for broken in ("no marks", "<!-- figures --> no end", "<!-- /figures --><!-- figures -->"):
        page.write_text(broken)
        with pytest.raises(ValueError, match=r"page\.md"):
            report.put(page, "| third |")
        assert page.read_text() == broken


def test_figures_are_judged_by_value() -> None:
    """A limit counts as reached at its own value, whether more or less is better."""
    share = Goal("understood", 0.96, 0.99, "{:.2f}".format, more=True)
    seconds = Goal("time", 0.9, 0.5, "{:.1f} s".format)
    assert [share.judge(value).verdict for value in (0.9599, 0.96, 0.99)] == ["BAD", "below aim", "ok"]
    assert [seconds.judge(value).verdict for value in (0.91, 0.9, 0.5)] == ["BAD", "below aim", "ok"]
    assert "0.96" in share.judge(0.9, "(slt)").line()


def test_the_threshold_accepts_the_wanted_share() -> None:
    """The threshold is the lowest confidence of the wanted share, or of the same share of those understood."""
    confidences = [number / 100 for number in range(100)]
    assert threshold_that_accepts(confidences, 100, 0.95) == (0.05, True)
    assert threshold_that_accepts(confidences[:90], 100, 0.9) == (0.0, True)
    assert threshold_that_accepts(confidences[:90], 100, 0.95) == (0.04, False)


def test_confused_words_are_aligned() -> None:
    """Words are paired with those heard in their place; missing or added words with nothing."""
    assert confused(["help", "us", "pause", "please"], ["help", "me", "breathe", "please"]) == [
        ("us", "me"),
        ("pause", "breathe"),
    ]
    assert confused(["say", "it", "again"], ["say", "it", "once", "again", "please"]) == [
        (NOTHING, "once"),
        (NOTHING, "please"),
    ]
    assert confused(["slow", "down"], []) == [("slow down", NOTHING)]


def test_a_phrase_is_judged_by_what_is_done() -> None:
    """Every intent that serves the wish is right, a wrong value or a second intent is wrong, silence is missed."""
    reminder = Wish("reminder", {"time": "17:00", "todo": "call mom"})
    assert judged(reminder, [Intent("Remind", {"hour": 5, "minute": 0})]) == "right"
    assert judged(reminder, [Intent("Remind", {"hour": 5, "minute": 30})]) == "wrong"
    assert judged(reminder, [Intent("SetRitual", {"hour": 5})]) == "wrong"
    assert judged(reminder, []) == "missed"
    timer = Wish("timer", {"minutes": "10"})
    assert judged(timer, [Intent("Remind", {"minutes": 10})]) == "right"
    assert judged(timer, [Intent("Remind", {"minutes": 10}), Intent("Stop")]) == "wrong"
    assert judged(Wish("forget", {"span": "today"}), [Intent("ForgetEverything")]) == "wrong"
    assert judged(Wish("question_deeper"), [Intent("Another", {"depth": "light"})]) == "wrong"
    assert judged(Wish("pattern", {"pattern": "478"}), [Intent("Pause", {"pattern": "four_seven_eight"})]) == "right"


def test_a_meaning_may_be_nothing() -> None:
    """Where nothing is meant silence is right; where one of two things is meant, both are."""
    either = Meant("nothing | reminder minutes=20")
    assert (either.judge([]), either.judge([Intent("Remind", {"minutes": 20})])) == ("right", "right")
    assert either.judge([Intent("Pause")]) == "wrong"
    assert Meant("pause").judge([]) == "missed"


def test_our_own_sentences_are_labelled() -> None:
    """Every sentence that is held back has a known wish and a context in which something counts."""
    contexts = load_sentences(data_folder("intents") / "en").contexts
    phrases = read_phrases(HELD_OUT / "phrases.tsv")
    meanings = [(neighbour.context, neighbour.means) for neighbour in read_neighbours()]
    meanings += [(prefix.context, prefix.means) for prefix in read_prefixes()]
    assert {phrase.context for phrase in phrases} | {context for context, _ in meanings} <= contexts
    wishes = [phrase.wish for phrase in phrases] + [wish for _, meant in meanings for wish in meant.wishes]
    assert {wish.name for wish in wishes} - {"GoodMorning", "GoodNight"} <= SERVED_BY.keys()
