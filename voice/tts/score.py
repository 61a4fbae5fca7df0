"""Cues become one timeline of samples: exact timing comes from arithmetic, not from waiting."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.audio.clip import Clip
from voice.cues import Ask, Chime, Cue, Replay, Rest, Say
from voice.errors import InputError
from voice.tts.chimes import AUDIBLE, chime
from voice.tts.synthesiser import Synthesiser

__all__ = ["FASTEST", "MARGIN", "PAUSE", "DoesNotFit", "Mark", "Score", "fitted", "lay"]

PAUSE: Final = 0.35
"""Seconds of quiet that follow a `Say` without `takes`: the breath between two sentences."""

MARGIN: Final = 0.05
"""Seconds that a word leaves free at the end of its slot, so that it does not run into the next."""

FASTEST: Final = 2.0
"""The pace beyond which a word is no longer understood: what does not fit at it is refused."""

_PACE_STEP: Final = 0.05  # paces are few, so that the synthesiser's cache is met again
_CEILING: Final = 0.999  # the loudest sample of a mixture
_SHOWN: Final = 60  # letters of a text that an error quotes

Laid: TypeAlias = Say | Rest | Chime | Replay


class DoesNotFit(InputError):  # noqa: N818 - said as it reads
    """A text is too long for its slot, however fast it is spoken."""


@dataclass(frozen=True)
class Mark:
    """Where a cue lies in a score.

    Attributes:
        cue: the cue.
        start: its first sample.
        length: samples until the next cue.
        sound: samples, from `start`, in which it is heard: of a `Say` all of its voice, of a `Replay` all of it, of a
            `Chime` its audible part (it may reach over `length`), of a `Rest` none.
    """

    cue: Laid
    start: int
    length: int
    sound: int

    def as_dict(self, rate: int, offset: float = 0.0) -> dict[str, float | str]:
        """Return the mark as people read it: `{"at": 4.0, "for": 1.0, "say": "Breathe in"}`.

        Args:
            rate: the score's samples a second.
            offset: seconds of the scene that passed before this score.

        Returns:
            times in seconds, rounded to the microsecond, and one of "say" (text), "rest" (seconds), "chime" (name),
            "replay" (seconds).
        """
        times: dict[str, float | str] = {
            "at": round(offset + self.start / rate, 6),
            "for": round(self.length / rate, 6),
        }
        match self.cue:
            case Say(text=text):
                return times | {"say": text}
            case Rest(seconds=seconds):
                return times | {"rest": round(seconds, 6)}
            case Chime(name=name):
                return times | {"chime": name}
            case Replay(sound=sound):
                return times | {"replay": round(sound.duration, 6)}


@dataclass(frozen=True, eq=False)
class Score:
    """Cues laid out on one timeline.

    Attributes:
        samples: (n,) float32, mono, within [-1, 1].
        rate: samples a second.
        marks: one a cue, in order; each begins where the one before ends.
    """

    samples: NDArray[np.float32]
    rate: int
    marks: tuple[Mark, ...]

    @property
    def duration(self) -> float:
        """Seconds from the first sample to the last, a chime's ringing on included."""
        return len(self.samples) / self.rate

    def sounding(self, position: int, hold: float = 0.0) -> bool:
        """Tell whether a microphone would hear us.

        Args:
            position: the sample that the loudspeaker plays.
            hold: seconds that a sound is taken to linger in the room.

        Returns:
            whether a voice or the audible part of a chime sounds at `position` or did within `hold` before it.
        """
        since = position - hold * self.rate
        return any(mark.sound and mark.start <= position and mark.start + mark.sound > since for mark in self.marks)


