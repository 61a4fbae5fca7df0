"""The guard: an error of a scene, a voice or the store costs one line in the log, never the assistant."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from voice.errors import MomentsError

__all__ = ["Attempt", "guarded"]

log = logging.getLogger(__name__)


@dataclass
class Attempt:
    """The outcome of guarded code: `failure` is its error as text, or None."""

    failure: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the guarded code raised."""
        return self.failure is not None


@contextmanager
def guarded(what: str, *, private: bool = False, logged: str | None = None) -> Iterator[Attempt]:
    """Catch any error of the guarded code, and log one line.

    Errors of the system are logged as they read, a bug with its type alone, because its message may hold what was
    said; message and traceback are logged at debug level.

    Args:
        what: the beginning of the line, such as "the moment ends early".
        private: whether to log only the type of the error, because its message may be about a private moment.
        logged: an earlier failure that is not logged again.
    """
    attempt = Attempt()
    try:
        yield attempt
    except Exception as error:
        kind = type(error).__name__
        attempt.failure = str(error) if isinstance(error, MomentsError) else f"{kind}: {error}"
        told = attempt.failure if isinstance(error, MomentsError | OSError) and not private else kind
        if attempt.failure != logged:
            log.error("%s: %s", what, told)  # noqa: TRY400 - one line; see below
        if not private:
            log.debug("%s", what, exc_info=True)
