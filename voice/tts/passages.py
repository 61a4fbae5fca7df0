"""Passages: a text cleaned and split where a speaker would breathe, so that no rendering takes long."""

import re
import unicodedata
from typing import Final

__all__ = ["LONGEST", "split"]

LONGEST: Final = 300
"""Characters in a passage at most: short enough to render quickly and to fit any buffer."""

_JOINERS: Final = "\u200c\u200d"  # invisible, but they shape words in several scripts
_RUN: Final = f".{{1,{LONGEST}}}"
_PASSAGE: Final = re.compile(
    rf"\s*({_RUN}$|{_RUN}[.!?…][\"')\]\u201d\u2019»]*(?=\s)|{_RUN}[,;:](?=\s)|{_RUN}(?=\s)|{_RUN})"
)


def split(text: str) -> list[str]:
    """Split a text after sentences; a long sentence after commas, else between words.

    Args:
        text: any text. Control characters, which some voices obey as commands, are removed; white space is collapsed.

    Returns:
        passages of 1 to 300 characters on one line each, in order; empty if nothing is left of the text.
    """
    return [passage.strip() for passage in _PASSAGE.findall(_cleaned(text))]


def _cleaned(text: str) -> str:
    """Return the text on one line, without characters that have no written form."""
    spaced = " ".join(text.split())
    return "".join(
        letter for letter in spaced if letter in _JOINERS or not unicodedata.category(letter).startswith("C")
    ).strip()
