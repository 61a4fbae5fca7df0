"""Words of sentences: how text is split into them, and how pieces of words are joined."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from hassil import normalize_text
from hassil.util import DASH_STR, PUNCTUATION_STR

__all__ = ["JoinedWords", "Pieces", "without_punctuation", "words_of"]

_SILENT = str.maketrans({**dict.fromkeys(PUNCTUATION_STR + '"“”„', ""), **dict.fromkeys(DASH_STR + "…", " ")})


def words_of(text: str) -> tuple[str, ...]:
    """Split text into words as the grammar spells them: lower case, no punctuation."""
    return tuple(without_punctuation(text).lower().split())


# The same words recur: without the cache, this takes half of the time that a large pack needs to compile.
@lru_cache(maxsize=1 << 14)
def without_punctuation(text: str) -> str:
    """Remove silent punctuation; dashes become spaces, hyphens and apostrophes stay."""
    return normalize_text(normalize_text(text).translate(_SILENT))


@dataclass
class Pieces:
    """A nondeterministic automaton over pieces of words.

    Attributes:
        arcs: for each state, its arcs: a piece, a space (" ") or nothing (None), and the target state.
        start: the start state.
    """

    arcs: list[list[tuple[str | None, int]]] = field(default_factory=lambda: [[]])
    start: int = 0

    def state(self) -> int:
        """Add a state; return its number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def link(self, source: int, piece: str | None, target: int) -> None:
        """Add an arc."""
        self.arcs[source].append((piece, target))

    def closure(self, state: int, *, over_spaces: bool = False) -> list[int]:
        """Return the states reachable from `state` without a piece, `state` included."""
        found = [state]
        seen = {state}
        for here in found:
            for piece, target in self.arcs[here]:
                if (piece is None or (over_spaces and piece == " ")) and target not in seen:
                    seen.add(target)
                    found.append(target)
        return found


class JoinedWords:
    """The automaton of pieces, read word by word.

    Pieces without a space between them form one word.

    Args:
        pieces: the automaton.
        finals: the tag of each final state.
    """

    def __init__(self, pieces: Pieces, finals: Mapping[int, str]) -> None:
        self._pieces = pieces
        self._finals = finals
        self._arcs: dict[int, list[tuple[str, int]]] = {}

    def tags(self, state: int) -> frozenset[str]:
        """Return the tags of the sentences that end in `state`."""
        ends = self._pieces.closure(state, over_spaces=True)
        return frozenset(self._finals[end] for end in ends if end in self._finals)

    def arcs(self, state: int) -> list[tuple[str, int]]:
        """Return the words that may follow `state`, each with the state it leads to."""
        if state not in self._arcs:
            starts = self._pieces.closure(state, over_spaces=True)
            self._arcs[state] = list({arc for start in starts for arc in self._spell(start)})
        return self._arcs[state]

    def _spell(self, start: int) -> Iterator[tuple[str, int]]:
        queue = [(start, "")]
        seen = {(start, "")}
        for state, word in queue:
            if word and state in self._finals:
                yield word, state
            for piece, target in self._pieces.arcs[state]:
                if piece == " ":
                    # The target, not this state: anything else that follows here would be joined to the word.
                    if word:
                        yield word, target
                    continue
                # Arcs that add no letters to an empty word are in the closure already.
                following = (target, word + (piece or ""))
                if following[1] and following not in seen:
                    seen.add(following)
                    queue.append(following)
