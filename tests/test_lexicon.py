"""The lexicon: pronunciations from every source."""
# ruff: noqa: RUF001 - the phonetic alphabet looks like ours

from dataclasses import replace
from pathlib import Path

import pytest

from voice.asr.lexicon import Lexicon, UnpronounceableError
from voice.languages.language import language_of
from voice.languages.phones import Pronunciation, parse_pronunciation

ENGLISH = language_of("en")


def _ways(word: str, **own: list[str]) -> set[Pronunciation]:
    return set(Lexicon(own, ENGLISH).pronounce([word])[word])


def _spelled(*ways: str) -> set[Pronunciation]:
    return {tuple(way.split()) for way in ways}


@pytest.mark.parametrize(
    ("word", "ways"),
    [
        ("'bout", ["b aʊ t"]),  # the dictionary's first
        ("zywicki", ["z ɪ w ɪ k i"]),  # and its last
        ("breathe", ["b ɹ i ð"]),
        ("a", ["ə", "eɪ"]),
        ("we're", ["w i ɹ"]),
        ("we’re", ["w i ɹ"]),
        ("juniper", ["d͡ʒ u n ə p ɝ"]),
    ],
)
def test_words_of_the_dictionary(word: str, ways: list[str]) -> None:
    """Words have all their variants, the file's first and last word included."""
    assert _spelled(*ways) <= _ways(word)
    assert len(_ways(word)) <= 4


def test_many_words_are_found_at_once() -> None:
    """Bisection finds words from all over the dictionary, in any order."""
    words = ["zoo", "aardvark", "mum", "zebra", "the", "'twas", "x-rays", "able", "i", "quiet", "zero"]
    found = Lexicon({}, ENGLISH).pronounce(words)
    assert list(found) == words
    assert all(found.values())
    assert _spelled("z i ɹ oʊ", "z ɪ ɹ oʊ") & found["zero"]


def test_reduced_forms_are_known() -> None:
    """A final t or d after a consonant, and an initial h, may be missing; a short word keeps its t."""
    assert _ways("hand") == _spelled("h æ n d", "h æ n", "æ n d", "æ n")
    assert _ways("at") == _spelled("æ t")
    assert _ways("need") == _spelled("n i d")


def test_the_packs_own_entries_replace() -> None:
    """The pack's own entries replace all others, with any letters and any case."""
    assert _ways("juniper", Juniper=["JH UW1 N IH0", "d͡ʒ u n"]) == _spelled("d͡ʒ u n ɪ", "d͡ʒ u n")
    assert _ways("straße", Straße=["S T R AA S AH"]) == _spelled("s t ɹ ɑ s ə")


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("쉬고", "ʃ w i g oʊ"),
        ("싶어요", "s i p ə j oʊ"),  # the coda is said with the next vowel
        ("있는", "i n n ʊ n"),  # a stop is nasal before a nasal
        ("좋아요", "t͡ʃ oʊ ɑ j oʊ"),  # h between vowels is silent
        ("시작해", "ʃ i d͡ʒ ɑ k ɛ"),  # a stop and h are one sound
        ("괜찮다고", "k w ɛ n t͡ʃ ɑ n t ɑ g oʊ"),
        ("읽어", "i l g ə"),
        ("알려줘", "ɑ l l j ə d͡ʒ w ə"),
        ("질문", "t͡ʃ i l m u n"),
        ("못", "m oʊ t"),
    ],
)
def test_hangul_is_read_by_its_rules(word: str, way: str) -> None:
    """Korean words are pronounced as they are spoken, not letter by letter."""
    assert tuple(way.split()) in _ways(word)


def test_korean_needs_no_dictionary() -> None:
    """A long word has few pronunciations, and no dictionary is needed."""
    (ways,) = Lexicon({}, language_of("ko")).pronounce(["고라고라고라고라"]).values()
    assert 1 < len(ways) <= 16


def test_compounds_are_put_together() -> None:
    """A word with hyphens is pronounced like its parts, even parts that only rules know."""
    assert _ways("breath-pause") == _spelled("b ɹ ɛ θ p ɔ z")
    assert _ways("own-pause", own=["OW", "AA"]) == _spelled("oʊ p ɔ z", "ɑ p ɔ z")
    (way,) = _ways("zorblix-pause")
    assert way[-3:] == ("p", "ɔ", "z")


def test_unknown_words_are_spoken_by_rule() -> None:
    """espeak-ng pronounces unknown words, several at once."""
    found = Lexicon({}, ENGLISH).pronounce(["snorfle", "pause", "brillig"])
    assert found["snorfle"] == _spelled("s n ɔ ɹ f ə l")
    assert found["brillig"] == _spelled("b ɹ ɪ l ɪ g")


def test_each_language_has_its_own_rules() -> None:
    """A German word is pronounced by German rules, without the reduced forms of English."""
    found = Lexicon({}, language_of("de")).pronounce(["pause", "hand"])
    assert found["pause"] == _spelled("p aʊ z ə")
    assert found["hand"] == _spelled("h æ n t")


@pytest.mark.parametrize(
    ("word", "mend"),
    [
        ("9", "write numbers as words"),
        ("mp3", "write numbers as words"),
        ("50%", "write numbers as words"),
        ("at&t", "write symbols as words"),
        ("a/c", "write symbols as words"),
        ("café", "use the letters a to z, or say how it sounds in pronunciations.yaml"),
        ("москва", "use the letters a to z, or say how it sounds in pronunciations.yaml"),
        ("'", "use the letters a to z, or say how it sounds in pronunciations.yaml"),
    ],
)
def test_an_unpronounceable_word_is_refused(word: str, mend: str) -> None:
    """The message names the word and the remedy."""
    with pytest.raises(UnpronounceableError, match=mend) as refused:
        _ways(word)
    assert refused.value.word == word
    assert str(refused.value).startswith(f'"{word}" cannot be pronounced: ')


def test_a_foreign_sound_is_refused() -> None:
    """A word with a phone that the lexicon lacks is refused."""
    with pytest.raises(UnpronounceableError, match="say how it sounds"):
        Lexicon({}, replace(ENGLISH, rules="fr")).pronounce(["brunzlure"])


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("HH EH1 L P", "h ɛ l p"),
        ("CH ER0 IY2", "t͡ʃ ɝ i"),
        ("  AH0  ", "ə"),
        ("t͡ʃ ɔɪ s", "t͡ʃ ɔɪ s"),
        ("NG ZH TH DH", "ŋ ʒ θ ð"),
    ],
)
def test_arpabet_and_phones_are_read(text: str, phones: str) -> None:
    """Entries may be in ARPAbet, with or without stress, or in the lexicon's phones."""
    assert parse_pronunciation(text) == tuple(phones.split())


@pytest.mark.parametrize(("text", "strange"), [("HH QQ", "QQ"), ("hh", "hh"), ("EH1LP", "EH1LP"), ("", "empty")])
def test_a_broken_entry_is_refused(text: str, strange: str) -> None:
    """The message names the unknown phone."""
    with pytest.raises(ValueError, match=strange):
        parse_pronunciation(text)


@pytest.mark.parametrize(("word", "known"), [("breathe", True), ("don’t", True), ("xiomara", False), ("9", False)])
def test_what_people_say_is_looked_up_without_leaving_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, *, known: bool
) -> None:
    """A word that somebody said reaches no other program and no file."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert bool(Lexicon({}, ENGLISH).listed(word)) is known
    assert not list(tmp_path.iterdir())
