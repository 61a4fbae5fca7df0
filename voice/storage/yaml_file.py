"""A YAML file that knows the line of each of its values."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from voice.errors import InputError

__all__ = ["Contents", "YamlFile", "contents_of", "read"]

ModelT = TypeVar("ModelT", bound=BaseModel)
Contents: TypeAlias = tuple[tuple[Path, bytes | None], ...]
# The C loader reads ten times as fast; not every platform's wheel has it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """A parsed YAML file.

    Attributes:
        path: the file.
        data: its values, as `yaml.safe_load` returns them.
        root: the same values as nodes with line numbers.
    """

    path: Path
    data: Any
    root: Any

    def place(self, *keys: str | int) -> str:
        """Return "FILE:LINE" of the value at `keys`, or of its nearest parent that exists."""
        node, line = self.root, 1
        for key in keys:
            found = _child(node, key)
            if found is None:
                break
            line, node = found
        return f"{self.path}:{line}"

    def validated(self, model: type[ModelT]) -> ModelT:
        """Return the file's values as `model`.

        Raises:
            InputError: a value is missing, unknown or of the wrong kind.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            fault = first["msg"].removeprefix("Value error, ")
            fault = fault[:1].lower() + fault[1:]
            raise InputError(f"{self.place(*first['loc'])}: {where}: {fault}: mend this value") from None


def read(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises:
        InputError: the file cannot be read, is not YAML, or has a key twice.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        try:
            root = loader.get_single_node()
            _refuse_twice(root, path)
            data = loader.construct_document(root) if root is not None else None
        finally:
            loader.dispose()
    except FileNotFoundError:
        raise InputError(f"{path}: this file is missing from the pack: add it") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): check the file's rights") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8: save it in that encoding") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}:{line}: is not YAML ({error.problem}): check indentation and quotes") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: is not YAML ({' '.join(str(error).split())}): save it as text again") from None
    except ValueError as error:
        # PyYAML reads 2024-13-45 as a date.
        raise InputError(
            f"{path}: a value cannot be read ({error}): put text that looks like a date or number in quotes"
        ) from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: holds no keys: compare it with the same file of intents/en")
    return YamlFile(path, data, root)


def _refuse_twice(root: Any, path: Path) -> None:  # noqa: ANN401 - PyYAML's nodes have no types
    """Refuse a key that stands twice in a mapping, of which YAML would drop the first without a word."""
    left, seen = [root], set[int]()
    while left:
        node = left.pop()
        if isinstance(node, yaml.ScalarNode) or id(node) in seen:
            continue
        seen.add(id(node))  # an anchor has many places
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            first: dict[tuple[str, str], Any] = {}
            for key, value in node.value:
                earlier = first.setdefault((key.tag, str(key.value)), key)
                if earlier is not key:
                    line, before = (mark.start_mark.line + 1 for mark in (key, earlier))
                    raise InputError(f"{path}:{line}: {key.value} stands in line {before} already: keep one of the two")
                left.append(value)


def contents_of(paths: Iterable[Path]) -> Contents:
    """Return the bytes of files, by which a change is seen; None of a file that cannot be read."""
    return tuple((path, _bytes(path)) for path in paths)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _child(node: Any, key: str | int) -> tuple[int, Any] | None:  # noqa: ANN401 - PyYAML's nodes have no types
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if str(name.value) == str(key):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    return None
