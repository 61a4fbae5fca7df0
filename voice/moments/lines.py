"""The lines of a pack, with a different variant each time."""

import random
from collections.abc import Mapping

__all__ = ["Lines"]


class Lines:
    """Picks one variant of a line, preferring those that have not been said lately.

    Args:
        responses: the variants of each line, by key.
        chance: picks among variants.
    """

    def __init__(self, responses: Mapping[str, tuple[str, ...]], chance: random.Random) -> None:
        self._responses = responses
        self._chance = chance
        self._said: dict[str, list[str]] = {}

    def pick(self, key: str) -> str:
        """Return a variant: none comes again before all have been said, and none twice in a row."""
        variants = self._responses[key]
        said = self._said.setdefault(key, [])
        fresh = [variant for variant in variants if variant not in said]
        if not fresh:
            fresh = [variant for variant in variants if variant != said[-1]] or list(variants)
            said.clear()
        said.append(self._chance.choice(fresh))
        return said[-1]
