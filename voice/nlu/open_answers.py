"""Open answers: free words after a beginning that the pack names, for the questions where anything may be said."""

from voice.asr.words import words_of
from voice.nlu.matcher import Intent
from voice.nlu.sentences import Sentences

__all__ = ["open_answer"]

_FEWEST_WORDS = 3
_MOST_WORDS = 20  # what is said back has to fit into one breath


def open_answer(text: str, ask: str, sentences: Sentences) -> Intent | None:
    """Return the intent of an answer in free words; None if the question allows none, or it begins otherwise.

    Args:
        text: what was typed, or transcribed freely. Whoever calls tries the pack's own sentences first.
        ask: the name of the open question, "kindly.situation".
        sentences: the pack's sentences.

    Returns:
        An intent whose slot `words` is the whole answer, with the beginning that the pack gives it.
    """
    words = words_of(sentences.speech.normalise(text))
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return None
    for answer in sentences.open_answers:
        begun = answer.begun(words) if ask in answer.ask else None
        if begun is not None:
            return Intent(answer.intent, {"words": begun})
    return None
