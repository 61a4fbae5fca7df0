"""The listener: from frames to utterances, transcripts and intents, in the contexts that count at the moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.asr.recogniser import (
    Dictation,
    FreeTranscript,
    Recogniser,
    RecordedRecogniser,
    StreamingRecogniser,
    Transcript,
)
from voice.asr.words import words_of
from voice.audio.microphone import FRAME, FRAME_SECONDS, Frame
from voice.listening.certainty import CLEAR, Circumstances, decide
from voice.listening.endpointer import Endpointer, Utterance
from voice.listening.frontend import FrontEnd
from voice.listening.vad import VoiceDetector
from voice.nlu.contexts import ADDRESSED, ANYTIME, ASLEEP
from voice.nlu.intent import Intent, Meaning, Reader
from voice.nlu.matcher import match
from voice.nlu.sentences import Sentences

__all__ = ["Heard", "Listener"]


@dataclass(frozen=True)
class Heard:
    """The result of an utterance.

    Attributes:
        transcript: the best sentence, however sure; None if no sentence fits at all.
        intent: the intent of the utterance; None if it is not sure enough.
        read: whether the free reading gave the intent, and not the grammar's sentence.
        unsure: what it may mean, if that is worth a question.
        then: a second request in it.
    """

    transcript: Transcript | None
    intent: Intent | None
    read: bool = False
    unsure: Intent | None = None
    then: Intent | None = None

    @property
    def text(self) -> str | None:
        """The words that were understood; None if nothing was said."""
        if self.transcript is None:
            return None
        free = self.transcript.free
        return free.text if self.read and free is not None else self.transcript.text

    @property
    def confidence(self) -> float:
        """How sure the words are that were understood, 0 to 1; of the best sentence, if none were."""
        if self.transcript is None:
            return 0.0
        free = self.transcript.free
        return free.confidence if self.read and free is not None else self.transcript.confidence


# A free reading so sure speaks against another sentence.
_RIVAL = 0.75
# Below a clear answer, a request counts before it if it is so much more likely.
_MUCH_MORE = 1.3
# A longer utterance, or one with more pauses, is recognised only once, at its end, so that a small machine keeps up.
_LOOKS = 3
_LONGEST_LOOK = 6.0  # seconds
# How many frames a streaming recogniser gets at a time: 160 ms.
_BLOCK = 5


@dataclass(frozen=True)
class _Streamed:
    """The part of the current utterance that a streaming recogniser has got: its first `frames`, in `contexts`."""

    contexts: tuple[str, ...]
    frames: int


_Tiers: TypeAlias = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Guess:
    """The result of the utterance so far; it is final if the utterance ends with the same number of samples.

    Attributes:
        tiers: the sets of contexts that were tried, the first one first.
        samples: the number of samples.
        heard: the result.
        contexts: the set of contexts that gave it.
    """

    tiers: _Tiers
    samples: int
    heard: Heard
    contexts: tuple[str, ...]


def _with_rivals(contexts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the contexts whose sentences are recognised: those that count, and the short ones that people also say.

    Unaddressed, "we need a break" counts for nothing, but it must not be taken for "we need a breath".
    """
    return (*contexts, ADDRESSED) if ANYTIME in contexts and ADDRESSED not in contexts else contexts


def _confidence(guess: _Guess) -> float:
    return guess.heard.transcript.confidence if guess.heard.transcript else 0.0


