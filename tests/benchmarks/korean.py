"""Measures the recognisers with the Korean pack: sentences of the pack and everyday ones, spoken by espeak-ng.

Each goes through the whole microphone path, as in `moments bench`. The sample of the pack has equally many sentences of
each intent, written with natural spaces.
"""

import argparse
import json
import os
import random
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from voice.asr.automaton import WordGraph
from voice.audio.clip import Clip
from voice.bench.runner import ENGINES, Options, measure
from voice.demo import PLOTS
from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import load_sentences
from voice.settings.schema import Settings
from voice.storage.paths import data_folder
from voice.tts.espeak import EspeakVoice
from voice.tts.synthesiser import CachedSynthesiser, Synthesiser

PACK = data_folder("intents") / "ko"
SENTENCES = 100

# Endings and particles: the recogniser's vocabulary separates them, people join them to the word before.
ENDINGS = frozenset((
    "가", "거리", "게", "게요", "고", "까", "는", "다는", "던", "래",
    "를", "면", "세요", "어", "에", "에게", "예요", "요", "으로", "은",
    "을", "의", "이", "이네요", "이죠", "자", "죠", "하게", "한테",
))  # fmt: skip

EVERYDAY = (
    "오늘 저녁에 뭐 먹을까",
    "설거지 좀 도와줘",
    "내일 몇 시에 나가",
    "버스가 늦게 와서 지각했어",
    "엄마한테 전화했어",
    "우리 산책하러 가자",
    "세탁기 좀 돌려 줘",
    "오늘 회사에서 정말 힘들었어",
    "영화 다시 보자",
    "물 한 잔 갖다줘",
    "커피 마실래",
    "창문 좀 닫아 줘",
    "비가 올 것 같아",
    "우산 챙겼어",
    "아이들 언제 데리러 가",
    "다음 주에 부모님 오신대",
    "이번 달 전기세 냈어",
    "고양이 밥 줬어",
    "내 안경 어디 있는지 알아",
    "텔레비전 소리 좀 줄여 줘",
    "주말에 뭐 하고 싶어",
    "배고프다 뭐 좀 먹자",
    "냉장고에 우유가 없네",
    "택배 왔던데 봤어",
    "병원 예약은 몇 시야",
    "나 먼저 씻을게",
    "불 좀 꺼 줘",
    "어제 잠을 잘 못 잤어",
    "그 사람 이름이 뭐였더라",
    "친구가 아기를 낳았대",
    "여행 가방은 어디에 뒀어",
    "이 노래 정말 좋다",
    "차에 기름 넣어야 해",
    "저녁은 내가 할게",
    "휴대폰 충전기 봤어",
    "오늘 날씨 정말 좋네",
    "내일은 일찍 일어나야 해",
    "장 보러 같이 갈래",
    "너무 걱정하지 마",
    "잘 자고 내일 봐",
)
"""Everyday sentences between people; none is a request."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="the number of sentences of the pack")
    parser.add_argument("--voice", default=PLOTS["ko"].voice, help="a voice of espeak-ng")
    parser.add_argument("--rate", type=int, default=round(Settings().speaking.rate * PLOTS["ko"].pace))
    parser.add_argument("--engine", choices=ENGINES, help="only this recogniser")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--errors", type=Path, help="write the wrong results of the last recogniser")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moments-") as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        voice = CachedSynthesiser(EspeakVoice(options.voice), options.rate, Path(folder) / "speech")
        write_set(Path(folder), voice, drawn(options.sentences))
        print(f"{options.sentences} sentences of the Korean pack and {len(EVERYDAY)} everyday ones,", end=" ")
        print(f"spoken by {options.voice} at {options.rate} words a minute:", flush=True)
        for engine in [options.engine] if options.engine else ENGINES:
            measured = Options(Path(folder), engine=engine, jobs=options.jobs)
            print("\n".join(measure(measured, pack=PACK, errors=options.errors).lines()), flush=True)


def drawn(count: int, seed: int = 0) -> Mapping[str, str]:
    """Draw about `count` sentences of the pack, equally many of each intent; return texts and intents."""
    graph = load_sentences(PACK).scope(ANYTIME).graph
    intents = sorted(frozenset().union(*graph.tags))
    chance = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
    wanted = {intent: count // len(intents) for intent in intents}
    texts: dict[str, str] = {}
    while any(wanted.values()):
        words, intent = _walk(graph, chance)
        text = written(words)
        if wanted[intent] and text not in texts:
            texts[text] = intent
            wanted[intent] -= 1
    return texts


def written(words: Iterable[str]) -> str:
    """Join words of the recogniser's vocabulary as people write them, endings to the word before."""
    text = ""
    for word in words:
        text += word if not text or word in ENDINGS else f" {word}"
    return text


def write_set(folder: Path, voice: Synthesiser, texts: Mapping[str, str]) -> None:
    """Render all sentences as a set for `moments bench`, with half a second of silence before and after."""
    lines = []
    for number, (text, intent) in enumerate([*texts.items(), *((text, None) for text in EVERYDAY)]):
        name = f"{number:03} {text}.wav"
        clip = voice.render(text)
        Clip(np.pad(clip.samples, clip.rate // 2), clip.rate).write(folder / name)
        lines.append(json.dumps({"audio": name, "intent": intent}, ensure_ascii=False))
    (folder / "manifest.jsonl").write_text("\n".join(lines), encoding="utf-8")


def _walk(graph: WordGraph, chance: random.Random) -> tuple[list[str], str]:
    """Walk at random from the start to an end; ending is as likely as each way on."""
    node = 0
    words: list[str] = []
    while True:
        ways = sorted(graph.arcs[node].items())
        if graph.tags[node] and chance.randint(0, len(ways)) == 0:
            (intent,) = graph.tags[node]
            return words, intent
        word, node = chance.choice(ways)
        words.append(word)


if __name__ == "__main__":
    main()
