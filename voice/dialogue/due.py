"""The due queue: rituals and reminders that wait for a silence."""

import logging
from collections import deque
from dataclasses import dataclass, field

from voice.clock import Clock
from voice.dialogue.guard import guarded
from voice.nlu.intent import Intent
from voice.packs.pack import Pack
from voice.rituals.rituals import Rituals
from voice.rituals.state import Due

__all__ = ["DueQueue"]

log = logging.getLogger(__name__)


@dataclass
class DueQueue:
    """Rituals and reminders that are due, in order.

    Attributes:
        clock: the time.
        pack: the language, which may lack a moment.
        rituals: the scheduler; None if only `post` adds something.
    """

    clock: Clock
    pack: Pack
    rituals: Rituals | None = None
    _keys: deque[str] = field(default_factory=deque, init=False)
    _failure: str | None = field(default=None, init=False)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def post(self, key: str) -> None:
        """Add a ritual or reminder by its key."""
        self._keys.append(key)

    def tick(self) -> None:
        """Add newly due rituals and reminders. A scheduler that keeps failing in the same way is logged once."""
        if self.rituals is None:
            return
        with guarded("the rituals cannot be looked at", logged=self._failure) as attempt:
            self._keys.extend(self.rituals.tick())
        if attempt.failed:  # remembered while it fails: most ticks do not look at the rituals, and so cannot fail
            self._failure = attempt.failure

    def take(self) -> Intent | None:
        """Remove the first one; return its intent, or None if it is no longer to be played."""
        key = self._keys.popleft()
        due: Due | None = None
        with guarded(f"{key.split()[0]} is due, and is left out"):
            due = self.rituals.begin(key) if self.rituals is not None else Due(key, self.clock.now())
        if due is None:
            return None
        if due.name not in self.pack.moments:  # agreed on in another language
            log.warning("a %s is due, and this language has none: left out", due.name)
            return None
        about = {"what": due.what, "todo": due.todo}
        return Intent.of(due.name, {name: text for name, text in about.items() if text})

    def upcoming(self) -> Due | None:
        """Return the ritual or reminder that comes next."""
        if self.rituals is None:
            return None
        with guarded("the next ritual is not known"):
            return next(iter(self.rituals.upcoming()), None)
        return None
