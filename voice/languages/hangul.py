"""The pronunciation of Korean: from Hangul to the phones of the lexicon, by rule.

A block of Hangul is an onset, a vowel and a coda, which Unicode numbers as 588 * onset + 28 * vowel + coda. Speech
differs from writing where a coda meets an onset; the rules here change phones: linking, aspiration by h, and stops that
become nasal before nasals (Standard Pronunciation of Korean, 1988, sections 12 to 19). The phones are the nearest ones
of the lexicon; Korean's tense and aspirated stops count as plain ones.
"""

import itertools
from collections.abc import Iterator, Sequence

__all__ = ["is_hangul", "pronunciations"]

_FIRST, _LAST = "가", "힣"
_VOWELS = (
    "ɑ", "ɛ", "j ɑ", "j ɛ", "ə", "ɛ", "j ə", "j ɛ", "oʊ", "w ɑ", "w ɛ", "w ɛ", "j oʊ", "u", "w ə", "w ɛ", "w i", "j u",
    "ʊ", "i", "i",
)  # fmt: skip
_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
# A plain stop is voiced between voiced sounds; at the start of a word it may follow one.
_PLAIN = {"ㄱ": ("k", "g"), "ㄷ": ("t", "d"), "ㅂ": ("p", "b"), "ㅈ": ("t͡ʃ", "d͡ʒ")}
_ONSET_PHONES = {
    "ㄲ": "k", "ㄴ": "n", "ㄸ": "t", "ㅁ": "m", "ㅃ": "p", "ㅅ": "s", "ㅆ": "s", "ㅇ": "", "ㅉ": "t͡ʃ", "ㅊ": "t͡ʃ",
    "ㅋ": "k", "ㅌ": "t", "ㅍ": "p", "ㅎ": "h",
}  # fmt: skip
_CODA_PHONES = {
    "": "", "ㄱ": "k", "ㄲ": "k", "ㄳ": "k", "ㄴ": "n", "ㄵ": "n", "ㄶ": "n", "ㄷ": "t", "ㄹ": "l", "ㄺ": "k",
    "ㄻ": "m", "ㄼ": "l", "ㄽ": "l", "ㄾ": "l", "ㄿ": "p", "ㅀ": "l", "ㅁ": "m", "ㅂ": "p", "ㅄ": "p", "ㅅ": "t",
    "ㅆ": "t", "ㅇ": "ŋ", "ㅈ": "t", "ㅊ": "t", "ㅋ": "k", "ㅌ": "t", "ㅍ": "p", "ㅎ": "",
}  # fmt: skip
_LINKED = {
    "ㄳ": ("ㄱ", "ㅅ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄶ": ("", "ㄴ"), "ㄺ": ("ㄹ", "ㄱ"), "ㄻ": ("ㄹ", "ㅁ"),
    "ㄼ": ("ㄹ", "ㅂ"), "ㄽ": ("ㄹ", "ㅅ"), "ㄾ": ("ㄹ", "ㅌ"), "ㄿ": ("ㄹ", "ㅍ"), "ㅀ": ("", "ㄹ"),
    "ㅄ": ("ㅂ", "ㅅ"), "ㅎ": ("", "ㅇ"),
}  # fmt: skip
_WITH_H = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_H_CODAS = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}
_NASAL = {"k": "ŋ", "t": "n", "p": "m"}
_FRONT = ("i", "j", "w i")
_VOICED = frozenset(["", "l", "m", "n", "ŋ"])
_WAYS = 16

_Block = tuple[str, str, str]  # onset, vowel (in phones), coda


def is_hangul(word: str) -> bool:
    """Return whether a word is written in Hangul alone."""
    return bool(word) and all(_FIRST <= letter <= _LAST for letter in word)


def pronunciations(word: str) -> list[tuple[str, ...]]:
    """Return the pronunciations of a word, at most 16, in phones.

    Args:
        word: a word in Hangul (see `is_hangul`).
    """
    blocks = list(map(_block, word))
    for number in range(len(blocks) - 1):
        blocks[number : number + 2] = _meeting(blocks[number], blocks[number + 1])
    ways = itertools.islice(itertools.product(*_choices(blocks)), _WAYS)
    return [tuple(" ".join(way).split()) for way in ways]


def _block(letter: str) -> _Block:
    onset, rest = divmod(ord(letter) - ord(_FIRST), 588)
    vowel, coda = divmod(rest, 28)
    return _ONSETS[onset], _VOWELS[vowel], _CODAS[coda]


def _meeting(one: _Block, other: _Block) -> tuple[_Block, _Block]:
    """Return two neighbouring blocks as they are pronounced."""
    coda, onset = one[2], other[0]
    if onset == "ㅇ" and coda not in {"", "ㅇ"}:
        coda, onset = _LINKED.get(coda, ("", coda))
    elif coda in _H_CODAS and onset in _WITH_H:
        coda, onset = _H_CODAS[coda], _WITH_H[onset]
    elif onset == "ㅎ" and coda in {*_WITH_H, "ㅅ", "ㅆ"}:
        coda, onset = "", _WITH_H.get(coda, "ㅌ")
    return (one[0], one[1], coda), (onset, other[1], other[2])


def _choices(blocks: Sequence[_Block]) -> Iterator[tuple[str, ...]]:
    """Yield the possible sounds of each onset, vowel and coda in turn."""
    before = None
    for number, (onset, vowel, coda) in enumerate(blocks):
        yield _onset(onset, vowel, before)
        yield (vowel,)
        before = _CODA_PHONES[coda]
        nasal = number + 1 < len(blocks) and blocks[number + 1][0] in {"ㄴ", "ㅁ"}
        yield (_NASAL.get(before, before) if nasal else before,)


def _onset(onset: str, vowel: str, before: str | None) -> tuple[str, ...]:
    """Return the possible sounds of an onset after the coda `before`, None at the start of a word."""
    if onset == "ㄹ":
        return ("l",) if before == "l" else ("ɹ", "l")
    if onset in _PLAIN:
        voiceless, voiced = _PLAIN[onset]
        if before is None:
            return voiceless, voiced
        return (voiced, voiceless) if before in _VOICED else (voiceless,)
    if onset in {"ㅅ", "ㅆ"} and vowel.startswith(_FRONT):
        return "ʃ", "s"
    return (_ONSET_PHONES[onset],)
