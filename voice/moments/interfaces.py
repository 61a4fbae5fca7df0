"""The interfaces of a scene: the rituals, journal and controls that a moment may use.

They keep the moments apart from the database, the scheduler and the voice. `voice.rituals.rituals.Rituals`,
`voice.journal.journal.Journal` and `voice.dialogue.controls.Controls` implement them.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Protocol

from voice.audio.clip import Clip
from voice.journal.entries import Category, Note, Week
from voice.rituals.state import Due, Reminder, RitualState

__all__ = ["Controls", "Journal", "RitualBook"]


class RitualBook(Protocol):
    """The rituals and reminders; every change survives a restart."""

    def states(self) -> Sequence[RitualState]:
        """Return all rituals that the language has, in the order of the day."""

    def upcoming(self) -> Sequence[Due]:
        """Return the next time of each ritual and reminder, the soonest first."""

    def set_time(self, name: str, at: time, days: frozenset[int] | None = None) -> None:
        """Move a ritual, and switch it on."""

    def turn(self, name: str, *, on: bool) -> bool:
        """Switch a ritual on or off; return False if it was so before."""

    def move_once(self, name: str, until: datetime) -> None:
        """Let a ritual come at another time, this once."""

    def end_move(self, name: str) -> None:
        """Let a ritual that was moved this once come at its usual time."""

    def skip(self, name: str | None = None, day: date | None = None) -> str | None:
        """Skip a ritual of a day (today if None), or the day's next one; return its name, None if none is left."""

    def snooze(self, minutes: int) -> datetime | None:
        """Snooze the ritual that began last; return when it comes again, None if there was none."""

    def restore(self, state: RitualState, quiet: tuple[time, time] | None) -> None:
        """Put back the setting of a ritual and the quiet hours."""

    def reminders(self) -> Sequence[Reminder]:
        """Return the open reminders, the soonest first."""

    def remind(self, at: datetime, what: str, todo: str | None = None) -> int:
        """Add a reminder; return its number."""

    def cancel(self, number: int) -> bool:
        """Cancel a reminder; return False if it is no longer open."""

    def renew(self, reminder: Reminder) -> bool:
        """Open a cancelled reminder again; return False if its time is past."""

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The start and the end of the quiet hours; None if there are none."""

    def is_quiet(self, at: time) -> bool:
        """Return whether a time of day is within the quiet hours."""

    def make_room(self, at: time) -> tuple[time, time]:
        """Shorten the quiet hours so that `at` lies outside them; return their new start and end."""


class Journal(Protocol):
    """The couple's journal. Nothing is kept unless they switched it on."""

    def keeps(self, category: Category) -> bool:
        """Return whether a category is switched on."""

    def switch(self, category: Category, *, on: bool) -> bool:
        """Switch a category on or off; return False if it was so before. Earlier records stay."""

    def tally(self, *, good: bool) -> bool:
        """Add a good or a hard moment; return False if the tally is off."""

    def week(self) -> Week:
        """Return the tally of the last seven days."""

    def keep_note(self, partner: str | None, words: str | None, sound: Clip | None) -> bool:
        """Add a note of thanks; return False if notes are off."""

    def notes(self, since: date) -> Sequence[Note]:
        """Return the notes since a day, the oldest first."""

    def is_empty(self, since: date | None = None) -> bool:
        """Return whether there are no records, at all or since a day."""

    def forget(self, since: date | None = None) -> None:
        """Delete the records since a day, or all of them. Settings and decks stay."""


class Controls(Protocol):
    """The controls of the voice and the microphone; changes of the voice survive a restart."""

    def louder(self) -> bool:
        """Speak one step louder; return False at the loudest."""

    def softer(self) -> bool:
        """Speak one step softer; return False at the softest."""

    def faster(self) -> bool:
        """Speak one step faster; return False at the fastest."""

    def slower(self) -> bool:
        """Speak one step slower; return False at the slowest."""

    def sleep(self, minutes: float) -> None:
        """Ignore everything but "listen again" for so many minutes, once this moment is over."""

    def wake(self) -> None:
        """Listen again."""
