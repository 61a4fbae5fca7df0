"""The example sentences of a pack: what people say, for the second stage of understanding."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from voice.asr.words import words_of
from voice.errors import InputError
from voice.languages.language import Language
from voice.nlu.contexts import ADDRESSED, ANYTIME, contexts_of
from voice.storage.disk_cache import disk_cached
from voice.storage.yaml_file import YamlFile, contents_of, read
from voice.understanding.meaning import Example, Label

__all__ = ["load_examples", "sayings"]

_TALK = Label("")  # in no group
_FORMAT = b"1"  # of what is cached


def load_examples(folder: Path) -> tuple[Example, ...]:
    """Read the examples of a language: `folder/examples/*.yaml`; none if there is no such folder.

    Raises:
        InputError: a file is broken, or a sentence stands for two intents: where, and how to mend it.
    """
    paths = sorted((folder / "examples").glob("*.yaml"))
    contents = [content for _, content in contents_of(paths) if content is not None]
    if len(contents) < len(paths):
        return _read(paths)  # which tells what cannot be read
    found = disk_cached("examples", [_FORMAT, *contents], lambda: [_packed(example) for example in _read(paths)])
    try:
        return tuple(map(_unpacked, found))
    except (TypeError, ValueError):  # a damaged cache costs time, nothing else
        return _read(paths)


def _packed(example: Example) -> list[Any]:
    """Return an example as plain JSON; reading it again takes a tenth of the time that the YAML takes."""
    return [example.text, [[group, label.intent, label.slots] for group, label in sorted(example.labels, key=repr)]]


def _unpacked(packed: Sequence[Any]) -> Example:
    text, labels = packed
    return Example(
        text,
        frozenset(
            (group, Label(intent, tuple((name, value) for name, value in slots))) for group, intent, slots in labels
        ),
    )


def _read(paths: Iterable[Path]) -> tuple[Example, ...]:
    """Read the examples of some files."""
    labels: dict[tuple[str, ...], dict[str, Label]] = defaultdict(dict)
    places: dict[tuple[str, ...], str] = {}
    for path in paths:
        for words, place, groups, label in _sentences(read(path)):
            found = labels[words]
            for group in groups:
                if found.setdefault(group, label) != label:
                    both = f"{found[group].intent} ({places[words]}) and {label.intent}"
                    raise InputError(f'{place}: "{" ".join(words)}" is an example of {both}: remove one of them')
            places.setdefault(words, place)
    return tuple(Example(" ".join(words), frozenset(found.items())) for words, found in labels.items())


def sayings(folder: Path, speech: Language) -> tuple[str, ...]:
    """Return the example sentences of a language in the order of the files, small letters, with numbers in words.

    Raises:
        InputError: see `load_examples`.
    """
    return tuple(" ".join(speech.spelled_out(example.text.split())) for example in load_examples(folder))


class _Examples(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sentences: list[str] = Field(min_length=1)
    slots: dict[str, str | int | bool] = {}
    requires_context: dict[str, object] = {}


class _Intent(BaseModel):
    model_config = ConfigDict(extra="forbid")
    data: list[_Examples] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    language: str
    intents: dict[str, _Intent] = {}
    talk: list[str] = []


def _sentences(file: YamlFile) -> Iterator[tuple[tuple[str, ...], str, frozenset[str], Label]]:
    shape = file.validated(_File)
    for name, intent in shape.intents.items():
        for number, block in enumerate(intent.data):
            where = ("intents", name, "data", number)
            contexts = contexts_of(block.requires_context, file.place(*where))
            groups = frozenset(ANYTIME if context == ADDRESSED else context for context in contexts)
            for row, text in enumerate(block.sentences):
                label = Label(name, tuple(sorted(block.slots.items())))
                yield words_of(text), file.place(*where, "sentences", row), groups, label
    for row, text in enumerate(shape.talk):
        yield words_of(text), file.place("talk", row), frozenset(), _TALK
