"""Packs and models are found, in a checkout and in a wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

from voice.storage.paths import data_folder

ROOT = Path(__file__).resolve().parent.parent


def test_a_checkout_has_its_data_at_the_root() -> None:
    """An editable install reads the packs and models of the checkout."""
    assert data_folder("intents") == ROOT / "intents"
    assert data_folder("models") == ROOT / "models"


def test_a_wheel_carries_its_data(tmp_path: Path) -> None:
    """A wheel that is installed elsewhere has all packs and models."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "site")
    code = (
        "from voice.storage.paths import data_folder; print(data_folder('intents'), data_folder('models'), sep='\\n')"
    )
    path = [str(tmp_path / "site"), *(entry for entry in sys.path if entry and Path(entry).resolve() != ROOT)]
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    for kind, found in zip(("intents", "models"), ran.stdout.splitlines(), strict=True):
        assert Path(found) == tmp_path / "site" / "voice" / "data" / kind
        assert _files(Path(found)) == _files(ROOT / kind)


def _files(folder: Path) -> dict[str, int]:
    return {str(file.relative_to(folder)): file.stat().st_size for file in folder.rglob("*") if file.is_file()}
