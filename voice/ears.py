"""The ears: frames to utterances to transcripts to intents, for whatever may be said at the moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from voice.asr.activity import VoiceActivity
from voice.asr.endpointer import Endpointer, Utterance
from voice.asr.recogniser import Recogniser, Transcript
from voice.audio.microphone import Frame
from voice.nlu.matcher import Intent, match
from voice.nlu.sentences import Sentences

__all__ = ["Ears", "Heard"]


@dataclass(frozen=True)
class Heard:
    """What was made of an utterance.

    Attributes:
        transcript: the best sentence, sure or not; None if none fits at all.
        intent: what it stands for, None if it was not sure enough.
    """

    transcript: Transcript | None
    intent: Intent | None


@dataclass
class Ears:
    """Listens.

    Attributes:
        sentences: what people may say.
        recogniser: recognises it.
        threshold: how sure the recogniser has to be.
        endpointer: cuts the frames into utterances.
        activity: tells speech in a frame.
        speech: whether the last frame was speech.
    """

    sentences: Sentences
    recogniser: Recogniser[Any]
    threshold: float
    endpointer: Endpointer
    activity: Callable[[Frame], bool] = field(default_factory=VoiceActivity)
    speech: bool = False
    _grammars: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @property
    def hearing(self) -> bool:
        """Whether somebody is speaking, for long enough that it may be an utterance."""
        return self.endpointer.speaking and self.endpointer.heard_speech

    def push(self, frame: Frame) -> Utterance | None:
        """Take the next frame; return the utterance that ends with it, if one does."""
        self.speech = self.activity(frame)
        return self.endpointer.push(frame, speech=self.speech)

    def prepare(self, *contexts: str) -> None:
        """Make ready to understand what may be said in `contexts`.

        Raises:
            MomentsError: a sentence or a word of it cannot be recognised.
        """
        if contexts not in self._grammars:
            self._grammars[contexts] = self.recogniser.compile(self.sentences.scope(*contexts).graph)

    def understand(self, utterance: Utterance, *contexts: str) -> Heard:
        """Recognise an utterance as one of the sentences of `contexts`."""
        self.prepare(*contexts)
        transcript = self.recogniser.recognise(utterance.samples, self._grammars[contexts])
        if transcript is None or transcript.confidence < self.threshold:
            return Heard(transcript, None)
        return Heard(transcript, match(transcript.text, self.sentences.scope(*contexts)))

    def forget(self) -> None:
        """Drop what has been heard of an utterance that has not ended."""
        self.speech = False
        self.endpointer.reset()
        if isinstance(self.activity, VoiceActivity):
            self.activity.reset()
