"""Each ear alone, and both: the coffee orders and the default pack's sample with every recogniser that is there.

The first ear hears phones, the second one words. Each has the same microphone path, the default threshold and the same
clips: the coffee orders with the set's own pack in quiet and in the kitchen at 6 dB, and the part of the sample of
`voices` that is measured in noise and rooms, in quiet.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from workshop import LANGUAGE, Outcome, Workshop

from voice.asr.automaton import WordGraph
from voice.asr.embedded import EmbeddedRecogniser
from voice.asr.fused import FusedRecogniser
from voice.asr.lexicon import Lexicon
from voice.asr.moonshine.model import MoonshineModel
from voice.asr.moonshine.search import read_freely, search
from voice.asr.moonshine.token_graph import TokenGraph
from voice.asr.moonshine.weights import checked_weights, wheel_folder
from voice.asr.recogniser import Recogniser, Transcript, Word
from voice.bench.cases import pack_of
from voice.bench.mixing import CLEAN, Condition
from voice.bench.results import Row, summarise

LEVEL = 6.0
FIRST, SECOND, BOTH = "first ear", "second ear", "both ears"
# As in `voice.asr.fused`: a margin of so much (natural log) costs nothing, and then this much a factor of e.
_FREE, _SCALE = 4.0, 8.0


class SecondEar:
    """Recognises with the second ear alone: the most likely sentence of the grammar, by its words.

    Its confidence falls with the margin between that sentence and the free text, as in the recogniser with both ears.
    """

    def __init__(self, _: Lexicon) -> None:
        self._model = MoonshineModel(checked_weights(wheel_folder()))

    def compile(self, graph: WordGraph) -> TokenGraph:
        """Spell a grammar out in tokens."""
        return TokenGraph(graph, self._model.tokenizer)

    def recognise(self, samples: NDArray[np.int16], grammar: TokenGraph) -> Transcript | None:
        """Find the sentence that fits best; see `Recogniser.recognise`."""
        if not samples.size:
            return None
        encoded = self._model.encode(samples)
        free = read_freely(self._model, encoded)
        best = next(iter(search(self._model, encoded, grammar)), None)
        if best is None:
            return None
        confidence = math.exp(min(0.0, best.log_prob - free.log_prob + _FREE) / _SCALE)
        return Transcript(tuple(Word(word, 0.0, 0.0, confidence) for word in best.words), confidence)

    def recognise_recorded(
        self,
        recorded: NDArray[np.int16],
        cleaned: Callable[[], NDArray[np.int16]],
        grammar: TokenGraph,
    ) -> Transcript | None:
        """Find the sentence in the sound as it was recorded: reducing noise does not help this ear."""
        del cleaned
        return self.recognise(recorded, grammar)


def both_ears(lexicon: Lexicon) -> Recogniser[Any]:
    """Return the recogniser with both ears, whatever the default is."""
    return FusedRecogniser(EmbeddedRecogniser(lexicon), MoonshineModel(checked_weights(wheel_folder())))


EARS: Mapping[str, Callable[[Lexicon], Recogniser[Any]]] = {
    FIRST: EmbeddedRecogniser,
    SECOND: SecondEar,
    BOTH: both_ears,
}
"""The recognisers by name, each made from a lexicon."""


def fused(workshop: Workshop) -> Outcome:
    """Measure the coffee orders and the sample with every ear."""
    ears = {name: _measured(workshop, make) for name, make in EARS.items()}
    return {
        "ears": [{"name": name, **rows} for name, (rows, _) in ears.items()],
        "memories": {name: memory for name, (_, memory) in ears.items()},
        "told": [_line(name, *measured) for name, measured in ears.items()],
    }


def _measured(
    workshop: Workshop, make: Callable[[Lexicon], Recogniser[Any]]
) -> tuple[dict[str, dict[str, Any]], float]:
    """Return the figures of each row, and the peak memory in MB."""
    orders = replace(workshop.listener(pack_of(workshop.shared / "coffee", LANGUAGE)), make=make)
    conditions = (CLEAN, Condition(workshop.kitchen(), LEVEL))
    (quiet, kitchen), first_peak = workshop.recognise(workshop.clips("coffee"), orders, conditions)
    sample = [case for said in workshop.spoken.values() for case in said[: workshop.scale.sample]]
    (voices,), second_peak = workshop.recognise(sample, replace(workshop.listener(), make=make))
    rows: dict[str, Row] = {"coffee": quiet, "kitchen": kitchen, "voices": voices}
    return {name: summarise(row) for name, row in rows.items()}, max(first_peak, second_peak)


def _line(name: str, rows: Mapping[str, Mapping[str, Any]], memory: float) -> str:
    shown = ", ".join(
        f"{row} {100 * figures['acceptance']:.1f} % at {figures['real_time_factor']:.3f} s a second"
        for row, figures in rows.items()
    )
    return f"{name:<12} {shown}, {memory:.0f} MB"
