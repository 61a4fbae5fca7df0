"""The lines of a pack, which the assistant says."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from voice.errors import InputError
from voice.storage.yaml_file import YamlFile, read

__all__ = ["addressed", "all_lines", "place_of", "response_files"]

_CALL = "{call}"


def response_files(folder: Path) -> tuple[YamlFile, ...]:
    """Read `responses/*.yaml`, or `responses.yaml` where there is no such folder.

    Raises:
        InputError: there is no file, or one cannot be read.
    """
    inner = folder / "responses"
    paths = sorted(inner.glob("*.yaml")) if inner.is_dir() else [folder / "responses.yaml"]
    if not paths:
        raise InputError(f"{inner}: has no lines: a pack needs responses/*.yaml")
    return tuple(map(read, paths))


def all_lines(files: Sequence[YamlFile]) -> dict[str, tuple[str, ...]]:
    """Return the variants of each line, by its key "group.name".

    Raises:
        InputError: a line is not a text, or stands in two files.
    """
    lines: dict[str, tuple[str, ...]] = {}
    for file in files:
        for key, variants in _lines(file):
            if key in lines:
                raise InputError(f"{place_of(key, (file,))}: {key} is said in two files: keep one of them")
            lines[key] = variants
    return lines


def addressed(lines: Mapping[str, tuple[str, ...]], name: str | None) -> dict[str, tuple[str, ...]]:
    """Return the lines with the assistant's name before each request that they teach, where a request needs it.

    Args:
        lines: the variants of each line; "{call}" marks the beginning of a request.
        name: the name that every request needs; None if it needs none.
    """
    call = f"{name}, " if name else ""
    return {key: tuple(variant.replace(_CALL, call) for variant in variants) for key, variants in lines.items()}


def place_of(key: str, files: Sequence[YamlFile], *more: int) -> str:
    """Return "FILE:LINE" of a line, or of the variant with the number `more`."""
    group, name = key.split(".", 1)
    named = next((file for file in files if name in map(str, file.data.get(group, {}))), files[0])
    return named.place(group, name, *more)


def _lines(file: YamlFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    for group, lines in file.data.items():
        if not isinstance(lines, dict):
            raise InputError(f"{file.place(group)}: {group} is not a group of lines: indent its lines below it")
        for name, text in lines.items():
            variants = text if isinstance(text, list) else [text]
            if not variants or not all(isinstance(variant, str) and variant.strip() for variant in variants):
                raise InputError(f"{file.place(group, name)}: {group}.{name} is not a text: put it in quotes")
            yield f"{group}.{name}", tuple(variants)
