"""The beginnings after which an answer may be anything, as a pack names them."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from voice.asr.words import words_of

__all__ = ["OpenAnswer"]


class _Beginning(BaseModel):
    """Beginnings of an answer, and how it begins when it is said back: "" for as it was said."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    spoken: tuple[str, ...] = Field(alias="in", min_length=1)
    becomes: str = Field(alias="as")


class OpenAnswer(BaseModel):
    """An answer in free words: the questions and beginnings that allow it, and the intent that carries the words."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ask: tuple[str, ...] = Field(min_length=1)
    intent: str
    begins: tuple[_Beginning, ...] = Field(min_length=1)

    def begun(self, words: Sequence[str]) -> str | None:
        """Return the answer with the beginning that the pack gives it; the longest known beginning counts."""
        found = [
            (len(spoken), beginning.becomes)
            for beginning in self.begins
            for spoken in map(words_of, beginning.spoken)
            if tuple(words[: len(spoken)]) == spoken and len(words) > len(spoken)
        ]
        if not found:
            return None
        length, becomes = max(found)
        return " ".join((becomes, *words[length:]) if becomes else words)
