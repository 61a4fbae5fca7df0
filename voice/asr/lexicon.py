"""The pronunciations of words: from the pack, by spelling, from a dictionary, and by espeak-ng's rules."""

import gzip
import itertools
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from voice.errors import SystemFailure
from voice.languages.language import Language
from voice.languages.phones import Pronunciation, parse_pronunciation
from voice.storage.disk_cache import disk_cached

__all__ = ["Lexicon", "UnpronounceableError", "heard_of"]

_ESPEAK_SECONDS = 10


class UnpronounceableError(ValueError):
    """A word that cannot be pronounced with the phones of the lexicon.

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
        own: the pack's entries, `{"juniper": ["JH UW1 N AH0 P ER0"]}`, which replace all others.
        language: the language. Its dictionary is gzip of lines "word, tab, ARPAbet[, tab, ARPAbet]...", sorted by the
            bytes of the word; a second file of the same form may lie beside it (see `heard_of`).
    """

    def __init__(self, own: Mapping[str, Iterable[str]], language: Language) -> None:
        self._own = {word.lower(): [parse_pronunciation(text) for text in texts] for word, texts in own.items()}
        self._language = language
        self._dictionary = _Dictionary(language.dictionary)
        self._heard = _Dictionary(heard_of(language.dictionary) if language.dictionary else None)
        self._known: dict[str, frozenset[Pronunciation]] = {}

    def pronounce(self, words: Iterable[str]) -> dict[str, frozenset[Pronunciation]]:
        """Return the pronunciations of each word, reduced forms included.

        Raises:
            UnpronounceableError: a word has digits, symbols, foreign letters or foreign phones.
            SystemFailure: espeak-ng is missing or fails.
        """
        wanted = list(words)
        found = {word: self._look_up(word) for word in wanted if word not in self._known}
        # The dictionary has mostly one pronunciation, and espeak-ng's rules another: "almond" with or without its l.
        asked = [word for word, known in found.items() if not known or self._may_sound_otherwise(word)]
        # Words that only espeak-ng knows come first: an error names the first word.
        by_rule = self._by_rule(sorted(asked, key=lambda word: bool(found[word])))
        for word, known in found.items():
            heard = () if word in self._own else self._heard.look_up(word)
            ways = [*known, *by_rule.get(word, ()), *heard]
            if not ways:
                raise UnpronounceableError(word, "say how it sounds in pronunciations.yaml, in ARPAbet")
            self._known[word] = frozenset().union(*map(self._language.reduced, ways))
        return {word: self._known[word] for word in wanted}

    def listed(self, word: str) -> frozenset[Pronunciation]:
        """Return the pronunciations of a word that the pack, its spelling or the dictionary tells; none if it has none.

        Unlike `pronounce` it asks no other program and writes nothing, so it may be used for what people say.
        """
        heard = () if word in self._own else self._heard.look_up(word)
        return frozenset().union(*map(self._language.reduced, (*self._written(word), *heard)))

    def is_listed(self, word: str) -> bool:
        """Return whether the dictionary has a word, so that other recognisers are likely to know it, too."""
        parts = word.replace("’", "'").split("-")
        return bool(self._language.by_spelling(word)) or all(map(self._dictionary.look_up, parts))

    def _may_sound_otherwise(self, word: str) -> bool:
        """Return whether espeak-ng's rules may add a pronunciation to the known ones."""
        return word not in self._own and "-" not in word and not self._language.by_spelling(word)

    def _look_up(self, word: str) -> Sequence[Pronunciation]:
        written = self._written(word)
        if written:
            return written
        if not self._language.is_writable(word):
            raise UnpronounceableError(word, _mend(word, self._language.letters))
        if "-" in word:
            return self._compound(word.split("-"))
        return ()

    def _written(self, word: str) -> Sequence[Pronunciation]:
        if word in self._own:
            return self._own[word]
        return self._language.by_spelling(word) or self._dictionary.look_up(word.replace("’", "'"))

    def _compound(self, parts: list[str]) -> list[Pronunciation]:
        ways = [self._look_up(part) or self._by_rule([part])[part] for part in parts]
        return [tuple(itertools.chain.from_iterable(choice)) for choice in itertools.product(*ways)]

    def _by_rule(self, words: list[str]) -> dict[str, Sequence[Pronunciation]]:
        """Return espeak-ng's pronunciation of each word; none where the lexicon lacks one of its phones."""
        if not words:
            return {}
        # Asking takes a third of a second, and the answer is the same until espeak-ng is another.
        told = disk_cached("pronunciations", self._circumstances(words), lambda: self._ask_espeak(words))
        return {word: self._language.from_espeak(_symbols(line)) for word, line in zip(words, told, strict=True)}

    def _circumstances(self, words: list[str]) -> Iterator[bytes]:
        program = shutil.which("espeak-ng")
        state = Path(program).stat() if program else None
        version = f"{state.st_size} {state.st_mtime_ns}" if state else "0 0"
        yield f"{self._language.rules} {program} {version}".encode()
        yield "\n".join(words).encode()

    def _ask_espeak(self, words: list[str]) -> list[str]:
        command = ["espeak-ng", "-q", "-v", self._language.rules, "--ipa", "--sep=_"]
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
    """A file of words and their pronunciations; a missing one is empty."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def look_up(self, word: str) -> list[Pronunciation]:
        """Return the pronunciations of a word, found by bisection: splitting all 126,000 lines would take too long."""
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
        return b"\n" + (gzip.decompress(self._path.read_bytes()) if self._path and self._path.exists() else b"")


def heard_of(dictionary: Path) -> Path:
    """Return the file beside a dictionary with common words as the acoustic model hears them.

    The model was trained on the output of `hama`'s own spelling rules, which pronounce some common words letter by
    letter: it hears "one" as "o n e", and "of" with an f.
    """
    return dictionary.with_name("heard.tsv.gz")


def _symbols(line: str) -> list[str]:
    """Return the symbols of a line of espeak-ng's IPA, without stress."""
    return line.replace("ˈ", "").replace("ˌ", "").replace(" ", "_").split("_")


def _mend(word: str, letters: str) -> str:
    if any(letter.isdigit() for letter in word):
        return "write numbers as words"
    if any(not letter.isalpha() and letter not in "'’-" for letter in word):
        return "write symbols as words"
    allowed = f"a to z and {letters}" if letters else "a to z"
    return f"use the letters {allowed}, or say how it sounds in pronunciations.yaml, in ARPAbet"
