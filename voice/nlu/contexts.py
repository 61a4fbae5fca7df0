"""Contexts: when a sentence counts."""

from typing import Any, Literal, TypeAlias, get_args

from voice.errors import InputError

__all__ = [
    "ADDRESSED",
    "ANYTIME",
    "ASLEEP",
    "CONSENT",
    "CORRECTION",
    "SCENE",
    "Part",
    "asked",
    "contexts_of",
    "is_open",
    "opened",
    "together_with",
]

ANYTIME = "anytime"
ADDRESSED = "addressed"
"""Short requests that are common in talk: they count where it is clear that they are meant for the assistant."""
SCENE = "scene"
ASLEEP = "asleep"
CONSENT = "forget.sure"
"""The name of the question before everything is erased: nothing but a plain yes is one."""
CORRECTION = "change.corrected"
"""The name of the question that stays open for a moment after a change."""
Part: TypeAlias = Literal["before", "within", "after", "unless", "unread", "torn", "recurring"]
"""A part of a request with an open value; see `voice.nlu.open_values`."""
_PARTS: tuple[Part, ...] = get_args(Part)
_OPEN = "open:"


def asked(name: str) -> str:
    """Return the context of the answers to the question `name`."""
    return f"ask:{name}"


def opened(slot: str, part: Part) -> str:
    """Return the context of a part of the requests with an open value in `slot`."""
    return f"{_OPEN}{slot}:{part}"


def is_open(context: str) -> bool:
    """Return whether a context is a part of the requests with an open value."""
    return context.startswith(_OPEN)


def together_with(context: str) -> tuple[str, ...]:
    """Return a context with those that are valid at the same time."""
    return (context, *{ANYTIME: (), ADDRESSED: (ANYTIME,)}.get(context, (SCENE,)))


def contexts_of(required: dict[str, Any], place: str) -> frozenset[str]:
    """Read `requires_context`: nothing, `scene`, `asleep` or `addressed: true`, `ask: NAME`, or a part of `open`."""
    match list(required.items()):
        case []:
            return frozenset({ANYTIME})
        case [("scene" | "asleep" | "addressed" as name, True)]:
            return frozenset({{"scene": SCENE, "asleep": ASLEEP}.get(name, ADDRESSED)})
        case [("open", str(slot)), ("part", part)] if part in _PARTS:
            return frozenset({opened(slot, part)})
        case [("ask", str(name))]:
            return frozenset({asked(name)})
        case [("ask", [*names])] if names:
            return frozenset(asked(str(name)) for name in names)
    raise InputError(
        f"{place}: requires_context {required} is unknown: use scene: true, asleep: true, addressed: true, or ask: NAME"
    )
