"""The score: cues laid out on one timeline of samples, so that timing is arithmetic, not waiting."""

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
"""Seconds of silence after a `Say` without `takes`: the breath between two sentences."""

MARGIN: Final = 0.05
"""Seconds kept free at the end of a word's slot, so that it does not run into the next word."""

FASTEST: Final = 2.0
"""The fastest pace that is still understood: a text too long for its slot at this pace is refused."""

_PACE_STEP: Final = 0.05  # few different paces, so that the synthesiser's cache has them
_CEILING: Final = 0.999  # the loudest sample of a mix
_SHOWN: Final = 60  # characters of a text that an error quotes

Laid: TypeAlias = Say | Rest | Chime | Replay


class DoesNotFit(InputError):  # noqa: N818 - it reads as a sentence
    """A text is too long for its slot, even at the fastest pace."""


@dataclass(frozen=True)
class Mark:
    """The place of a cue in a score.

    Attributes:
        cue: the cue.
        start: its first sample.
        length: samples until the next cue.
        sound: how many samples from `start` are audible: the speech of a `Say`, all of a `Replay`, the audible part of
            a `Chime` (which may be longer than `length`), none of a `Rest`.
    """

    cue: Laid
    start: int
    length: int
    sound: int

    def as_dict(self, rate: int, offset: float = 0.0) -> dict[str, float | str]:
        """Return the mark for JSON: `{"at": 4.0, "for": 1.0, "say": "Breathe in"}`.

        Args:
            rate: the score's samples per second.
            offset: seconds of the scene before this score.

        Returns:
            times in seconds, rounded to microseconds, and one of "say" (text), "rest" (seconds), "chime" (name),
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
    """A score: cues laid out on one timeline.

    Attributes:
        samples: (n,) float32 mono in [-1, 1].
        rate: samples per second.
        marks: one for each cue, in order; each begins where the previous one ends.
    """

    samples: NDArray[np.float32]
    rate: int
    marks: tuple[Mark, ...]

    @property
    def duration(self) -> float:
        """The length in seconds, including the last chime's decay."""
        return len(self.samples) / self.rate

    def sounding(self, position: int, hold: float = 0.0) -> bool:
        """Tell whether a microphone would hear the loudspeaker.

        Args:
            position: the sample that the loudspeaker plays.
            hold: seconds that a sound lingers in the room.

        Returns:
            whether speech or the audible part of a chime sounds at `position`, or did up to `hold` seconds before.
        """
        since = position - hold * self.rate
        return any(mark.sound and mark.start <= position and mark.start + mark.sound > since for mark in self.marks)


def lay(cues: Sequence[Cue], synthesiser: Synthesiser, rate: int, after: float = 0.0) -> Score:
    """Lay cues out on one timeline, each at its exact sample.

    A `Say` begins at the first sample of its slot. Without `takes` the slot is as long as the speech and `PAUSE`; with
    it, it is exactly `round(takes * rate)` samples, and the text is spoken faster if necessary. A `Chime` takes `takes`
    (by default its audible part) and rings on over the next cues; the score is long enough for the last one. A mix
    that would clip makes the whole score quieter.

    Args:
        cues: the cues in order, without an `Ask`: the cues between two of them are a score of their own.
        synthesiser: renders the texts.
        rate: samples per second, the loudspeaker's.
        after: seconds of silence to add after the last cue.

    Returns:
        the score.

    Raises:
        ValueError: an `Ask` is among the cues, or a time is negative or not a number.
        DoesNotFit: a text is too long for its slot.
        InputError: a text cannot be spoken.
        SystemFailure: the speech engine is missing or failed.
    """
    marks: list[Mark] = []
    sounds: list[NDArray[np.float32]] = []
    rendered: dict[Laid, NDArray[np.float32]] = {}  # a scene counts with the same few words
    start = 0
    for cue in cues:
        if isinstance(cue, Ask):
            raise ValueError(f"a score cannot hold an Ask ({cue.name}): lay the cues before and after it")  # noqa: TRY004 - the type is right, the place is not
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
    """Render a text so that it fits into its slot, no faster than necessary.

    It also serves to check a pack when it is loaded: a text that fits here can be laid out.

    Args:
        text: plain words.
        takes: the length of the slot in seconds; `MARGIN` of it stays free.
        synthesiser: renders the text, more than once if it must be faster.

    Returns:
        the speech, at the synthesiser's sample rate.

    Raises:
        DoesNotFit: the text is too long even at `FASTEST`.
        InputError: the text cannot be spoken.
        SystemFailure: the speech engine is missing or failed.
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
    """Return the sound of a cue, (n,) float32 at the score's rate; (0,) for a `Rest`."""
    match cue:
        case Say(text=text, takes=None):
            return synthesiser.render(text).resampled(rate).samples
        case Say(text=text, takes=float() | int() as takes):
            _samples(takes, rate)  # refuse an impossible time before rendering
            return fitted(text, takes, synthesiser).resampled(rate).samples
        case Chime(name=name):
            return chime(name, rate)
        case Replay(sound=sound):
            return sound.resampled(rate).samples
        case _:
            return np.zeros(0, np.float32)


def _mark(cue: Laid, start: int, sound: int, rate: int) -> Mark:
    """Return the mark of a cue that begins at `start` and has `sound` samples."""
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
    """Return the mix of all sounds at their places: (n,) float32, n at least `length`."""
    ends = (mark.start + len(sound) for mark, sound in zip(marks, sounds, strict=True))
    mixture = np.zeros(max(length, *ends, 0), np.float32)
    for mark, sound in zip(marks, sounds, strict=True):
        mixture[mark.start : mark.start + len(sound)] += sound
    loudest = float(np.abs(mixture).max(initial=0.0))
    if loudest > _CEILING:
        mixture *= np.float32(_CEILING / loudest)
    return mixture


def _samples(seconds: float, rate: int) -> int:
    """Return a time in samples; it must be finite and not negative."""
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"not a time that a cue can take: {seconds!r} s")
    return round(seconds * rate)


def _quoted(text: str) -> str:
    """Return the beginning of a text on one line, enough to recognise it."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
