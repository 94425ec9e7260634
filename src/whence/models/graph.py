"""What an ONNX file says of itself, read without the onnx package.

onnxruntime does not tell which labels a classifier knows, nor which operation ends a graph. The
file does: it is protobuf, and a reader of the few fields we need is shorter than a dependency.
Field numbers are those of onnx.proto (ModelProto 2, 7; GraphProto 1, 12; NodeProto 1, 2, 4, 5;
AttributeProto 1, 8, 9; ValueInfoProto 1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final


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
        for node in reversed(self.nodes):
            if output in node.writes:
                if node.operation in {"Identity", "Cast", "Reshape", "Squeeze", "Flatten"}:
                    return self.writer(node.reads[0])
                return node.operation
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
    for field, value in _fields(raw):
        if field == 2 and isinstance(value, bytes):
            producer = value.decode(errors="replace")
        if field == 7 and isinstance(value, bytes):
            nodes = [_node(v) for f, v in _fields(value) if f == 1 and isinstance(v, bytes)]
    return Graph(producer, tuple(nodes))


def _node(raw: bytes) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: []}
    labels: tuple[object, ...] = ()
    for field, value in _fields(raw):
        if not isinstance(value, bytes):
            continue
        if field in texts:
            texts[field].append(value.decode(errors="replace"))
        elif field == 5:
            labels = _labels(value) or labels
    return Node("".join(texts[4]), tuple(texts[1]), tuple(texts[2]), labels)


def _labels(raw: bytes) -> tuple[object, ...]:
    """The labels of a `classlabels_*` attribute."""
    name, words, whole = "", [], []
    for field, value in _fields(raw):
        if field == 1 and isinstance(value, bytes):
            name = value.decode(errors="replace")
        elif field == 9 and isinstance(value, bytes):
            words.append(value.decode(errors="replace"))
        elif field == 8:
            whole += [value] if isinstance(value, int) else list(_packed(value))
    if not name.startswith("classlabels"):
        return ()
    return tuple(words) or tuple(v - 2**64 if v >= 2**63 else v for v in whole)


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
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


def _packed(raw: bytes) -> Iterator[int]:
    at = 0
    while at < len(raw):
        value, at = _varint(raw, at)
        yield value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while at < len(raw) and shift < 70:
        value |= (raw[at] & 0x7F) << shift
        if raw[at] < 0x80:
            return value, at + 1
        at, shift = at + 1, shift + 7
    raise ValueError("not a protobuf message")
