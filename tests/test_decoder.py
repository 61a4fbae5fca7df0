"""The decoder: it finds the best path through the graph."""

import hashlib
import importlib.resources
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice.asr.acoustic_model import HamaModel
from voice.asr.automaton import WordGraph
from voice.asr.decoder import Hypothesis, build, decode
from voice.languages.phones import PHONES

Ways = Mapping[str, Sequence[str]]
BLANK = len(PHONES)
LIKELY = 0.0
UNLIKELY = -3.0
WEIGHTS = "a9fcfe73e179ca48e399cd76a90a6b3e1887bf5037ecc52b778d13a149563328"
LABELS = "e59a2ca5cb2c9e366b4de5dc620fb3022c76763522ac5abeae647ff510bb5bb7"


def _graph(sentences: Iterable[str]) -> WordGraph:
    """Make a tree of words; the decoder does not need a minimal graph."""
    arcs: list[dict[str, int]] = [{}]
    finals: set[int] = set()
    for sentence in sentences:
        node = 0
        for word in sentence.split():
            if word not in arcs[node]:
                arcs[node][word] = len(arcs)
                arcs.append({})
            node = arcs[node][word]
        finals.add(node)
    return WordGraph(tuple(arcs), tuple(frozenset({"A"} if node in finals else ()) for node in range(len(arcs))))


def _decode(sentences: Sequence[str], ways: Ways, emissions: NDArray[np.float32]) -> Hypothesis | None:
    pronunciations = {word: frozenset(tuple(way.split()) for way in texts) for word, texts in ways.items()}
    return decode(build(_graph(sentences), pronunciations), emissions)


def _sounding(frames: str) -> NDArray[np.float32]:
    """Return (T, P + 1) float32: each frame sounds like one phone, or the blank ("_")."""
    columns = [BLANK if phone == "_" else PHONES.index(phone) for phone in frames.split()]
    emissions = np.full((len(columns), BLANK + 1), UNLIKELY, np.float32)
    emissions[np.arange(len(columns)), columns] = LIKELY
    return emissions


def _found(hypothesis: Hypothesis | None) -> list[tuple[str, int, int]]:
    assert hypothesis is not None
    return [(word.text, word.start, word.end) for word in hypothesis.words]


GO: Ways = {"go": ["g oʊ"], "now": ["n aʊ"], "on": ["ɔ n"], "good": ["g ʊ d"], "day": ["d i"], "add": ["æ d", "æ"]}


def test_words_and_their_times() -> None:
    """A word lasts from the first frame of its first phone to the last frame of its last; silence belongs to none."""
    best = _decode(["go", "go on", "go now"], GO, _sounding("_ _ g g oʊ _ _ n aʊ aʊ _"))
    assert _found(best) == [("go", 2, 5), ("now", 7, 10)]
    assert best is not None
    assert best.gap == 0.0
    assert [word.gap for word in best.words] == [0.0, 0.0]


def test_words_may_follow_without_a_pause() -> None:
    """Words need neither a blank nor silence between them, even between equal phones."""
    assert _found(_decode(["good day"], GO, _sounding("g ʊ d d i"))) == [("good", 0, 3), ("day", 3, 5)]


def test_a_repeated_phone_needs_a_blank() -> None:
    """Inside a word, one long phone is not two (CTC)."""
    ways: Ways = {"coffee": ["k ə f f i"], "long": ["k ə f i"]}
    assert _found(_decode(["coffee", "long"], ways, _sounding("k ə f _ f i"))) == [("coffee", 0, 6)]
    assert _found(_decode(["coffee", "long"], ways, _sounding("k ə f f f i"))) == [("long", 0, 6)]
    assert _decode(["coffee"], ways, _sounding("k ə f f i")) is None


def test_reduced_forms_cost_no_confidence() -> None:
    """A word without its optional last sound is recognised at full confidence."""
    best = _decode(["add on"], GO, _sounding("æ _ ɔ n"))
    assert _found(best) == [("add", 0, 1), ("on", 2, 4)]
    assert best is not None
    assert best.gap == 0.0


def test_too_few_frames_give_no_sentence() -> None:
    """A word needs at least one frame for each of its phones."""
    for frames in range(4):
        assert _decode(["go now"], GO, _sounding(" ".join(["g"] * frames))) is None
    assert _decode(["go now"], GO, _sounding("g g g g")) is not None


