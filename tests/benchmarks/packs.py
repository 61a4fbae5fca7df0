"""Measures packs of one word and of 5,000 sentences against the default one: loading, compiling, memory, decoding.

Each pack is measured in its own process. The 5,000 sentences have three to eight words, drawn from two thousand of the
dictionary: they share hardly anything, which is the worst case. Times are processor times, the median of several runs;
other load on the machine makes them longer.
"""

import gzip
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from voice.asr.embedded import EmbeddedRecogniser
from voice.asr.grammar import compile_templates
from voice.audio.clip import Clip, to_int16
from voice.audio.microphone import RATE
from voice.moments.registry import NEEDS
from voice.nlu.contexts import ANYTIME
from voice.packs.load import load_pack
from voice.storage.paths import data_folder

REPEATS = 3
SENTENCES = 5_000
VOCABULARY = 2_000
# Letters; three shorter words may have too few phones for a sentence that counts at any time.
SHORTEST = 4
INTENTS = ("Pause", "Question", "Gratitude", "Repeat", "Help")
REQUEST = "help us pause"


@dataclass(frozen=True)
class Measured:
    """The costs of a pack.

    Attributes:
        sentences: the number of templates that count at any time.
        load: seconds to read and check the whole pack, with compiling and the search for confusable sentences.
        compile: seconds from templates to a graph of phones.
        recognise: seconds for one short utterance.
        memory: the peak memory of the process in MB.
    """

    sentences: int
    load: float
    compile: float
    recognise: float
    memory: float


def main() -> None:
    """Print a line for each pack; exit with 1 if a figure misses its limit."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(asdict(measured(Path(sys.argv[2]), Path(sys.argv[3])))))
        return
    folder = Path(tempfile.mkdtemp(prefix="moments-"))
    try:
        sound = folder / "request.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-w", sound, REQUEST], check=True)
        packs = {"default": default(folder), "one word": one_word(folder), "many sentences": many(folder)}
        figures = {name: _in_a_process(pack, sound) for name, pack in packs.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    usual = figures["default"]
    for name, found in figures.items():
        good = found.compile < 1.0
        print(
            f"{'ok ' if good else 'BAD'}  pack, {name} ({found.sentences} templates): "
            f"load {found.load:.2f} s, compile {found.compile:.3f} s (must be below 1 s), "
            f"memory {found.memory:.0f} MB, one utterance {found.recognise / usual.recognise:.1f} times the default's",
            flush=True,
        )
    sys.exit(not all(found.compile < 1.0 for found in figures.values()))


def default(folder: Path) -> Path:
    """Return a copy of the default pack."""
    return Path(shutil.copytree(data_folder("intents") / "en", folder / "default" / "en"))


def one_word(folder: Path) -> Path:
    """Make a pack with a single word that counts at any time."""
    pack = Path(shutil.copytree(data_folder("intents") / "en", folder / "one" / "en"))
    for path in (pack / "sentences").glob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        intents = content.get("intents", {})
        for intent in intents.values():
            intent["data"] = [block for block in intent["data"] if block.get("requires_context") == {"scene": True}]
        content["intents"] = {name: intent for name, intent in intents.items() if intent["data"]}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    _add(pack, {"Pause": ["gratitude"]})
    return pack


def many(folder: Path) -> Path:
    """Make the default pack with 5,000 more sentences."""
    pack = Path(shutil.copytree(data_folder("intents") / "en", folder / "many" / "en"))
    chance = random.Random(1)  # noqa: S311 - a reproducible sample, no secret
    lines = gzip.decompress((data_folder("models") / "en" / "cmudict.tsv.gz").read_bytes()).decode().splitlines()
    known = [word for word in (line.split("\t")[0] for line in lines) if word.isalpha() and len(word) >= SHORTEST]
    words = chance.sample(known, VOCABULARY)
    said = {" ".join(chance.choices(words, k=chance.randint(3, 8))) for _ in range(SENTENCES)}
    sentences = sorted(said)
    _add(pack, {intent: sentences[number :: len(INTENTS)] for number, intent in enumerate(INTENTS)})
    return pack


def measured(pack: Path, sound: Path) -> Measured:
    """Measure a pack in this process.

    Args:
        pack: its folder.
        sound: a recording of a short utterance.
    """
    loaded, load = _timed(lambda: load_pack(pack, NEEDS), 1)
    scope = loaded.sentences.scope(ANYTIME)
    recogniser = EmbeddedRecogniser(loaded.lexicon)
    grammar, compiling = _timed(lambda: recogniser.compile(compile_templates(scope.templates)), REPEATS)
    samples = to_int16(Clip.read(sound).resampled(RATE).samples)
    recogniser.recognise(samples, grammar)
    _, recognising = _timed(lambda: recogniser.recognise(samples, grammar), REPEATS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1_000)
    return Measured(len(scope.templates), load, compiling, recognising, memory)


def _timed(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Return the result of the work, and the median of its processor times in seconds."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return result, statistics.median(times)


def _in_a_process(pack: Path, sound: Path) -> Measured:
    command = [sys.executable, str(Path(__file__)), "--measure", str(pack), str(sound)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{pack}: cannot be measured: {done.stderr}")
    return Measured(**json.loads(done.stdout))


def _add(pack: Path, sentences: dict[str, list[str]]) -> None:
    """Add sentences that count at any time."""
    content = {
        "language": "en",
        "intents": {intent: {"data": [{"sentences": texts}]} for intent, texts in sentences.items()},
    }
    (pack / "sentences" / "more.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


if __name__ == "__main__":
    main()
