"""Packs: a complete one loads, and a broken one is refused with the file, the line and the remedy."""

import itertools
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from small_pack import SMALL

from voice.errors import InputError
from voice.moments.registry import MOMENTS, NEEDS
from voice.nlu.contexts import ANYTIME, ASLEEP, SCENE
from voice.nlu.intent import Intent
from voice.nlu.matcher import match
from voice.nlu.sentences import load_sentences
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.storage.paths import data_folder

if TYPE_CHECKING:
    from command_line import CommandLine

PAUSE = "sentences/pause.yaml"
GRATITUDE = "sentences/gratitude.yaml"
RESPONSES = "responses.yaml"
QUESTIONS = "decks/questions.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the small pack."""
    return Path(shutil.copytree(SMALL, tmp_path / "en"))


def _load(folder: Path) -> Pack:
    return load_pack(folder, NEEDS)


def _edit(path: Path, old: str, new: str) -> int:
    """Replace the only occurrence of `old`; return its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def _add_pause(folder: Path, *templates: str, extra: str = "") -> int:
    """Add templates to the intent Pause; return the line of the first."""
    first = '          - "[please] breathe with (us|me)"'
    lines = "".join(f'          - "{template}"\n' for template in templates)
    line = _edit(folder / PAUSE, first, lines + first)
    with (folder / PAUSE).open("a", encoding="utf-8") as file:
        file.write(extra)
    return line


def _refused(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        _load(folder)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_complete_pack_loads(folder: Path) -> None:
    """A pack with one file of responses and a few moments loads from any folder."""
    pack = _load(folder)
    assert pack.language == "en"
    assert pack.moments == {"gratitude", "help", "pause", "question", "repeat", "stop"}
    assert ("stop",) in pack.stop_set
    assert ("that's", "enough") in pack.stop_set
    assert set(pack.decks) == {"questions"}


def test_the_english_pack_loads(tmp_path: Path) -> None:
    """The shipped pack loads from any folder and serves every moment."""
    pack = _load(Path(shutil.copytree(data_folder("intents") / "en", tmp_path / "en")))
    assert pack.language == "en"
    assert pack.moments == MOMENTS.keys()
    assert ("stop",) in pack.stop_set


BROKEN: dict[str, tuple[str, str, str, str]] = {
    "unknown intent": (PAUSE, "  Pause:", "  Nap:", "no moment plays the intent Nap: use one of Appreciate, Break"),
    "unknown list": (PAUSE, "breathe with (us|me)", "breathe with {pets}", "there is no list {pets}"),
    "unknown rule": (PAUSE, "breathe with (us|me)", "breathe <how>", "there is no rule <how>"),
    "open bracket": (PAUSE, "breathe with (us|me)", "breathe with (us|me", "is a broken template"),
    "empty template": (PAUSE, "[please] breathe with (us|me)", "", "is a broken template"),
    "empty braces": (PAUSE, "breathe with (us|me)", "breathe with {}", "is a broken template"),
    "digits": (PAUSE, "breathe with (us|me)", "breathe 3 times", '"3" cannot be pronounced: write numbers as words'),
    "symbols": (PAUSE, "breathe with (us|me)", "breathe & rest", '"&" cannot be pronounced: write symbols as words'),
    "foreign letters": (PAUSE, "breathe with (us|me)", "atmen für uns", '"für" cannot be pronounced: use the letters'),
    "pieces of a word": (PAUSE, "breathe with (us|me)", "breathe x(7|8)", '"x7" cannot be pronounced: write numbers'),
    "backward range": (PAUSE, "breathe with (us|me)", "breathe {9..3:times} times", "the range {9..3} is broken"),
    "too short": (PAUSE, "breathe with (us|me)", "(pause|breathe with me)", '"pause" has 3 phones, and with fewer'),
    "digits before the name": ("sentences/always.yaml", '"hey"', '"h3y"', '"h3y" cannot be pronounced: write numbers'),
    "no sentences": (PAUSE, "      - sentences:", "      - phrases:", "intents.Pause.data.0.sentences: field required"),
    "unknown ask": (GRATITUDE, "ask: gratitude.turn", "ask: gratitude.lap", "nobody asks gratitude.lap, which Skip"),
    "unknown context": (GRATITUDE, "ask: gratitude.turn", "place: kitchen", "requires_context {'place': 'kitchen'} is"),
    "broken sentences": (PAUSE, '"[please] breathe with', "[please] breathe with", "is not YAML"),
    "broken deck": (QUESTIONS, "cards:", "cards: [", "is not YAML"),
    "an intent twice": (PAUSE, "  Pause:", "  Pause: {data: []}\n  Pause:", "Pause stands in line 3 already: keep one"),
    "a line twice": (RESPONSES, '  hold: "Hold"', '  hold: "Stay"\n  hold: "Hold"', "hold stands in line "),
    "a field twice": (QUESTIONS, 'light, text: "What felt', 'light, text: "", text: "What felt', "text stands in line"),
    "no such date": (QUESTIONS, '"What felt worth doing today?"', "2024-13-45", "put text that looks like a date or"),
    "unknown response": (RESPONSES, '  hold: "Hold"', '  hold: "Hold"\n  nap: "Nap"', "no moment says pause.nap"),
    "lines without a group": (RESPONSES, 'repeat:\n  nothing: "I', 'repeat: "I', "repeat is not a group of lines"),
    "a line that is no text": (RESPONSES, '  hold: "Hold"', "  hold: 5", "pause.hold is not a text"),
    "unknown field": (RESPONSES, "{name}, what", "{partner}, what", "{partner} cannot be filled in: only {name} may"),
    "formatted field": (RESPONSES, "{name}, what", "{name:d}, what", "{name} cannot be filled in: only {name} may"),
    "open brace": (RESPONSES, "{name}, what", "{name, what", "only {name} may stand in braces"),
    "name for nobody": (RESPONSES, "There. No hurry", "There, {name}. No hurry", "this line may have no braces"),
    "stop in a line": (RESPONSES, '"Hold"', '"Now stop."', '"Now stop." has "stop", which stops the assistant'),
    "stop in a variant": (RESPONSES, "There. No hurry", "That's   ENOUGH, no hurry", 'has "that\'s enough", which'),
    "stop in a card": (QUESTIONS, "What felt worth doing today?", "When do we stop, and why?", 'has "stop", which'),
    "a card twice": (QUESTIONS, "What felt worth doing today?", "what took the most energy, from YOU today", "twice"),
    "a closed question": (QUESTIONS, "What felt worth doing today?", "Was it a good day?", "is not an open question: "),
    "no question": (QUESTIONS, "What felt worth doing today?", "What a day.", "begin with what, how, "),
    "too long for a breath": (QUESTIONS, "felt worth", "felt worth " + "and worth " * 11, "has 27 words in one breath"),
    "unknown field of a card": (QUESTIONS, 'light, text: "What felt', 'light, texts: "What felt', "cards.4.text"),
    "unknown depth": (QUESTIONS, 'light, text: "What felt', 'heavy, text: "What felt', "cards.4.depth"),
    "unknown phone": ("pronunciations.yaml", "AW ER", "AW QQ", '"AW QQ" is no way to say our: "QQ" is no ARPAbet'),
}  # fmt: skip
# Mistakes that are told for the whole block, or show only later: so many lines from the edit.
AWAY = {
    "unknown intent": 2,
    "broken deck": 1,
    "unknown ask": -1,
    "unknown context": -1,
    "unknown response": 1,
    "an intent twice": 1,
    "a line twice": 1,
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_broken_pack_is_refused(folder: Path, mistake: str) -> None:
    """One line names the file, the line and the remedy."""
    file, old, new, message = BROKEN[mistake]
    line = _edit(folder / file, old, new)
    refused = _refused(folder)
    assert message in refused
    place = re.match(rf"{re.escape(str(folder / file))}:(\d+): ", refused)
    assert place or mistake == "no such date", refused
    if place:
        assert int(place[1]) == line + AWAY.get(mistake, 0), refused


def test_two_intents_may_not_claim_one_sentence(folder: Path) -> None:
    """The message names the sentence and the places of both intents."""
    _add_pause(folder, "[please] give us a[nother] question")
    refused = _refused(folder)
    assert '"give us a question" is claimed by Pause' in refused
    assert re.search(r"Pause \(\S+pause.yaml:5\) and Question \(\S+question.yaml:5\): reword one of them", refused)


def test_an_answer_may_not_be_a_stop(folder: Path) -> None:
    """A sentence of the stop set cannot also be an answer."""
    _edit(folder / GRATITUDE, '"skip (my turn|this one)"', '"(skip this one|stop it)"')
    assert '"stop it" is claimed by Skip' in _refused(folder)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (RESPONSES, "this file is missing from the pack: add it"),
        (QUESTIONS, "the moment question deals from it: add this file"),
    ],
)
def test_a_missing_file_is_named(folder: Path, file: str, message: str) -> None:
    """The message begins with the path of the missing file."""
    (folder / file).unlink()
    refused = _refused(folder)
    assert refused.startswith(f"{folder / file}: ")
    assert refused.endswith(message)


def test_a_missing_line_is_named(folder: Path) -> None:
    """Every line that a moment says is required."""
    _edit(folder / RESPONSES, '  hold: "Hold"\n', "")
    assert _refused(folder) == f"{folder / RESPONSES}: the moment pause needs the line pause.hold: add it"


def _without_answers(folder: Path) -> None:
    _edit(folder / GRATITUDE, "ask: gratitude.turn", "ask: ritual.ready")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            _without_answers,
            "nothing answers gratitude.turn: add sentences with requires_context: {ask: gratitude.turn}",
        ),
        (shutil.rmtree, "there is no such pack: name a folder with sentences/, responses/ and decks/"),
        (
            lambda folder: shutil.rmtree(folder / "sentences"),
            "/sentences: this folder is missing from the pack: add it",
        ),
    ],
)
def test_an_incomplete_pack_is_told_what_to_add(folder: Path, edit: Callable[[Path], None], message: str) -> None:
    """A pack without answers, sentences or a folder is refused with a hint what to add."""
    edit(folder)
    refused = _refused(folder)
    assert refused.startswith(str(folder))
    assert message in refused


def _in_two_files(folder: Path) -> Path:
    """Split the responses into a folder of two files; return the second one, which has the repeats."""
    (folder / "responses").mkdir()
    lines = yaml.safe_load((folder / RESPONSES).read_text(encoding="utf-8"))
    repeats = {"repeat": lines.pop("repeat")}
    (folder / RESPONSES).unlink()
    for name, groups in (("all.yaml", lines), ("repeat.yaml", repeats)):
        (folder / "responses" / name).write_text(yaml.safe_dump(groups, allow_unicode=True), encoding="utf-8")
    return folder / "responses" / "repeat.yaml"


def test_responses_may_be_a_folder(folder: Path) -> None:
    """Lines may be spread over several files, and each keeps its place."""
    lines = _load(folder).responses
    second = _in_two_files(folder)
    pack = _load(folder)
    assert pack.responses == lines
    assert pack.place_of("repeat.nothing") == f"{second}:2"


def test_a_line_said_in_two_files_is_refused(folder: Path) -> None:
    """The message gives the place of the second one."""
    second = _in_two_files(folder)
    with second.open("a", encoding="utf-8") as file:
        file.write("help:\n  more: And now?\n")
    assert _refused(folder) == f"{second}:4: help.more is said in two files: keep one of them"


def test_a_folder_of_responses_is_named_where_a_line_is_missing(folder: Path) -> None:
    """The message names the folder; a folder without files is refused."""
    second = _in_two_files(folder)
    second.write_text("repeat: {}\n", encoding="utf-8")
    inner = folder / "responses"
    assert _refused(folder) == f"{inner}: the moment repeat needs the line repeat.nothing: add it"
    for path in inner.iterdir():
        path.unlink()
    assert _refused(folder) == f"{inner}: has no lines: a pack needs responses/*.yaml"


def test_a_moment_without_sentences_needs_nothing(folder: Path) -> None:
    """A pack without requests for a question needs no lines, deck or answers for it."""
    (folder / "sentences" / "question.yaml").unlink()
    (folder / QUESTIONS).unlink()
    lines = yaml.safe_load((folder / RESPONSES).read_text(encoding="utf-8"))
    del lines["question"]
    (folder / RESPONSES).write_text(yaml.safe_dump(lines), encoding="utf-8")
    assert _load(folder).moments == {"gratitude", "help", "pause", "repeat", "stop"}


SLEEP = """language: en
intents:
  ListenAgain:
    data:
      - requires_context: {asleep: true}
        sentences: ["[please] listen again"]
