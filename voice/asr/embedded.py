"""The recogniser that works the minute it is installed: phonemes from `hama`, our own decoder."""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voice.asr.acoustic_model import FRAME_SECONDS, AcousticModel, HamaModel
from voice.asr.decoder import PhoneGraph, build, decode
from voice.asr.grammar import WordGraph, sentence_graph
from voice.asr.lexicon import Lexicon
from voice.asr.phones import SEARCH, TRUST, Reading, emissions, evidence_matrix
from voice.asr.recogniser import Transcript, Word

__all__ = ["EmbeddedRecogniser"]

_FULL_SCALE = 32768.0
# A sentence has been broken off when its beginning alone fits better than any whole one by so much (natural log).
_BROKEN_OFF = 1.0


class EmbeddedRecogniser:
    """Recognises the sentences of a grammar, and tells how sure it is.

    Args:
        lexicon: how the words of the grammars sound.
        model: the acoustic model; `HamaModel` if not given.
    """

    def __init__(self, lexicon: Lexicon, model: AcousticModel | None = None) -> None:
        self._lexicon = lexicon
        self._model = model or HamaModel()
        self._last: tuple[NDArray[np.int16], NDArray[np.float32]] | None = None

    @cached_property
    def _evidence(self) -> dict[Reading, NDArray[np.float32]]:
        return {reading: evidence_matrix(self._model.labels, reading) for reading in (SEARCH, TRUST)}

    def compile(self, graph: WordGraph) -> PhoneGraph:
        """Spell the grammar out in phones.

        Raises:
            UnpronounceableError: a word of the grammar cannot be pronounced.
        """
        return build(graph, self._lexicon.pronounce(graph.words))

    def recognise(self, samples: NDArray[np.int16], grammar: PhoneGraph) -> Transcript | None:
        """Find the sentence that fits best; see `Recogniser.recognise`.

        The confidence is the geometric mean, over the phones of the sentence, of how likely it is beside whatever the
        sound was most like: 1 when no other sounds would have fitted better. The sentence is found with one reading of
        the model's probabilities and believed with another (see `voice.asr.phones`).
        """
        log_probs = self._log_probs(samples)
        found = decode(grammar, self._emissions(log_probs, SEARCH))
        if found is None:
            return None
        sentence = sentence_graph([word.text for word in found.words])
        best = decode(self.compile(sentence), self._emissions(log_probs, TRUST))
        if best is None:
            return None
        words = tuple(
            Word(word.text, word.start * FRAME_SECONDS, word.end * FRAME_SECONDS, math.exp(word.gap))
            for word in best.words
        )
        return Transcript(words, confidence=math.exp(best.gap), incomplete=found.lead < -_BROKEN_OFF)

    def _log_probs(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Ask the model, once for the same array: it may be tried with one grammar after another."""
        if self._last is None or self._last[0] is not samples:
            self._last = (samples, self._model.log_probs(samples.astype(np.float32) / _FULL_SCALE))
        return self._last[1]

    def _emissions(self, log_probs: NDArray[np.float32], reading: Reading) -> NDArray[np.float32]:
        return emissions(log_probs, self._evidence[reading], reading)
