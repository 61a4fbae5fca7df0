"""script/setup: it installs missing packages, and relies on nothing else of the machine."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Debian's tools are replaced here")

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ("common", "packages", "setup")
PACKAGES = (ROOT / "script" / "packages").read_text(encoding="utf-8").splitlines()
NEEDED = [line.split()[1] for line in PACKAGES if line.startswith("run ")]
# A project that is set up within seconds, without the network: it has no libraries, and builds itself.
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "micro-moments"
version = "0"
"""
BACKEND = """
import zipfile
from pathlib import Path


def build_editable(folder, config_settings=None, metadata_directory=None):
    files = {
        "METADATA": "Metadata-Version: 2.1\\nName: micro-moments\\nVersion: 0\\n",
        "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "entry_points.txt": "[console_scripts]\\nmoments = voice.__main__:main\\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(Path(folder, "micro_moments-0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("micro_moments.pth", str(Path.cwd()))
        for name, text in files.items():
            wheel.writestr(f"micro_moments-0.dist-info/{name}", text)
    return "micro_moments-0-py3-none-any.whl"
"""
TOOLS = {
    "dpkg": "echo amd64",
    "dpkg-query": 'for name; do :; done; cat "$STATES/$name"',
    "apt-get": 'echo "$@" >>"$STATES/log"; case "$*" in *" install "*) exit 100 ;; esac',
    "sudo": 'exec "$@"',
}


@dataclass(frozen=True)
class Machine:
    """A folder with the project, and a fake Debian whose packages the test chooses.

    Attributes:
        project: the project's folder.
        states: a folder with a file for each package that dpkg knows: "installed amd64".
        env: the environment of its programs.
    """

    project: Path
    states: Path
    env: dict[str, str]

    def set_up(self, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run script/setup."""
        command = [self.project / "script" / "setup"]
        return subprocess.run(command, env=self.env | env, capture_output=True, text=True, check=False)

    def has(self, **packages: str) -> None:
        """Set dpkg's status of some packages."""
        for name, status in packages.items():
            (self.states / name.replace("_", "-")).write_text(f"{status}\n")

    def has_everything(self) -> None:
        """Set the status of all packages to installed."""
        self.has(**dict.fromkeys(NEEDED, "installed amd64"))

    def installs(self) -> set[str]:
        """Return the packages that apt-get was told to install."""
        log = self.states / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return {name for line in lines if " install " in line for name in line.partition(" install ")[2].split()}


def a_machine(folder: Path) -> Machine:
    """Return a machine in a folder with a space, a quote and an accent in its name."""
    project, tools, states = folder / "Ana's café", folder / "tools", folder / "states"
    for place in (project / "script", project / "voice", tools, states):
        place.mkdir(parents=True)
    for name in SCRIPTS:
        shutil.copy(ROOT / "script" / name, project / "script")
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "backend.py").write_text(BACKEND)
    (project / "voice" / "__main__.py").write_text("print('ours')\n")
    for name, text in TOOLS.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    env = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "STATES": str(states)}
    return Machine(project, states, env)


def an_old_python(machine: Machine) -> None:
    """Give .venv a Python without the libraries."""
    python = machine.project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.unlink(missing_ok=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine on which nothing is set up."""
    return a_machine(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Return a machine with a .venv of an old Python, set up in spite of its user's pip settings."""
    machine = a_machine(tmp_path_factory.mktemp("ready"))
    machine.has_everything()
    other = machine.project.parent / "other"
    (other / "voice").mkdir(parents=True)
    (other / "voice" / "__main__.py").write_text("print('not ours')\n")
    an_old_python(machine)
    ran = machine.set_up(
        PIP_USER="1", PIP_NO_DEPS="1", PIP_TARGET=str(other), PIP_PYTHON="/none", PYTHONPATH=str(other), LANG="C"
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("Making .venv ...\n")
    machine.env["PYTHONPATH"] = str(other)
    return machine


def test_a_package_that_dpkg_only_knows_is_installed(machine: Machine) -> None:
    """Known because another package suggests it, removed but for its settings, or of another processor: all missing."""
    machine.has(espeak_ng="not-installed amd64", libportaudio2="config-files amd64", libatomic1="installed i386")
    machine.has(ca_certificates="installed all")
    ran = machine.set_up()
    assert machine.installs() == {"espeak-ng", "libportaudio2", "libatomic1"}
    assert ran.returncode == 1
    assert "As root, run: apt-get install espeak-ng libatomic1 libportaudio2\n" in ran.stderr


def test_the_settings_of_its_user_do_not_matter(ready: Machine) -> None:
    """A user may tell pip to install elsewhere, and PYTHONPATH may hold another `voice`: `moments` is ours."""
    ran = subprocess.run(
        [ready.project / ".venv/bin/moments"], env=ready.env, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ours\n", "")
    assert ready.installs() == set()


def test_the_second_call_does_nothing(ready: Machine) -> None:
    """Once everything is there it ends at once, without a word."""
    ran = ready.set_up()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_another_python_is_noticed(ready: Machine) -> None:
    """After an upgrade of the system .venv has a Python that cannot use it: everything is looked at again."""
    python = ready.project / ".venv" / "bin" / "python"
    python.rename(python.with_name("kept"))
    an_old_python(ready)
    ready.has(espeak_ng="not-installed amd64")
    assert ready.set_up().returncode == 1
    assert ready.installs() == {"espeak-ng"}
    python.with_name("kept").replace(python)
    ready.has_everything()
    (ready.states / "log").unlink()
