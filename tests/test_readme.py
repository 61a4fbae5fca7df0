"""The README and the guide: the requests and commands that they list work."""

import re
from pathlib import Path

import pytest

from voice.cli.app import COMMANDS
from voice.nlu.contexts import ANYTIME, SCENE
from voice.nlu.matcher import match
from voice.nlu.sentences import load_sentences
from voice.storage.paths import data_folder

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = README + (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
SENTENCES = load_sentences(data_folder("intents") / "en")
ROWS = re.findall(r'^\| (".*?) \| (.*) \|$', PAGES, flags=re.MULTILINE)
NEED = re.findall(r'"((?:I|my)[ \'][^"]*)"', README.partition("If somebody isn't safe")[2].partition("## ")[0])
CALLS = sorted(set(re.findall(r"(?:^|`|&& )moments ([a-z]+)", PAGES, flags=re.MULTILINE)))
SAYINGS = sorted({saying for row in ROWS for cell in row for saying in re.findall(r'"([^"]+)"', cell)})


def test_the_tables_of_requests_are_found() -> None:
    """The README has tables of requests, and these tests find them."""
    assert len(SAYINGS) > 40
    assert len(NEED) > 10


@pytest.mark.parametrize("saying", SAYINGS)
def test_the_requests_in_the_readme_are_understood(saying: str) -> None:
    """Each request is understood at any time, or as an answer to its question."""
    contexts = sorted(SENTENCES.contexts, key=lambda context: context != ANYTIME)
    understood = [context for context in contexts if match(saying, SENTENCES.scope(context, SCENE))]
    assert understood, saying


@pytest.mark.parametrize("saying", NEED)
def test_the_safety_sentences_are_understood(saying: str) -> None:
    """Each sentence listed for people who are not safe is understood at any time, and during any moment."""
    for context in (ANYTIME, SCENE):
        found = match(saying, SENTENCES.scope(context))
        assert found is not None
        assert found.name == "Safety"


def test_the_commands_in_the_readme_exist() -> None:
    """Each command that the README calls is in the list of commands."""
    assert len(CALLS) > 10
    assert not set(CALLS) - {command.name for command in COMMANDS}
