"""The phone set that all lexicons share, and ARPAbet."""

from typing import TypeAlias

__all__ = ["PHONES", "VOWELS", "Pronunciation", "parse_pronunciation"]

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


def parse_pronunciation(text: str) -> Pronunciation:
    """Read a pronunciation in ARPAbet ("HH EH1 L P"; stress is ignored) or in the phones of `PHONES`.

    Raises:
        ValueError: a symbol is neither; the text names it.
    """
    phones = tuple(_ARPABET.get(symbol.rstrip("012"), symbol) for symbol in text.split())
    strange = [phone for phone in phones if phone not in PHONES]
    if strange or not phones:
        raise ValueError(f'"{strange[0]}" is no ARPAbet phone' if strange else "it is empty")
    return phones
