"""What an ONNX file says of itself, read without the onnx package.

onnxruntime does not tell which labels a classifier knows, nor which operation ends a graph, nor
which other files its weights lie in. The file does: it is protobuf, and a reader of the few fields
we need is shorter than a dependency. Field numbers are those of onnx.proto.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, final

_PASSES = {"Identity", "Cast", "Reshape", "Squeeze", "Flatten"}
_DEEPEST = 64  # graphs in nodes of graphs
_Field: TypeAlias = tuple[int, int | memoryview]


@final
@dataclass(frozen=True, slots=True)
class Node:
    """An operation: what it reads, what it writes, and the labels that it names."""

    operation: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    labels: tuple[object, ...]


@final
@dataclass(frozen=True, slots=True)
class Graph:
    """Who made the file, and its operations."""

    producer: str
    nodes: tuple[Node, ...]

    def labels(self) -> tuple[object, ...] | None:
        """The labels of the classifier in the graph: those of the last node that names any."""
        named = [n.labels for n in self.nodes if n.labels]
        return named[-1] if named else None

    def writer(self, output: str) -> str:
        """The operation that writes this output, past casts, reshapes and copies."""
        for node in reversed(self.nodes):  # in the order of a graph: writers before readers
            if output in node.writes:
                if node.operation not in _PASSES or not node.reads:
                    return node.operation
                output = node.reads[0]
        return ""

    def regresses(self) -> bool:
        """Whether some operation is a regressor of ai.onnx.ml."""
        return any(n.operation.endswith("Regressor") for n in self.nodes)


def graph(raw: bytes) -> Graph:
    """Read the operations of a model.

    Raises:
        ValueError: not protobuf.
    """
    producer, nodes = "", []
    for field, value in _fields(memoryview(raw)):
        if field == 2 and isinstance(value, memoryview):
            producer = _text(value)
        if field == 7 and isinstance(value, memoryview):
            nodes += [_node(v) for f, v in _fields(value) if f == 1 and isinstance(v, memoryview)]
    return Graph(producer, tuple(nodes))


def external_files(raw: bytes) -> tuple[str, ...]:
    """The names of the files in which a model keeps weights, as the model has them, each once.

    Raises:
        ValueError: not protobuf, or nested too deeply.
    """
    names = dict.fromkeys(_external(memoryview(raw), "model", 0))
    return tuple(names)


_INSIDE = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}


def _external(raw: memoryview, kind: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ValueError(f"graphs are nested more than {_DEEPEST} deep")
    if kind == "tensor":
        yield from _locations(raw)
        return
    inside = _INSIDE[kind]
    for field, value in _fields(raw):
        if field in inside and isinstance(value, memoryview):
            yield from _external(value, inside[field], depth + 1)


def _locations(raw: memoryview) -> Iterator[str]:
    """Where a tensor's values lie, if they are in another file."""
    names, outside = [], False
    for field, value in _fields(raw):
        if field == 14:
            outside = outside or value == 1
        elif field == 13 and isinstance(value, memoryview):
            pair = {f: _text(v) for f, v in _fields(value) if isinstance(v, memoryview)}
            if pair.get(1) == "location":
                names.append(pair.get(2, ""))
    if outside:
        yield from names or [""]


def _text(value: memoryview) -> str:
    return bytes(value).decode(errors="replace")


def _node(raw: memoryview) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: []}
    labels: tuple[object, ...] = ()
    for field, value in _fields(raw):
        if not isinstance(value, memoryview):
            continue
        if field in texts:
            texts[field].append(_text(value))
        elif field == 5:
            labels = _labels(value) or labels
    return Node("".join(texts[4]), tuple(texts[1]), tuple(texts[2]), labels)


def _labels(raw: memoryview) -> tuple[object, ...]:
    """The labels of a `classlabels_*` attribute."""
    name, words, whole = "", [], []
    for field, value in _fields(raw):
        if field == 1 and isinstance(value, memoryview):
            name = _text(value)
        elif field == 9 and isinstance(value, memoryview):
            words.append(_text(value))
        elif field == 8:
            whole += [value] if isinstance(value, int) else list(_packed(value))
    if not name.startswith("classlabels"):
        return ()
    return tuple(words) or tuple(v - 2**64 if v >= 2**63 else v for v in whole)


def _fields(raw: memoryview) -> Iterator[_Field]:
    """Each field of a message: its number and its value."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(raw, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(wire)
        if wire == 2:
            size, at = _varint(raw, at)
        if size is None or at + size > len(raw):
            raise ValueError("not a protobuf message")
        yield key >> 3, raw[at : at + size]
        at += size


def _packed(raw: memoryview) -> Iterator[int]:
    at = 0
    while at < len(raw):
        value, at = _varint(raw, at)
        yield value


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while at < len(raw) and shift < 70:
        value |= (raw[at] & 0x7F) << shift
        if raw[at] < 0x80:
            return value, at + 1
        at, shift = at + 1, shift + 7
    raise ValueError("not a protobuf message")
