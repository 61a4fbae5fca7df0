"""The evening ritual: a fitting end, and typed thanks kept like spoken ones."""

from typing import TYPE_CHECKING

import pytest
from acting import act, said

from voice.assistant import Assistant, assemble
from voice.nlu.intent import Intent
from voice.settings.schema import Settings

if TYPE_CHECKING:
    from command_line import CommandLine


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Give an assistant in its own home, shared by these tests."""
    home = tmp_path_factory.mktemp("home")
    return assemble(Settings.model_validate({"keeping": {"folder": str(home)}}))


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ((), "nothing"),
        (("skip", "nothing comes to mind"), "nothing"),
        ((None, "you made me tea"), "end"),
        (("you made me tea", "skip"), "end"),
    ],
)
def test_it_praises_only_words_that_were_said(assistant: Assistant, answers: tuple[str | None, ...], end: str) -> None:
    """If both were silent or passed, it ends without praise and without reproach."""
    assert said(act(assistant, Intent("Gratitude"), *answers))[-1] in assistant.pack.responses[f"gratitude.{end}"]


def test_typed_thanks_are_kept_too(moments: "CommandLine") -> None:
    """Thanks typed on the command line are in the journal, under the partner's name as written."""
    moments.settings(
        '[partners]\nnames = ["Siobhan", "Ben"]\nsounds = ["Shevawn", "Ben"]\n[keeping]\nnotes = true\n'
        f'folder = "{moments.home}/kept"\n'
    )
    settings = ("--settings", "settings.toml")
    moments.call("say", "let's share our gratitude", "--answer", "you made me tea", "--answer", "skip", *settings)
    kept = moments.call("journal", "export", "--format", "text", *settings).out
    assert "Siobhan" in kept
    assert "you made me tea" in kept
    assert "skip" not in kept
