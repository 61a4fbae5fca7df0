"""How words sound: the pack's own entries, Hangul by its rules; else what dictionary and espeak-ng's rules say."""

import gzip
import itertools
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from voice.errors import SystemFailure
from voice.languages.hangul import is_hangul, pronunciations
from voice.languages.phones import PHONES, VOWELS, Pronunciation, parse_pronunciation
from voice.storage.disk_cache import disk_cached

__all__ = ["Lexicon", "UnpronounceableError", "heard_of"]

_ESPEAK = {
    "a": "æ", "aɪə": "aɪ ə", "aɪɚ": "aɪ ɝ", "dʒ": "d͡ʒ", "e": "ɛ", "iə": "i ə", "iː": "i", "n̩": "ə n", "o": "oʊ",
    "oː": "ɔ", "oːɹ": "ɔ ɹ", "r": "ɹ", "tʃ": "t͡ʃ", "uː": "u", "ɐ": "ə", "ɑː": "ɑ", "ɑːɹ": "ɑ ɹ", "ɔː": "ɔ",
    "ɔːɹ": "ɔ ɹ", "əl": "ə l", "ɚ": "ɝ", "ɛɹ": "ɛ ɹ", "ɜ": "ɝ", "ɜː": "ɝ", "ɡ": "g", "ɪɹ": "ɪ ɹ", "ɾ": "t", "ʔ": "t",
    "ʊɹ": "ʊ ɹ", "ʌ": "ə", "ᵻ": "ɪ",
}  # fmt: skip
_SPELLABLE = re.compile(r"['’]?[a-z]+(?:['’-][a-z]+)*['’]?")
_ESPEAK_SECONDS = 10


class UnpronounceableError(ValueError):
    """A word that cannot be spoken with the phones there are.

    Attributes:
        word: the word.
        mend: what to do about it.
    """

    def __init__(self, word: str, mend: str) -> None:
        super().__init__(f'"{word}" cannot be pronounced: {mend}')
        self.word = word
        self.mend = mend


class Lexicon:
    """Pronunciations of words.

    Args:
        own: the pack's entries, `{"juniper": ["JH UW1 N AH0 P ER0"]}`; they come before the dictionary's.
        dictionary: gzip of lines "word, tab, ARPAbet[, tab, ARPAbet]...", sorted by the bytes of the word; a language
            may have none. Beside it, `heard_of` names a file of the same form.
        voice: the espeak-ng voice whose rules serve for all other words.
    """

    def __init__(self, own: Mapping[str, Iterable[str]], dictionary: Path, voice: str = "en-us") -> None:
        self._own = {word.lower(): [parse_pronunciation(text) for text in texts] for word, texts in own.items()}
        self._dictionary = _Dictionary(dictionary)
        self._heard = _Dictionary(heard_of(dictionary))
        self._voice = voice
        self._known: dict[str, frozenset[Pronunciation]] = {}

    def pronounce(self, words: Iterable[str]) -> dict[str, frozenset[Pronunciation]]:
        """Return the ways in which each word may be said, the careless ones included.

        Raises:
            UnpronounceableError: a word has digits, symbols or foreign letters or phones.
            SystemFailure: espeak-ng is needed and missing.
        """
        wanted = list(words)
        found = {word: self._look_up(word) for word in wanted if word not in self._known}
        # The dictionary mostly has one way of many, and espeak-ng's rules another: "almond", with its l or without.
        asked = [word for word, known in found.items() if not known or self._may_sound_otherwise(word)]
        by_rule = self._by_rule(sorted(asked, key=lambda word: bool(found[word])))  # an error names one that needs it
        for word, known in found.items():
            heard = () if word in self._own else self._heard.look_up(word)
            ways = [*known, *by_rule.get(word, ()), *heard]
            if not ways:
                raise UnpronounceableError(word, "say how it sounds in pronunciations.yaml, in ARPAbet")
            self._known[word] = frozenset(way for pronunciation in ways for way in _careless(pronunciation))
        return {word: self._known[word] for word in wanted}

    def _may_sound_otherwise(self, word: str) -> bool:
        """Return whether a word is worth a second opinion: it has been looked up, not told, put together or spelled."""
        return word not in self._own and "-" not in word and not is_hangul(word)

    def _look_up(self, word: str) -> list[Pronunciation]:
        if word in self._own:
            return self._own[word]
        if is_hangul(word):
            return pronunciations(word)
        if not _SPELLABLE.fullmatch(word):
            raise UnpronounceableError(word, _mend(word))
        entry = self._dictionary.look_up(word.replace("’", "'"))
        if entry:
            return entry
        if "-" in word:
            return self._compound(word.split("-"))
        return []

    def _compound(self, parts: list[str]) -> list[Pronunciation]:
        ways = [self._look_up(part) or self._by_rule([part])[part] for part in parts]
        return [tuple(itertools.chain.from_iterable(choice)) for choice in itertools.product(*ways)]

    def _by_rule(self, words: list[str]) -> dict[str, list[Pronunciation]]:
        """Return the way that espeak-ng says each word, or none where it does so with phones that we do not have."""
        if not words:
            return {}
        # As long as espeak-ng is the same, it says the same, and to ask takes a third of a second.
        told = disk_cached("pronunciations", self._circumstances(words), lambda: self._ask_espeak(words))
        return {word: _from_espeak(line) for word, line in zip(words, told, strict=True)}

    def _circumstances(self, words: list[str]) -> Iterator[bytes]:
        program = shutil.which("espeak-ng")
        state = Path(program).stat() if program else None
        yield f"{self._voice} {program} {state.st_size if state else 0} {state.st_mtime_ns if state else 0}".encode()
        yield "\n".join(words).encode()

    def _ask_espeak(self, words: list[str]) -> list[str]:
        command = ["espeak-ng", "-q", "-v", self._voice, "--ipa", "--sep=_"]
        try:
            done = subprocess.run(
                command,
                input="\n\n".join(words),
                capture_output=True,
                encoding="utf-8",
                check=True,
                timeout=_ESPEAK_SECONDS,
            )
        except FileNotFoundError:
            raise SystemFailure(
                f'espeak-ng is missing, and it has to tell how "{words[0]}" sounds: sudo apt install espeak-ng'
            ) from None
        except (subprocess.SubprocessError, OSError) as error:
            raise SystemFailure(f'espeak-ng could not tell how "{words[0]}" sounds: {error}') from error
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        if len(lines) != len(words):
            raise SystemFailure(f"espeak-ng told {len(lines)} pronunciations of {len(words)} words: {', '.join(words)}")
        return lines