"""


def test_the_wake_up_sentence_is_valid_only_while_asleep(folder: Path) -> None:
    """Sentences with `asleep: true` are valid only while the assistant sleeps."""
    (folder / "sentences" / "sleep.yaml").write_text(SLEEP, encoding="utf-8")
    needs = "the moment listen_again needs the line listen_again.done: add it"
    assert _refused(folder) == f"{folder / RESPONSES}: {needs}"
    with (folder / RESPONSES).open("a", encoding="utf-8") as file:
        file.write("listen_again:\n  done: I am here again.\n")
    sentences = _load(folder).sentences
    assert match("please listen again", sentences.scope(ASLEEP)) == Intent("ListenAgain", {})
    assert match("please listen again", sentences.scope(ANYTIME, SCENE)) is None
    assert match("help us pause", sentences.scope(ASLEEP)) is None


def test_a_pack_needs_a_stop_set(folder: Path) -> None:
    """A pack without sentences for Stop is refused."""
    _edit(folder / "sentences/always.yaml", "          scene: true", "          ask: gratitude.turn")
    assert "nothing stops it: add Stop with requires_context: {scene: true}" in _refused(folder)


def test_templates_may_be_punctuated(folder: Path) -> None:
    """A template with commas and a question mark is understood, spoken or typed."""
    _add_pause(folder, "Darling, [oh] shall we breathe—{calm}?", extra='lists:\n  calm: {values: ["Slowly, now!"]}\n')
    scope = _load(folder).sentences.scope(ANYTIME)
    for text in ("darling shall we breathe slowly now", "Darling, oh shall we breathe slowly, now?"):
        assert match(text, scope) == Intent("Pause", {"calm": "Slowly, now!"})


def test_empty_text_is_not_a_sentence(folder: Path) -> None:
    """A template of optional parts does not turn silence into a request."""
    _add_pause(folder, "[dear] [house]")
    scope = load_sentences(folder).scope(ANYTIME)
    assert match("dear house", scope) == Intent("Pause", {})
    assert [match(text, scope) for text in ("", "  ", "?!")] == [None] * 3


def _only(folder: Path, *templates: str) -> None:
    """Leave only some templates as requests, all for Pause."""
    for path in (folder / "sentences").glob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        kept = {
            name: {"data": [block for block in intent["data"] if block.get("requires_context") == {"scene": True}]}
            for name, intent in content["intents"].items()
        }
        content["intents"] = {name: intent for name, intent in kept.items() if intent["data"]}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    own = {"language": "en", "intents": {"Pause": {"data": [{"sentences": list(templates)}]}}}
    (folder / "sentences" / "own.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")


SEVENTEEN_VERBS = (
    "paint", "wash", "find", "bring", "hide", "sell", "draw", "lift", "clean", "take", "move", "cover", "watch", "show",
    "keep", "mend", "carry",
)  # fmt: skip
EIGHTEEN_COLOURS = (
    "green", "yellow", "purple", "orange", "golden", "silver", "crimson", "empty", "broken", "heavy", "tiny", "wooden",
    "narrow", "striped", "dusty", "plastic", "open", "ancient",
)  # fmt: skip
SEVENTEEN_THINGS = (
    "table", "window", "kettle", "garden", "basket", "candle", "ladder", "pillow", "mirror", "bottle", "hammer",
    "jacket", "carpet", "blanket", "bucket", "saucer", "wallet",
)  # fmt: skip
SIZES: dict[str, tuple[list[str], str]] = {
    "one word": (["gratitude"], "gratitude"),
    "a word that no dictionary knows": (["frobnicate with us"], "frobnicate with us"),
    "five thousand sentences": (
        [" ".join(words) for words in itertools.product(SEVENTEEN_VERBS, EIGHTEEN_COLOURS, SEVENTEEN_THINGS)],
        "bring yellow candle",
    ),
}


@pytest.mark.parametrize("size", SIZES)
def test_a_pack_of_any_size_is_heard(
    moments: "CommandLine", spoken: Callable[[str, str], Path], folder: Path, size: str
) -> None:
    """One word, an unknown word or 5,202 sentences: requests are understood, and other talk is not."""
    templates, said = SIZES[size]
    _only(folder, *templates)
    heard = [
        line["heard"]
        for text in (said, "my sister drove to the station")
        for line in moments.call("hear", spoken(text, "awb"), "--pack", folder, "--json").lines
    ]
    assert heard == [said, None]
