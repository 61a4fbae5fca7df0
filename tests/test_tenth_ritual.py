"""A tenth ritual, added as docs/content.md says, is known everywhere: in text, by voice and in the settings."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine

PROJECT = Path(__file__).parent.parent
RECIPE = (PROJECT / "docs" / "content.md").read_text(encoding="utf-8").partition("\n## A ritual\n")[2]
STEP = re.compile(r"\*\*\d\. .+?\n```\w+\n(?P<code>.*?)```\n", re.DOTALL)
# No other ritual is on, so that date night is the next one on any day of the year.
SETTINGS = "[rituals.gratitude]\nenabled = false\n"
PATIENCE = 300.0


@dataclass(frozen=True)
class Copy:
    """A copy of the project, and the environment of its commands."""

    folder: Path
    env: dict[str, str]

    def run(self, *args: str | Path) -> str:
        """Run `moments`; return its output."""
        settings = self.folder / "settings.toml"
        settings.write_text(SETTINGS, encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-m", "voice", *args, "--settings", settings],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    def ask(self, command: str, what: str | Path) -> dict[str, Any]:
        """Run `moments say` or `moments hear`; return its answer from the JSON."""
        (line,) = self.run(command, what, "--json").splitlines()
        answer: dict[str, Any] = json.loads(line)
        return answer


def _add_at_end(path: Path, name: str, code: str) -> None:
    """Add lines at the end of a list: before the first line after `name` that is not indented more than it."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.lstrip().startswith(name))
    indent = len(lines[start]) - len(lines[start].lstrip())
    end = next(
        number
        for number, line in enumerate(lines[start + 1 :], start + 1)
        if line.strip() and len(line) - len(line.lstrip()) <= indent
    )
    path.write_text("".join([*lines[:end], code, *lines[end:]]), encoding="utf-8")


def _follow(recipe: str, folder: Path) -> int:
    """Follow the recipe in a copy of the project; return the number of steps."""
    steps = list(STEP.finditer(recipe))
    for step in steps:
        words = step[0].partition("```")[0]
        added = re.search(r"In `([^`]+)`, add [^`]*? at the end of `(\w+)`", words.replace("\n", " "))
        new = re.search(r"new file `([^`]+)`", words.replace("\n", " "))
        if added:
            _add_at_end(folder / added[1], added[2], step["code"])
        else:
            assert new, words
            (folder / new[1]).write_text(step["code"], encoding="utf-8")
    return len(steps)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, speech_cache: Path) -> Copy:
    """Give a copy of the project with a date night in it."""
    folder, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    for name in ("voice", "intents"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "models").symlink_to(PROJECT / "models")
    assert _follow(RECIPE, folder) == 4
    with pytest.MonkeyPatch.context() as patch:
        env = CommandLine(home, speech_cache, patch).env
    return Copy(folder, env)


def _said(answer: dict[str, Any]) -> str:
    return " ".join(cue["say"] for cue in answer["cues"] if "say" in cue)


def test_the_recipe_for_a_ritual_is_all_it_takes(copy: Copy, spoken: Callable[..., Path]) -> None:
    """Followed to the letter, it makes a ritual that can be moved and asked about, in text and by voice."""
    on = re.compile(r"date night, at eight in the evening, on Thursdays.*(off|rest for now): .*good night")
    for command, said in (("say", str), ("hear", spoken)):
        moved = copy.ask(command, said("move the date night ritual to eight"))
        assert (moved["intent"], moved["slots"]["ritual"]) == ("SetRitual", "date_night")
        assert re.search(r"date night ritual (.*at|to) eight in the evening, on Thursdays", _said(moved))
        assert "the date night ritual" in _said(copy.ask(command, said("what's next")))
        assert on.search(_said(copy.ask(command, said("which rituals do we have"))))
    settings = {row["key"]: row["value"] for row in json.loads(copy.run("settings", "--json"))}
    assert (settings["rituals.date_night.at"], settings["rituals.date_night.enabled"]) == ("20:00", True)


def test_a_tenth_ritual_opens_and_ends_like_the_others(copy: Copy) -> None:
    """Begun by voice, it says its first line, rings, and says its last one."""
    cues = copy.ask("say", "let's do our date night")["cues"]
    assert [next(iter(cue.keys() & {"say", "rest", "chime"})) for cue in cues] == ["say", "rest", "chime", "say"]
