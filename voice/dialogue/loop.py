"""The loop: with each tick it hears a frame, goes on playing, obeys commands and begins due rituals."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from voice.audio.loudspeaker import Loudspeaker
from voice.audio.microphone import EndOfSound, Frame, Microphone, with_reference
from voice.clock import Clock
from voice.control.messages import NextRitual, Status
from voice.control.server import ControlServer, serve
from voice.dialogue.due import DueQueue
from voice.dialogue.events import Events, State, StateChanged
from voice.dialogue.guard import guarded
from voice.dialogue.hearing import Hearing
from voice.dialogue.performance import AskTimeouts, Performance
from voice.dialogue.player import Player
from voice.dialogue.rendering import Renderer
from voice.dialogue.rules import in_order
from voice.dialogue.scenes import Stage
from voice.dialogue.trace import Trace
from voice.listening.listener import Listener
from voice.moments.did_you_mean import asking
from voice.nlu.intent import Intent
from voice.rituals.rituals import Rituals
from voice.tts.synthesiser import Synthesiser

__all__ = ["Conversation", "Devices", "State"]

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.1
_USUAL_MUTE_SECONDS = 3600.0
_STATES: dict[State, Literal["listening", "performing", "awaiting", "asleep", "muted"]] = {
    State.LISTENING: "listening",
    State.PERFORMING: "performing",
    State.AWAITING: "awaiting",
    State.ASLEEP: "asleep",
    State.MUTED: "muted",
}


@dataclass(frozen=True)
class Devices:
    """The microphone, the loudspeaker and the clock of a conversation."""

    microphone: Microphone
    loudspeaker: Loudspeaker
    clock: Clock


class Conversation:
    """The conversation of two people with the assistant.

    Args:
        devices: the microphone, the loudspeaker and the clock.
        listener: understands speech.
        stage: sets the scenes.
        synthesiser: the voice.
        timeouts: the time-outs of free speech.
        trace: receives everything heard and played, words included.
        background: whether to render in a thread, so that a slow voice does not stop the loop; for real time.

    Attributes:
        events: tells listeners the state, moments and cues, but no word that was said.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the picture in docs/architecture.md, each put in from outside
        self,
        devices: Devices,
        listener: Listener,
        stage: Stage,
        synthesiser: Synthesiser,
        timeouts: AskTimeouts,
        trace: Trace = lambda _traced: None,
        *,
        background: bool = False,
    ) -> None:
        self.events = Events()
        self._devices = devices
        self._stage = stage
        self._renderer = Renderer(synthesiser, background=background)
        self._hearing = Hearing(listener, trace, stage.is_private)
        self._player = Player(
            devices.loudspeaker, devices.clock, stage, self._renderer, timeouts, listener.dictate, self.events, trace
        )
        self._due = DueQueue(devices.clock, stage.pack)
        self._commands: ControlServer | None = None
        self._hushed = self._toggled = False  # by a signal
        self._muted_until: datetime | None = None
        self._state = State.LISTENING
        self._shown: Performance | None = None  # the performance at the last change of state
        self._since = devices.clock.now()

    @property
    def state(self) -> State:
        """The state of the conversation."""
        return self._state

    @property
    def attentive(self) -> bool:
        """Whether speech would be heard now, and none has begun."""
        ignoring = self._devices.clock.monotonic() < self._hearing.ignore_until
        return self._state is not State.PERFORMING and not ignoring and not self._hearing.speaking

    def follow_commands(self, commands: ControlServer) -> None:
        """Obey the commands of other processes from now on."""
        self._commands = commands

    def follow(self, rituals: Rituals) -> None:
        """Begin rituals and reminders when they are due."""
        self._due.rituals = rituals

    def post(self, ritual: str) -> None:
        """Add a ritual, or a reminder by its key, to the due queue; it begins in the next silence."""
        self._due.post(ritual)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Tick until `stopped` returns True, or the microphone's file ends.

        Raises:
            MomentsError: a device failed.
        """
        try:
            with suppress(EndOfSound):
                while not stopped():
                    self.tick()
        finally:
            self._renderer.close()
            self.stop()

    def tick(self) -> None:
        """Handle the next frame, or pass a tenth of a second without one.

        Raises:
            EndOfSound: the microphone's file is at its end.
            MomentsError: a device failed.
        """
        frame = self._frame()
        self._obey()
        self._due.tick()
        now = self._devices.clock.monotonic()
        if self._player.sounding:
            self._hearing.half_duplex(now, self._devices.loudspeaker.latency)
        if self._muted_until is not None:
            if self._devices.clock.now() >= self._muted_until:
                self._end_mute()
        else:
            if frame is not None:
                self._hear(frame, now)
            self._go_on()
        self._update_state()

    def begin(self, intent: Intent, *, by_itself: bool = False) -> None:
        """Play the moment of an intent, in place of the current one."""
        self._player.begin(intent, by_itself=by_itself)
        self._update_state()

    def stop(self) -> None:
        """End the playing moment at once."""
        self._player.stop()
        self._update_state()

    def hush(self) -> None:
        """End the playing moment with the next tick; safe in a signal handler."""
        self._hushed = True

    def mute(self, seconds: float) -> None:
        """Stop, and release the microphone for a while; rituals wait, but no longer than their grace."""
        self._player.stop()
        self._hearing.forget()
        self._devices.microphone.release()
        self._keep_muted(self._devices.clock.now() + timedelta(seconds=seconds))

    def unmute(self) -> None:
        """End a mute or sleep."""
        self._stage.controls.wake()
        self._end_mute()

    def toggle_mute(self) -> None:
        """Mute for an hour, or unmute, with the next tick; safe in a signal handler."""
        self._toggled = True

    def resume(self) -> None:
        """Go on with a mute from before a restart, which must not open the microphone."""
        until = self._stage.muted_until()
        left = (until - self._devices.clock.now()).total_seconds() if until is not None else 0.0
        if left > 0.0:
            self.mute(left)

    def status(self) -> Status:
        """Return the status, without any word that was said."""
        playing, coming = self._player.performance, self._due.upcoming()
        return Status(
            state=_STATES[self._state],
            moment=self._stage.public_name(playing.moment) if playing is not None else None,
            muted_until=self._muted_until or self._stage.controls.asleep_until,
            since=self._since,
            next=NextRitual(coming.name, coming.at) if coming is not None else None,
        )

    def _frame(self) -> Frame | None:
        """Return the next frame, or None after a tenth of a second; a muted microphone is not read."""
        if self._muted_until is not None:
            self._devices.clock.sleep(_TICK_SECONDS)
            return None
        frame = self._devices.microphone.read(_TICK_SECONDS)
        return None if frame is None else with_reference(frame, self._devices.loudspeaker.played)

    def _obey(self) -> None:
        """Obey signals and commands."""
        if self._hushed:
            self._hushed = False
            self.stop()
        if self._toggled:
            self._toggled = False
            if self._muted_until is not None:
                self.unmute()
            else:
                self.mute(_USUAL_MUTE_SECONDS)
        if self._commands is not None:
            serve(self._commands, self)

    def _hear(self, frame: Frame, now: float) -> None:
        asleep = self._stage.controls.asleep
        heard = self._hearing.take(frame, now, self._player.performance, asleep=asleep)
        if heard is not None and heard.intent is not None:
            self._player.understood(*in_order(heard.intent, heard.then))
        elif heard is not None and (question := asking(heard.unsure)) is not None:
            self._player.begin(question)
        elif heard is not None:
            self._player.not_understood()

    def _go_on(self) -> None:
        """Go on with the playing moment, or else begin a due one."""
        if self._player.performance is not None:
            self._player.tick(self._hearing.ignore_until, hearing=self._hearing.hearing, due=bool(self._due))
        elif self._due and not self._hearing.hearing and not self._stage.controls.asleep:
            intent = self._due.take()
            if intent is not None:
                self._player.begin(intent, by_itself=True)

    def _keep_muted(self, until: datetime | None) -> None:
        """Set and store the end of the mute; None ends it."""
        self._muted_until = until
        with guarded("a restart will not know whether the microphone is muted"):
            self._stage.keep_muted(until)
        self._update_state()

    def _end_mute(self) -> None:
        """End a mute; sleep goes on."""
        if self._muted_until is not None:
            self._keep_muted(None)
        self._update_state()

    def _update_state(self) -> None:
        """Update the state, log it and tell the listeners; no other place sets it."""
        playing = self._player.performance
        if self._muted_until is not None:
            state = State.MUTED
        elif playing is not None:
            state = State.AWAITING if self._player.awaiting else State.PERFORMING
        else:
            state = State.ASLEEP if self._stage.controls.asleep else State.LISTENING
        if state is not self._state or playing is not self._shown:
            self._since = self._devices.clock.now()
        self._shown = playing
        if state is not self._state:
            log.debug("%s -> %s", self._state.name, state.name)
            self._state = state
            self.events.tell(StateChanged(state))
