"""The player: plays one moment at a time on the loudspeaker. A failing moment ends; the assistant goes on."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from voice.audio.loudspeaker import Loudspeaker
from voice.clock import Clock
from voice.cues import Chime, Cue, Replay, Say
from voice.dialogue.events import CueBegan, CueKind, Events, MomentBegan, MomentEnded, QuestionOpened
from voice.dialogue.guard import Attempt, guarded
from voice.dialogue.performance import Aside, AskTimeouts, Begin, End, Listen, Performance, Play, Step, Wait
from voice.dialogue.rendering import Renderer
from voice.dialogue.rules import Ending, next_turn
from voice.dialogue.scenes import Stage
from voice.dialogue.trace import Began, Ended, Trace
from voice.nlu.intent import Intent
from voice.packs.pack import STOP
from voice.tts.score import Mark, Score

__all__ = ["Player"]

# Cached sounds are ready within milliseconds; waiting for them makes the answer a frame earlier.
_READY_SECONDS = 0.05


class Player:
    """Drives the performance of a moment: renders and plays its turns, and tells the events.

    An error of a scene, the voice or the store ends the moment (or the aside) with one line in the log. Errors of the
    loudspeaker pass through.

    Args:
        loudspeaker: plays the sound.
        clock: the time.
        stage: makes the scenes.
        renderer: lays out the turns.
        timeouts: the time-outs of free speech.
        dictate: returns the words of a recorded answer; see `Performance`.
        events: receives the events.
        trace: receives the played turns.

    Attributes:
        performance: the playing moment, None if none plays.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all parts that a moment needs, each passed in
        self,
        loudspeaker: Loudspeaker,
        clock: Clock,
        stage: Stage,
        renderer: Renderer,
        timeouts: AskTimeouts,
        dictate: Callable[[NDArray[np.int16]], str | None],
        events: Events,
        trace: Trace,
    ) -> None:
        self.performance: Performance | None = None
        self._loudspeaker = loudspeaker
        self._clock = clock
        self._stage = stage
        self._renderer = renderer
        self._timeouts = timeouts
        self._dictate = dictate
        self._events = events
        self._trace = trace
        self._cues: tuple[Cue, ...] = ()
        self._aside = False  # whether `_cues` belong to an aside
        self._score: Score | None = None  # None while it is being laid out
        self._told = 0  # the number of marks whose event was told
        self._then: Intent | None = None  # what was asked for in the same sentence, and waits for the moment's end

    @property
    def awaiting(self) -> bool:
        """Whether a question is open."""
        return self.performance is not None and self.performance.question is not None

    @property
    def sounding(self) -> bool:
        """Whether a voice or a chime sounds now."""
        score = None if self.awaiting else self._score
        return score is not None and score.sounding(self._loudspeaker.position())

    def begin(self, intent: Intent, *, by_itself: bool = False) -> None:
        """Play the moment of an intent, in place of the current one."""
        self.stop(Ending.REPLACED)
        moment = intent.moment
        self._events.tell(MomentBegan(self._stage.public_name(moment)))
        with self._guarded(moment) as attempt:
            if not by_itself:
                self._stage.count(moment)
            script = self._stage.script(intent, by_itself=by_itself)
            self.performance = Performance(
                moment, script, self._stage.pack, self._stage.moments, self._timeouts, self._dictate
            )
        if self.performance is None:
            self._ended(moment, Ending.FAILED)
        elif not attempt.failed:
            self._advance(self.performance.start)

    def stop(self, how: Ending = Ending.STOPPED) -> None:
        """End the playing moment at once."""
        if self.performance is not None:
            self._end(self.performance, how)

    def understood(self, intent: Intent, then: Intent | None = None) -> None:
        """React to an intent; the moment of `then` follows when the one that plays has come to its end."""
        performance = self.performance
        if performance is not None:
            self._advance(lambda: self._react(performance, intent))
        elif intent.name != STOP:
            self.begin(intent)
        if then is not None and self.performance is None:
            self.begin(then)
        else:
            self._then = then or self._then

    def not_understood(self) -> None:
        """Note speech that was not understood."""
        if self.performance is not None:
            self.performance.not_understood()

    def tick(self, opens_at: float, *, hearing: bool, due: bool) -> None:
        """Play a turn that is ready, open its question after the sound, or time the question out.

        Args:
            opens_at: the earliest time at which a question opens, because no speech is heard before.
            hearing: whether an utterance is under way.
            due: whether a ritual is due.
        """
        performance, now = self.performance, self._clock.monotonic()
        if performance is None:
            return
        if performance.question is not None:
            self._advance(lambda: performance.tick(now, hearing=hearing, due=due))
        elif self._score is None:
            self._play_if_ready(performance)
        else:
            self._tell_cues(performance.moment, self._score, now)
            if not self._loudspeaker.playing:
                self._advance(lambda: performance.sound_ended(max(now, opens_at)))

    def _react(self, performance: Performance, intent: Intent) -> Step:
        if performance.accepts_ritual(intent):
            self._stage.count(performance.moment, by_itself=True)
        return performance.understood(intent)

    def _advance(self, advance: Callable[[], Step]) -> None:
        """Take the moment's next step and carry it out."""
        performance = self.performance
        if performance is None:
            return
        with self._guarded(performance.moment) as attempt:
            step = advance()
        match End(Ending.FAILED) if attempt.failed else step:
            case Play(cues):
                self._prepare(performance, cues)
            case Listen(ask):
                moment = self._stage.public_name(performance.moment)
                self._events.tell(QuestionOpened(moment, moment and ask.name, performance.asked_at, ask.within))
            case Wait():
                pass
            case Aside(intent):
                self._play_aside(performance, intent)
            case Begin(intent):
                self.begin(intent)
            case End(how):
                self._end(performance, how)

    def _play_aside(self, performance: Performance, intent: Intent) -> None:
        """Play an aside; if it fails, the question stays open."""
        with self._guarded(performance.moment, aside=True) as attempt:
            cues = next_turn(self._stage.script(intent)).cues
        if attempt.failed:
            self._advance(lambda: performance.sound_ended(self._clock.monotonic()))
        else:
            self._prepare(performance, cues, aside=True)

    def _prepare(self, performance: Performance, cues: tuple[Cue, ...], *, aside: bool = False) -> None:
        """Have the cues laid out, and play them as soon as they are ready."""
        self._cues, self._aside, self._score = cues, aside, None
        self._renderer.submit(cues, self._loudspeaker.rate)
        self._play_if_ready(performance, _READY_SECONDS)

    def _play_if_ready(self, performance: Performance, seconds: float = 0.0) -> None:
        with self._guarded(performance.moment, aside=self._aside) as attempt:
            score = self._renderer.poll(seconds)
            if score is not None and not self._aside:
                self._stage.remember(performance.moment, self._cues)
        if attempt.failed and self._aside:
            self._advance(lambda: performance.sound_ended(self._clock.monotonic()))
        elif attempt.failed:
            self._end(performance, Ending.FAILED)
        elif score is not None:
            self._play(performance.moment, score)

    def _play(self, moment: str, score: Score) -> None:
        self._score, self._told = score, 0
        self._trace(Began(moment, score))
        self._loudspeaker.play(score.samples * np.float32(self._stage.controls.volume))

    def _tell_cues(self, moment: str, score: Score, now: float) -> None:
        """Tell the cues that have begun; their times follow from the loudspeaker's position."""
        position, latency = self._loudspeaker.position(), self._loudspeaker.latency
        for number, mark in enumerate(score.marks[self._told :], start=self._told):
            if mark.start >= position:
                break
            at = now + latency - (position - mark.start) / score.rate
            self._events.tell(
                CueBegan(self._stage.public_name(moment), number, _kind(mark), at, mark.length / score.rate)
            )
            self._told += 1

    def _end(self, performance: Performance, how: Ending) -> None:
        self.performance = self._score = None
        self._renderer.cancel()
        with self._guarded(performance.moment):
            performance.close()
        self._loudspeaker.stop()
        self._loudspeaker.release()
        self._ended(performance.moment, how)
        then, self._then = self._then, None
        if then is not None and how in {Ending.FINISHED, Ending.FAILED} and not self._stage.controls.asleep:
            self.begin(then)

    def _ended(self, moment: str, how: Ending) -> None:
        self._events.tell(MomentEnded(self._stage.public_name(moment), how))
        self._trace(Ended(moment))

    def _guarded(self, moment: str, *, aside: bool = False) -> AbstractContextManager[Attempt]:
        # The name is left out for all moments: a line without one would tell that a private moment was played.
        what = "an aside of the moment is left out" if aside else "the moment ends early"
        return guarded(what, private=self._stage.is_private(moment))


def _kind(mark: Mark) -> CueKind:
    match mark.cue:
        case Say():
            return "say"
        case Chime():
            return "chime"
        case Replay():
            return "replay"
        case _:
            return "rest"
