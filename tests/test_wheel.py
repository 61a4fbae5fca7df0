"""The wheel: it carries all packs and models, and works from any folder."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import Ran

from voice.storage.paths import data_folder

if TYPE_CHECKING:
    from command_line import CommandLine

ROOT = Path(__file__).resolve().parent.parent
CONTENTS = ("voice", "intents", "models", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
BUILD = "import os, sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the tree, without the network."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in CONTENTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    subprocess.run([sys.executable, "-c", BUILD, out], cwd=tree, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install only the wheel into a folder, without the network."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", "--target", target, wheel], check=True)
    return target


def test_every_pack_and_model_is_in_the_wheel(wheel: Path) -> None:
    """Each file of `intents/` and `models/` is in `voice/data/`, and `voice` is the only package."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("intents", "models"):
        files = [path for path in (ROOT / kind).rglob("*") if path.is_file()]
        assert files
        missing = {f"voice/data/{path.relative_to(ROOT).as_posix()}" for path in files} - names
        assert not missing
    tops = {name.partition("/")[0] for name in names}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"voice"}
    licences = {name.rpartition("/")[2] for name in names if ".dist-info/licenses" in name}
    assert {"LICENSE", "NOTICE", "LICENSE.cmudict"} <= licences


def test_it_works_from_any_folder(moments: "CommandLine", installed: Path) -> None:
    """The installed command answers using only the data from its wheel."""
    script = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); from voice.storage import paths;"
        "print(paths.data_folder('intents'), paths.data_folder('models'), file=sys.stderr);"
        "from voice.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, "say", "help us pause", "--json"],
        cwd=moments.home,
        env=moments.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == f"{installed / 'voice/data/intents'} {installed / 'voice/data/models'}\n"
    (reply,) = Ran(done.returncode, done.stdout, "").lines
    assert (reply["intent"], reply["moment"]) == ("Pause", "pause")


def test_the_command_is_called_moments(moments: "CommandLine", installed: Path) -> None:
    """The wheel installs one command, `moments`, which shows its help."""
    (script,) = (installed / "bin").iterdir()
    assert script.name == "moments"
    env = moments.env | {"PYTHONPATH": str(installed)}
    done = subprocess.run([script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: moments ")


def test_an_editable_install_uses_the_repository() -> None:
    """A package without data of its own uses the repository's folders."""
    assert not (ROOT / "voice" / "data").exists()
    assert data_folder("intents") == ROOT / "intents"
    assert data_folder("models") == ROOT / "models"
