"""From the acoustic model's labels to evidence for the phones of the lexicon."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.languages.phones import PHONES

__all__ = ["SEARCH", "TRUST", "Reading", "aliases", "emissions", "evidence_matrix", "near_phones"]


# Labels of the multilingual model that other speakers use for the same phone.
_ALIASES = {
    "b": "ɓ β",
    "d": "ɾ ɖ ɗ",
    "d͡ʒ": "t͡ɕ",
    "eɪ": "e ẽ",
    "g": "ɡ ɣ k͈",
    "h": "ɦ ħ x",
    "i": "ĩ",
    "j": "ʎ",
    "k": "kʰ k͈ x",
    "l": "ɫ",
    "n": "ɲ",
    "oʊ": "o õ",
    "p": "pʰ p͈",
    "s": "s͈",
    "t": "tʰ t͈ ɾ ʈ",
    "t͡ʃ": "t͡ɕ t͡ɕʰ t͡ɕ͈",
    "u": "ũ ʉ ɯ",
    "v": "ʋ β",
    "w": "ʋ",
    "z": "ʐ ʑ",
    "æ": "a",
    "ɑ": "a ɒ ä",
    "ɔ": "ɒ",
    "ə": "ʌ ɐ ᵊ ɘ",
    "ɛ": "e eə",
    "ɝ": "ɚ ɜ",
    "ɪ": "ɪə",
    "ɹ": "r ɻ ɽ ʁ ʀ",
    "ʃ": "ɕ ʂ",
    "ʒ": "ʑ",
}

# Vowels that are neighbours in the mouth, or one the reduced form of the other.
_NEAR_VOWELS = (
    "ɑ-ɔ ɑ-ə ɑ-oʊ æ-ɛ æ-ɑ æ-ə ə-ɪ ə-ɛ ə-ʊ ə-i ə-ɔ ə-ɝ ə-u ə-oʊ ə-eɪ ɛ-ɪ ɛ-eɪ ɛ-ɝ ɪ-i ɪ-eɪ ɪ-u ɔ-oʊ ʊ-u ʊ-oʊ i-eɪ "
    "u-oʊ aʊ-ɑ aʊ-æ aʊ-ɔ aʊ-oʊ aʊ-ə aɪ-ɑ aɪ-eɪ aɪ-æ aɪ-ə ɔɪ-ɔ ɔɪ-oʊ ɝ-ʊ ɝ-ɔ"
)
# Consonants that differ by voicing or place alone.
_NEAR_CONSONANTS = (
    "t-d k-g p-b s-z f-v θ-ð ʃ-ʒ t͡ʃ-d͡ʒ θ-t ð-d θ-f ð-v s-θ z-ð m-n n-ŋ b-v t͡ʃ-ʃ t͡ʃ-t d͡ʒ-d d͡ʒ-ʒ z-ʒ s-ʃ w-v ɹ-w l-w"
)
_BLANKS = ("<blank>", "<wb>")


@dataclass(frozen=True)
class Reading:
    """How to read the model's probabilities.

    Attributes:
        temperature: above 1 it flattens the probabilities; the model is overconfident, most of all in noise (Guo et
            al. 2017, "On calibration of modern neural networks").
        blank_penalty: natural log, subtracted from the blank's. Four of five frames are blank, so a model in doubt
            prefers the blank, which hides phones in noise.
        near_vowel: the share of 1 that a label counts for neighbouring vowels.
        near_consonant: the same for consonants.
        floor: natural log; lower values carry no information and only punish a mumbled phone.
    """

    temperature: float
    blank_penalty: float
    near_vowel: float
    near_consonant: float
    floor: float


# Flattened probabilities find the sentence, since they understand more in noise; sharp ones give its confidence, since
# they reject other talk better (docs/recognition.md has the figures).
SEARCH = Reading(temperature=1.75, blank_penalty=1.5, near_vowel=0.1, near_consonant=0.1, floor=-6.0)
TRUST = Reading(temperature=1.0, blank_penalty=0.0, near_vowel=0.3, near_consonant=0.1, floor=-5.0)


def aliases() -> dict[str, str]:
    """Return the phone of each of the model's labels that stands for one."""
    others = {label: phone for phone, labels in _ALIASES.items() for label in reversed(labels.split())}
    return others | {phone: phone for phone in PHONES}


def evidence_matrix(labels: Sequence[str], reading: Reading) -> NDArray[np.float32]:
    """Return the evidence of each label for each phone.

    Args:
        labels: the L labels of the acoustic model.
        reading: how to read its probabilities.

    Returns:
        (L, P + 1) float32 in [0, 1]: a column for each of `PHONES`, and the blank's last.
    """
    index = {label: number for number, label in enumerate(labels)}
    exact = np.zeros((len(labels), len(PHONES)), np.float32)
    for column, phone in enumerate(PHONES):
        for label in (phone, *_ALIASES.get(phone, "").split()):
            if label in index:
                exact[index[label], column] = 1.0
    matrix = np.zeros((len(labels), len(PHONES) + 1), np.float32)
    matrix[:, :-1] = exact
    for heard, said, share in _neighbours(reading):
        column = PHONES.index(said)
        matrix[:, column] = np.maximum(matrix[:, column], share * exact[:, PHONES.index(heard)])
    matrix[[index[label] for label in _BLANKS], -1] = math.exp(-reading.blank_penalty)
    return matrix


def emissions(log_probs: NDArray[np.float32], matrix: NDArray[np.float32], reading: Reading) -> NDArray[np.float32]:
    """Return the evidence for each phone in each frame.

    Args:
        log_probs: (T, L) float32, natural log, from the acoustic model.
        matrix: (L, P + 1) from `evidence_matrix` with the same reading.
        reading: how to read the probabilities.

    Returns:
        (T, P + 1) float32, natural log, never below the reading's floor; the last column is the blank's.
    """
    flattened = np.exp(log_probs / np.float32(reading.temperature))
    flattened /= flattened.sum(axis=1, keepdims=True)
    evidence: NDArray[np.float32] = np.log(np.maximum(flattened @ matrix, np.float32(math.exp(reading.floor))))
    return evidence


def _neighbours(reading: Reading) -> Iterator[tuple[str, str, float]]:
    for pairs, share in ((_NEAR_VOWELS, reading.near_vowel), (_NEAR_CONSONANTS, reading.near_consonant)):
        for pair in pairs.split():
            one, other = pair.split("-")
            yield one, other, share
            yield other, one, share


def near_phones() -> dict[str, frozenset[str]]:
    """Return the neighbours of each of `PHONES`, which listeners may confuse it with."""
    near: dict[str, set[str]] = {phone: set() for phone in PHONES}
    for pair in f"{_NEAR_VOWELS} {_NEAR_CONSONANTS}".split():
        one, other = pair.split("-")
        near[one].add(other)
        near[other].add(one)
    return {phone: frozenset(others) for phone, others in near.items()}
