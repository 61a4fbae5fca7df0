"""The recogniser for installed models: Vosk (Kaldi), restricted to the sentences of a grammar.

Vosk takes no graph, but a list of phrases, from which it builds a bigram model of words: each word may be followed by
any word that follows it in a phrase, or, at half the probability, back off to any word. So:

- The list covers every pair of neighbouring words of the grammar at least once: a few hundred phrases are enough for
  millions of sentences (`phrases_of`).
- Empty phrases are added. They count as ends without a word, which makes backing off less likely and nothing else.
- A result counts only if it is a whole sentence of the grammar.

docs/recognition.md lists the settings that were tried.
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

from voice.asr.automaton import WordGraph
from voice.asr.models import check_model
from voice.asr.recogniser import Transcript, Word
from voice.errors import InputError, SystemFailure

__all__ = ["VoskGrammar", "VoskRecogniser", "phrases_of"]

log = logging.getLogger(__name__)

_RATE = 16_000
_BLOCK = 3200  # samples; Vosk works in blocks of 0.2 s anyway
_UNKNOWN = "[unk]"
_EMPTY_PHRASES = 10  # for each word of the list
_MOST_EMPTY_PHRASES = 100_000  # they are read in about 0.1 s
# Vosk's recogniser keeps the part of its graph that it has expanded, and so grows: replace it after so many.
_UTTERANCES = 50
_SHOWN = 8


@dataclass(frozen=True)
class VoskGrammar:
    """A grammar in the form that Vosk takes.

    Attributes:
        graph: the sentences.
        phrases: the list of phrases for Vosk's bigram model, as JSON.
    """

    graph: WordGraph
    phrases: str


class VoskRecogniser:
    """Recognises the sentences of a grammar with a Vosk model, also while the user speaks.

    `start`, `feed` and `finish` take an utterance block by block; `recognise` takes it whole. All calls must come from
    one thread: Vosk aborts the process if it is called in a wrong order.

    Args:
        folder: the model's folder; each model is loaded once per process.

    Raises:
        InputError: the model takes no grammar, or is incomplete.
        SystemFailure: the model cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        check_model(folder)
        self._folder = folder
        self._model = _load(folder)
        self._recognisers: dict[str, _VoskStream] = {}
        self._hearing: tuple[VoskGrammar, _VoskStream] | None = None

    def lacking(self, words: Iterable[str]) -> list[str]:
        """Return the words that are not in the model's vocabulary, sorted."""
        return sorted(word for word in set(words) if self._model.vosk_model_find_word(word) < 0)

    def compile(self, graph: WordGraph) -> VoskGrammar:
        """Make the list of phrases of a grammar.

        Sentences with words that the model lacks are left out, and a warning names the words. Vosk itself would drop
        the words alone, and recognise sentences that the grammar does not have.

        Raises:
            InputError: no sentence is left.
        """
        lacking = self.lacking(graph.words)
        phrases = phrases_of(graph, lacking)
        if not phrases:
            raise InputError(
                f"{self._folder}: the model can recognise none of the sentences, since it lacks {_listed(lacking)}: "
                "use a model of the pack's language, or reword the pack"
            )
        if lacking:
            log.warning(
                "%s: the model lacks %s: sentences with these words are not recognised; reword them in the pack",
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
        """Begin an utterance; drop an unfinished one."""
        self.drop()
        if grammar.phrases not in self._recognisers or self._recognisers[grammar.phrases].utterances >= _UTTERANCES:
            self._recognisers[grammar.phrases] = _VoskStream(self._model, grammar.phrases)
        self._hearing = (grammar, self._recognisers[grammar.phrases])

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Decode the next block, (n,) int16 at 16 kHz; 0.1 to 0.2 s is cheapest."""
        if self._hearing is None:
            raise ValueError("start an utterance first")
        self._hearing[1].feed(samples)

    def finish(self) -> Transcript | None:
        """End the utterance; return its transcript, None if it is no sentence of the grammar.

        The confidence is the geometric mean of the words' confidences. It hardly separates right results from wrong
        ones; the grammar does that, since only whole sentences count.
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
        """Transcribe free speech, (n,) int16 at 16 kHz; None if no word is found."""
        self.drop()
        free = _VoskStream(self._model)
        for block in range(0, samples.size, _BLOCK):
            free.feed(samples[block : block + _BLOCK])
        return " ".join(word.text for word in free.finish()) or None

    def drop(self) -> None:
        """Drop an unfinished utterance."""
        if self._hearing is not None:
            self._hearing[1].finish()
            self._hearing = None


class _VoskStream:
    """Vosk's own recogniser, for one grammar or free speech; it is reused for many utterances."""

    def __init__(self, model: Any, phrases: str | None = None) -> None:  # noqa: ANN401 - vosk has no types
        from vosk import KaldiRecognizer  # noqa: PLC0415 - only if a model is installed

        self._recogniser = KaldiRecognizer(model, _RATE, *([] if phrases is None else [phrases]))
        self._recogniser.SetWords(True)  # noqa: FBT003 - its own signature
        self._begin = 0
        self._end = 0
        self.utterances = 0

    def feed(self, samples: NDArray[np.int16]) -> None:
        # The result, Vosk's own endpointing, is ignored: our endpointer decides when an utterance ends.
        self._recogniser.AcceptWaveform(samples.tobytes())
        self._end += samples.size

    def finish(self) -> Iterator[Word]:
        """Return the words, timed from the start of this utterance; Vosk counts from the first one."""
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
    """Return sentences that together cover every pair of neighbouring words, and every last word.

    First words need no pair: Vosk begins as if it had backed off. Each sentence is a shortest one with its pair; there
    are at most as many as there are pairs.

    Args:
        graph: the grammar.
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
    """Return a shortest path from each node to the end of a sentence."""
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
    """Return a shortest path from the start to each node that a sentence may end from."""
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
    import vosk  # noqa: PLC0415 - only if a model is installed

    vosk.SetLogLevel(-1)
    try:
        # Always by path: given a name or a language, Vosk downloads models by itself.
        return vosk.Model(model_path=str(folder))
    except Exception as error:
        log.debug("vosk refused %s", folder, exc_info=error)
        raise SystemFailure(f"{folder}: Vosk cannot load this model: fetch it again (moments models fetch)") from None


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(f'"{word}"' for word in words[:_SHOWN]) + more
