"""The listener: frames to utterances to transcripts to intents, for whatever may be said at the moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.asr.recogniser import Dictation, Recogniser, StreamingRecogniser, Transcript
from voice.audio.microphone import FRAME, FRAME_SECONDS, Frame
from voice.listening.endpointer import Endpointer, Utterance
from voice.listening.frontend import FrontEnd
from voice.listening.vad import VoiceActivity
from voice.nlu.matcher import Intent, match
from voice.nlu.sentences import ANYTIME, ASLEEP, Sentences

__all__ = ["Heard", "Listener"]


@dataclass(frozen=True)
class Heard:
    """What was made of an utterance.

    Attributes:
        transcript: the best sentence, sure or not; None if none fits at all.
        intent: what it stands for, None if it was not sure enough.
    """

    transcript: Transcript | None
    intent: Intent | None


# Within a moment few sentences count, they are short, and somebody is expected to say one: so much of the threshold is
# enough. "Stop" has to work.
_IN_A_SCENE = 0.75
# What goes on for longer, or with more pauses, is talk: recognised once, at its end, so that a small machine keeps up.
_LOOKS = 3
_LONGEST_LOOK = 6.0
# Frames that a recogniser hears at a time while somebody speaks: 160 ms.
_BLOCK = 5


@dataclass(frozen=True)
class _Ahead:
    """What has been heard of an utterance before its end: the first `frames`, as one of the sentences of `contexts`."""

    contexts: tuple[str, ...]
    frames: int


_Tiers: TypeAlias = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Guess:
    """What was understood in a pause, in which contexts: it stands if the utterance, (n,) samples, ends there."""

    tiers: _Tiers
    samples: int
    heard: Heard
    contexts: tuple[str, ...]


@dataclass
class Listener:
    """Listens.

    Attributes:
        sentences: what people may say.
        recogniser: recognises it.
        threshold: how sure the recogniser has to be; within a scene, three quarters are enough.
        endpointer: cuts the frames into utterances.
        activity: tells speech in a frame.
        speech: whether the last frame was speech.
    """

    sentences: Sentences
    recogniser: Recogniser[Any]
    threshold: float
    endpointer: Endpointer
    activity: VoiceActivity = field(default_factory=VoiceActivity)
    speech: bool = False
    _grammars: dict[tuple[str, ...], Any] = field(default_factory=dict)
    _ahead: _Ahead | None = field(default=None, init=False)
    _guess: _Guess | None = field(default=None, init=False)
    _looks: int = field(default=0, init=False)
    _front: FrontEnd = field(default_factory=FrontEnd, init=False)

    @property
    def hearing(self) -> bool:
        """Whether somebody is speaking, for long enough that it may be an utterance."""
        return self.endpointer.speaking and self.endpointer.heard_speech

    def push(self, frame: Frame, *contexts: str, then: tuple[str, ...] = ()) -> Utterance | None:
        """Take the next frame; return the utterance that ends with it, if one does.

        Args:
            frame: the frame.
            contexts: what it is going to be understood in. With it, the recogniser listens ahead if it can; else what
                has been said is looked at in the first pauses, and a whole sentence that nothing can change any more
                ends there, sooner than a silence would end it, while one broken off gets longer.
            then: what it is understood in if it is none of those.
        """
        if not self.endpointer.speaking:
            self._looks = 0
        self.speech = self.activity(frame)
        utterance = self.endpointer.push(frame, speech=self.speech)
        if not contexts:
            self._front.forget()
        if utterance is not None or not contexts:
            return utterance
        if isinstance(self.recogniser, StreamingRecogniser):
            self._listen_ahead(self.recogniser, contexts)
            return None
        self._front.follow(self.endpointer, self.activity.loudness)
        return self._end_early(contexts, then) if self.endpointer.pausing and self._may_look() else None

    def prepare(self, *contexts: str) -> None:
        """Make ready to understand what may be said in `contexts`.

        Raises:
            MomentsError: a sentence or a word of it cannot be recognised.
        """
        if contexts not in self._grammars:
            self._grammars[contexts] = self.recogniser.compile(self.sentences.scope(*contexts).graph)

    def understand(self, utterance: Utterance, *contexts: str, then: tuple[str, ...] = ()) -> Heard:
        """Recognise an utterance as one of the sentences of `contexts`, or else of those that count in `then`."""
        return self._understand(utterance, (contexts, then) if then else (contexts,)).heard

    def _understand(self, utterance: Utterance, tiers: _Tiers) -> _Guess:
        guess, self._guess = self._guess, None
        if guess is not None and (guess.tiers, guess.samples) == (tiers, utterance.samples.size):
            return guess
        cleaned = cache(lambda: self._front.clean(utterance.samples))
        found: list[_Guess] = []
        for contexts in tiers:
            heard = self._match(self._recognise(utterance, contexts, cleaned), contexts)
            found.append(_Guess(tiers, utterance.samples.size, heard, contexts))
            if heard.intent is not None:
                return found[-1]
        return max(found, key=lambda guess: guess.heard.transcript.confidence if guess.heard.transcript else 0.0)

    def _match(self, transcript: Transcript | None, contexts: tuple[str, ...]) -> Heard:
        threshold = self.threshold * (_IN_A_SCENE if {ANYTIME, ASLEEP}.isdisjoint(contexts) else 1.0)
        if transcript is None or transcript.confidence < threshold:
            return Heard(transcript, None)
        return Heard(transcript, match(transcript.text, self.sentences.scope(*contexts)))

    def dictate(self, samples: NDArray[np.int16]) -> str | None:
        """Return what was said freely, (n,) int16 at 16 kHz, in words; None where the recogniser cannot."""
        return self.recogniser.dictate(samples) if isinstance(self.recogniser, Dictation) else None

    def forget(self) -> None:
        """Drop what has been heard of an utterance that has not ended."""
        self.speech = False
        self._ahead = self._guess = None
        self._front.forget()
        self.endpointer.reset()
        self.activity.reset()

    def _may_look(self) -> bool:
        """Return whether what has been said may be a request so far."""
        return self._looks < _LOOKS and len(self.endpointer.frames) * FRAME_SECONDS <= _LONGEST_LOOK

    def _end_early(self, contexts: tuple[str, ...], then: tuple[str, ...]) -> Utterance | None:
        """Understand what has been said so far; end the utterance if it needs no more, wait longer if it does."""
        utterance = Utterance(np.concatenate(self.endpointer.frames))
        self._guess = None
        self._looks += 1
        guess = self._guess = self._understand(utterance, (contexts, then) if then else (contexts,))
        heard = guess.heard
        if heard.transcript is not None and heard.transcript.incomplete:
            self.endpointer.hesitate()
            return None
        if heard.intent is None or heard.transcript is None:
            return None
        words = [word.text for word in heard.transcript.words]
        return self.endpointer.flush() if self.sentences.scope(*guess.contexts).is_final(words) else None

    def _listen_ahead(self, recogniser: StreamingRecogniser[Any], contexts: tuple[str, ...]) -> None:
        frames = self.endpointer.frames
        if self._ahead is None or self._ahead.contexts != contexts or self._ahead.frames > len(frames):
            if not frames:
                return
            self.prepare(*contexts)
            recogniser.start(self._grammars[contexts])
            self._ahead = _Ahead(contexts, 0)
        heard = self._ahead.frames
        if len(frames) - heard >= _BLOCK:
            recogniser.feed(np.concatenate(frames[heard:]))
            self._ahead = _Ahead(contexts, len(frames))

    def _recognise(
        self, utterance: Utterance, contexts: tuple[str, ...], cleaned: Callable[[], NDArray[np.int16]]
    ) -> Transcript | None:
        self.prepare(*contexts)
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.contexts != contexts or not isinstance(self.recogniser, StreamingRecogniser):
            return self.recogniser.recognise(cleaned(), self._grammars[contexts])
        rest = utterance.samples[ahead.frames * FRAME :]
        if rest.size:
            self.recogniser.feed(rest)
        return self.recogniser.finish()
