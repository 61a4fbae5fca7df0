"""Privacy: nothing is collected about its use, and nothing of that is kept for others to send."""

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from command_line import CommandLine


def test_the_engines_collect_nothing(moments: "CommandLine") -> None:
    """After a sentence that takes the model of meaning, the home has no folder but its own: no makers' telemetry."""
    home = moments.home / "alone"
    home.mkdir(mode=0o700)
    env = moments.env | dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(home))
    sentence = "we could do with something to talk about"
    command = [sys.executable, "-m", "voice", "understand", sentence]
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=True)
    assert "by meaning" in done.stdout
    assert {path.name for path in home.iterdir()} == {"micro-moments"}
