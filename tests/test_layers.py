"""The layout that docs/architecture.md draws: layers, sizes, and the list of folders in the README."""

import itertools
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from structure import (
    Graph,
    bare_noqas,
    cycle,
    import_graph,
    line_count,
    longest_chain,
    module_files,
    python_files,
)

ROOT = Path(__file__).parent.parent
VOICE = ROOT / "voice"
FILES = module_files(ROOT)

# From the highest to the lowest: each imports lower ones only, and none in its own row.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("demo", "bench"),
    ("assistant", "testing"),
    ("dialogue",),
    ("moments",),
    ("rituals", "journal", "control", "listening"),
    ("packs",),
    ("settings", "tts"),
    ("understanding",),
    ("nlu",),
    ("asr",),
    ("languages", "cues"),
    ("audio", "storage"),
    ("clock", "errors"),
)
# Imports within a row that we have agreed on, (importer, imported), each with its reason.
AGREED: frozenset[tuple[str, str]] = frozenset()

MOST_LOOSE_MODULES = 8
MOST_FILES = 15
LARGE_FOLDERS = {"moments"}  # one file for each scene
MOST_LINES = 450
MOST_DEPTH = 12


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Return the imports between all modules, read once."""
    return import_graph(FILES)


def test_every_part_has_a_layer() -> None:
    """LAYERS has each folder and loose module of voice/ exactly once."""
    parts = {module.split(".")[1] for module in FILES if "." in module}
    layered = list(itertools.chain(*LAYERS))
    assert sorted(layered) == sorted(parts), "put the part into LAYERS of tests/test_layers.py, or remove it"


def test_imports_go_from_higher_layers_to_lower(graph: Graph) -> None:
    """No module imports from a higher layer, or another part of its own layer.

    Imports in functions and for type checking count too.
    """
    levels = {part: level for level, layer in enumerate(LAYERS) for part in layer}
    wrong = [
        f"{FILES[module].relative_to(ROOT)} imports {imported}: move the needed code down, or pass it as an argument"
        for module, imports in graph.items()
        for imported in sorted(imports)
        if (parts := (_part(module), _part(imported))) not in AGREED
        and parts[0] != parts[1]
        and all(parts)
        and levels[parts[1]] <= levels[parts[0]]
    ]
    assert not wrong, "\n".join(wrong)


def test_few_modules_are_loose() -> None:
    """voice/ itself has at most 8 files, the rest is in folders."""
    loose = sorted(path.name for path in VOICE.glob("*.py"))
    assert len(loose) <= MOST_LOOSE_MODULES, f"voice/ has {len(loose)} loose modules: move one into a folder: {loose}"


def test_folders_are_small() -> None:
    """No folder of voice/ has more than 15 files, but for the scenes in moments/."""
    counts = {path: len(list(path.glob("*.py"))) for path in {file.parent for file in FILES.values()} - {VOICE}}
    large = [
        f"{folder.relative_to(ROOT)} has {count} files, more than {MOST_FILES}: split it by purpose"
        for folder, count in sorted(counts.items())
        if count > MOST_FILES and folder.name not in LARGE_FOLDERS
    ]
    assert not large, "\n".join(large)


def test_files_are_short() -> None:
    """No file of voice/ has more than 450 lines."""
    long = [
        f"{path.relative_to(ROOT)} has {line_count(path)} lines, more than {MOST_LINES}: split it"
        for path in FILES.values()
        if line_count(path) > MOST_LINES
    ]
    assert not long, "\n".join(long)


def test_imports_make_no_cycle(graph: Graph) -> None:
    """No modules import each other in a circle, not even in functions."""
    circle = cycle(graph)
    assert not circle, f"{' -> '.join(circle)}: move the shared code into a lower module"


def test_imports_are_shallow(graph: Graph) -> None:
    """The import depth is at most 12.

    It is the number of modules on the longest chain of modules of the project, each of which imports the next. A
    package's `__init__` is a module like any other. Imports in functions and under TYPE_CHECKING count like those at
    the top of the file.
    """
    chain = longest_chain(graph)
    assert len(chain) <= MOST_DEPTH, (
        f"{FILES[chain[0]].relative_to(ROOT)}: a chain of {len(chain)} modules, more than {MOST_DEPTH}: "
        f"cut one import of {' -> '.join(chain)}"
    )


def test_every_noqa_has_a_reason() -> None:
    """Each suppressed lint rule is named, with the reason behind it."""
    bare = [
        f'{path.relative_to(ROOT)}:{line}: write "noqa: RULE - reason", or follow the rule'
        for path, line in bare_noqas(python_files(ROOT))
    ]
    assert not bare, "\n".join(bare)


def test_the_readme_lists_the_folders() -> None:
    """The README has an entry `voice/FOLDER/` for each folder of voice/, once, and for no other."""
    listed = re.findall(r"^\W*`voice/(\w+)/`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    folders = {path.parent.name for path in VOICE.glob("*/__init__.py")}
    assert sorted(listed) == sorted(folders), "README.md: give each folder of voice/ one line in the list of folders"


def _part(module: str) -> str:
    """Return the folder or loose module that a module is in, "" for the package itself."""
    return (*module.split("."), "")[1]
