"""Where the nodes of a circuit stand: layers from bottom to top, heads by their numbers.

Names such as "2.5" (layer and head) and "mlp 2" say where they belong. What only writes enters
below, what only reads leaves above, both as wide as the picture, so that most edges to and from
them stand upright. If other names say nothing of layers, a node stands above all that it reads.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence.report.edges import Edge
from whence.report.pictures.placing import spread

_HEAD = re.compile(r"(\d+)\.(\d+)")
_BLOCK = re.compile(r"\D*?(\d+)\D*")
_BOX, _GAP = 0.075, 0.085  # of the picture's width: a node, and from one to the next
_TALL = 0.44  # of a row


@final
@dataclass(frozen=True, slots=True)
class Place:
    """A node's box: its middle, its size, and the channels by which it is read.

    `x` and `width` are shares of the picture's width, `y` and `height` rows from the bottom.
    """

    x: float
    y: float
    width: float
    height: float
    channels: tuple[str, ...]

    @property
    def letters(self) -> int:
        """Letters that its name may have."""
        return max(int(self.width * 100), 6)

    def port(self, channel: str) -> float:
        """Where an edge by this channel ends."""
        if channel not in self.channels:
            return self.x
        at = (self.channels.index(channel) + 0.5) / len(self.channels) - 0.5
        return self.x + at * min(self.width, _BOX) * 0.9

    def nearest(self, x: float) -> float:
        """The point of a wide box that is nearest to another node."""
        room = max(self.width / 2 - 0.02, 0.0)
        return float(np.clip(x, self.x - room, self.x + room))


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """All places, and how many rows they take."""

    places: Mapping[str, Place]
    rows: int

    def ends(self, edge: Edge) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where an edge begins, at the top of a box, and where it ends, at the foot of another."""
        a, b = self.places[edge.source], self.places[edge.target]
        end = b.port(edge.channel)
        if b.width > _BOX:
            end = b.nearest(a.x)
        start = a.nearest(end) if a.width > _BOX else a.x
        if min(a.width, b.width) > _BOX:
            start = end = 0.01  # past all others
        return (start, a.y + a.height / 2), (end, b.y - b.height / 2)

    def bend(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """How far an edge bends, so that a long upright one passes the nodes between."""
        (x0, y0), (x1, y1) = start, end
        if y1 - y0 < 1.0 or (x0 < 0.02 and x1 < 0.02):
            return 0.0
        between = [p for p in self.places.values() if y0 < p.y < y1 and p.width <= _BOX]
        along = ((p.x - x0 - (x1 - x0) * (p.y - y0) / (y1 - y0), p) for p in between)
        hit = [off for off, p in along if abs(off) < 0.6 * p.width]
        return 0.0 if not hit else 0.12 if np.mean(hit) >= 0 else -0.12


def layout(shown: Sequence[Edge]) -> Layout:
    """Places for the nodes that these edges join."""
    writers = dict.fromkeys(e.source for e in shown)
    readers = dict.fromkeys(e.target for e in shown)
    names = list(dict.fromkeys([*writers, *readers]))
    first = [n for n in names if n not in readers and not _HEAD.fullmatch(n) and _layer(n) is None]
    last = [n for n in names if n not in writers and not _HEAD.fullmatch(n) and _layer(n) is None]
    inner = [n for n in names if n not in first and n not in last]
    floors = _floors(inner, shown)
    channels = {n: _channels(n, shown) for n in names}
    places, y = _wide(first, 0.0), 1.0 if first else 0.0
    for floor in sorted(set(floors.values())):
        here = sorted((n for n in inner if floors[n] == floor), key=_across)
        lines = -(-len(here) // int(1 / _GAP))
        wanted = np.array([_wanted(n, inner) for n in here])
        for line in range(lines):
            part = slice(line, None, lines)
            for name, x in zip(here[part], _apart(wanted[part]), strict=True):
                tall = _TALL * (1.4 if channels[name] else 1.0)
                places[name] = Place(float(x), y + line, _BOX, tall, channels[name])
        y += lines
    places |= _wide(last, y)
    return Layout(places, int(y) + bool(last))


def _apart(wanted: np.ndarray) -> np.ndarray:
    """Boxes that do not touch, inside the picture."""
    at = spread(wanted, _GAP)
    if not len(at):
        return at
    low, high = at.min() - _BOX / 2, at.max() + _BOX / 2
    return np.asarray(at + max(0.0 - low, 0.0) - max(high - 1.0, 0.0))


def _wide(names: list[str], y: float) -> dict[str, Place]:
    share = 1.0 / max(len(names), 1)
    return {n: Place((i + 0.5) * share, y, share - 0.01, _TALL, ()) for i, n in enumerate(names)}


def _channels(name: str, shown: Sequence[Edge]) -> tuple[str, ...]:
    """By which a node is read: queries, keys, values, then others; none where it has one way in."""
    found = {e.channel for e in shown if e.target == name} - {"", "in"}
    return tuple(sorted(found, key=lambda c: ("qkv".find(c) % 4, c)))


def _layer(name: str) -> int | None:
    found = _HEAD.fullmatch(name) or _BLOCK.fullmatch(name)
    return int(found[1]) if found else None


def _across(name: str) -> tuple[bool, int, str]:
    """Heads by number, then all others."""
    head = _HEAD.fullmatch(name)
    return (not head, int(head[2]) if head else 0, name)


def _wanted(name: str, inner: list[str]) -> float:
    """A head's share of the width, by its number among all; others on the right."""
    head = _HEAD.fullmatch(name)
    found = [int(h[2]) for n in inner if (h := _HEAD.fullmatch(n))]
    if not head:
        return 0.94 if found else 0.5
    return 0.06 + 0.78 * int(head[2]) / max(*found, 1)


def _floors(inner: list[str], shown: Sequence[Edge]) -> dict[str, float]:
    """The layer of each node, MLPs half a layer higher; or how many nodes lead to it."""
    layers = {n: _layer(n) for n in inner}
    if all(at is not None for at in layers.values()):
        return {n: (layers[n] or 0) + (0.0 if _HEAD.fullmatch(n) else 0.5) for n in inner}
    depth = dict.fromkeys(inner, 0.0)
    for _ in inner:  # enough for the longest way; a circle just ends
        for e in shown:
            if e.source in depth and e.target in depth and e.source != e.target:
                depth[e.target] = min(max(depth[e.target], depth[e.source] + 1), len(inner))
    return depth
