"""Open answers: free words after a beginning that the pack names, for the questions where anything may be said."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from voice.asr.words import words_of
from voice.nlu.intent import Intent

__all__ = ["OpenAnswer", "any_answer", "open_answer"]

_FEWEST_WORDS = 3
_MOST_WORDS = 20  # what is said back has to fit into one breath
_MOST_NAMING = 8  # that name one of several things


class _Beginning(BaseModel):
    """Beginnings of an answer, and how it begins when it is said back: "" for as it was said."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    spoken: tuple[str, ...] = Field(alias="in", min_length=1)
    becomes: str = Field(alias="as")


class OpenAnswer(BaseModel):
    """An answer in free words: the questions and beginnings that allow it, and the intent that carries the words.

    Without beginnings it is whatever was said, where nothing else fits: the moment finds what it names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    ask: tuple[str, ...] = Field(min_length=1)
    intent: str
    begins: tuple[_Beginning, ...] = ()

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


def open_answer(words: Sequence[str], ask: str, answers: Iterable[OpenAnswer]) -> Intent | None:
    """Return the intent of an answer in free words; None if the question allows none, or it begins otherwise.

    Args:
        words: what was typed, or transcribed freely. Whoever calls tries the pack's own sentences first.
        ask: the name of the open question, "kindly.situation".
        answers: the open answers of the pack.

    Returns:
        An intent whose slot `words` is the whole answer, with the beginning that the pack gives it.
    """
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return None
    found = ((answer.intent, answer.begun(words)) for answer in answers if ask in answer.ask)
    return next((Intent(intent, {"words": begun}) for intent, begun in found if begun is not None), None)


def any_answer(words: Sequence[str], ask: str, answers: Iterable[OpenAnswer]) -> Intent | None:
    """Return the intent of an answer that needs no beginning ("the milk one"); None if the question allows none.

    Args:
        words: what was typed, or transcribed freely. Whoever calls tries everything else first.
        ask: the name of the open question, "reminders.which".
        answers: the open answers of the pack.

    Returns:
        An intent whose slot `words` is the whole answer.
    """
    if not 0 < len(words) <= _MOST_NAMING:
        return None
    found = (answer.intent for answer in answers if ask in answer.ask and not answer.begins)
    return next((Intent(intent, {"words": " ".join(words)}) for intent in found), None)
