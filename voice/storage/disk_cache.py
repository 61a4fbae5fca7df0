"""A disk cache for the results of slow computations."""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from voice.errors import MomentsError
from voice.storage.files import write_private
from voice.storage.paths import user_cache

__all__ = ["disk_cached"]

log = logging.getLogger(__name__)

_KEPT = 20  # results of a kind: a few packs, before and after an edit


def disk_cached(kind: str, depends_on: Iterable[bytes], compute: Callable[[], Any], kept: int = _KEPT) -> Any:  # noqa: ANN401 - any JSON
    """Return the cached result for the same inputs, else compute it and cache it.

    A cache that cannot be read or written costs time, nothing else.

    Args:
        kind: the name of the cache's folder.
        depends_on: all inputs of the result; files as their bytes.
        compute: computes the result, plain JSON.
        kept: how many results of this kind are kept, those used last.
    """
    digest = hashlib.sha256()
    for part in depends_on:
        digest.update(len(part).to_bytes(8, "big") + part)
    path = user_cache() / kind / f"{digest.hexdigest()[:32]}.json"
    try:
        result = json.loads(path.read_bytes())
        os.utime(path)  # the results used last stay
        return result  # noqa: TRY300 - what follows handles a miss
    except (OSError, ValueError, RecursionError) as error:
        log.debug("cache miss for %s: %s", kind, error)
    result = compute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, json.dumps(result, ensure_ascii=False).encode())
        _delete_oldest(path.parent, kept)
    except (OSError, MomentsError) as error:
        log.debug("%s cannot be cached: %s", kind, error)
    return result


def _delete_oldest(folder: Path, kept: int) -> None:
    newest_first = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[kept:]:
        path.unlink(missing_ok=True)
