"""The conversation: one loop that listens, plays the moments, and lets the rituals speak up."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import FULL_SCALE, Clip
from voice.audio.loudspeaker import Loudspeaker
from voice.audio.microphone import FRAME_SECONDS, RATE, EndOfSound, Frame, Microphone, with_reference
from voice.clock import Clock
from voice.control.server import ControlServer, NextRitual, Status, serve
from voice.cues import Ask, Cue
from voice.dialogue.privacy import is_private
from voice.dialogue.rules import AGREE, READY, Reaction, expected, next_turn, reaction
from voice.dialogue.scenes import Stage
from voice.errors import InputError, SystemFailure
from voice.listening.endpointer import Utterance
from voice.listening.listener import Heard, Listener
from voice.moments import SILENCE, Answer, Script
from voice.moments.scene import Due
from voice.nlu.matcher import Intent
from voice.nlu.sentences import ANYTIME, ASLEEP, SCENE
from voice.rituals.scheduler import Rituals
from voice.tts.score import Score, lay
from voice.tts.synthesiser import Synthesiser

__all__ = ["AskTimeouts", "Began", "Conversation", "Devices", "Ended", "Event", "State", "Understood", "Uttered"]

log = logging.getLogger(__name__)

_TICK = 0.1
# The room goes on sounding for a moment after us, and sound cards hand over late.
_HOLD = 0.3
# A request is short; what is longer is the free speech that was asked for, and nobody's business.
_LONGEST_REQUEST = 3.0
# Somebody who is asked to speak freely may think first; after so long in silence it is the other's turn.
_THINKING = 20.0
_LONGEST_TALK = 600.0
_USUAL_MUTE = 3600.0
# What is kept of a recorded answer before its first word and after its last.
_ROOM_AROUND = 0.5


class State(Enum):
    """What the conversation is doing."""

    LISTENING = auto()
    PERFORMING = auto()
    AWAITING = auto()
    ASLEEP = auto()
    MUTED = auto()


_STATES: dict[State, Literal["listening", "performing", "awaiting", "asleep", "muted"]] = {
    State.LISTENING: "listening",
    State.PERFORMING: "performing",
    State.AWAITING: "awaiting",
    State.ASLEEP: "asleep",
    State.MUTED: "muted",
}


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
class AskTimeouts:
    """How long people may speak freely: a `silence` ends it, and so do `limit` seconds in all."""

    silence: float = 2.5
    limit: float = 90.0


@dataclass
class _Playing:
    """The moment that plays: its script, what it plays now, and what it asks next.

    Attributes:
        asked_at: when the question was open for answers.
        spoke_at: when somebody was last heard since then.
        unrecognised_answer: something was said since then that is no answer.
        frames: what the microphone heard since then, where the answer is recorded.
        spoken: the first and the last of `frames` in which somebody spoke.
    """

    moment: str
    script: Script
    score: Score
    ask: Ask | None
    asked_at: float = 0.0
    spoke_at: float | None = None
    unrecognised_answer: bool = False
    frames: list[Frame] = field(default_factory=list)
    spoken: tuple[int, int] | None = None

    def listen(self, now: float) -> None:
        """Open the question."""
        self.asked_at = now
        self.spoke_at = self.spoken = None
        self.unrecognised_answer = False
        self.frames.clear()

    def hear(self, frame: Frame) -> None:
        """Keep a frame if the answer is recorded."""
        if self.ask is not None and self.ask.record:
            self.frames.append(frame)

    def spoke(self, now: float) -> None:
        """Take note that somebody speaks."""
        self.spoke_at = now
        last = max(len(self.frames) - 1, 0)
        self.spoken = (self.spoken[0] if self.spoken else last, last)

    def sound(self) -> NDArray[np.int16] | None:
        """Return what was said, (n,) int16 at 16 kHz, where it is recorded."""
        if not self.frames or self.spoken is None:
            return None
        around = round(_ROOM_AROUND / FRAME_SECONDS)
        first, last = self.spoken
        return np.concatenate([frame.samples for frame in self.frames[max(first - around, 0) : last + around + 1]])


class Conversation:
    """Two people and an assistant.

    Args:
        devices: the microphone, the loudspeaker and the clock.
        listener: what understands them.
        stage: what sets the scenes.
        synthesiser: what speaks.
        timeouts: how long people may speak freely.
        report: is told what happens; it must not raise, and it must not keep what was said.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the picture in docs/architecture.md, each put in from outside
        self,
        devices: Devices,
        listener: Listener,
        stage: Stage,
        synthesiser: Synthesiser,
        timeouts: AskTimeouts,
        report: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._devices = devices
        self._listener = listener
        self._stage = stage
        self._synthesiser = synthesiser
        self._timeouts = timeouts
        self._report = report
        self._rituals: Rituals | None = None
        self._due: deque[str] = deque()
        self._playing: _Playing | None = None
        self._state = State.LISTENING
        self._since = devices.clock.now()
        self._hushed = False
        self._muted_until: datetime | None = None
        self._toggled = False
        self._commands: ControlServer | None = None
        self._ignore_until = 0.0

    @property
    def state(self) -> State:
        """What it is doing."""
        return self._state

    @property
    def attentive(self) -> bool:
        """Whether what is said now is heard, and nothing is being said."""
        listening = self._state is not State.PERFORMING and self._now >= self._ignore_until
        return listening and not self._listener.endpointer.speaking

    def follow_commands(self, commands: ControlServer) -> None:
        """Let other processes of the same user speak to it."""
        self._commands = commands

    def follow(self, rituals: Rituals) -> None:
        """Let rituals and reminders speak up."""
        self._rituals = rituals

    def post(self, ritual: str) -> None:
        """Take note that a ritual is due, or something else by its key; it begins when nothing plays or is said."""
        self._due.append(ritual)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Go on until `stopped` says so, or the sound ends.

        Raises:
            MomentsError: a device or the disk broke.
        """
        try:
            with suppress(EndOfSound):
                while not stopped():
                    self.tick()
        finally:
            self.stop()

    def tick(self) -> None:
        """Do what the next frame, or a tenth of a second without one, calls for.

        Raises:
            EndOfSound: the microphone's file is at its end.
            MomentsError: a device or the disk broke.
        """
        frame = self._frame()
        self._obey()
        if self._rituals is not None:
            self._due.extend(self._rituals.tick())
        self._half_duplex()
        if frame is not None and self._state is not State.MUTED:
            self._take(frame)
        match self._state:
            case State.LISTENING:
                self._begin_due()
            case State.PERFORMING:
                self._perform()
            case State.AWAITING:
                self._await()
            case State.ASLEEP:
                self._rest()
            case State.MUTED:
                self._stay_muted()

    def stop(self) -> None:
        """End whatever plays, at once."""
        if self._playing is not None:
            self._playing.script.close()
            self._finish()

    def hush(self) -> None:
        """End whatever plays, with the next tick; may be called from a signal."""
        self._hushed = True

    def mute(self, seconds: float) -> None:
        """Be silent and let go of the microphone for so long; rituals wait meanwhile, as long as their grace."""
        self.stop()
        self._listener.forget()
        self._devices.microphone.release()
        self._muted_until = self._devices.clock.now() + timedelta(seconds=seconds)
        self._stage.keep_muted(self._muted_until)
        self._enter(State.MUTED)

    def unmute(self) -> None:
        """Take the microphone again, and listen; also if it was told to listen to nothing."""
        self._stage.controls.wake()
        self._end_mute()

    def resume(self) -> None:
        """Go on being muted if it was when it ended, and its time is not over: a restart must not open a microphone."""
        until = self._stage.muted_until()
        left = (until - self._devices.clock.now()).total_seconds() if until is not None else 0.0
        if left > 0.0:
            self.mute(left)

    def toggle_mute(self) -> None:
        """Mute for an hour, or end that, with the next tick; may be called from a signal."""
        self._toggled = True

    def status(self) -> Status:
        """Tell what it is doing, and nothing of what was said."""
        playing = self._playing
        coming = self._rituals.upcoming() if self._rituals is not None else ()
        return Status(
            state=_STATES[self._state],
            moment=playing.moment if playing is not None and not is_private(playing.moment) else None,
            muted_until=self._muted_until or self._stage.controls.asleep_until,
            since=self._since,
            next=NextRitual(coming[0].name, coming[0].at) if coming else None,
        )

    def begin(self, intent: Intent, *, by_itself: bool = False) -> None:
        """Play the moment that an intent wants in place of whatever plays."""
        self.stop()
        if not by_itself:
            self._stage.count(intent.moment)
        script = self._stage.script(intent, by_itself=by_itself)
        self._go_on(intent.moment, script, None)

    @property
    def _now(self) -> float:
        return self._devices.clock.monotonic()

    def _enter(self, state: State) -> None:
        if state is not self._state:
            log.debug("%s -> %s", self._state.name, state.name)
            self._state = state
            self._since = self._devices.clock.now()

    def _frame(self) -> Frame | None:
        """Return the next frame, or None after a tenth of a second without one; muted, leave the device alone."""
        if self._state is State.MUTED:
            self._devices.clock.sleep(_TICK)
            return None
        frame = self._devices.microphone.read(_TICK)
        return None if frame is None else with_reference(frame, self._devices.loudspeaker.played)

    def _obey(self) -> None:
        """Do what signals and commands want."""
        if self._hushed:
            self._hushed = False
            self.stop()
        if self._toggled:
            self._toggled = False
            if self._state is State.MUTED:
                self.unmute()
            else:
                self.mute(_USUAL_MUTE)
        if self._commands is not None:
            serve(self._commands, self)

    def _stay_muted(self) -> None:
        if self._muted_until is None or self._devices.clock.now() >= self._muted_until:
            self._end_mute()

    def _end_mute(self) -> None:
        """Take the microphone again; whoever was told to sleep for longer sleeps on."""
        if self._muted_until is not None:
            self._muted_until = None
            self._stage.keep_muted(None)
        if self._playing is None:
            self._rest()

    def _half_duplex(self) -> None:
        """Half-duplex: while the room is full of our own voice, and a little longer, nothing is heard."""
        playing, loudspeaker = self._playing, self._devices.loudspeaker
        if playing is not None and self._state is State.PERFORMING and playing.score.sounding(loudspeaker.position()):
            self._ignore_until = self._now + loudspeaker.latency + _HOLD

    def _take(self, frame: Frame) -> None:
        if self._now < self._ignore_until:
            self._listener.forget()
            return
        playing = self._playing
        if playing is not None and self._state is State.AWAITING:
            playing.hear(frame)
        # Of free speech only short utterances count, and those are few: nothing is recognised ahead.
        contexts, then = ((), ()) if self._is_free else self._contexts()
        utterance = self._listener.push(frame, *contexts, then=then)
        if playing is not None and self._listener.speech and self._listener.hearing:
            playing.spoke(self._now)
        if utterance is not None:
            self._hear(utterance)

    def _hear(self, utterance: Utterance) -> None:
        if self._is_free and utterance.duration > _LONGEST_REQUEST:
            return
        self._report(Uttered(utterance))
        contexts, then = self._contexts()
        heard = self._listener.understand(utterance, *contexts, then=then)
        if heard.intent is not None and not is_private(heard.intent.moment):
            log.debug("heard %s", heard)  # what was not understood may be what must not be logged, half heard
        self._report(Understood(heard))
        if heard.intent is not None:
            self._react(heard.intent)
        elif self._playing is not None:
            self._playing.unrecognised_answer = True

    def _react(self, intent: Intent) -> None:
        """Do what was said."""
        playing = self._playing
        match reaction(intent, self._question, self._stage.pack, playing=playing is not None):
            case Reaction.NOTHING:
                pass
            case Reaction.STOP:
                self.stop()
            case Reaction.ANSWER:
                self._answer(Answer(intent.name, intent.slots, spoke=True))
            case Reaction.ASIDE if playing is not None:
                self._interrupt(intent, playing)
            case _:
                self.begin(intent)

    @property
    def _question(self) -> Ask | None:
        """The question that is open, if one is."""
        return self._playing.ask if self._playing is not None and self._state is State.AWAITING else None

    @property
    def _is_free(self) -> bool:
        """Whether somebody may speak freely now: an answer, or a talk."""
        return self._question is not None and self._question.kind != "choice"

    def _contexts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what may be said now, and what else if it is none of that."""
        if self._state is State.ASLEEP:
            return (ASLEEP,), ()
        if self._playing is None:
            return (ANYTIME,), ()
        return expected(self._question) if self._question is not None else ((SCENE,), ())

    def _begin_due(self) -> None:
        if not self._due or self._listener.hearing:
            return
        key = self._due.popleft()
        due = self._rituals.begin(key) if self._rituals is not None else Due(key, self._devices.clock.now())
        if due is None:
            return
        if due.name not in self._stage.pack.moments:  # agreed on in another language
            log.warning("a %s is due, and this language has none: left out", due.name)
            return
        self.begin(Intent.of(due.name, {"what": due.what} if due.what else {}), by_itself=True)

    def _go_on(self, moment: str, script: Script, answer: Answer | None) -> None:
        """Play what comes after `answer`; a moment that has nothing more to say is over."""
        try:
            turn = next_turn(script, answer)
        except SystemFailure as error:
            # What could not be kept is told; a couple in the middle of something is not left alone for it.
            log.error("the %s moment ends early: %s", moment, error)  # noqa: TRY400 - one line, as everywhere
            self._finish()
            return
        if not turn.cues and turn.ask is None:
            self._finish()
            return
        try:
            score = self._lay(turn.cues)
        except InputError as error:  # such as a count that does not fit with a voice or a pace that was chosen since
            log.error("the %s moment ends early: %s", moment, error)  # noqa: TRY400 - as above
            self._finish()
            return
        self._stage.remember(moment, turn.cues)
        self._play(_Playing(moment, script, score, turn.ask))

    def _interrupt(self, intent: Intent, playing: _Playing) -> None:
        """Play an aside; the question stays open."""
        try:
            turn = next_turn(self._stage.script(intent))
        except SystemFailure as error:
            log.error("%s is not done: %s", intent.name, error)  # noqa: TRY400 - one line, as everywhere
            return
        self._play(_Playing(playing.moment, playing.script, self._lay(turn.cues), playing.ask))

    def _lay(self, cues: tuple[Cue, ...]) -> Score:
        return lay(cues, self._synthesiser, self._devices.loudspeaker.rate)

    def _play(self, playing: _Playing) -> None:
        self._playing = playing
        self._enter(State.PERFORMING)
        self._report(Began(playing.moment, playing.score))
        self._devices.loudspeaker.play(playing.score.samples * np.float32(self._stage.controls.volume))

    def _perform(self) -> None:
        playing = self._playing
        if playing is None or self._devices.loudspeaker.playing:
            return
        if playing.ask is None:
            self._finish()
            return
        playing.listen(max(self._now, self._ignore_until))
        self._enter(State.AWAITING)

    def _await(self) -> None:
        """Wait for the answer; silence is one too."""
        playing = self._playing
        if playing is None or playing.ask is None:
            return
        talked_out = playing.ask.kind == "talk" and self._now >= playing.asked_at + _LONGEST_TALK
        if self._listener.hearing and playing.ask.kind != "free" and not talked_out:
            return
        if self._now < self._patient_until(playing, playing.ask):
            return
        gives_way = talked_out or (playing.ask.kind == "talk" and bool(self._due))
        spoke = playing.spoke_at is not None and not gives_way
        self._answer(self._recorded(playing) if spoke else SILENCE)

    def _patient_until(self, playing: _Playing, ask: Ask) -> float:
        """Return when silence becomes the answer."""
        silence = self._timeouts.silence if ask.silence is None else ask.silence
        limit = playing.asked_at + ask.within
        match ask.kind:
            case "choice":
                # Something was said, but no answer: they may be talking it over, so only silence ends it.
                return (
                    limit if playing.spoke_at is None or not playing.unrecognised_answer else playing.spoke_at + silence
                )
            case "talk":
                # Where a television goes on talking, the scene must end all the same.
                longest = playing.asked_at + _LONGEST_TALK
                return limit if playing.spoke_at is None else min(longest, playing.spoke_at + silence)
            case "free":
                limit = min(limit, playing.asked_at + self._timeouts.limit)
                if playing.spoke_at is None:
                    return min(limit, playing.asked_at + _THINKING)
                return min(limit, playing.spoke_at + silence)

    def _recorded(self, playing: _Playing) -> Answer:
        """Return the answer of somebody who spoke freely, with its sound if that is wanted."""
        samples = playing.sound()
        if samples is None:
            return Answer(spoke=True)
        sound = Clip(samples.astype(np.float32) / np.float32(FULL_SCALE), RATE)
        return Answer(spoke=True, sound=sound, words=self._listener.dictate(samples))

    def _answer(self, answer: Answer) -> None:
        playing = self._playing
        if playing is None:
            return
        if playing.ask is not None and playing.ask.name == READY and answer.intent == AGREE:
            self._stage.count(playing.moment, by_itself=True)
        self._go_on(playing.moment, playing.script, answer)

    def _finish(self) -> None:
        playing, self._playing = self._playing, None
        self._devices.loudspeaker.stop()
        self._devices.loudspeaker.release()
        self._rest()
        if playing is not None:
            self._report(Ended(playing.moment))

    def _rest(self) -> None:
        """Nothing plays: listen, or sleep on if it was told to."""
        self._enter(State.ASLEEP if self._stage.controls.asleep else State.LISTENING)
