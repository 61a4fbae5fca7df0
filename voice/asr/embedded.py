"""The built-in recogniser: phonemes from `hama`, decoded against a grammar."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from voice.asr.acoustic_model import FRAME_SECONDS, HamaModel
from voice.asr.automaton import WordGraph, sentence_tree
from voice.asr.decoder import Hypothesis, PhoneGraph, build, decode_best
from voice.asr.lexicon import Lexicon
from voice.asr.phones import SEARCH, TRUST, Reading, emissions, evidence_matrix
from voice.asr.recogniser import Transcript, Word

__all__ = ["EmbeddedRecogniser", "Judged", "texts"]

_FULL_SCALE = 32768.0
# An utterance is incomplete if the beginning of a sentence fits better than any whole one by this much (natural log).
_INCOMPLETE_LEAD = 1.0


@dataclass(frozen=True)
class Judged:
    """A sentence, judged by its phones.

    Attributes:
        words: its words with their times.
        score: the log-likelihood of the flattened evidence, which compares sentences; natural log.
        gap: the distance per phone to the best free sequence of phones, natural log; 0 at best.
    """

    words: tuple[Word, ...]
    score: float
    gap: float


class EmbeddedRecogniser:
    """Recognises the sentences of a grammar, with a confidence.

    Args:
        lexicon: the pronunciations of the grammar's words.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._model = HamaModel()
        self._last: tuple[NDArray[np.int16], NDArray[np.float32]] | None = None

    @cached_property
    def _evidence(self) -> dict[Reading, NDArray[np.float32]]:
        return {reading: evidence_matrix(self._model.labels, reading) for reading in (SEARCH, TRUST)}

    def compile(self, graph: WordGraph) -> PhoneGraph:
        """Spell a grammar out in phones.

        Raises:
            UnpronounceableError: the lexicon has no pronunciation of a word.
        """
        return build(graph, self._lexicon.pronounce(graph.words))

    def recognise(self, samples: NDArray[np.int16], grammar: PhoneGraph) -> Transcript | None:
        """Find the sentence that fits best; see `Recogniser.recognise`.

        The confidence is the geometric mean, over the phones of the sentence, of its likelihood relative to the best
        free sequence of phones: 1 if no other sounds fit better. One reading of the model's probabilities finds the
        sentence, another gives its confidence (see `voice.asr.phones`).
        """
        found = self.candidates(samples, grammar, 1)
        if not found:
            return None
        judged = self.judge(samples, [[word.text for word in found[0].words]])
        if not judged:
            return None
        (best,) = judged.values()
        return Transcript(best.words, math.exp(best.gap), incomplete=found[0].lead < -_INCOMPLETE_LEAD)

    def knows(self, words: Iterable[str]) -> bool:
        """Return whether the dictionary has all of some words."""
        return all(map(self._lexicon.is_listed, words))

    def candidates(self, samples: NDArray[np.int16], grammar: PhoneGraph, most: int) -> list[Hypothesis]:
        """Return the best sentences with different tags, the best first; see `decode_best`."""
        return decode_best(grammar, self._emissions(self._log_probs(samples), SEARCH), most)

    def judge(self, samples: NDArray[np.int16], sentences: Iterable[Sequence[str]]) -> dict[tuple[str, ...], Judged]:
        """Align each of some sentences with the sound; those that are longer than the sound are left out.

        Raises:
            UnpronounceableError: the lexicon has no pronunciation of a word.
        """
        graph = self.compile(sentence_tree(sentences))
        log_probs = self._log_probs(samples)
        most = len(graph.final)
        scores = {texts(found): found.score for found in decode_best(graph, self._emissions(log_probs, SEARCH), most)}
        return {
            texts(found): Judged(_timed(found), scores[texts(found)], found.gap)
            for found in decode_best(graph, self._emissions(log_probs, TRUST), most)
        }

    def weigh(self, samples: NDArray[np.int16], sentences: Iterable[Sequence[str]]) -> dict[tuple[str, ...], float]:
        """Return the natural log-likelihood of the sound for each sentence.

        Left out are those with a word that `Lexicon.listed` doesn't have, and those that are longer than the sound.
        """
        said = {tuple(sentence) for sentence in sentences}
        ways = {word: self._lexicon.listed(word) for word in set(chain.from_iterable(said))}
        known = sorted(sentence for sentence in said if all(ways[word] for word in sentence))
        if not known:
            return {}
        tree = sentence_tree(known)
        graph = build(tree, {word: ways[word] for word in tree.words})
        found = decode_best(graph, self._emissions(self._log_probs(samples), SEARCH), len(known))
        return {texts(one): one.score for one in found}

    def _log_probs(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Run the model, once for each array: one utterance may be tried with several grammars."""
        if self._last is None or self._last[0] is not samples:
            self._last = (samples, self._model.log_probs(samples.astype(np.float32) / _FULL_SCALE))
        return self._last[1]

    def _emissions(self, log_probs: NDArray[np.float32], reading: Reading) -> NDArray[np.float32]:
        return emissions(log_probs, self._evidence[reading], reading)


def texts(found: Hypothesis) -> tuple[str, ...]:
    """Return the words alone."""
    return tuple(word.text for word in found.words)


def _timed(found: Hypothesis) -> tuple[Word, ...]:
    """Return the words with their times in seconds."""
    return tuple(
        Word(word.text, word.start * FRAME_SECONDS, word.end * FRAME_SECONDS, math.exp(word.gap))
        for word in found.words
    )
