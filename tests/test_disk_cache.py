"""The disk cache: a result is computed once, and again when an input changes."""

from pathlib import Path

import pytest

from voice.storage.disk_cache import disk_cached


class Counter:
    """Computes a new result at each call."""

    def __init__(self) -> None:
        self.calls = 0

    def compute(self) -> list[int]:
        """Return the number of calls."""
        self.calls += 1
        return [self.calls]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "micro-moments"


def test_a_result_is_computed_once(cache: Path) -> None:
    """For the same inputs the first result is returned, from a private file."""
    counter = Counter()
    assert [disk_cached("kind", [b"a", b"bc"], counter.compute) for _ in range(3)] == [[1], [1], [1]]
    assert disk_cached("kind", [b"ab", b"c"], counter.compute) == [2]
    assert {path.stat().st_mode & 0o777 for path in (cache / "kind").iterdir()} == {0o600}


def test_a_damaged_result_is_computed_again(cache: Path) -> None:
    """A damaged file counts as a miss."""
    counter = Counter()
    disk_cached("kind", [b"a"], counter.compute)
    (kept,) = (cache / "kind").iterdir()
    kept.write_text("[1,")
    assert disk_cached("kind", [b"a"], counter.compute) == disk_cached("kind", [b"a"], counter.compute) == [2]


def test_a_cache_that_cannot_be_written_is_no_error(cache: Path) -> None:
    """With a file in the place of its folder, the result is computed all the same."""
    cache.write_text("no folder")
    assert disk_cached("kind", [b"a"], Counter().compute) == [1]


def test_the_cache_does_not_grow_forever(cache: Path) -> None:
    """Of many results, those used last stay."""
    counter = Counter()
    for number in range(30):
        disk_cached("kind", [b"first"], counter.compute)
        disk_cached("kind", [bytes([number])], counter.compute)
    assert len(list((cache / "kind").iterdir())) == 20
    assert disk_cached("kind", [b"first"], counter.compute) == [1]
