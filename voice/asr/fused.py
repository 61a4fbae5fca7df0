"""The recogniser with two ears: words by Moonshine, phones by hama, and one confidence from both."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.asr.automaton import WordGraph, sentence_tree
from voice.asr.decoder import PhoneGraph
from voice.asr.embedded import EmbeddedRecogniser, texts
from voice.asr.moonshine.model import Encoded, MoonshineModel
from voice.asr.moonshine.ngrams import NGrams
from voice.asr.moonshine.search import FreeText, Sentence, read_as_spoken, read_freely, search
from voice.asr.moonshine.spelling import contradicts
from voice.asr.moonshine.token_graph import TokenGraph
from voice.asr.recogniser import FreeTranscript, Transcript, Word
from voice.asr.words import words_of
from voice.errors import MomentsError

__all__ = ["FusedGrammar", "FusedRecogniser"]

log = logging.getLogger(__name__)

_RATE = 16_000
# Nobody asks for anything in a longer utterance, and its encoding takes memory with the square of its length.
_LONGEST = 12 * _RATE
# Longer dictation is read in pieces that are cut where it is quietest.
_QUIET = _RATE // 4
# A log-probability of words counts as much as this much log-likelihood of phones.
_WORDS_TO_PHONES = 1.0
# Where the free text has this many times its letters, a sentence is only its beginning.
_LONGER = 1.5
# How a log-likelihood of phones counts where texts are compared that people may have said. A choice below `_UNSURE`
# (the mean probability of a token) is compared with those of the sound at `_SLOWER` times its speed and pitch, whose
# scores are lower by `_SLOWED_PENALTY` (natural log). Chosen on spoken phrases (docs/recognition.md).
_PHONES_TO_TEXTS = 0.3
_UNSURE = 0.8
_SLOWER = 0.85
_SLOWED_PENALTY = 0.5
# How many beginnings the search for words follows, and for the first ear's sentences; how many of those there are.
_BEAM = 4
_OTHERS = 4
_BEAM_OF_OTHERS = 8
# Sentences less likely than the free text by more than this (natural log) are not looked for.
_REACH = 20.0
# Where the second ear freely reads a sentence of the grammar, and is this sure of it (natural log, for each token), the
# first one need not listen.
_SURE = -0.2
_LEAST_WORDS = 3
# The same for its best sentence, if that is nearly as likely as the free text and clearly more than others.
_CLEAR_MARGIN = -5.0
_CLEAR_MARGIN_A_WORD = -0.8
_CLEAR_LEAD = 2.0
_USUAL_GAP = -0.5  # what the first ear finds for a request, when it does listen
_INCOMPLETE_LEAD = 1.0
# Where even perfect phones would give no more confidence than this, they are not compared.
_HOPELESS = 0.1
# The confidence: fitted to 790 requests (eight voices, and people ordering coffee, in quiet and in a kitchen) and 560
# near misses, and shifted so that the usual threshold separates them (docs/recognition.md).
_BASE = 3.9
_GAP = 1.95
_MARGIN = 0.13
_MARGIN_A_WORD = 0.86
_SAME = 1.28
_CONTRADICTION = 4.0
# The margin's weight falls from 1 to this, where the free text is hardly readable, and grows with its certainty.
_LEAST_WEIGHT, _EXCUSE = 0.8, 2.0
# A sentence with a word that no dictionary has counts from this confidence of the first ear on.
_HEARD_ALONE = 0.4
_HARDLY_READABLE = 0.4  # the mean probability of a token


@dataclass(frozen=True)
class FusedGrammar:
    """A grammar for both ears."""

    words: WordGraph
    tokens: TokenGraph
    phones: PhoneGraph


@dataclass(eq=False)
class _Reading:
    """What the second ear made of a recording: freely, and with what people say in mind."""

    recorded: NDArray[np.int16]
    encoded: Encoded
    free: FreeText
    spoken: FreeText | None = None


class FusedRecogniser:
    """Recognises the sentences of a grammar with two ears, and reads what no sentence has.

    The second ear is the faster one. Where it reads a sentence of the grammar on its own, and is sure of it, that is
    the result. Otherwise both propose sentences, and both judge all of them; what was said without the grammar is read
    with what people say in mind, once or twice, and both choose among the texts.

    Args:
        first: the recogniser of phones.
        model: the recogniser of words.
        sayings: returns what people say, to the assistant and to each other, in small letters, numbers in words; called
            when it is first needed.
    """

    def __init__(
        self, first: EmbeddedRecogniser, model: MoonshineModel, sayings: Callable[[], Sequence[str]] = tuple
    ) -> None:
        self._first = first
        self._model = model
        self._sayings = sayings
        self._last: _Reading | None = None

    def compile(self, graph: WordGraph) -> FusedGrammar:
        """Spell a grammar out in phones and in tokens.

        Raises:
            UnpronounceableError: the lexicon has no pronunciation of a word.
        """
        return FusedGrammar(graph, TokenGraph(graph, self._model.tokenizer), self._first.compile(graph))

    def recognise(self, samples: NDArray[np.int16], grammar: FusedGrammar) -> Transcript | None:
        """Find the sentence that fits best; see `Recogniser.recognise`."""
        return self.recognise_recorded(samples, lambda: samples, grammar)

    def recognise_recorded(
        self, recorded: NDArray[np.int16], cleaned: Callable[[], NDArray[np.int16]], grammar: FusedGrammar
    ) -> Transcript | None:
        """Find the sentence that fits best; see `RecordedRecogniser.recognise_recorded`."""
        if not recorded.size:
            return None
        if recorded.size > _LONGEST:
            alone = self._first.recognise(cleaned(), grammar.phones)
            return replace(alone, free=FreeTranscript("", 0.0)) if alone is not None else None
        reading = self._read(recorded)
        free = reading.free
        exact = grammar.tokens.sentence(free.tokens)
        if exact is not None and len(exact) >= _LEAST_WORDS and free.log_prob > _SURE * len(free.tokens):
            confidence = _confidence(exact, _USUAL_GAP, free, free.log_prob)
            return Transcript(_spread(exact, recorded.size), confidence, free=_transcript(free))
        return self._with_both(reading, cleaned, grammar)

    def dictate(self, samples: NDArray[np.int16]) -> str | None:
        """Transcribe free speech; see `Dictation.dictate`."""
        read = [self._read(piece).free for piece in _pieces(samples)]
        self._last = None  # nothing that was dictated stays in memory
        return " ".join(free.text for free in read if free.text and not free.made_up) or None

    @cached_property
    def _ngrams(self) -> NGrams | None:
        try:
            sayings = self._sayings()
        except MomentsError as error:
            log.warning("what people say doesn't help to read them: %s", error)
            return None
        return NGrams(sayings, self._model.tokenizer) if sayings else None

    def _as_spoken(self, reading: _Reading, sound: NDArray[np.int16]) -> FreeText:
        """Read an utterance with what people say in mind, once for each; freely, where that gives nothing.

        The second ear proposes texts, and the first one has its say: "not so loud" and "that's so loud" are alike as
        text only.
        """
        if reading.free.made_up or self._ngrams is None:
            return reading.free
        if reading.spoken is None:
            found = read_as_spoken(self._model, reading.encoded, self._ngrams)
            spoken = self._likeliest(found, sound)
            if (spoken is None or spoken.certainty < _UNSURE) and reading.recorded.size < _LONGEST * _SLOWER:
                slow = self._model.encode(_slowed(reading.recorded))
                again = read_as_spoken(self._model, slow, self._ngrams)
                spoken = self._likeliest([*found, *((text, score - _SLOWED_PENALTY) for text, score in again)], sound)
            reading.spoken = spoken or reading.free
        return reading.spoken

    def _likeliest(self, found: Iterable[tuple[FreeText, float]], sound: NDArray[np.int16]) -> FreeText | None:
        """Return the text that both ears find likeliest.

        Texts with a word that the first ear doesn't know are as likely to it as the others on average.
        """
        texts = [(text, score) for text, score in found if not text.made_up]
        weighed = self._first.weigh(sound, (text.words for text, _ in texts))
        usual = sum(weighed.values()) / len(weighed) if weighed else 0.0
        likely = [(score + _PHONES_TO_TEXTS * weighed.get(text.words, usual), text) for text, score in texts]
        return max(likely, key=lambda one: one[0], default=(0.0, None))[1]

    def _read(self, recorded: NDArray[np.int16]) -> _Reading:
        """Read a recording freely, once for each array: one utterance may be tried with several grammars."""
        if self._last is None or self._last.recorded is not recorded:
            encoded = self._model.encode(recorded)
            self._last = _Reading(recorded, encoded, read_freely(self._model, encoded))
        return self._last

    def _with_both(
        self,
        reading: _Reading,
        cleaned: Callable[[], NDArray[np.int16]],
        grammar: FusedGrammar,
    ) -> Transcript | None:
        """Let both ears propose sentences and judge them."""
        free = reading.free
        floor = free.log_prob - _REACH
        found = search(self._model, reading.encoded, grammar.tokens, _BEAM, floor)
        if _is_clear(found, free):
            clear = found[0]
            confidence = _confidence(clear.words, _USUAL_GAP, free, clear.log_prob)
            return Transcript(_spread(clear.words, reading.recorded.size), confidence, free=_transcript(free))
        sound = cleaned()
        plain = _transcript(self._as_spoken(reading, sound))
        likely = {sentence.words: sentence.log_prob for sentence in found}
        began = grammar.tokens.is_beginning(free.tokens)
        proposed = self._first.candidates(sound, grammar.phones, _OTHERS)
        if proposed and self._is_written_otherwise(texts(proposed[0]), free.text):
            # The second ear would write a made-up word, or a rare name, in another way: its sound alone decides.
            alone = self._first.recognise(sound, grammar.phones)
            if alone is not None and alone.confidence >= _HEARD_ALONE:
                return replace(alone, free=plain)
        likely |= self._rescored(reading, {texts(one) for one in proposed} - likely.keys(), floor)
        if all(_confidence(words, 0.0, free, likely[words]) < _HOPELESS for words in likely):
            return Transcript((), 0.0, incomplete=began, free=plain)
        judged = self._first.judge(sound, likely)
        if not judged:
            return None
        best = max(judged, key=lambda words: judged[words].score + _WORDS_TO_PHONES * likely[words])
        confidence = _confidence(best, judged[best].gap, free, likely[best])
        incomplete = began or (bool(proposed) and proposed[0].lead < -_INCOMPLETE_LEAD)
        return Transcript(judged[best].words, confidence, incomplete, plain)

    def _is_written_otherwise(self, words: tuple[str, ...], free: str) -> bool:
        """Return whether a sentence has a word that no dictionary has and the free text hasn't either."""
        return not (self._first.knows(set(words) - set(words_of(free))) or contradicts(free, words))

    def _rescored(
        self, reading: _Reading, sentences: Iterable[tuple[str, ...]], floor: float
    ) -> Mapping[tuple[str, ...], float]:
        """Return the log-probabilities of the first ear's sentences, where they are likely enough."""
        if not sentences:
            return {}
        tree = TokenGraph(sentence_tree(sorted(sentences)), self._model.tokenizer)
        found = search(self._model, reading.encoded, tree, _BEAM_OF_OTHERS, floor)
        return {sentence.words: sentence.log_prob for sentence in found}


