"""The synthesiser: text to speech for any voice, with cleaning, passages, trimming, level and cache."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from voice.audio.clip import FULL_SCALE, Clip, to_int16
from voice.errors import InputError
from voice.tts import passages
from voice.tts.cache import SoundCache
from voice.tts.loudness import level, trim

__all__ = ["CachedSynthesiser", "Synthesiser", "Voice"]

_FORMAT: Final = 1  # part of every cache key: raise it when trimming, levelling or the stored format changes
_PASSAGE_PAUSE: Final = 0.4  # seconds between two passages; espeak-ng leaves 0.3 to 0.45 between sentences


class Synthesiser(Protocol):
    """Turns text into speech."""

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return `text` as speech.

        Args:
            text: plain words.
            pace: the speed relative to the usual one; 1.2 is a fifth faster.

        Returns:
            mono speech without silence at its ends: its first sample is the onset.

        Raises:
            InputError: the text has no word that can be spoken, or the voice is unknown.
            SystemFailure: the speech engine is missing or failed.
        """


class Voice(Protocol):
    """One voice of a speech engine; `CachedSynthesiser` does all the rest."""

    @property
    def name(self) -> str:
        """The voice's name within its engine; part of the cache key."""

    @property
    def version(self) -> str:
        """The engine with its version; part of the cache key. Another value renders every text anew."""

    @property
    def rates(self) -> range:
        """The speaking rates that it can speak at, in words a minute."""

    def speak(self, text: str, rate: int) -> Clip:
        """Return a passage as speech.

        Args:
            text: 1 to 300 characters on one line, without control characters. Nothing in it is markup.
            rate: words a minute, one of `rates`.

        Returns:
            mono speech at any sample rate and level, silence at its ends allowed; no samples, or only silence, if the
            text has nothing to speak. The same arguments must give the same samples.

        Raises:
            InputError: the voice is unknown.
            SystemFailure: the speech engine is missing or failed.
        """


class CachedSynthesiser:
    """A synthesiser for any voice: its speech trimmed, levelled and kept in a cache.

    Speech comes without silence (below -40 dB of its peak) at both ends, so that a count starts with its onset, and
    at a common loudness (-23 dBFS, peaks below -3 dBFS). The same text always gives the same samples.

    Args:
        voice: the voice.
        rate: its speaking rate at pace 1, in words a minute.
        cache: the cache's folder; created when needed. If it cannot be used, speech only takes longer.
        cache_limit: the most bytes that the cache may take.
        keeps: tells whether a text may be cached; others leave no trace, and are rendered each time.

    Raises:
        InputError: the voice cannot speak at that rate.
    """

    def __init__(
        self,
        voice: Voice,
        rate: int,
        cache: Path,
        *,
        cache_limit: int = 64_000_000,
        keeps: Callable[[str], bool] = lambda _text: True,
    ) -> None:
        slowest, fastest = voice.rates[0], voice.rates[-1]
        if not slowest <= rate <= fastest:
            raise InputError(
                f"the voice cannot speak {rate} words a minute: choose {slowest} to {fastest}, such as 140"
            )
        self._voice = voice
        self._rate = rate
        self._cache = SoundCache(cache, cache_limit)
        self._keeps = keeps

    def render(self, text: str, pace: float = 1.0) -> Clip:
        """Return `text` as speech; a long text in passages of whole sentences, with 0.4 s between them.

        Args:
            text: plain words; nothing in it is markup, and control characters are left out.
            pace: the speed relative to the usual one; beyond what the voice can speak, its nearest rate.

        Returns:
            mono speech at the voice's sample rate; its first sample is the onset.

        Raises:
            InputError: the text has no word that can be spoken, or the voice is unknown.
            SystemFailure: the speech engine is missing or failed.
        """
        rate = min(max(round(self._rate * pace), self._voice.rates[0]), self._voice.rates[-1])
        passage_of = self._cached_passage if self._keeps(text) else self._passage
        clips = (passage_of(passage, rate) for passage in passages.split(text))
        spoken = [clip for clip in clips if clip.samples.size]
        if not spoken:
            raise InputError("there is nothing to say: the text has no word that can be spoken")
        return _joined(spoken)

    def _cached_passage(self, text: str, rate: int) -> Clip:
        """Return a passage from the cache, or render and cache it."""
        key = self._key(text, rate)
        clip = self._cache.get(key)
        if clip is None:
            clip = self._passage(text, rate)
            self._cache.put(key, clip)
        return clip

    def _passage(self, text: str, rate: int) -> Clip:
        """Render a passage; no samples if it has nothing to speak."""
        return _as_stored(level(trim(self._voice.speak(text, rate))))

    def _key(self, text: str, rate: int) -> str:
        """Return the cache key: the SHA-256 digest of all that decides how a passage sounds, in hexadecimal."""
        parts = (_FORMAT, self._voice.version, self._voice.name, rate, text)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _joined(clips: list[Clip]) -> Clip:
    """Return clips as one, with a pause between them, at the first one's rate."""
    rate = clips[0].rate
    pause = np.zeros(round(_PASSAGE_PAUSE * rate), np.float32)
    rest = (part for clip in clips[1:] for part in (pause, clip.resampled(rate).samples))
    return Clip(np.concatenate([clips[0].samples, *rest]), rate)


def _as_stored(clip: Clip) -> Clip:
    """Return a clip rounded to 16 bits, so that it sounds the same from the cache and without it."""
    return Clip(to_int16(clip.samples).astype(np.float32) / np.float32(FULL_SCALE), clip.rate)
