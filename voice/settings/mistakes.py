"""Mistakes in the settings, explained in one line each."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

__all__ = ["mistake_in", "one_line", "shown"]

_LONGEST = 40  # characters of a wrong value in a message
_TYPES = {
    "bool_type": "it has to be true or false",
    "finite_number": "it has to be a number",
    "float_type": "it has to be a number",
    "int_from_float": "it has to be a whole number",
    "int_type": "it has to be a whole number",
    "string_too_short": "it must not be empty: remove the line instead",
    "string_type": "it has to be text in quotes",
    "tuple_type": "it has to be a list in brackets",
}


def mistake_in(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first mistake of a validation in one line, and how many more there are.

    Args:
        error: what pydantic raised.
        model: the settings that were validated, whose keys the message may suggest.
    """
    first, *others = error.errors(include_url=False)
    more = f" (and {len(others)} more)" if others else ""
    return _mistake(first, dict(_fields(model))) + more


def shown(value: object) -> str:
    """Return a wrong value on one short line, nearly as the file has it."""
    if isinstance(value, dict):
        return "a section"
    return one_line(json.dumps(value, ensure_ascii=False, default=str))


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line of at most `longest` characters."""
    printable = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return printable if len(printable) <= longest else printable[: longest - 3] + "..."


def _fields(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, "FieldInfo"]]:
    """Yield all keys with their fields, those of inner sections with dotted names."""
    for name, field in section.model_fields.items():
        yield prefix + name, field
        inner = _section_in(field)
        if inner:
            yield from _fields(inner, f"{prefix}{name}.")


def _section_in(field: "FieldInfo") -> type[BaseModel] | None:
    """Return the model of a section, or of the items in a list of sections; None for a plain value."""
    inner = type(field.default), *get_args(field.annotation)
    return next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _mistake(mistake: "ErrorDetails", known: Mapping[str, "FieldInfo"]) -> str:
    key = ".".join(part for part in mistake["loc"] if isinstance(part, str))
    if mistake["type"] == "extra_forbidden":
        return f"unknown key {one_line(key)}: {_suggestion(key, known)}"
    if mistake["type"] == "missing":
        return f"{key} is missing: add it"
    return f"{key} is {shown(mistake['input'])}: {_expected(mistake, key, known)}"


def _suggestion(key: str, known: Mapping[str, object]) -> str:
    """Return a guess at the intended key: the same name elsewhere, or a similar one; else all keys of the section."""
    section, dot, name = key.rpartition(".")
    here = [other.removeprefix(section + dot) for other in known if other.startswith(section + dot)]
    here = [other for other in here if "." not in other]
    names = {other: other.rpartition(".")[2] for other in known}
    matches = [other for other in known if names[other] == name]
    matches = matches or [section + dot + other for other in difflib.get_close_matches(name, here, cutoff=0.7)]
    matches = matches or [other for other in known if difflib.get_close_matches(name, [names[other]], cutoff=0.7)]
    if matches:
        return f"did you mean {' or '.join(matches[:3])}?"
    return f"known here are {', '.join(here)}"


def _expected(mistake: "ErrorDetails", key: str, known: Mapping[str, "FieldInfo"]) -> str:
    if mistake["type"] in _TYPES:
        return _TYPES[mistake["type"]]
    if mistake["type"] == "model_type":
        head = f"[[{key}]]" if isinstance(mistake["loc"][-1], int) else f"[{key}]"
        return f"it has to be a section: write {head}, and its keys below"
    if mistake["type"] == "literal_error":
        return f"it has to be {mistake['ctx']['expected']}".replace("'", '"')
    if mistake["type"] == "too_long":
        return f"it may have {mistake['ctx']['max_length']} entries at most"
    if mistake["type"] == "value_error":
        return str(mistake["ctx"]["error"])
    return _range(known[key]) or one_line(mistake["msg"])


def _range(field: "FieldInfo") -> str | None:
    """Return the limits of a number in words."""
    limits = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    words = [
        f"{words} {getattr(limit, name)}"
        for limit in field.metadata
        for name, words in limits.items()
        if hasattr(limit, name)
    ]
    return f"it has to be {' and '.join(words)}" if words else None
