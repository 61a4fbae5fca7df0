"""Word graphs that are compiled once: the next start reads them from the disk."""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from hassil.expression import Sentence

import voice.asr
from voice.asr.automaton import WordGraph
from voice.asr.grammar import Template
from voice.storage.disk_cache import disk_cached

__all__ = ["compiled"]

# A few templates are compiled faster than they are read.
_FEWEST = 5
_KEPT = 200  # some fifty for each pack, and its combined contexts
# All that decides what a template compiles to, beside the template.
_CODE = (*(Path(place) for place in voice.asr.__path__), Path(__file__).parent)
_LIBRARIES = ("hassil", "unicode-rbnf")


def compiled(
    templates: Sequence[Template], prefixes: Sequence[Sequence[str]], compile_them: Callable[[], WordGraph]
) -> WordGraph:
    """Return the word graph of some templates from the disk cache, else compile it.

    Args:
        templates: all templates in the graph.
        prefixes: the words that may stand before a sentence.
        compile_them: compiles the graph.
    """
    if len(templates) < _FEWEST:
        return compile_them()
    inputs = [_code(), repr(prefixes).encode(), *_fingerprints(templates)]
    stored = disk_cached("graphs", inputs, lambda: _stored(compile_them()), _KEPT)
    try:
        return _compact(stored["arcs"], stored["tags"])
    except (AttributeError, IndexError, KeyError, TypeError):  # somebody changed the file
        return compile_them()


def _compact(arcs: Sequence[Mapping[str, int]], tags: Iterable[Iterable[str]]) -> WordGraph:
    """Return the graph with each number, word and set of tags in memory once: that is half of its size."""
    numbers = list(range(len(arcs)))
    sets: dict[frozenset[str], frozenset[str]] = {}
    return WordGraph(
        tuple({sys.intern(word): numbers[target] for word, target in row.items()} for row in arcs),
        tuple(sets.setdefault(found, found) for found in map(frozenset, tags)),
    )


def _stored(graph: WordGraph) -> dict[str, list[object]]:
    return {"arcs": [dict(row) for row in graph.arcs], "tags": [sorted(tags) for tags in graph.tags]}


@cache
def _code() -> bytes:
    """Return the fingerprint of the compiler and its libraries."""
    digest = hashlib.sha256(" ".join(map(version, _LIBRARIES)).encode())
    for path in sorted(path for folder in _CODE for path in folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def _fingerprints(templates: Iterable[Template]) -> Iterator[bytes]:
    """Yield all that makes the templates what they are; the lists and rules that they share but once."""
    numbers: dict[int, int] = {}
    for template in templates:
        parts = [template.tag, template.language, template.sentence.text or repr(template.sentence)]
        for name, value in (*template.lists.items(), *template.rules.items()):
            if id(value) not in numbers:
                numbers[id(value)] = len(numbers)
                yield ((value.text if isinstance(value, Sentence) else None) or repr(value)).encode()
            parts.append(f"{name} {numbers[id(value)]}")
        yield repr(parts).encode()
