"""The embedding model's graph, changed so that it looks up a sentence's word pieces before it scales them.

As shipped, the model turns its whole table of 30,522 word pieces from int8 into float32 for each sentence, which takes
90 MB and nine tenths of the time. Gathering the rows first gives the same numbers. ONNX files are Protocol Buffers
(onnx.proto3); the few fields that matter here are read without the `onnx` package, which is larger than the model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from voice.errors import SystemFailure

__all__ = ["gathered_first"]

_Bytes: TypeAlias = bytes | memoryview

_GRAPH = 7  # ModelProto.graph
_NODE = 1  # GraphProto.node
_INPUT, _OUTPUT, _OPERATOR = 1, 2, 4  # NodeProto.input, .output, .op_type
_VARINT, _EIGHT_BYTES, _DELIMITED, _FOUR_BYTES = 0, 1, 2, 5  # wire types


@dataclass(frozen=True)
class _Node:
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: bytes  # all other fields, as they are in the file


def gathered_first(model: bytes, indices: str) -> list[_Bytes]:
    """Return a model, in pieces, that casts and multiplies only the rows of a table that its `indices` choose.

    Args:
        model: an ONNX file with `Gather(Mul(Cast(table), scale), indices)`.
        indices: the name of the input with the rows.

    Raises:
        SystemFailure: the model has no such operations.
    """
    before, after, graph = list[_Bytes](), list[_Bytes](), memoryview(b"")
    for number, value, raw in _fields(memoryview(model)):
        if number == _GRAPH:
            graph = value
        else:
            (after if graph else before).append(raw)
    pieces = list(_rewritten(graph, indices))
    return [*before, _tag(_GRAPH), _varint(sum(map(len, pieces))), *pieces, *after]


def _rewritten(graph: memoryview, indices: str) -> Iterator[_Bytes]:
    """Yield the fields of a graph, with the operations on the table in their new order."""
    nodes = [_node(value) for number, value, _ in _fields(graph) if number == _NODE]
    made_by = {output: node for node in nodes for output in node.outputs}
    gather = next((node for node in nodes if node.operator == "Gather" and node.inputs[1] == indices), None)
    scaled = made_by.get(gather.inputs[0]) if gather else None
    cast = made_by.get(scaled.inputs[0]) if scaled else None
    if gather is None or scaled is None or cast is None or (scaled.operator, cast.operator) != ("Mul", "Cast"):
        raise SystemFailure("the embedding model does not look up its word pieces as expected: run script/setup again")
    rows, row_scales, row_values = "chosen_rows", "chosen_scales", "chosen_values"
    yield from _written(_Node("Gather", (cast.inputs[0], indices), (rows,), gather.attributes))
    yield from _written(_Node("Gather", (scaled.inputs[1], indices), (row_scales,), gather.attributes))
    yield from _written(_Node("Cast", (rows,), (row_values,), cast.attributes))
    yield from _written(_Node("Mul", (row_values, row_scales), gather.outputs, scaled.attributes))
    for number, value, raw in _fields(graph):
        if number != _NODE or _node(value) not in {gather, scaled, cast}:
            yield raw


def _node(message: memoryview) -> _Node:
    fields = list(_fields(message))
    texts = {
        kind: tuple(bytes(value).decode() for number, value, _ in fields if number == kind)
        for kind in (_INPUT, _OUTPUT, _OPERATOR)
    }
    others = b"".join(bytes(raw) for number, _, raw in fields if number > _OPERATOR)  # without the node's name
    return _Node(texts[_OPERATOR][0], texts[_INPUT], texts[_OUTPUT], others)


def _written(node: _Node) -> Iterator[bytes]:
    """Yield the bytes of a node as a field of its graph."""
    texts = [*((_INPUT, name) for name in node.inputs), *((_OUTPUT, name) for name in node.outputs)]
    content = b"".join(_delimited(number, text.encode()) for number, text in [*texts, (_OPERATOR, node.operator)])
    yield _delimited(_NODE, content + node.attributes)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Yield the number of each field, its value if that is delimited (empty otherwise), and all its bytes."""
    place = 0
    while place < len(message):
        start = place
        key, place = _read_varint(message, place)
        number, kind = key >> 3, key & 7
        value = message[:0]
        if kind == _VARINT:
            _, place = _read_varint(message, place)
        elif kind == _DELIMITED:
            length, place = _read_varint(message, place)
            value = message[place : place + length]
            place += length
        else:
            place += {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
        yield number, value, message[start:place]


def _read_varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return a number, seven bits a byte and the lowest ones first, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:  # noqa: PLR2004 - the highest bit says that more follow
            return value, place


def _varint(value: int) -> bytes:
    content = bytearray()
    while value > 127:  # noqa: PLR2004 - as above
        content.append(value & 127 | 128)
        value >>= 7
    return bytes([*content, value])


def _tag(number: int) -> bytes:
    return _varint(number << 3 | _DELIMITED)


def _delimited(number: int, content: bytes) -> bytes:
    return _tag(number) + _varint(len(content)) + content
