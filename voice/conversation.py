"""The conversation: one loop that listens, plays the moments, and lets the rituals speak up."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from voice.asr.endpointer import Utterance
from voice.audio.loudspeaker import Loudspeaker
from voice.audio.microphone import EndOfSound, Frame, Microphone
from voice.clock import Clock
from voice.cues import Ask, Cue
from voice.ears import Ears, Heard
from voice.moments import SILENCE, Answer, Script
from voice.nlu.pack import STOP
from voice.nlu.sentences import ANYTIME, SCENE, asked
from voice.rituals import Rituals
from voice.stage import Stage, next_stretch
from voice.tts.score import Score, lay
from voice.tts.synthesiser import Synthesiser

__all__ = ["Began", "Conversation", "Devices", "Ended", "Event", "Patience", "State", "Understood", "Uttered"]

log = logging.getLogger(__name__)

_TICK = 0.1
# The room goes on sounding for a moment after us, and sound cards hand over late.
_HOLD = 0.3
# A request is short; what is longer is the free speech that was asked for, and nobody's business.
_LONGEST_REQUEST = 3.0
# Somebody who is asked to speak freely may think first; after so long in silence it is the other's turn.
_THINKING = 20.0


class State(Enum):
    """What the conversation is doing."""

    LISTENING = auto()
    PERFORMING = auto()
    AWAITING = auto()


@dataclass(frozen=True)
class Uttered:
    """Somebody said something; it is going to be recognised."""

    utterance: Utterance


@dataclass(frozen=True)
class Understood:
    """An utterance was recognised, or not: `heard.intent` is None then."""

    heard: Heard


@dataclass(frozen=True)
class Began:
    """A stretch of a moment begins to play."""

    moment: str
    score: Score


@dataclass(frozen=True)
class Ended:
    """A moment is over."""

    moment: str


Event: TypeAlias = Uttered | Understood | Began | Ended


@dataclass(frozen=True)
class Devices:
    """What the conversation hears, speaks and counts time with."""

    microphone: Microphone
    loudspeaker: Loudspeaker
    clock: Clock


@dataclass(frozen=True)
class Patience:
    """How long people may speak freely: a `silence` ends it, and so do `limit` seconds in all."""

    silence: float = 2.5
    limit: float = 90.0


@dataclass
class _Playing:
    """The moment that plays: its script, what it plays now, and what it asks next."""

    moment: str
    script: Script
    score: Score
    ask: Ask | None
    asked_at: float = 0.0
    spoke_at: float | None = None


class Conversation:
    """Two people and an assistant.

    Args:
        devices: the microphone, the loudspeaker and the clock.
        ears: what understands them.
        stage: what sets the scenes.
        synthesiser: what speaks.
        patience: how long people may speak freely.
        report: is told what happens; it must not raise, and it must not keep what was said.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the picture in docs/architecture.md, each put in from outside
        self,
        devices: Devices,
        ears: Ears,
        stage: Stage,
        synthesiser: Synthesiser,
        patience: Patience,
        report: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._devices = devices
        self._ears = ears
        self._stage = stage
        self._synthesiser = synthesiser
        self._patience = patience
        self._report = report
        self._rituals: Rituals | None = None
        self._due: deque[str] = deque()
        self._playing: _Playing | None = None
        self._state = State.LISTENING
        self._hushed = False
        self._said: tuple[Cue, ...] = ()
        self._deaf_until = 0.0

    @property
    def state(self) -> State:
        """What it is doing."""
        return self._state

    @property
    def attentive(self) -> bool:
        """Whether what is said now is heard, and nothing is being said."""
        listening = self._state is not State.PERFORMING and self._now >= self._deaf_until
        return listening and not self._ears.endpointer.speaking

    def follow(self, rituals: Rituals) -> None:
        """Let rituals speak up; they have to post to this conversation's `post`."""
        self._rituals = rituals

    def post(self, ritual: str) -> None:
        """Take note that a ritual is due; it begins when nothing else plays and nobody speaks."""
        self._due.append(ritual)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Go on until `stopped` says so, or the sound ends.

        Raises:
            MomentsError: a device or the disk broke.
        """
        try:
            while not stopped():
                self.tick()
        except EndOfSound:
            self._hear_out()
        finally:
            self.stop()

    def tick(self) -> None:
        """Do what the next frame, or a tenth of a second without one, calls for.

        Raises:
            EndOfSound: the microphone's file is at its end.
            MomentsError: a device or the disk broke.
        """
        frame = self._devices.microphone.read(_TICK)
        if self._hushed:
            self._hushed = False
            self.stop()
        if self._rituals is not None:
            self._rituals.tick()
        self._mind_own_voice()
        if frame is not None:
            self._take(frame)
        match self._state:
            case State.LISTENING:
                self._begin_due()
            case State.PERFORMING:
                self._perform()
            case State.AWAITING:
                self._await()

    def stop(self) -> None:
        """End whatever plays, at once."""
        if self._playing is not None:
            self._playing.script.close()
            self._finish()

    def hush(self) -> None:
        """End whatever plays, with the next tick; may be called from a signal."""
        self._hushed = True

    def begin(self, moment: str, *, by_itself: bool = False) -> None:
        """Play a moment in place of whatever plays."""
        self.stop()
        script = self._stage.script(moment, by_itself=by_itself)
        self._go_on(moment, script, None)

    @property
    def _now(self) -> float:
        return self._devices.clock.monotonic()

    def _enter(self, state: State) -> None:
        if state is not self._state:
            log.debug("%s -> %s", self._state.name, state.name)
            self._state = state

    def _mind_own_voice(self) -> None:
        """Half-duplex: while the room is full of our own voice, and a little longer, nothing is heard."""
        playing, loudspeaker = self._playing, self._devices.loudspeaker
        if playing is not None and self._state is State.PERFORMING and playing.score.sounding(loudspeaker.position()):
            self._deaf_until = self._now + loudspeaker.latency + _HOLD

    def _take(self, frame: Frame) -> None:
        if self._now < self._deaf_until:
            self._ears.forget()
            return
        # Of free speech only short utterances count, and those are few: nothing is recognised ahead.
        utterance = self._ears.push(frame, *(() if self._is_free else self._contexts()))
        playing = self._playing
        if playing is not None and self._ears.speech and self._ears.hearing:
            playing.spoke_at = self._now
        if utterance is not None:
            self._hear(utterance)

    def _hear(self, utterance: Utterance) -> None:
        if self._is_free and utterance.duration > _LONGEST_REQUEST:
            return
        self._report(Uttered(utterance))
        heard = self._ears.understand(utterance, *self._contexts())
        log.debug("heard %s", heard)
        self._report(Understood(heard))
        if heard.intent is None:
            return
        if heard.intent.name == STOP:
            self.stop()
        elif self._state is State.AWAITING:
            self._answer(Answer(heard.intent.name, heard.intent.slots, spoke=True))
        elif self._state is State.LISTENING:
            self.begin(heard.intent.moment)

    @property
    def _is_free(self) -> bool:
        """Whether somebody was asked to speak freely."""
        playing = self._playing
        return self._state is State.AWAITING and playing is not None and playing.ask is not None and playing.ask.free

    def _contexts(self) -> tuple[str, ...]:
        """What may be said now."""
        playing = self._playing
        if playing is None:
            return (ANYTIME,)
        if self._state is State.AWAITING and playing.ask is not None:
            return (SCENE, asked(playing.ask.name))
        return (SCENE,)

    def _begin_due(self) -> None:
        if not self._due or self._ears.hearing:
            return
        ritual = self._due.popleft()
        if self._rituals is None or self._rituals.begin(ritual):
            self.begin(ritual, by_itself=True)

    def _go_on(self, moment: str, script: Script, answer: Answer | None) -> None:
        """Play what comes after `answer`; a moment that has nothing more to say is over."""
        stretch = next_stretch(script, answer)
        if not stretch.cues and stretch.ask is None:
            self._finish()
            return
        score = lay(stretch.cues, self._synthesiser, self._devices.loudspeaker.rate)
        self._playing = _Playing(moment, script, score, stretch.ask)
        self._said = (*self._said, *stretch.cues) if answer is not None else stretch.cues
        self._stage.remember(self._said)
        self._enter(State.PERFORMING)
        self._report(Began(moment, score))
        self._devices.loudspeaker.play(score.samples)

    def _perform(self) -> None:
        playing = self._playing
        if playing is None or self._devices.loudspeaker.playing:
            return
        if playing.ask is None:
            self._finish()
            return
        playing.asked_at = max(self._now, self._deaf_until)
        playing.spoke_at = None
        self._enter(State.AWAITING)

    def _await(self) -> None:
        """Wait for the answer; silence is one too."""
        playing = self._playing
        if playing is None or playing.ask is None or (self._ears.hearing and not playing.ask.free):
            return
        if self._now >= self._patient_until(playing, playing.ask):
            self._answer(SILENCE if playing.spoke_at is None else Answer(spoke=True))

    def _patient_until(self, playing: _Playing, ask: Ask) -> float:
        if not ask.free:
            return playing.asked_at + ask.within
        limit = playing.asked_at + min(ask.within, self._patience.limit)
        if playing.spoke_at is None:
            return min(limit, playing.asked_at + _THINKING)
        return min(limit, playing.spoke_at + self._patience.silence)

    def _answer(self, answer: Answer) -> None:
        playing = self._playing
        if playing is not None:
            self._go_on(playing.moment, playing.script, answer)

    def _finish(self) -> None:
        playing, self._playing = self._playing, None
        self._devices.loudspeaker.stop()
        self._devices.loudspeaker.release()
        self._enter(State.LISTENING)
        if playing is not None:
            self._report(Ended(playing.moment))

    def _hear_out(self) -> None:
        """The sound has ended: what was being said counts, and what plays is played to its end."""
        utterance = self._ears.endpointer.flush()
        if utterance is not None:
            self._hear(utterance)
