"""What takes long is found out once, and anew when something changed."""

from pathlib import Path

import pytest

from voice.storage.disk_cache import disk_cached


class Oracle:
    """Answers, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self) -> list[int]:
        """Return another answer each time."""
        self.asked += 1
        return [self.asked]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "micro-moments"


def test_the_same_is_found_once(cache: Path) -> None:
    """As long as nothing changed that it depends on, the first answer stands, for its owner's eyes alone."""
    oracle = Oracle()
    assert [disk_cached("kind", [b"a", b"bc"], oracle.answer) for _ in range(3)] == [[1], [1], [1]]
    assert disk_cached("kind", [b"ab", b"c"], oracle.answer) == [2]
    assert {path.stat().st_mode & 0o777 for path in (cache / "kind").iterdir()} == {0o600}


def test_what_is_broken_is_found_anew(cache: Path) -> None:
    """A damaged answer in the cache is no answer."""
    oracle = Oracle()
    disk_cached("kind", [b"a"], oracle.answer)
    (kept,) = (cache / "kind").iterdir()
    kept.write_text("[1,")
    assert disk_cached("kind", [b"a"], oracle.answer) == disk_cached("kind", [b"a"], oracle.answer) == [2]


def test_a_cache_that_cannot_be_written_costs_time_alone(cache: Path) -> None:
    """Where a file stands in its place, the answer comes all the same."""
    cache.write_text("no folder")
    assert disk_cached("kind", [b"a"], Oracle().answer) == [1]


def test_the_cache_does_not_grow_forever(cache: Path) -> None:
    """Of many answers, those used last stay."""
    oracle = Oracle()
    for number in range(30):
        disk_cached("kind", [b"first"], oracle.answer)
        disk_cached("kind", [bytes([number])], oracle.answer)
    assert len(list((cache / "kind").iterdir())) == 20
    assert disk_cached("kind", [b"first"], oracle.answer) == [1]
