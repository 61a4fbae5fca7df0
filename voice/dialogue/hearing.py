"""Hearing: frames become recognised utterances, except while the loudspeaker sounds."""

import logging
from collections.abc import Callable

from voice.audio.microphone import Frame
from voice.dialogue.performance import Performance
from voice.dialogue.rules import expected
from voice.dialogue.trace import Trace, Understood, Uttered
from voice.listening.endpointer import Utterance
from voice.listening.listener import Heard, Listener
from voice.nlu.contexts import ADDRESSED, ANYTIME, ASLEEP, SCENE

__all__ = ["Hearing"]

log = logging.getLogger(__name__)

# The room rings on for a moment after our voice, and sound cards deliver late.
_HOLD_SECONDS = 0.3
# In free speech only requests are recognised, and those are short.
_LONGEST_REQUEST_SECONDS = 3.0
# So long after its last word, a short request is meant for the assistant.
_STILL_ADDRESSED_SECONDS = 8.0


class Hearing:
    """Half-duplex hearing.

    Args:
        listener: turns frames into utterances, and utterances into intents.
        trace: receives every utterance.
        is_private: returns whether a moment may not be logged.

    Attributes:
        ignore_until: the monotonic time until which frames are dropped.
    """

    def __init__(self, listener: Listener, trace: Trace, is_private: Callable[[str], bool]) -> None:
        self.ignore_until = 0.0
        self._listener = listener
        self._trace = trace
        self._is_private = is_private
        self._has_spoken = False

    @property
    def speaking(self) -> bool:
        """Whether speech may have begun."""
        return self._listener.endpointer.speaking

    @property
    def hearing(self) -> bool:
        """Whether an utterance is under way that is long enough to count."""
        return self._listener.hearing

    def half_duplex(self, now: float, latency: float) -> None:
        """Drop frames while our own voice is heard, loudspeaker latency included."""
        self.ignore_until = now + latency + _HOLD_SECONDS
        self._has_spoken = True

    def forget(self) -> None:
        """Drop the current utterance."""
        self._listener.forget()

    def take(self, frame: Frame, now: float, performance: Performance | None, *, asleep: bool) -> Heard | None:
        """Take the microphone's next frame; return the result of an utterance that ends with it.

        Args:
            frame: the frame.
            now: the monotonic time.
            performance: the playing moment, which is told of speech.
            asleep: whether only "listen again" counts.
        """
        if now < self.ignore_until:
            self._listener.forget()
            return None
        question = performance.question if performance is not None else None
        free = question is not None and question.kind != "choice"
        just_spoke = self._has_spoken and now < self.ignore_until + _STILL_ADDRESSED_SECONDS
        contexts, then = _contexts(performance, asleep=asleep, addressed=just_spoke)
        if performance is not None:
            performance.frame(frame)
        # Within free speech few utterances are short enough to count, so nothing is recognised ahead.
        ahead, ahead_then = ((), ()) if free else (contexts, then)
        utterance = self._listener.push(frame, *ahead, then=ahead_then)
        if performance is not None and self._listener.speech and self._listener.hearing:
            performance.speech(now)
        if utterance is None or (free and utterance.duration > _LONGEST_REQUEST_SECONDS):
            return None
        return self._understand(utterance, contexts, then)

    def _understand(self, utterance: Utterance, contexts: tuple[str, ...], then: tuple[str, ...]) -> Heard:
        self._trace(Uttered(utterance))
        heard = self._listener.understand(utterance, *contexts, then=then)
        intents = [intent for intent in (heard.intent, heard.then) if intent is not None]
        if intents and not any(self._is_private(intent.moment) for intent in intents):
            log.debug("heard %s", heard)  # speech that was not understood may be a private request, half heard
        self._trace(Understood(heard))
        return heard


def _contexts(
    performance: Performance | None, *, asleep: bool, addressed: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the contexts that count now, and those that count after them."""
    if performance is not None:
        return expected(performance.question) if performance.question is not None else ((SCENE,), ())
    if asleep:
        return (ASLEEP,), ()
    return ((ANYTIME, ADDRESSED) if addressed else (ANYTIME,)), ()
