"""Warns of sentences in a pack that sound alike and mean different things; the answer is cached on disk."""

from collections.abc import Iterator
from pathlib import Path

import voice.asr
import voice.languages
import voice.nlu
from voice.asr.lexicon import heard_of
from voice.nlu.confusable import Confusable, find_confusable
from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import Scope, Sentences
from voice.packs.pack import Pack
from voice.storage.disk_cache import disk_cached

__all__ = ["circumstances", "confusable_sentences"]

# All code that the search may depend on, by whole packages: a new file cannot be forgotten.
_CODE = tuple(Path(place) for package in (voice.asr, voice.languages, voice.nlu) for place in package.__path__)


# How far the search goes (see `find_confusable`): farther where sentences count at any time.
_MOST_PAIRS, _MOST_PAIRS_ASKED = 20_000, 2_000


def confusable_sentences(pack: Pack, plain: Sentences) -> tuple[str, ...]:
    """Return a warning for each pair of intents with sentences that sound alike, the most alike first.

    Args:
        pack: the pack.
        plain: its sentences without the assistant's name.
    """
    return tuple(disk_cached("confusable", circumstances(pack), lambda: list(_search(pack, plain))))


def circumstances(pack: Pack) -> Iterator[bytes]:
    """Yield the name and the bytes of every file that the search depends on."""
    code = (Path(__file__), *(path for folder in _CODE for path in sorted(folder.glob("*.py"))))
    dictionary, source = pack.speech.dictionary, pack.speech.source
    data = (
        *sorted(pack.folder.glob("[sw]*/*.yaml")),  # sentences and wordings
        pack.folder / "pronunciations.yaml",
        *([source] if source else []),
        *([dictionary, heard_of(dictionary)] if dictionary else []),
    )
    for path in (*code, *data):
        yield f"{path}".encode()
        yield path.read_bytes() if path.is_file() else b""


def _search(pack: Pack, plain: Sentences) -> Iterator[str]:
    closest: dict[frozenset[str], tuple[Confusable, Scope]] = {}
    for context in sorted(plain.contexts):
        scope = plain.scope_within(context)
        most = _MOST_PAIRS if context == ANYTIME else _MOST_PAIRS_ASKED
        for found in find_confusable(scope.graph, pack.lexicon.pronounce(scope.graph.words), most):
            intents = frozenset(found.intents)
            if intents in plain.told_apart and found.distance:
                continue
            if intents not in closest or found.distance < closest[intents][0].distance:
                closest[intents] = found, scope
    for found, scope in sorted(closest.values(), key=lambda pair: pair[0].distance):
        (one, other), (intent, another) = found.sentences, found.intents
        yield (
            f'{scope.place_of(one, intent)}: "{" ".join(one)}" ({intent}) sounds {int(100 * found.likeness)} % like '
            f'"{" ".join(other)}" ({another}, {scope.place_of(other, another)}): reword one of them'
        )
