"""The demo: a partner with another voice talks to the assistant through the real microphone path."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from voice.assistant import FILE_RATE, Assistant, assemble, synthesiser
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import RATE
from voice.audio.simulated import ScriptedMicrophone, TimelineLoudspeaker
from voice.clock import CountedClock
from voice.cues import Rest, Say
from voice.dialogue.loop import Conversation, Devices, State
from voice.dialogue.trace import Began, Ended, Traced, Understood
from voice.errors import InputError, SystemFailure
from voice.listening.listener import Heard
from voice.nlu.intent import Intent
from voice.settings.schema import Settings
from voice.tts.score import Score

__all__ = ["EVENING", "PLOTS", "Due", "Outcome", "PartnerTurn", "Plot", "play", "play_demo"]

EVENING = datetime(2026, 6, 5, 18, 0)  # noqa: DTZ001 - the wall's time; a Friday
"""The time at which the evening begins."""

# How long a polite person waits after the other has finished.
_BREATH = 0.5
# Seconds until the end of a request is certain, even of one that might go on.
_ENDING = 1.1
_LONGEST = 600.0


@dataclass(frozen=True)
class PartnerTurn:
    """One thing that the partner says.

    Attributes:
        says: the words, to the assistant or to each other.
        intent: the intent that should be understood; None for free speech.
        resting: said during a rest of the playing moment.
    """

    says: str
    intent: str | None = None
    resting: bool = False


@dataclass(frozen=True)
class Due:
    """A ritual that is due.

    Attributes:
        ritual: its name.
        tells: the time, for the reader of the conversation.
    """

    ritual: str
    tells: str


@dataclass(frozen=True)
class Plot:
    """The evening of one language.

    Attributes:
        voice: the partner's voice of espeak-ng.
        pace: the partner's pace; 1 is the rate of the settings.
        turns: the turns, in order.
    """

    voice: str
    pace: float
    turns: tuple[PartnerTurn | Due, ...]


_ENGLISH = (
    Due("coming_home", "six o'clock: they come home"),
    PartnerTurn("not now, thank you", "NotNow"),
    PartnerTurn("what can we say", "Help"),
    PartnerTurn("the rituals please", "Topic"),
    PartnerTurn("move the gratitude ritual to a quarter to ten", "SetRitual"),
    PartnerTurn("give us a question about dreams", "Question"),
    PartnerTurn("I would like to see the sea with you again, and to sleep with the window open."),
    PartnerTurn("another one please", "Another"),
    PartnerTurn("say that again", "Repeat"),
    PartnerTurn("keep this one", "Keep"),
    PartnerTurn("help us pause", "Pause"),
    PartnerTurn("how can I say this without hurting her", "SayKindly"),
    PartnerTurn("I feel unheard", "Feeling"),
    PartnerTurn("when we talk late at night", "Situation"),
    PartnerTurn("could we find another time", "Request"),
    PartnerTurn("that's it thank you", "Done"),
    PartnerTurn("how about a few slow breaths together", "Pause"),
    PartnerTurn("stop", "Stop", resting=True),
    PartnerTurn("remind us in twenty minutes to talk", "Remind"),
    PartnerTurn("we had a good moment", "GoodMoment"),
    PartnerTurn("tell us a story", "Story"),
    PartnerTurn("what's next for today", "WhatsNext"),
    Due("gratitude", "a quarter to ten: the gratitude ritual"),
    PartnerTurn("yes please", "Agree"),
    PartnerTurn("You made me tea this morning, and you let me sleep a little longer."),
    PartnerTurn("You listened to my long story about work, and you did not look at the clock once."),
    Due("good_night", "a quarter past ten: good night"),
    PartnerTurn("yes please", "Agree"),
)

# Sentences that come through: espeak-ng speaks Korean with a dark l and unclear stops, and Vosk mishears most others
# (tests/benchmarks/korean.py).
_KOREAN = (
    PartnerTurn("너 뭐 할 수 있어", "Help"),
    PartnerTurn("숨쉬기", "Topic"),
    PartnerTurn("이제 그만", "Stop"),
    PartnerTurn("질문 하나 줘", "Question"),
    PartnerTurn("다시 들려 줘", "Repeat"),
    PartnerTurn("이야기거리 줘", "Question"),
    PartnerTurn("숨 좀 쉬자", "Pause"),
    PartnerTurn("숨쉬기 시작하자", "Pause"),
    PartnerTurn("이제 그만", "Stop", resting=True),
    Due("gratitude", "half past nine: the gratitude ritual"),
    PartnerTurn("네 시작하자", "Agree"),
    PartnerTurn("아침에 커피를 내려 주고 조금 더 자게 해 줘서 고마웠어."),
    PartnerTurn("회사에서 있었던 긴 이야기를 끝까지 들어 줘서 정말 고마웠어."),
)

PLOTS = {"en": Plot("en+m3", 1.0, _ENGLISH), "ko": Plot("ko+f1", 1.2, _KOREAN)}
"""The evenings that can be played, by language."""


@dataclass(frozen=True)
class Outcome:
    """The result: requests made and understood, seconds of conversation and of computing, and the sound."""

    requests: int
    understood: int
    seconds: float
    computing: float
    sound: Clip


def play_demo(settings: Settings, pack: Path | None, out: Path | None) -> None:
    """Play the demo, print it, and write its sound to `out` unless that is None.

    Raises:
        SystemFailure: a request was not understood.
        MomentsError: the settings or the pack are wrong.
    """
    clock = CountedClock(EVENING)
    with TemporaryDirectory(prefix="moments-demo-") as folder:  # keeps the couple's own data out of it
        keeping = settings.keeping.model_copy(update={"folder": folder})
        assistant = assemble(settings.model_copy(update={"keeping": keeping}), pack, clock)
        try:
            outcome = play(assistant.without_name, clock, print)
        finally:
            assistant.database.close()
    print(
        f"{outcome.understood} of {outcome.requests} requests understood; "
        f"{outcome.seconds:.0f} s of conversation in {outcome.computing:.1f} s"
    )
    if out is not None:
        outcome.sound.write(out)
        print(f"Listen to it: {out}")
    if outcome.understood < outcome.requests:
        raise SystemFailure("the demo was not understood in full: run moments doctor")


def play(assistant: Assistant, clock: CountedClock, tell: Callable[[str], None]) -> Outcome:
    """Play the conversation.

    Args:
        assistant: the assistant; the partner's requests change its data.
        clock: the assistant's clock.
        tell: receives each line of the conversation.

    Raises:
        InputError: no partner speaks the assistant's language.
        MomentsError: a part of the assistant failed.
    """
    plot = PLOTS.get(assistant.pack.language.partition("-")[0])
    if plot is None:
        known = " or ".join(PLOTS)
        raise InputError(f"the demo has no partner who speaks {assistant.pack.language}: choose --lang {known}")
    started = time.perf_counter()
    evening = _Evening(assistant, clock, plot, tell)
    understood = [evening.play(turn) for turn in plot.turns]
    evening.finish()
    return Outcome(
        requests=sum(isinstance(turn, PartnerTurn) and turn.intent is not None for turn in plot.turns),
        understood=sum(understood),
        seconds=evening.clock.monotonic(),
        computing=time.perf_counter() - started,
        sound=evening.loudspeaker.mixdown(),
    )


class _Evening:
    """Two voices, one timeline, and a clock that is counted in frames."""

    def __init__(self, assistant: Assistant, clock: CountedClock, plot: Plot, tell: Callable[[str], None]) -> None:
        self.clock = clock
        self.loudspeaker = TimelineLoudspeaker(self.clock, FILE_RATE)
        self._microphone = ScriptedMicrophone(self.clock)
        self._partner = synthesiser(assistant.settings, plot.voice)
        self._pace = plot.pace
        self._tell = tell
        self._heard: list[str] = []
        self._score: Score | None = None
        self._lines: deque[tuple[float, str]] = deque()
        self._conversation = Conversation(
            Devices(self._microphone, self.loudspeaker, self.clock),
            assistant.listener(),
            assistant.stage,
            assistant.synthesiser,
            assistant.ask_timeouts,
            self._trace,
        )

    def play(self, turn: PartnerTurn | Due) -> bool:
        """Play a turn; return whether a request was understood as it was meant."""
        if isinstance(turn, Due):
            self._wait(lambda: self._conversation.state is State.LISTENING)
            self._print(self.clock.monotonic(), f"({turn.tells})")
            self._conversation.post(turn.ritual)
            self._conversation.tick()
            return False
        self._wait(lambda: self._resting if turn.resting else self._conversation.attentive)
        self._let_pass(0.0 if turn.resting else _BREATH)
        self._say(turn.says)
        if turn.intent is None:
            self._wait(lambda: self._conversation.state is not State.AWAITING)
        return turn.intent is not None and self._heard == [turn.intent]

    def _say(self, text: str) -> None:
        """Let the partner speak, and wait until the assistant has recognised it."""
        self._print(self.clock.monotonic(), f"partner:   {text}")
        self._heard.clear()
        clip = self._partner.render(text, self._pace)
        self.loudspeaker.add(clip.samples, clip.rate, self.clock.monotonic())
        self._microphone.hear(to_int16(clip.resampled(RATE).samples))
        self._wait(lambda: not self._microphone.busy)
        self._let_pass(_ENDING)

    def finish(self) -> None:
        """Wait until the assistant has finished."""
        self._wait(lambda: self._conversation.state is State.LISTENING)

    @property
    def _resting(self) -> bool:
        """Whether the assistant is in a rest, half a second after its last sound."""
        if self._score is None or self._conversation.state is not State.PERFORMING:
            return False
        position = self.loudspeaker.position()
        rests = (mark for mark in self._score.marks if isinstance(mark.cue, Rest))
        return any(
            mark.start + _BREATH * self._score.rate <= position < mark.start + mark.length for mark in rests
        ) and not self._score.sounding(position, _BREATH)

    def _wait(self, until: Callable[[], bool]) -> None:
        limit = self.clock.monotonic() + _LONGEST
        while not until():
            if self.clock.monotonic() > limit:
                raise SystemFailure(f"the demo waited for {_LONGEST:.0f} s in vain: please report this")
            self._conversation.tick()
            self._tell_until(self.clock.monotonic())

    def _let_pass(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        self._wait(lambda: self.clock.monotonic() >= until)

    def _trace(self, event: Traced) -> None:
        match event:
            case Understood(heard=Heard(intent=None)):
                self._heard.append("")
                self._print(self.clock.monotonic(), "           (not for me)")
            case Understood(heard=Heard(intent=Intent(name=name)) as heard):
                self._heard.append(name)
                self._print(self.clock.monotonic(), f"           ({name}, confidence {heard.confidence:.2f})")
            case Began(score=score):
                self._score = score
                start = self.clock.monotonic()
                self._lines.extend(
                    (start + mark.start / score.rate, f"assistant: {mark.cue.text}")
                    for mark in score.marks
                    if isinstance(mark.cue, Say)
                )
            case Ended():
                self._lines.clear()

    def _tell_until(self, now: float) -> None:
        """Print the lines that the assistant has begun to say; a line that was cut off is never printed."""
        while self._lines and self._lines[0][0] <= now:
            self._print(*self._lines.popleft())

    def _print(self, at: float, line: str) -> None:
        self._tell(f"{at:7.2f} s  {line}")
