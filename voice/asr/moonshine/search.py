"""The search: the most likely texts of an utterance, freely, as people speak, or among the sentences of a grammar."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from voice.asr.moonshine.model import Encoded, MoonshineModel, Prefixes
from voice.asr.moonshine.ngrams import NGrams, State
from voice.asr.moonshine.token_graph import Place, TokenGraph
from voice.asr.moonshine.tokenizer import END
from voice.asr.words import words_of

__all__ = ["FreeText", "Sentence", "read_as_spoken", "read_freely", "search"]

# Fast speech has about 6 words, or 9 tokens, in a second.
_TOKENS_A_SECOND = 9.0
_TOKENS_AT_LEAST = 6
_LONGEST_SENTENCE = 60
# So many ways to write the same words are followed at the same time.
_WAYS = 2
# The weight of the n-grams beside the model, and what each token adds, or short texts would win: chosen on phrases in
# two voices (docs/recognition.md). How many beginnings are followed with them, and how many tokens are tried behind
# each.
_NGRAMS = 0.25
_EACH_TOKEN = 0.6
_TEXTS = 4
_TRIED = 12
# The search ends when the best beginning is so far behind the best whole text (natural log). What each token adds could
# still make up for it; that is rare.
_HOPELESS = 3.0


@dataclass(frozen=True)
class FreeText:
    """What the model reads without a grammar.

    Attributes:
        text: with capitals and punctuation.
        log_prob: natural log.
        tokens: the model's tokens, the end included.
        made_up: whether it is no speech but repetition, or more than can be said in the time.
    """

    text: str
    log_prob: float
    tokens: tuple[int, ...]
    made_up: bool

    @property
    def words(self) -> tuple[str, ...]:
        """The words in small letters, without punctuation and hyphens."""
        return words_of(self.text.replace("-", " "))

    @property
    def certainty(self) -> float:
        """The mean probability of a token, 0 to 1."""
        return math.exp(self.log_prob / len(self.tokens))


@dataclass(frozen=True)
class Sentence:
    """A sentence of the grammar with its log-probability (natural log) in its best way of writing."""

    words: tuple[str, ...]
    log_prob: float


def read_freely(model: MoonshineModel, encoded: Encoded) -> FreeText:
    """Read an utterance without a grammar, greedily."""
    state, tokens, log_prob = encoded.start, list[int](), 0.0
    while len(tokens) <= _most_tokens(encoded):
        token = int(state.log_probs[0].argmax())
        log_prob += float(state.log_probs[0, token])
        tokens.append(token)
        if token == END:
            break
        state = model.follow(encoded, state, np.array([token]))
    made_up = tokens[-1] != END or _repeats(tokens)
    return FreeText(model.tokenizer.decode(tokens), log_prob, tuple(tokens), made_up)


@dataclass(frozen=True)
class _Text:
    """The beginning of a text: `log_prob` by the model alone, `score` with n-grams and length."""

    tokens: tuple[int, ...]
    log_prob: float
    score: float
    state: State


def read_as_spoken(model: MoonshineModel, encoded: Encoded, ngrams: NGrams) -> list[tuple[FreeText, float]]:
    """Read an utterance with what people say in mind.

    Returns:
        texts that differ in words, each with its score, the best first; none if no text of its length has an end.
    """
    state, texts = encoded.start, [_Text((), 0.0, 0.0, ngrams.start)]
    ended: list[_Text] = []
    for _ in range(_most_tokens(encoded) + 1):
        rows, longer = _longer(texts, state, ngrams)
        ended += [text for text in longer[: 2 * _TEXTS] if text.tokens[-1] == END]
        open_ones = [place for place, text in enumerate(longer) if text.tokens[-1] != END][:_TEXTS]
        best = max((text.score for text in ended), default=-math.inf)
        if best >= longer[open_ones[0]].score + _HOPELESS:
            break
        texts = [longer[place] for place in open_ones]
        parents = np.array([rows[place] for place in open_ones], dtype=np.intp)
        state = model.follow(encoded, state.chosen(parents), np.array([text.tokens[-1] for text in texts]))
    found: dict[tuple[str, ...], tuple[FreeText, float]] = {}
    for text in sorted(ended, key=lambda text: -text.score):
        read = FreeText(model.tokenizer.decode(text.tokens), text.log_prob, text.tokens, _repeats(text.tokens))
        found.setdefault(read.words, (read, text.score))
    return list(found.values())


def _longer(texts: Sequence[_Text], state: Prefixes, ngrams: NGrams) -> tuple[list[int], list[_Text]]:
    """Return the beginnings that are one token longer, the best first, with the rows that they come from."""
    found: list[tuple[float, int, int, float]] = []
    for row, text in enumerate(texts):
        likely = np.argpartition(-state.log_probs[row], _TRIED)[:_TRIED]
        told = state.log_probs[row, likely]
        scores = text.score + told + _NGRAMS * ngrams.log_probs(text.state, likely) + _EACH_TOKEN
        found += zip(scores.tolist(), [row] * _TRIED, likely.tolist(), told.tolist(), strict=True)
    found.sort(reverse=True)
    longer = [
        _Text(
            (*texts[row].tokens, token),
            texts[row].log_prob + told,
            score,
            ngrams.after(texts[row].state, token),
        )
        for score, row, token, told in found[: 3 * _TEXTS]
    ]
    return [row for _, row, _, _ in found[: 3 * _TEXTS]], longer


def _most_tokens(encoded: Encoded) -> int:
    return _TOKENS_AT_LEAST + round(encoded.seconds * _TOKENS_A_SECOND)


def _repeats(tokens: Sequence[int]) -> bool:
    """Tell whether a pair of tokens comes again and again."""
    return max(Counter(pairwise(tokens)).values(), default=0) > 3  # noqa: PLR2004 - nobody says a pair four times


@dataclass(frozen=True)
class _Path:
    score: float
    places: tuple[Place, ...]
    letters: str


def search(
    model: MoonshineModel, encoded: Encoded, graph: TokenGraph, beam: int = 6, floor: float = -np.inf
) -> list[Sentence]:
    """Find the most likely sentences of a grammar, the best first.

    Args:
        model: the model.
        encoded: the utterance.
        graph: the grammar.
        beam: how many beginnings are followed at the same time.
        floor: sentences less likely than this (natural log) are not looked for.
    """
    paths = [_Path(0.0, (graph.start,), "")]
    state = encoded.start
    found: dict[tuple[str, ...], float] = {}
    for _ in range(_LONGEST_SENTENCE):
        _finish(paths, state, graph, found)
        bar = max(floor, *sorted(found.values())[-beam:][:1]) if len(found) >= beam else floor
        paths, parents, tokens = _extend(paths, state, graph, model, beam, bar)
        if not paths:
            break
        state = model.follow(encoded, state.chosen(parents), tokens)
    ranked = sorted(found.items(), key=lambda item: -item[1])
    return [Sentence(words, score) for words, score in ranked if score >= floor][:beam]


def _finish(paths: list[_Path], state: Prefixes, graph: TokenGraph, found: dict[tuple[str, ...], float]) -> None:
    """Note the sentences that may end here."""
    for row, path in enumerate(paths):
        score = path.score + float(state.log_probs[row, END])
        for place in path.places:
            if graph.is_final(place) and score > found.get(place.words, -np.inf):
                found[place.words] = score


def _extend(  # noqa: PLR0913, PLR0917 - the state of the search
    paths: list[_Path], state: Prefixes, graph: TokenGraph, model: MoonshineModel, beam: int, bar: float
) -> tuple[list[_Path], np.ndarray, np.ndarray]:
    """Return the best beginnings that are one token longer, with the rows they come from and their last tokens."""
    rows, tokens, scores = [], [], []
    for row, path in enumerate(paths):
        following = np.unique(np.concatenate([graph.tokens(place) for place in path.places]))
        rows.append(np.full(following.size, row))
        tokens.append(following)
        scores.append(path.score + state.log_probs[row, following])
    row_of, token_of, score_of = np.concatenate(rows), np.concatenate(tokens), np.concatenate(scores)
    longer: list[_Path] = []
    chosen: list[int] = []
    ways: Counter[str] = Counter()
    for index in np.argsort(-score_of):
        score, token = float(score_of[index]), int(token_of[index])
        if score <= bar or len(longer) == beam:
            break
        path = paths[row_of[index]]
        letters = path.letters + "".join(filter(str.isalnum, model.tokenizer.piece(token).lower()))
        if ways[letters] == _WAYS:
            continue
        ways[letters] += 1
        places = tuple(after for place in path.places for after in graph.follow(place, token))
        longer.append(_Path(score, places, letters))
        chosen.append(int(index))
    picked = np.array(chosen, dtype=np.intp)
    return longer, row_of[picked], token_of[picked]
