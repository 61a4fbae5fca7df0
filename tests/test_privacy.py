"""Privacy: nothing is collected about its use, and so there is nothing that others could send."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from command_line import CommandLine


def test_the_engines_collect_nothing(moments: "CommandLine") -> None:
    """A sentence that takes the model of meaning leaves no identifier and no events of its engine in the cache."""
    sentence = "we could do with something to talk about"
    command = [sys.executable, "-m", "voice", "understand", sentence]
    done = subprocess.run(command, cwd=moments.home, env=moments.env, capture_output=True, text=True, check=True)
    assert "by meaning" in done.stdout
    assert list(Path(moments.env["XDG_CACHE_HOME"]).rglob("*onnxruntime*")) == []