def test_a_sentence_is_never_cut() -> None:
    """The best path always reaches the end of a sentence."""
    assert _found(_decode(["go now"], GO, _sounding("g g oʊ oʊ _ _")))[-1][0] == "now"


def test_an_empty_grammar_gives_no_sentence() -> None:
    """A grammar without sentences gives None, not an error."""
    assert _decode([], {}, _sounding("g oʊ")) is None


def test_each_mismatch_costs_confidence() -> None:
    """Each phone that differs lowers the confidence of the sentence, and of its word most."""
    heard = ["g oʊ n aʊ", "k oʊ n aʊ", "k oʊ n i", "k s n i", "k s t i"]
    best = [_decode(["go now"], GO, _sounding(frames)) for frames in heard]
    confidences = [math.exp(each.gap) for each in best if each is not None]
    assert confidences == [pytest.approx(math.exp(UNLIKELY * wrong / 4), rel=1e-5) for wrong in range(5)]
    assert best[1] is not None
    assert [word.gap for word in best[1].words] == pytest.approx([UNLIKELY / 2, 0.0], rel=1e-5)


def _paths(
    frames: int, sentences: Sequence[str], ways: Ways
) -> Iterator[tuple[tuple[int, ...], tuple[tuple[str, int, int], ...], int]]:
    """Yield every path of `frames` columns, with the times of its words and its number of phones."""
    for sentence in sentences:
        words = sentence.split()
        for choice in itertools.product(*(ways[word] for word in words)):
            phones = [(number, phone) for number, way in enumerate(choice) for phone in way.split()]
            # Every phone lasts at least a frame, and blanks may follow: choose where each starts and ends.
            for cuts in itertools.combinations_with_replacement(range(frames + 1), 2 * len(phones)):
                starts, ends = cuts[::2], cuts[1::2]
                if any(end <= start for start, end in zip(starts, ends, strict=True)):
                    continue
                if any(
                    phones[place] == phones[place + 1] and ends[place] == starts[place + 1]
                    for place in range(len(phones) - 1)
                ):
                    continue
                columns = [BLANK] * frames
                times: dict[int, tuple[int, int]] = {}
                for (number, phone), start, end in zip(phones, starts, ends, strict=True):
                    columns[start:end] = [PHONES.index(phone)] * (end - start)
                    times[number] = (times.get(number, (start, 0))[0], end)
                spoken = tuple((word, *times[number]) for number, word in enumerate(words))
                yield tuple(columns), spoken, len(phones)


TINY = st.dictionaries(
    st.sampled_from(("a", "b", "c")),
    st.lists(st.lists(st.sampled_from(("t", "d", "i")), min_size=1, max_size=2).map(" ".join), min_size=1, max_size=2),
    min_size=3,
)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(("a", "b", "a b", "b a", "a a", "c")), min_size=1, max_size=3, unique=True),
    TINY,
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
def test_no_path_is_better(sentences: list[str], ways: Ways, frames: int, seed: int) -> None:
    """Compared with a list of all paths, the result is the best one, with its words, times and gap."""
    emissions = np.random.default_rng(seed).uniform(-4.0, 0.0, (frames, BLANK + 1)).astype(np.float32)
    scored = [
        (float(emissions[np.arange(frames), list(columns)].sum(dtype=np.float64)), words, phones)
        for columns, words, phones in _paths(frames, sentences, ways)
    ]
    best = _decode(sentences, ways, emissions)
    if not scored:
        assert best is None
        return
    most = max(score for score, _, _ in scored)
    # Words with equal pronunciations tie.
    winners = {(words, phones) for score, words, phones in scored if score > most - 1e-4}
    assert best is not None
    gap = most - float(emissions.max(axis=1).sum(dtype=np.float64))
    found = tuple(_found(best))
    assert found in {words for words, _ in winners}
    assert any(best.gap == pytest.approx(gap / phones, abs=1e-4) for words, phones in winners if words == found)


def test_the_acoustic_model_is_the_measured_one() -> None:
    """Weights and labels are those of hama 1.7.0; patch releases have changed them, and our figures depend on them."""
    weights = importlib.resources.files("hama") / "assets" / "asr_waveform.hama"
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == WEIGHTS
    labels = HamaModel().labels
    assert len(labels) == 191
    assert labels[-1] == "<blank>"
    assert hashlib.sha256("\n".join(labels).encode()).hexdigest() == LABELS
