"""`moments understand`: what sentences mean, one or a thousand."""

import json
import time

from command_line import CommandLine
from small_pack import SMALL

BY_MEANING = "throw a topic at us, we've run out of things to say"
BOTH = "tell us a story and then pause for three rounds"
TALK = "purple monkeys dance in the rain"
DOUBTFUL = "speak when ten minutes are over"


def test_each_sentence_is_explained_in_a_line(moments: CommandLine) -> None:
    """The line repeats the sentence, and tells each intent, its slots and what found it; talk is no error."""
    ran = moments.call("understand", given=f"Stop listening for 2 hrs, please\n{BOTH}\n{TALK}\n".encode())
    assert (ran.code, ran.err) == (0, "")
    told = '"Stop listening for 2 hrs, please" is StopListening (minutes=120), by grammar, confidence 1.00'
    both = f'"{BOTH}" is Story, then Pause (rounds=3), by grammar, confidence 1.00'
    assert ran.out.splitlines() == [told, both, f'"{TALK}" is not understood']


def test_what_would_count_at_another_time_or_be_asked_is_told(moments: CommandLine) -> None:
    """Who tries "stop" learns when it counts, and who is understood in part that it would ask."""
    ran = moments.call("understand", given=f"stop\n{DOUBTFUL}\nhelp us pause, never mind\n".encode())
    assert ran.out.splitlines() == [
        '"stop" is not understood, but while a moment plays it is Stop',
        f'"{DOUBTFUL}" may be Remind (minutes=10): it would ask',
        '"help us pause, never mind" takes back what it asks for',
    ]


def test_json_has_the_same_keys_for_every_sentence(moments: CommandLine) -> None:
    """With --json each line has the text, the intent, the slots, what found it, the confidence and a second wish."""
    sure, near, talk, both = moments.call(
        "understand", "--json", given=f"set gratitude to 21:30\n{BY_MEANING}\n{TALK}\n{BOTH}\n".encode()
    ).lines
    slots = {"ritual": "gratitude", "hour": 21, "minute": 30}
    assert sure == {
        "text": "set gratitude to 21:30",
        "intent": "SetRitual",
        "slots": slots,
        "by": "grammar",
        "confidence": 1.0,
        "then": None,
    }
    assert {**near, "confidence": None} == {
        "text": BY_MEANING,
        "intent": "Question",
        "slots": {},
        "by": "meaning",
        "confidence": None,
        "then": None,
    }
    assert 0.0 < near["confidence"] <= 1.0
    assert talk == {"text": TALK, "intent": None, "slots": {}, "by": None, "confidence": 0.0, "then": None}
    assert both["then"] == {"intent": "Pause", "slots": {"rounds": 3}}


def test_standard_input_gives_a_line_for_each_line(moments: CommandLine) -> None:
    """Empty lines, Windows line ends, bytes that are no UTF-8 and a missing last line end keep their place."""
    given = (
        b"give us a question\n\ngive us a question\r\n\xff\xfe\n\xf0\x9f\x99\x82\n"
        + b"a" * 20_000
        + b"\npause for 4 rounds"
    )
    found = moments.call("understand", "--json", given=given).lines
    assert [line["intent"] for line in found] == ["Question", None, "Question", None, None, None, "Pause"]
    assert [line["text"] for line in found[:3]] == ["give us a question", "", "give us a question"]
    assert moments.call("understand", "--json", given=b"").lines == []


def test_a_thousand_sentences_take_a_moment(moments: CommandLine) -> None:
    """A thousand different sentences in one call give a thousand lines in their order, most within milliseconds."""
    lengths = [f"stop listening for {number} minutes" for number in range(1, 501)]
    wishes = [line for number in range(1, 251) for line in (f"remind us in {number} minutes", "give us a question")]
    began = time.process_time()
    ran = moments.call("understand", "--json", given="\n".join(lengths + wishes).encode())
    assert time.process_time() - began < 30.0
    found = ran.lines
    assert [line["text"] for line in found] == lengths + wishes
    assert {line["intent"] for line in found[:500]} == {"StopListening"}


def test_the_context_decides_what_counts(moments: CommandLine) -> None:
    """A "yes" answers a question, a "stop" stops within a moment, and neither means anything else."""

    def intent(text: str, *context: str) -> str | None:
        (line,) = moments.call("understand", text, "--json", *context).lines
        return str(line["intent"])

    assert intent("yes please", "--context", "ask:ritual.ready") == "Agree"
    assert intent("stop", "--context", "scene") == "Stop"
    assert intent("yes please", "--context", "anytime") == "None"


def test_an_unknown_context_is_one_line(moments: CommandLine) -> None:
    """A context that the pack does not have is refused, with those that it has."""
    for context in ("bedroom", "ask:nothing", ""):
        ran = moments.call("understand", "yes", "--context", context)
        ran.refused(2, f'"{context}"', "unknown", "anytime", "scene", "asleep", "ask:ritual.ready")


def test_it_uses_the_pack_that_is_named(moments: CommandLine) -> None:
    """With --pack another pack's sentences count, also one without examples."""
    ran = moments.call("understand", "give us a question", "--pack", SMALL)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith('"give us a question" is Question, by grammar')
    moments.call("understand", "yes", "--pack", "nowhere").refused(2, "nowhere")


def test_it_is_a_command_that_keeps_nothing(moments: CommandLine) -> None:
    """In a process of its own: no database, no cache of what was said, nothing beside the answer."""
    ran = moments.run("understand", "remind us in 5 min to call mother", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["slots"] == {"minutes": 5, "todo": "call mother"}
    assert not moments.data.exists()
    assert [path.name for path in moments.home.rglob("*") if path.is_file()] == ["asound.conf"]
