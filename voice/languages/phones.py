"""The phone set of all lexicons, with ARPAbet and espeak-ng's IPA spelled in it."""

from typing import TypeAlias

__all__ = ["ESPEAK_PHONES", "PHONES", "VOWELS", "Pronunciation", "parse_pronunciation"]

Pronunciation: TypeAlias = tuple[str, ...]
"""The phones of a word, each one of `PHONES`."""

VOWELS = frozenset(["ɑ", "æ", "ə", "ɔ", "aʊ", "aɪ", "ɛ", "ɝ", "eɪ", "ɪ", "i", "oʊ", "ɔɪ", "ʊ", "u"])
_STOPS = frozenset(["p", "b", "t", "d", "k", "g", "t͡ʃ", "d͡ʒ"])
_OTHER_CONSONANTS = frozenset(["f", "v", "θ", "ð", "s", "z", "ʃ", "ʒ", "h", "m", "n", "ŋ", "l", "ɹ", "w", "j"])
PHONES: tuple[str, ...] = tuple(sorted(VOWELS | _STOPS | _OTHER_CONSONANTS))

_ARPABET = {
    "AA": "ɑ", "AE": "æ", "AH": "ə", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "B": "b", "CH": "t͡ʃ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɝ", "EY": "eɪ", "F": "f", "G": "g", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "d͡ʒ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "oʊ", "OY": "ɔɪ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ",
    "T": "t", "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip

ESPEAK_PHONES = {
    "a": "æ", "aɪə": "aɪ ə", "aɪɚ": "aɪ ɝ", "dʒ": "d͡ʒ", "e": "ɛ", "iə": "i ə", "iː": "i", "n̩": "ə n", "o": "oʊ",
    "oː": "ɔ", "oːɹ": "ɔ ɹ", "r": "ɹ", "tʃ": "t͡ʃ", "uː": "u", "ɐ": "ə", "ɑː": "ɑ", "ɑːɹ": "ɑ ɹ", "ɔː": "ɔ",
    "ɔːɹ": "ɔ ɹ", "əl": "ə l", "ɚ": "ɝ", "ɛɹ": "ɛ ɹ", "ɜ": "ɝ", "ɜː": "ɝ", "ɡ": "g", "ɪɹ": "ɪ ɹ", "ɾ": "t", "ʔ": "t",
    "ʊɹ": "ʊ ɹ", "ʌ": "ə", "ᵻ": "ɪ",
}  # fmt: skip
"""The symbols of espeak-ng's IPA that are not phones of the set, with the phones they stand for."""


def parse_pronunciation(text: str) -> Pronunciation:
    """Read a pronunciation in ARPAbet ("HH EH1 L P", stress is ignored) or in `PHONES`.

    Raises:
        ValueError: a symbol is neither, or there is none.
    """
    phones = tuple(_ARPABET.get(symbol.rstrip("012"), symbol) for symbol in text.split())
    strange = [phone for phone in phones if phone not in PHONES]
    if strange or not phones:
        raise ValueError(f'"{strange[0]}" is no ARPAbet phone' if strange else "it is empty")
    return phones
