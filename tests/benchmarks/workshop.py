"""The workshop of the benchmark: how much to measure, the recordings, the voices, and the recogniser."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from samples import Wanted, balanced
from voices import Voice, chosen, render

from voice.audio.clip import Clip
from voice.audio.microphone import RATE
from voice.bench.cases import Case, load_set
from voice.bench.mixing import CLEAN, Condition, Noise
from voice.bench.results import Row
from voice.bench.runner import PackListener, run
from voice.moments.registry import NEEDS
from voice.nlu.intent import Intent
from voice.nlu.sentences import Sentences, load_sentences
from voice.packs.load import load_pack
from voice.packs.pack import Pack
from voice.settings.schema import Settings
from voice.storage.paths import data_folder

ItemT = TypeVar("ItemT")

Outcome: TypeAlias = dict[str, Any]
"""The outcome of a part: plain JSON."""

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGE = "en"
SEED = 0


@dataclass(frozen=True)
class Scale:
    """The amount to measure.

    Attributes:
        name: "full" or another name.
        clips: the number of clips of each set, evenly spread; None for all.
        levels: the levels of the kitchen's noise in dB.
        sentences: the number of sentences for each voice.
        sample: how many of these are measured in noise and in rooms.
        every: each noise gets one in so many of the sample from each voice, the next noise the following; 1 is all.
        minutes: the minutes of each noise alone.
        texts: the number of sentences of each set that are read as text, evenly spread; None for all.
        phrases: the number of phrases in people's own words that each voice speaks.
        lines: the number of lines of talk, of neighbours and of prefixes that each voice speaks, evenly spread; None
            for all.
    """

    name: str
    clips: int | None
    levels: tuple[float, ...]
    sentences: int
    sample: int
    every: int
    minutes: float
    texts: int | None
    phrases: int
    lines: int | None


# Each noise gets every other sentence of each voice: all of them would not fit into an hour.
FULL = Scale("full", None, (6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0), 400, 100, 2, 12.0, None, 100, None)
QUICK = Scale("quick", 24, (6.0, 15.0, 24.0), 24, 9, 4, 1.0, None, 6, 6)


@dataclass(frozen=True)
class Workshop:
    """The material that the parts share.

    Attributes:
        shared: the folder of recordings: coffee, reject, noise, rooms.
        folder: a folder for temporary files.
        scale: the amount to measure.
        sentences: the most sentences that a voice speaks.
        jobs: the number of recognising processes.
    """

    shared: Path
    folder: Path
    scale: Scale
    sentences: int
    jobs: int = 2

    @cached_property
    def pack(self) -> Sentences:
        """The default pack's sentences."""
        return load_sentences(data_folder("intents") / LANGUAGE)

    @cached_property
    def sample(self) -> tuple[Wanted, ...]:
        """The balanced sample."""
        return balanced(self.pack, self.sentences, SEED)

    @cached_property
    def spoken(self) -> dict[Voice, list[Case]]:
        """The sample in each voice; rendered once."""
        texts = [wanted.text for wanted in self.sample]
        spoken = {}
        for voice in chosen():
            paths = render(voice, texts, self.folder)
            spoken[voice] = [
                Case(f"{voice.name}/{path.name}", path, wanted.intent, wanted.slots, wanted.context)
                for path, wanted in zip(paths, self.sample, strict=True)
            ]
        return spoken

    @cached_property
    def texts(self) -> dict[str, str]:
        """The text of each spoken clip."""
        return {
            case.name: wanted.text
            for cases in self.spoken.values()
            for case, wanted in zip(cases, self.sample, strict=True)
        }

    @cached_property
    def contents(self) -> Pack:
        """The whole default pack, which also understands text."""
        return load_pack(data_folder("intents") / LANGUAGE, NEEDS)

    def clips(self, name: str) -> list[Case]:
        """Return the clips of a set, evenly thinned out to the scale."""
        return thinned(load_set(self.shared / name), self.scale.clips)

    def listener(self, folder: Path | None = None, threshold: float | None = None) -> PackListener:
        """Return a listener factory with the default settings, for the default pack or `folder`."""
        listening = Settings.model_validate({}).listening
        chosen_folder = data_folder("intents") / LANGUAGE if folder is None else folder
        return PackListener(chosen_folder, listening.threshold if threshold is None else threshold, listening.silence)

    def kitchen(self) -> Noise:
        """Return the kitchen's noise."""
        return next(noise for noise in self.noises() if noise.name.startswith("kitchen"))

    def noises(self) -> list[Noise]:
        """Return the noises, (n,) float32 at 16 kHz each."""
        paths = sorted((self.shared / "noise").glob("*.flac"))
        return [Noise(path.name, Clip.read(path).resampled(RATE).samples) for path in paths]

    def recognise(
        self,
        cases: Sequence[Case],
        listener: PackListener,
        conditions: Sequence[Condition] = (CLEAN,),
        room: Path | None = None,
    ) -> tuple[tuple[Row, ...], float]:
        """Recognise clips; see `voice.bench.runner.run`."""
        impulse = None if room is None else Clip.read(room).resampled(RATE).samples
        return run(cases, listener, conditions, room=impulse, seed=SEED, jobs=self.jobs)


def thinned(items: Sequence[ItemT], count: int | None) -> list[ItemT]:
    """Return `count` of the items, evenly spread; all of them for None, or if there are not as many."""
    number = len(items) if count is None else min(count, len(items))
    return [items[place * len(items) // number] for place in range(number)]


@dataclass(frozen=True)
class Heard:
    """What was understood of a sentence in a voice.

    Attributes:
        voice: the voice.
        place: the sentence's place in the list that was spoken.
        intents: the intents, in order; a sentence may be cut in two.
        seconds: the length of the clip.
    """

    voice: Voice
    place: int
    intents: tuple[Intent, ...]
    seconds: float


def heard(
    workshop: Workshop, name: str, sentences: Sequence[tuple[str, str]], voices: Iterable[Voice]
) -> tuple[list[Heard], float]:
    """Speak sentences in quiet and hear them through the whole microphone path.

    Args:
        workshop: the recogniser, with the default pack and the default settings.
        name: the name of a new folder for the clips.
        sentences: each as (text, context).
        voices: each says all of them.

    Returns:
        What was understood, voice by voice; the peak memory of a recognising process in MB.
    """
    folder = workshop.folder / name
    folder.mkdir()
    texts = [text for text, _ in sentences]
    spoken = [
        (voice, place, Case(f"{voice.name}/{path.name}", path, None, context=sentences[place][1]))
        for voice in voices
        for place, path in enumerate(render(voice, texts, folder))
    ]
    (row,), memory = workshop.recognise([case for _, _, case in spoken], workshop.listener())
    found = [
        Heard(
            voice,
            place,
            tuple(Intent(answer.intent, answer.slots) for answer in result.answers if answer.intent is not None),
            result.seconds,
        )
        for (voice, place, _), result in zip(spoken, row.results, strict=True)
    ]
    return found, memory
