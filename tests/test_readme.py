"""The README: what it says that one can say is understood."""

import re
from pathlib import Path

import pytest

from voice.nlu.matcher import match
from voice.nlu.sentences import ANYTIME, SCENE, load_sentences
from voice.storage.paths import data_folder

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
SENTENCES = load_sentences(data_folder("intents") / "en")
ROWS = re.findall(r'^\| (".*?) \| (.*) \|$', README + GUIDE, flags=re.MULTILINE)
NEED = re.findall(r'"((?:I|my)[ \'][^"]*)"', README.partition("If somebody isn't safe")[2].partition("## ")[0])
SAYINGS = [saying for row in ROWS for cell in row for saying in re.findall(r'"([^"]+)"', cell)]


def test_there_are_tables_of_what_to_say() -> None:
    """The README has them, and they are found here."""
    assert len(SAYINGS) > 40
    assert len(NEED) > 10


@pytest.mark.parametrize("saying", SAYINGS)
def test_what_the_readme_tells_to_say_is_understood(saying: str) -> None:
    """At any time, or within what it is an answer to."""
    contexts = sorted(SENTENCES.contexts, key=lambda context: context != ANYTIME)
    understood = [context for context in contexts if match(saying, SENTENCES.scope(context, SCENE))]
    assert understood, saying


@pytest.mark.parametrize("saying", NEED)
def test_the_sentences_of_need_are_those_that_it_hears(saying: str) -> None:
    """Each sentence that is named for who is not safe is heard at any time, and within every scene."""
    for context in (ANYTIME, SCENE):
        found = match(saying, SENTENCES.scope(context))
        assert found is not None
        assert found.name == "Safety"
