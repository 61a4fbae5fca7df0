"""Graphs on disk: they are the same as those that were compiled, and any change makes another."""

import shutil
from pathlib import Path

import pytest

from voice.nlu.contexts import ANYTIME
from voice.nlu.sentences import load_sentences
from voice.storage.paths import data_folder


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the English pack, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(data_folder("intents") / "en", tmp_path / "en")


def test_a_graph_from_the_disk_is_the_same(pack: Path, tmp_path: Path) -> None:
    """The graph that the next start reads equals the one that was compiled."""
    compiled = load_sentences(pack).scope(ANYTIME).graph
    other = shutil.copytree(pack, tmp_path / "other")
    assert len(list((tmp_path / "cache" / "micro-moments" / "graphs").iterdir())) == 1
    assert load_sentences(other).scope(ANYTIME).graph == compiled
    assert len(list((tmp_path / "cache" / "micro-moments" / "graphs").iterdir())) == 1


def test_what_is_the_same_is_in_memory_once(pack: Path, tmp_path: Path) -> None:
    """A graph from the disk shares its numbers and tags: the graphs of all contexts fit into a small machine."""
    load_sentences(pack).scope(ANYTIME).graph  # noqa: B018 - compiled, and written
    graph = load_sentences(shutil.copytree(pack, tmp_path / "other")).scope(ANYTIME).graph
    targets = [target for row in graph.arcs for target in row.values()]
    assert len({id(target) for target in targets}) == len(set(targets)) < len(targets)
    assert len({id(tags) for tags in graph.tags}) == len(set(graph.tags))


def test_a_changed_pack_is_read_anew(pack: Path) -> None:
    """A sentence, and a value of a list, that are written while the program runs count at the next load."""
    before = load_sentences(pack).scope(ANYTIME).graph
    file = pack / "sentences" / "pause.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("sentences:", "sentences:\n          - try the new {pause_pattern}", 1)
    file.write_text(text, encoding="utf-8")
    between = load_sentences(pack).scope(ANYTIME).graph
    file.write_text(text.replace("(box|square)", "(box|square|triangle)"), encoding="utf-8")
    after = load_sentences(pack).scope(ANYTIME).graph
    box, triangle = ("try", "the", "new", "box"), ("try", "the", "new", "triangle")
    accepted = [[bool(graph.accepts(words)) for graph in (before, between, after)] for words in (box, triangle)]
    assert accepted == [[False, True, True], [False, False, True]]