class _Dictionary:
    """A file of words and their pronunciations; one that is not there is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def look_up(self, word: str) -> list[Pronunciation]:
        """Find a line by bisection: splitting all 126,000 would take longer than all else at the start."""
        wanted = word.encode()
        low, high = 0, len(self._lines) - 1
        while low < high:
            middle = self._lines.rfind(b"\n", 0, (low + high) // 2 + 1)
            end = self._lines.find(b"\n", middle + 1)
            found, _, rest = self._lines[middle + 1 : end].partition(b"\t")
            if found == wanted:
                return [parse_pronunciation(text) for text in rest.decode().split("\t")]
            if found < wanted:
                low = end
            else:
                high = middle
        return []

    @cached_property
    def _lines(self) -> bytes:
        return b"\n" + (gzip.decompress(self._path.read_bytes()) if self._path.exists() else b"")


def heard_of(dictionary: Path) -> Path:
    """Return the file beside a dictionary that tells how the phoneme model hears words.

    The model was trained on what `hama`'s own rules make of writing, and those spell many a common word: it hears "one"
    as "o n e", and "of" with an f. Without these ways, such words count against whoever says them.
    """
    return dictionary.with_name("heard.tsv.gz")


def _from_espeak(line: str) -> list[Pronunciation]:
    symbols = line.replace("ˈ", "").replace("ˌ", "").replace(" ", "_").split("_")
    phones = tuple(phone for symbol in symbols for phone in _ESPEAK.get(symbol, symbol).split())
    return [phones] if phones and all(phone in PHONES for phone in phones) else []


def _careless(pronunciation: Pronunciation) -> set[Pronunciation]:
    """Add what people leave out: a final t or d after a consonant, an initial h (Zwicky 1972; Guy 1980)."""
    ways = {pronunciation}
    if len(pronunciation) > 2 and pronunciation[-1] in {"t", "d"} and pronunciation[-2] not in VOWELS:  # noqa: PLR2004 - "at" keeps its t
        ways.add(pronunciation[:-1])
    if len(pronunciation) > 1 and pronunciation[0] == "h":
        ways |= {way[1:] for way in ways}
    return ways


def _mend(word: str) -> str:
    if any(letter.isdigit() for letter in word):
        return "write numbers as words"
    if any(not letter.isalpha() and letter not in "'’-" for letter in word):
        return "write symbols as words"
    return "use the letters a to z, or say how it sounds in pronunciations.yaml, in ARPAbet"
