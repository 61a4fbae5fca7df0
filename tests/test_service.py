"""The systemd user service: it suits every machine, and has no access to the network."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parent.parent / "systemd" / "micro-moments.service"


@pytest.fixture
def unit() -> configparser.RawConfigParser:
    """Return the parsed unit file."""
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[method-assign,assignment] # systemd's keys have capitals
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_it_names_no_user_and_no_home(unit: configparser.RawConfigParser) -> None:
    """The same file works for every user, wherever the command is installed."""
    assert unit["Service"]["ExecStart"] == "/usr/bin/env moments run"
    assert "%h/.local/bin" in unit["Service"]["Environment"]
    assert "User" not in unit["Service"]
    text = UNIT.read_text(encoding="utf-8")
    assert "/home/" not in text
    assert "/root" not in text


def test_it_restarts_after_a_failure_but_not_with_wrong_settings(unit: configparser.RawConfigParser) -> None:
    """It restarts after losing a device, but not after an error in the settings."""
    assert unit["Service"]["Restart"] == "on-failure"
    assert "2" in unit["Service"]["RestartPreventExitStatus"].split()
    assert unit["Install"]["WantedBy"] == "default.target"


def test_it_cannot_reach_the_network(unit: configparser.RawConfigParser) -> None:
    """It may open only local sockets."""
    assert unit["Service"]["RestrictAddressFamilies"] == "AF_UNIX"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """`systemd-analyze verify` reports nothing."""
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(UNIT)],
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
