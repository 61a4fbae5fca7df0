"""What takes long to find out, kept in the cache until what it depends on changes."""

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

_MOST = 20  # answers of a kind: a few packs, before and after an edit


def disk_cached(kind: str, depends_on: Iterable[bytes], find: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return what `find` returned before for the same bytes, else what it returns now.

    A cache that cannot be read or written costs time, and nothing else.

    Args:
        kind: the folder in the cache.
        depends_on: all that the answer depends on; files as their bytes.
        find: finds the answer, plain JSON.
    """
    digest = hashlib.sha256()
    for part in depends_on:
        digest.update(len(part).to_bytes(8, "big") + part)
    path = user_cache() / kind / f"{digest.hexdigest()[:32]}.json"
    try:
        answer = json.loads(path.read_bytes())
        os.utime(path)  # so that what is used stays
        return answer  # noqa: TRY300 - what follows is for who has no answer yet
    except (OSError, ValueError) as error:
        log.debug("%s is found out anew: %s", kind, error)
    answer = find()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, json.dumps(answer, ensure_ascii=False).encode())
        _forget_oldest(path.parent)
    except (OSError, MomentsError) as error:
        log.debug("%s cannot be kept: %s", kind, error)
    return answer


def _forget_oldest(folder: Path) -> None:
    newest_first = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[_MOST:]:
        path.unlink(missing_ok=True)
