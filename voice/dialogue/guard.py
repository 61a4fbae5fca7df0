"""The guard: what a scene, a voice or the store raises costs one line in the log, never the assistant."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from voice.errors import MomentsError

__all__ = ["Attempt", "guarded"]

log = logging.getLogger(__name__)


@dataclass
class Attempt:
    """How the guarded code went: `failure` is what it raised, as text; None if it raised nothing."""

    failure: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the guarded code raised."""
        return self.failure is not None


@contextmanager
def guarded(what: str, *, private: bool = False, logged: str | None = None) -> Iterator[Attempt]:
    """Catch whatever the guarded code raises, and log one line.

    An error for people is logged as it reads, any other with its type; its traceback is logged at debug level.

    Args:
        what: the beginning of the line: what does not happen now.
        private: log only the type of the error, because its message may tell of a private moment.
        logged: a failure that was logged before, which is not logged again.
    """
    attempt = Attempt()
    try:
        yield attempt
    except Exception as error:
        kind = type(error).__name__
        attempt.failure = str(error) if isinstance(error, MomentsError) else f"{kind}: {error}"
        if attempt.failure != logged:
            log.error("%s: %s", what, kind if private else attempt.failure)  # noqa: TRY400 - one line; see below
        if not private:
            log.debug("%s", what, exc_info=True)
