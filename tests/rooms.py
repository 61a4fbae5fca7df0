"""A room for tests: real speech into the microphone, a recorded loudspeaker, counted time."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from voice.assistant import Assistant, synthesiser
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import RATE, Microphone
from voice.clock import Clock
from voice.cues import Say
from voice.dialogue.loop import Conversation, Devices, State
from voice.dialogue.scenes import Stage
from voice.dialogue.trace import Began, Ended, Traced, Understood
from voice.listening.listener import Listener
from voice.testing import RecordingLoudspeaker, ScriptedMicrophone
from voice.tts.score import Mark
from voice.tts.synthesiser import Synthesiser

__all__ = ["Room", "Tone"]


class Tone:
    """A voice that renders any text as a tenth of a second of tone, or raises `fault` if set."""

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return the tone."""
        assert text
        assert pace
        if self.fault is not None:
            raise self.fault
        return Clip(np.full(2_205, 0.1, np.float32), 22_050)


@dataclass
class Room:
    """A room with an assistant and a speaking person.

    Attributes:
        assistant: the assistant's parts.
        clock: the time.
        microphone: hears the speech in the room.
        voice: a voice in place of the assistant's own.
        stage: a stage in place of the assistant's own.
        background: whether sounds are rendered in a thread.
        listener: a listener shared with other rooms, because its grammars take a while to compile; None for a new one.
        events: the trace of everything heard and played.
    """

    assistant: Assistant
    clock: Clock
    microphone: Microphone
    voice: Synthesiser | None = None
    stage: Stage | None = None
    background: bool = False
    listener: Listener | None = None
    events: list[Traced] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loudspeaker = RecordingLoudspeaker(self.clock)
        self.conversation = Conversation(
            Devices(self.microphone, self.loudspeaker, self.clock),
            self.listener or self.assistant.listener(),
            self.stage or self.assistant.stage,
            self.voice or self.assistant.synthesiser,
            self.assistant.ask_timeouts,
            self.events.append,
            background=self.background,
        )

    def say(self, text: str) -> None:
        """Speak into the microphone, in the plain American voice."""
        self.hear(synthesiser(self.assistant.settings, "en-us").render(text))

    def hear(self, sound: Clip) -> None:
        """Play a sound into the microphone, after half a second of silence."""
        assert isinstance(self.microphone, ScriptedMicrophone)
        samples = to_int16(sound.resampled(RATE).samples)
        self.microphone.hear(np.concatenate([np.zeros(RATE // 2, np.int16), samples]))

    def wait(self, until: Callable[[], bool], seconds: float = 240.0) -> None:
        """Let time pass until a condition holds."""
        end = self.clock.monotonic() + seconds
        while not until():
            assert self.clock.monotonic() < end, f"waited for {seconds} s in vain, heard {self.heard}, said {self.said}"
            self.conversation.tick()

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        end = self.clock.monotonic() + seconds
        self.wait(lambda: self.clock.monotonic() >= end, seconds + 1.0)

    def is_in(self, state: State) -> Callable[[], bool]:
        """Return a function that tells whether the conversation is in a state."""
        return lambda: self.conversation.state is state

    @property
    def heard(self) -> list[str | None]:
        """The intents so far; None for speech that was not understood."""
        understood = (event.heard.intent for event in self.events if isinstance(event, Understood))
        return [intent.name if intent else None for intent in understood]

    @property
    def marks(self) -> list[Mark]:
        """All cues that began to play."""
        return [mark for event in self.events if isinstance(event, Began) for mark in event.score.marks]

    @property
    def said(self) -> list[str]:
        """All lines that began to play."""
        return [mark.cue.text for mark in self.marks if isinstance(mark.cue, Say)]

    @property
    def moments(self) -> list[str]:
        """The moments that were played."""
        return [event.moment for event in self.events if isinstance(event, Ended)]
