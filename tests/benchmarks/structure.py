"""Measures the structure of the code, for any number of checkouts side by side.

    .venv/bin/python tests/benchmarks/structure.py OLD NEW

`tests/test_layers.py` holds its limits with the same functions.
"""

import ast
import io
import os
import re
import statistics
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

Graph: TypeAlias = Mapping[str, frozenset[str]]
"""For each module, by its full name, the modules of the project that it imports."""

PACKAGE = "voice"
_REPEATS = 5
_NOQA = re.compile(r"# (ruff: )?noqa\b")
_REASON = re.compile(r"noqa: [A-Z]+\d+(, [A-Z]+\d+)* - \S")
_IMPORTED = re.compile(r"^import time: .*\| +(\S+)$", re.MULTILINE)


def module_files(root: Path) -> dict[str, Path]:
    """Return the files of the package in a checkout, by the full names of their modules."""
    files = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


def import_graph(files: Mapping[str, Path]) -> Graph:
    """Return the imports between modules, with those in functions and those for type checking.

    A name imported from a package counts as an import of the module of that name, or else of the package itself.
    """
    return {module: frozenset(_imports(module, path, files)) for module, path in files.items()}


def _imports(module: str, path: Path, files: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node, is_package=path.name == "__init__.py")
            names = [f"{base}.{name.name}" if f"{base}.{name.name}" in files else base for name in node.names]
        for name in names:
            if name in files and name != module:
                yield name


def _base(module: str, node: ast.ImportFrom, *, is_package: bool) -> str:
    """Return the absolute name of the module that `from ... import` names."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    parents = parts[: len(parts) - node.level + is_package]
    return ".".join([*parents, *([node.module] if node.module else [])])


def cycle(graph: Graph) -> tuple[str, ...]:
    """Return the modules of an import cycle, the first one again at the end; empty if there is none."""
    done: set[str] = set()

    def visit(module: str, chain: tuple[str, ...]) -> tuple[str, ...]:
        if module in chain:
            return (*chain[chain.index(module) :], module)
        if module in done:
            return ()
        for imported in sorted(graph[module]):
            found = visit(imported, (*chain, module))
            if found:
                return found
        done.add(module)
        return ()

    return next(filter(None, (visit(module, ()) for module in sorted(graph))), ())


def longest_chain(graph: Graph) -> tuple[str, ...]:
    """Return the longest chain of imports; its number of modules is the import depth.

    Raises:
        ValueError: there is a cycle.
    """
    circle = cycle(graph)
    if circle:
        raise ValueError(f"{' -> '.join(circle)}: break this cycle")

    @cache
    def chain(module: str) -> tuple[str, ...]:
        return module, *max((chain(imported) for imported in sorted(graph[module])), key=len, default=())

    return max((chain(module) for module in sorted(graph)), key=len)


def line_count(path: Path) -> int:
    """Return the number of lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def bare_noqas(paths: Iterable[Path]) -> list[tuple[Path, int]]:
    """Return file and line of each `noqa` that is not written "noqa: RULE - reason"."""
    return [
        (path, token.start[0])
        for path in paths
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        if token.type == tokenize.COMMENT and _NOQA.search(token.string) and not _REASON.search(token.string)
    ]


def python_files(root: Path) -> list[Path]:
    """Return all Python files of a checkout: package, tests, scripts."""
    found = [path for folder in (PACKAGE, "tests") for path in sorted((root / folder).rglob("*.py"))]
    scripts = [path for path in sorted((root / "script").iterdir()) if path.is_file() and _is_python(path)]
    return found + scripts


def _is_python(path: Path) -> bool:
    with path.open("rb") as file:
        return b"python" in file.readline()


def largest_class(paths: Iterable[Path]) -> tuple[int, str]:
    """Return the most methods of a class, properties and special methods included, and its name."""
    classes = (
        node
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    return max((sum(isinstance(part, ast.FunctionDef) for part in node.body), node.name) for node in classes)


def cost_of_stop(root: Path) -> tuple[int, int, float]:
    """Run `moments stop` where no assistant runs.

    Returns:
        The number of the project's modules that it imports, of all modules, and its processor time in seconds, the
        median of 5 runs.
    """
    own = root / ".venv" / "bin" / "python"
    command = [str(own) if own.exists() else sys.executable, "-m", PACKAGE, "stop"]
    with tempfile.TemporaryDirectory(prefix="moments-") as home:
        folders = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
        env = {**os.environ, **dict.fromkeys(folders, home), "PYTHONPATH": str(root)}
        told = subprocess.run(
            [command[0], "-X", "importtime", *command[1:]],
            cwd=home,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        ).stderr
        times = [_processor_time(command, home, env) for _ in range(_REPEATS)]
    modules = _IMPORTED.findall(told)
    own_modules = [name for name in modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]
    return len(own_modules), len(modules), statistics.median(times)


def _processor_time(command: Sequence[str], folder: str, env: Mapping[str, str]) -> float:
    """Return the processor time of a command in seconds."""
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def figures(root: Path) -> dict[str, str]:
    """Return the figures of a checkout, by their names."""
    files = module_files(root)
    folders = {path.parent for path in files.values()} - {root / PACKAGE}
    crowded = max(folders, key=lambda folder: len(list(folder.glob("*.py"))))
    longest = max(files.values(), key=line_count)
    methods, name = largest_class(files.values())
    project, everything, seconds = cost_of_stop(root)
    tests = [path for path in python_files(root) if path.is_relative_to(root / "tests")]
    return {
        "loose modules": str(len(list((root / PACKAGE).glob("*.py")))),
        "import depth": str(len(longest_chain(import_graph(files)))),
        "largest folder, files": f"{len(list(crowded.glob('*.py')))} ({crowded.name})",
        "largest class, methods": f"{methods} ({name})",
        "largest file, lines": f"{line_count(longest)} ({longest.relative_to(root / PACKAGE)})",
        f"lines in {PACKAGE}/": str(sum(map(line_count, files.values()))),
        "lines in tests/": str(sum(map(line_count, tests))),
        "noqa without a reason": str(len(bare_noqas(python_files(root)))),
        "moments stop, our modules": str(project),
        "moments stop, all modules": str(everything),
        "moments stop, processor": f"{seconds:.2f} s",
    }


def main() -> None:
    """Print a table with a column for each checkout."""
    roots = [Path(name).resolve() for name in sys.argv[1:]]
    if not roots:
        sys.exit("name one or more checkouts: tests/benchmarks/structure.py OLD NEW")
    measured = [figures(root) for root in roots]
    rows = [("", *(root.name for root in roots)), ("---",) * (len(roots) + 1)]
    rows += [(name, *(column[name] for column in measured)) for name in measured[0]]
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


if __name__ == "__main__":
    main()
