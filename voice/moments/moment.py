"""A moment: its script, and everything it needs from a language pack."""

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from voice.cues import Ask, Cue, Say
from voice.moments.answers import SILENCE, Answer, Script
from voice.moments.scene import Scene
from voice.packs.needs import Needs

__all__ = ["SILENCE", "Answer", "Moment", "Play", "Script", "again", "with_following"]


Play: TypeAlias = Callable[[Scene], Script]


def again(scene: Scene, ask: Ask) -> Generator[Cue, Answer | None, Answer]:
    """Ask for a choice, and once more after speech that was not understood; return the answer.

    The moment has to declare the line `always.once_more`.
    """
    answer = yield ask
    if answer is not None and answer.spoke and answer.intent is None:
        yield Say(scene.line("always.once_more"))
        answer = yield ask
    return answer or SILENCE


@dataclass(frozen=True)
class Moment:
    """A moment that can be played, and its needs from the pack.

    Attributes:
        play: the script: yields cues; an `Ask` is answered by an `Answer`, any other cue by None.
        lines: the keys of its lines, each followed by the fields it fills in: "rituals.moved ritual time".
        counted: those of its lines that have to fit into one second.
        decks: the names of its decks.
        asks: its questions; the pack needs sentences that answer them.
        aside: whether it can play while a question of another moment stays open.
        private: whether it may not be logged, shown or repeated.
        comes_with: for a moment without sentences of its own: a language that has one of these needs it too.
        leads_to: the moments it may go on with, if the language has them; it may say their lines too.
    """

    play: Play
    lines: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    aside: bool = False
    private: bool = False
    comes_with: frozenset[str] = frozenset()
    leads_to: frozenset[str] = frozenset()

    @property
    def needs(self) -> Needs:
        """Everything that a pack must have for it."""
        return Needs(self.lines, self.counted, self.decks, tuple(ask.name for ask in self.asks), self.comes_with)


def with_following(name: str, served: Collection[str], moments: Mapping[str, Moment]) -> list[Moment]:
    """Return a moment, and the moments it may go on with, directly or through others.

    Args:
        name: the name of the moment.
        served: the names of the moments that the language has; it can go on with no others.
        moments: all moments by name.
    """
    names = [name]
    for each in names:  # grows on the way
        names += sorted((moments[each].leads_to & frozenset(served)).difference(names))
    return [moments[each] for each in names]