def _slowed(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return (n,) int16 samples slower and deeper, (n / `_SLOWER`,) int16 at the same rate."""
    slow: NDArray[np.int16] = soxr.resample(samples, _RATE * _SLOWER, _RATE)
    return slow


def _transcript(text: FreeText) -> FreeTranscript:
    return FreeTranscript(text.text, 0.0 if text.made_up else text.certainty)


def _pieces(samples: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
    """Yield pieces of a recording that are short enough to be read, cut in the quietest quarter of a second."""
    while samples.size > _LONGEST:
        later = samples[_LONGEST // 2 : _LONGEST].astype(np.float32)
        power = np.square(later[: later.size // _QUIET * _QUIET]).reshape(-1, _QUIET).mean(axis=1)
        cut = _LONGEST // 2 + int(power.argmin()) * _QUIET + _QUIET // 2
        yield samples[:cut]
        samples = samples[cut:]
    if samples.size:
        yield samples


def _is_clear(found: Sequence[Sentence], free: FreeText) -> bool:
    """Tell whether the second ear's best sentence is so near to its free text, and so far from others, to be enough."""
    if not found or free.made_up or len(found[0].words) < _LEAST_WORDS or contradicts(free.text, found[0].words):
        return False
    if len("".join(free.words)) > _LONGER * len("".join(found[0].words)):
        return False
    margin = found[0].log_prob - free.log_prob
    lead = found[0].log_prob - found[1].log_prob if len(found) > 1 else math.inf
    return margin >= max(_CLEAR_MARGIN, _CLEAR_MARGIN_A_WORD * len(found[0].words)) and lead >= _CLEAR_LEAD


def _confidence(words: tuple[str, ...], gap: float, free: FreeText, log_prob: float) -> float:
    """Return the confidence in a sentence: a logistic regression on what both ears say of it.

    Args:
        words: the sentence.
        gap: its distance per phone to the best free path, by the first ear.
        free: what the second ear reads without the grammar.
        log_prob: that of the sentence, by the second ear.
    """
    # An unsure reading says less about how far the sentence is from it; one that is hardly any words is no excuse.
    weight = max(min(1.0, 1.0 - _EXCUSE * (free.certainty - _HARDLY_READABLE)), _LEAST_WEIGHT, free.certainty)
    margin = weight * min(0.0, log_prob - free.log_prob)
    sure = _BASE + _GAP * gap + _MARGIN * margin + _MARGIN_A_WORD * margin / len(words)
    sure += _SAME * math.exp(margin) - _CONTRADICTION * contradicts(free.text, words)
    return 1.0 / (1.0 + math.exp(-sure))


def _spread(words: tuple[str, ...], samples: int) -> tuple[Word, ...]:
    """Return words with estimated times: each letter takes the same time."""
    letter = samples / _RATE / sum(len(word) for word in words)
    starts = np.cumsum([0, *(len(word) for word in words)]) * letter
    return tuple(Word(word, float(starts[i]), float(starts[i + 1]), 1.0) for i, word in enumerate(words))
