"""Rendering: lays out the sounds of a turn, in a thread, so that a slow voice does not stop the loop."""

import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TypeAlias

from voice.audio.clip import Clip
from voice.cues import Cue
from voice.tts.score import Score, lay
from voice.tts.synthesiser import Synthesiser

__all__ = ["Renderer"]


class _Cancelled(Exception):  # noqa: N818 - a signal between our own threads, no error
    """The turn was cancelled."""


@dataclass(eq=False)
class _Job:
    """A turn to lay out, and its score."""

    cues: tuple[Cue, ...]
    rate: int
    cancelled: bool = False
    score: Future[Score] = field(default_factory=Future)

    def run(self, synthesiser: Synthesiser) -> None:
        try:
            self.score.set_result(lay(self.cues, _Cancellable(synthesiser, self), self.rate))
        except Exception as error:  # noqa: BLE001 - raised again by `poll`, in the thread that waits for it
            self.score.set_exception(error)


_Jobs: TypeAlias = "SimpleQueue[_Job | None]"


class Renderer:
    """Lays out one turn at a time. Its methods are called in the loop's thread only.

    Args:
        synthesiser: the voice; in the background it is only used by the renderer's own thread.
        background: whether to render in a thread; if not, `poll` renders, so that results do not depend on real time.
    """

    def __init__(self, synthesiser: Synthesiser, *, background: bool = False) -> None:
        self._synthesiser = synthesiser
        self._background = background
        self._job: _Job | None = None
        self._jobs: _Jobs | None = None

    def submit(self, cues: tuple[Cue, ...], rate: int) -> None:
        """Start to lay out `cues` at `rate` samples a second, in place of any earlier ones."""
        self.cancel()
        self._job = _Job(cues, rate)
        if self._background:
            self._queue().put(self._job)

    def poll(self, seconds: float = 0.0) -> Score | None:
        """Return the score once, when it is ready.

        Args:
            seconds: the time to wait for it.

        Raises:
            MomentsError: a text does not fit or cannot be spoken, or there is no voice.
            Exception: any other error of the voice.
        """
        job = self._job
        if job is None:
            return None
        if not self._background:
            job.run(self._synthesiser)
        if not wait([job.score], seconds).done:
            return None
        self._job = None
        return job.score.result()

    def cancel(self) -> None:
        """Drop the submitted cues; a thread that is rendering them stops before its next text."""
        if self._job is not None:
            self._job.cancelled = True
            self._job = None

    def close(self) -> None:
        """Drop the submitted cues, and end the thread; `submit` starts another."""
        self.cancel()
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None

    def _queue(self) -> _Jobs:
        """Return the thread's queue; the thread starts with the first turn."""
        if self._jobs is None:
            self._jobs = SimpleQueue()
            # A daemon: the program does not wait for a slow voice when it ends.
            threading.Thread(target=_work, args=(self._jobs, self._synthesiser), name="rendering", daemon=True).start()
        return self._jobs


@dataclass(frozen=True)
class _Cancellable:
    """A voice that stops rendering once its job is cancelled."""

    synthesiser: Synthesiser
    job: _Job

    def render(self, text: str, pace: float = 1.0) -> Clip:
        if self.job.cancelled:
            raise _Cancelled
        return self.synthesiser.render(text, pace)


def _work(jobs: _Jobs, synthesiser: Synthesiser) -> None:
    """Lay out one turn after the other."""
    while (job := jobs.get()) is not None:
        try:
            job.run(synthesiser)
        except BaseException as error:  # noqa: BLE001 - a library that calls exit() must not end this thread
            job.score.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))