def lay(cues: Sequence[Cue], synthesiser: Synthesiser, rate: int, after: float = 0.0) -> Score:
    """Lay cues on one buffer, each at its exact sample.

    A `Say` begins at its slot's first sample. Without `takes` it lasts as long as its voice and `PAUSE`; with it,
    exactly `round(takes * rate)` samples, spoken faster if need be. A `Chime` lasts `takes` (its audible part if not
    given) and rings on over what follows; the buffer is long enough for the last one. Where a mixture would clip,
    the whole score is made quieter.

    Args:
        cues: what happens, in order; no `Ask` (each stretch between two of them is a score of its own).
        synthesiser: renders the texts.
        rate: samples a second, the loudspeaker's.
        after: seconds of silence to add behind the last cue.

    Returns:
        the score.

    Raises:
        ValueError: an `Ask` is among the cues, or a time is negative or no number.
        DoesNotFit: a text is too long for its slot.
        InputError: a text cannot be spoken.
        SystemFailure: there is no voice.
    """
    marks: list[Mark] = []
    sounds: list[NDArray[np.float32]] = []
    rendered: dict[Laid, NDArray[np.float32]] = {}  # a scene counts the same words again and again
    start = 0
    for cue in cues:
        if isinstance(cue, Ask):
            raise ValueError(f"a score cannot hold an Ask ({cue.name}): lay the cues before and after it")  # noqa: TRY004 - the type is right, its place is not
        if cue not in rendered:
            rendered[cue] = _sound(cue, synthesiser, rate)
        sound = rendered[cue]
        mark = _mark(cue, start, len(sound), rate)
        marks.append(mark)
        sounds.append(sound)
        start += mark.length
    start += _samples(after, rate)
    return Score(_mixed(marks, sounds, start), rate, tuple(marks))


def fitted(text: str, takes: float, synthesiser: Synthesiser) -> Clip:
    """Render `text` so that it fits into `takes` seconds, as fast as that needs and no faster.

    Good for checking a pack when it is loaded: what passes here will be laid.

    Args:
        text: what to say.
        takes: the slot in seconds; the sound leaves `MARGIN` of it free.
        synthesiser: renders it, more than once if it must be faster.

    Returns:
        the sound, at the synthesiser's rate.

    Raises:
        DoesNotFit: it is too long even at `FASTEST`.
        InputError: it cannot be spoken.
        SystemFailure: there is no voice.
    """
    room = takes - MARGIN
    pace = 1.0
    while True:
        clip = synthesiser.render(text, pace)
        if clip.duration <= room:
            return clip
        if pace >= FASTEST or room <= 0:
            raise DoesNotFit(
                f'"{_quoted(text)}" takes {clip.duration:.2f} s at {pace:g} times the pace, its slot has {takes:g} s '
                f"({MARGIN:g} s of it kept free): shorten this text or give it more time"
            )
        wanted = pace * clip.duration / room
        pace = min(FASTEST, max(pace + _PACE_STEP, math.ceil(wanted / _PACE_STEP) * _PACE_STEP))


def _sound(cue: Laid, synthesiser: Synthesiser, rate: int) -> NDArray[np.float32]:
    """Return all that is heard of a cue, at the score's rate."""
    match cue:
        case Say(text=text, takes=None):
            return synthesiser.render(text).resampled(rate).samples
        case Say(text=text, takes=float() | int() as takes):
            _samples(takes, rate)  # refuse a time that is none before the voice is asked
            return fitted(text, takes, synthesiser).resampled(rate).samples
        case Chime(name=name):
            return chime(name, rate)
        case Replay(sound=sound):
            return sound.resampled(rate).samples
        case _:
            return np.zeros(0, np.float32)


def _mark(cue: Laid, start: int, sound: int, rate: int) -> Mark:
    """Return where a cue lies that begins at `start` and has `sound` samples."""
    match cue:
        case Say(takes=None) | Replay():
            return Mark(cue, start, sound + _samples(PAUSE, rate), sound)
        case Say(takes=float() | int() as takes):
            return Mark(cue, start, _samples(takes, rate), sound)
        case Chime(takes=takes):
            return Mark(cue, start, _samples(AUDIBLE if takes is None else takes, rate), _samples(AUDIBLE, rate))
        case Rest(seconds=seconds):
            return Mark(cue, start, _samples(seconds, rate), 0)
        case _:
            raise ValueError(f"not a cue that can be laid: {cue!r}")


def _mixed(marks: Sequence[Mark], sounds: Sequence[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    """Return all sounds added up at their places: (n,) float32, n at least `length`."""
    ends = (mark.start + len(sound) for mark, sound in zip(marks, sounds, strict=True))
    mixture = np.zeros(max(length, *ends, 0), np.float32)
    for mark, sound in zip(marks, sounds, strict=True):
        mixture[mark.start : mark.start + len(sound)] += sound
    loudest = float(np.abs(mixture).max(initial=0.0))
    if loudest > _CEILING:
        mixture *= np.float32(_CEILING / loudest)
    return mixture


def _samples(seconds: float, rate: int) -> int:
    """Return a time in samples; a scene has no negative or endless one."""
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"not a time that a cue can take: {seconds!r} s")
    return round(seconds * rate)


def _quoted(text: str) -> str:
    """Return enough of a text, on one line, to know it again."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