@dataclass
class Listener:
    """Listens: takes frames, and returns utterances and their intents.

    Attributes:
        sentences: the sentences that people may say.
        recogniser: recognises them.
        threshold: the confidence that a sentence needs, 0 to 1; within a moment three quarters of it are enough.
        endpointer: cuts the frames into utterances.
        reader: finds the meaning of what was read without the grammar; None to leave that out.
        vad: tells which frames are speech.
        speech: whether the last frame was speech.
    """

    sentences: Sentences
    recogniser: Recogniser[Any]
    threshold: float
    endpointer: Endpointer
    reader: Reader | None = None
    vad: VoiceDetector = field(default_factory=VoiceDetector)
    speech: bool = False
    _grammars: dict[tuple[str, ...], Any] = field(default_factory=dict)
    _streamed: _Streamed | None = field(default=None, init=False)
    _guess: _Guess | None = field(default=None, init=False)
    _looks: int = field(default=0, init=False)
    _front: FrontEnd = field(default_factory=FrontEnd, init=False)

    @property
    def hearing(self) -> bool:
        """Whether an utterance is under way that is long enough to be one."""
        return self.endpointer.speaking and self.endpointer.heard_speech

    def push(self, frame: Frame, *contexts: str, then: tuple[str, ...] = ()) -> Utterance | None:
        """Take the next frame.

        With contexts, recognition begins before the utterance ends: a streaming recogniser gets the frames as they
        come; with another one, the utterance so far is recognised in each of its first pauses. A complete sentence that
        more words could not change then ends the utterance at once, and an incomplete one makes it wait longer.

        Args:
            frame: the frame.
            contexts: the contexts in which the utterance will be understood; none to recognise nothing early.
            then: the contexts to try if it is no sentence of `contexts`.

        Returns:
            the utterance that ends with this frame, if one does.
        """
        if not self.endpointer.speaking:
            self._looks = 0
        self.speech = self.vad.is_speech(frame.samples)
        utterance = self.endpointer.push(frame, speech=self.speech)
        if not contexts:
            self._front.forget()
        if utterance is not None or not contexts:
            return utterance
        if isinstance(self.recogniser, StreamingRecogniser):
            self._stream(self.recogniser, contexts)
            return None
        self._front.follow(self.endpointer, self.vad.above_noise)
        return self._end_early(contexts, then) if self.endpointer.pausing and self._may_look() else None

    def prepare(self, *contexts: str) -> None:
        """Compile the grammar of some contexts, so that the first utterance in them need not wait for it.

        Raises:
            MomentsError: a sentence, or a word in it, cannot be recognised.
        """
        rivals = _with_rivals(contexts)
        if rivals not in self._grammars:
            self._grammars[rivals] = self.recogniser.compile(self.sentences.scope(*rivals).graph)

    def understand(self, utterance: Utterance, *contexts: str, then: tuple[str, ...] = ()) -> Heard:
        """Recognise an utterance.

        Args:
            utterance: an utterance from `push`, or any other.
            contexts: the contexts whose sentences count.
            then: the contexts to try if it is none of those sentences.
        """
        return self._understand(utterance, (contexts, then) if then else (contexts,)).heard

    def dictate(self, samples: NDArray[np.int16]) -> str | None:
        """Return free speech in words; None if the recogniser cannot do that.

        Args:
            samples: (n,) int16 at 16 kHz.
        """
        return self.recogniser.dictate(samples) if isinstance(self.recogniser, Dictation) else None

    def forget(self) -> None:
        """Drop the current utterance."""
        self.speech = False
        self._streamed = self._guess = None
        self._front.forget()
        self.endpointer.reset()
        self.vad.reset()

    def _understand(self, utterance: Utterance, tiers: _Tiers) -> _Guess:
        """Recognise an utterance in one set of contexts after the other, until one gives an intent."""
        guess, self._guess = self._guess, None
        if guess is not None and (guess.tiers, guess.samples) == (tiers, utterance.samples.size):
            return guess
        cleaned = cache(lambda: self._front.clean(utterance.samples))
        found: list[_Guess] = []
        for contexts in tiers:
            heard = self._match(self._recognise(utterance, contexts, cleaned), contexts)
            found.append(_Guess(tiers, utterance.samples.size, heard, contexts))
            if heard.intent is not None and _confidence(found[-1]) >= CLEAR:
                return found[-1]
        sure = [guess for guess in found if guess.heard.intent is not None]
        # An answer comes before a request, unless that is much more likely.
        if len(sure) > 1 and _confidence(sure[1]) < _MUCH_MORE * _confidence(sure[0]):
            return sure[0]
        return max(sure or found, key=_confidence)

    def _match(self, transcript: Transcript | None, contexts: tuple[str, ...]) -> Heard:
        """Return a transcript with its intent, if that is sure enough."""
        if transcript is None:
            return Heard(None, None)
        scope = self.sentences.scope(*contexts)
        intent = match(transcript.text, scope) if transcript.words else None
        free = transcript.free if self.reader is not None else None
        said = words_of(free.text if free is not None else transcript.text)
        circumstances = Circumstances(
            in_scene={ANYTIME, ASLEEP}.isdisjoint(contexts),
            addressed=ADDRESSED in contexts or any(True for _ in scope.without_prefix(said)),
        )
        if intent is not None and free is not None and self._is_rival(intent, transcript, free, contexts):
            intent = None
        decision = decide(
            intent, transcript.confidence, free, lambda text: self._read(text, contexts), self.threshold, circumstances
        )
        return Heard(transcript, decision.intent, decision.read, decision.unsure, decision.then)

    def _is_rival(
        self, intent: Intent, transcript: Transcript, free: FreeTranscript, contexts: tuple[str, ...]
    ) -> bool:
        """Return whether what was read is word for word another request, which counts only where it is addressed.

        "We need a break" sounds like "we need a breath"; people also say it to each other, and then it means nothing.
        """
        rivals = _with_rivals(contexts)
        said = words_of(free.text)
        if rivals == contexts or free.confidence < _RIVAL or said == tuple(word.text for word in transcript.words):
            return False
        meaning = self._read(free.text, rivals)
        if meaning.by != "grammar" or meaning.intent == intent:
            return False
        return self._read(free.text, contexts).by != "grammar"

    def _read(self, text: str, contexts: tuple[str, ...]) -> Meaning:
        return self.reader([text], [contexts])[0] if self.reader is not None else Meaning()

    def _may_look(self) -> bool:
        """Tell whether the utterance so far is short enough to be recognised in this pause."""
        return self._looks < _LOOKS and len(self.endpointer.frames) * FRAME_SECONDS <= _LONGEST_LOOK

    def _end_early(self, contexts: tuple[str, ...], then: tuple[str, ...]) -> Utterance | None:
        """Recognise the utterance so far; end it if more words could not change it, wait longer if it is incomplete."""
        utterance = Utterance(np.concatenate([frame.samples for frame in self.endpointer.frames]))
        self._guess = None
        self._looks += 1
        guess = self._guess = self._understand(utterance, (contexts, then) if then else (contexts,))
        heard = guess.heard
        if heard.transcript is not None and heard.transcript.incomplete:
            self.endpointer.hesitate()
            return None
        if heard.intent is None or heard.transcript is None or heard.read:
            return None
        words = [word.text for word in heard.transcript.words]
        return self.endpointer.flush() if self.sentences.scope(*guess.contexts).is_final(words) else None

    def _stream(self, recogniser: StreamingRecogniser[Any], contexts: tuple[str, ...]) -> None:
        """Feed the utterance's new frames to a streaming recogniser."""
        frames = self.endpointer.frames
        if self._streamed is None or self._streamed.contexts != contexts or self._streamed.frames > len(frames):
            if not frames:
                return
            self.prepare(*contexts)
            recogniser.start(self._grammars[_with_rivals(contexts)])
            self._streamed = _Streamed(contexts, 0)
        fed = self._streamed.frames
        if len(frames) - fed >= _BLOCK:
            recogniser.feed(np.concatenate([frame.samples for frame in frames[fed:]]))
            self._streamed = _Streamed(contexts, len(frames))

    def _recognise(
        self, utterance: Utterance, contexts: tuple[str, ...], cleaned: Callable[[], NDArray[np.int16]]
    ) -> Transcript | None:
        """Recognise an utterance: whole and `cleaned`, or the part that a streaming recogniser has not had yet."""
        self.prepare(*contexts)
        if isinstance(self.recogniser, RecordedRecogniser):
            return self.recogniser.recognise_recorded(
                utterance.samples, cleaned, self._grammars[_with_rivals(contexts)]
            )
        streamed, self._streamed = self._streamed, None
        if streamed is None or streamed.contexts != contexts or not isinstance(self.recogniser, StreamingRecogniser):
            return self.recogniser.recognise(cleaned(), self._grammars[_with_rivals(contexts)])
        rest = utterance.samples[streamed.frames * FRAME :]
        if rest.size:
            self.recogniser.feed(rest)
        return self.recogniser.finish()
