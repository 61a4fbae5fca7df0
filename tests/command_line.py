"""Runs `moments` in tests: with a home of its own, no sound device and no settings of the machine."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from voice.cli.app import main

__all__ = ["CommandLine", "Ran"]

TIMEOUT = 120.0  # seconds
# ALSA as it is installed, but without access to any sound card of the machine.
NO_CARD = "</usr/share/alsa/alsa.conf>\n!pcm.hw { type null }\n!ctl.hw { }\n"


@dataclass(frozen=True)
class Ran:
    """The result of a command: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """The printed lines of JSON; checks that the command succeeded without any notes."""
        assert (self.code, self.err) == (0, "")
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self, code: int, *words: str) -> None:
        """Check that it ended with `code` and a single line of error that contains all `words`."""
        assert "Traceback" not in self.err
        assert self.err.startswith("moments: ")
        assert self.err.count("\n") == 1, self.err
        assert self.err.endswith("\n")
        assert [word for word in words if word not in self.err] == [], self.err
        assert self.code == code, self.err


class CommandLine:
    """Runs `moments`, in a home of its own without a sound device.

    Args:
        home: an empty folder.
        cache: the cache of rendered speech; shared by all tests, for speed.
        monkeypatch: pytest's.

    Attributes:
        home: the folder.
        data: the data folder of the commands.
        env: the environment of their processes.
    """

    def __init__(self, home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.data = home / "data" / "micro-moments"
        self._monkeypatch = monkeypatch
        (home / "asound.conf").write_text(NO_CARD)
        self.env = os.environ | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(cache),
            "XDG_RUNTIME_DIR": str(home),
            "ALSA_CONFIG_PATH": str(home / "asound.conf"),
            "PULSE_SERVER": f"unix:{home / 'none'}",
            "JACK_NO_START_SERVER": "1",
        }

    def run(self, *args: str | Path, env: Mapping[str, str] | None = None) -> Ran:
        """Run a command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "voice", *map(str, args)],
            cwd=self.home,
            env=self.env | dict(env or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def call(self, *args: str | Path, given: bytes = b"") -> Ran:
        """Run a command in this process, which takes a tenth of the time; `given` is its standard input."""
        out, err = io.StringIO(), io.StringIO()
        with self._monkeypatch.context() as patch:
            patch.chdir(self.home)
            patch.setattr(sys, "argv", ["moments", *map(str, args)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            for name, value in self.env.items():
                patch.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
                main()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, out.getvalue(), err.getvalue())

    def settings(self, text: str) -> Path:
        """Write a settings file, and return its path."""
        path = self.home / "settings.toml"
        path.write_text(text, encoding="utf-8")
        return path
