"""The tokenizer: text to the model's tokens and back (byte pair encoding, as in Llama)."""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

__all__ = ["BEGIN", "END", "Tokenizer"]

BEGIN = 1
END = 2
_SPACE = "▁"
_FIRST_BYTE = 3  # tokens 3 to 258 are the 256 single bytes
_FIRST_PIECE = _FIRST_BYTE + 256


class Tokenizer:
    """Splits text into tokens.

    The file lists the tokens in their order: for each its length in bytes (one byte, or two if it is 128 or more, the
    lower seven bits first), and its bytes in UTF-8. Earlier pieces were merged earlier, so their order is also the
    order of the merges.

    Args:
        content: the tokenizer's file.
    """

    def __init__(self, content: bytes) -> None:
        self._pieces = tuple(_entries(content))

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self._pieces)

    @cached_property
    def _number(self) -> dict[str, int]:
        pieces = enumerate(self._pieces[_FIRST_PIECE:], start=_FIRST_PIECE)
        return {piece.decode("utf-8"): number for number, piece in pieces if piece}

    def encode_word(self, word: str) -> tuple[int, ...]:
        """Return the tokens of a word with the space in front of it."""
        return self._encode(_SPACE + word)

    def encode_piece(self, text: str) -> tuple[int, ...]:
        """Return the tokens of text that follows without a space, such as punctuation."""
        return self._encode(text)

    def piece(self, token: int) -> str:
        """Return the text of one token; "" for special ones and single bytes."""
        return self._pieces[token].decode("utf-8") if token >= _FIRST_PIECE else ""

    def decode(self, tokens: Iterable[int]) -> str:
        """Return the text of tokens, without the special ones; broken UTF-8 becomes replacement characters."""
        content = bytearray()
        for token in tokens:
            if _FIRST_BYTE <= token < _FIRST_PIECE:
                content.append(token - _FIRST_BYTE)
            elif token >= _FIRST_PIECE:
                content += self._pieces[token]
        return content.decode("utf-8", errors="replace").replace(_SPACE, " ").strip()

    @lru_cache(maxsize=1 << 14)  # noqa: B019 - there is one tokenizer in a process
    def _encode(self, text: str) -> tuple[int, ...]:
        parts = list(text)
        while len(parts) > 1:
            pairs = [self._number.get(one + two) for one, two in pairwise(parts)]
            known = [number for number in pairs if number is not None]
            if not known:
                break
            first = pairs.index(min(known))
            parts[first : first + 2] = [parts[first] + parts[first + 1]]
        return tuple(token for part in parts for token in self._tokens_of(part))

    def _tokens_of(self, part: str) -> Sequence[int]:
        number = self._number.get(part)
        return (number,) if number is not None else [_FIRST_BYTE + byte for byte in part.encode()]


def _entries(content: bytes) -> Iterable[bytes]:
    """Yield the entries of the file."""
    position = 0
    while position < len(content):
        length = content[position]
        position += 1
        if length >= 128:  # noqa: PLR2004 - the highest bit announces a second byte
            length += 128 * (content[position] - 1)
            position += 1
        yield content[position : position + length]
        position += length
