"""The recogniser that works the minute it is installed: phonemes from `hama`, our own decoder."""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voice.asr.decoder import PhoneGraph, build, decode
from voice.asr.grammar import WordGraph
from voice.asr.lexicon import Lexicon
from voice.asr.phonemes import FRAME_SECONDS, AcousticModel, HamaModel
from voice.asr.phones import emissions, evidence_matrix
from voice.asr.recogniser import Transcript, Word

__all__ = ["EmbeddedRecogniser"]

_FULL_SCALE = 32768.0


class EmbeddedRecogniser:
    """Recognises the sentences of a grammar, and tells how sure it is.

    Args:
        lexicon: how the words of the grammars sound.
        model: the acoustic model; `HamaModel` if not given.
    """

    def __init__(self, lexicon: Lexicon, model: AcousticModel | None = None) -> None:
        self._lexicon = lexicon
        self._model = model or HamaModel()

    @cached_property
    def _evidence(self) -> NDArray[np.float32]:
        return evidence_matrix(self._model.labels)

    def compile(self, graph: WordGraph) -> PhoneGraph:
        """Spell the grammar out in phones.

        Raises:
            UnpronounceableError: a word of the grammar cannot be pronounced.
        """
        return build(graph, self._lexicon.pronounce(graph.words))

    def recognise(self, samples: NDArray[np.int16], grammar: PhoneGraph) -> Transcript | None:
        """Find the sentence that fits best; see `Recogniser.recognise`.

        The confidence is the geometric mean, over the phones of the sentence, of how likely it is beside whatever the
        sound was most like: 1 when no other sounds would have fitted better.
        """
        log_probs = self._model.log_probs(samples.astype(np.float32) / _FULL_SCALE)
        best = decode(grammar, emissions(log_probs, self._evidence))
        if best is None:
            return None
        words = tuple(
            Word(word.text, word.start * FRAME_SECONDS, word.end * FRAME_SECONDS, math.exp(word.gap))
            for word in best.words
        )
        return Transcript(words=words, confidence=math.exp(best.gap))
