"""Edges of a network, strongest first: who writes, who reads, by which channel, and how much.

Channels are what a reader does with what it reads: a head has queries, keys and values.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.inside import picture_of, texts
from whence.report.numbers import clean, decimals, number, typeset
from whence.report.rows import Row, order, rows


@final
@dataclass(frozen=True, slots=True)
class Edge:
    """One edge.

    Attributes:
        source: who writes.
        target: who reads.
        channel: by which of its inputs; empty where nobody said.
        row: its number and interval.
        said: the same in digits, "0.31 ± 0.02".
    """

    source: str
    target: str
    channel: str
    row: Row
    said: str

    @property
    def unsure(self) -> bool:
        """The interval holds zero."""
        return self.row.sure and not self.row.apart


def edges(att: Attribution, output: int, most: int) -> tuple[Edge, ...]:
    """At most so many edges, the strongest first, averaged over cases; without those of no value.

    Raises:
        ResultError: these players are no edges, or no value is known.
    """
    if picture_of(att.players) != "circuit":
        raise ResultError(
            "a circuit is made of edges: players with names as `source` and `target`; the "
            f"{att.players.kind}s of this answer have none. att.plot('heads') or att.plot('bar') "
            "shows it"
        )
    every = rows(att, output)
    values = np.array([r.value for r in every])
    shown = [every[i] for i in order(values)[:most] if np.isfinite(values[i])]
    if not shown:
        raise ResultError(
            "no edge has a number, so there is nothing to draw: ask again with a larger budget"
        )
    columns = [texts(att.players, name) for name in ("source", "target", "channel")]
    places = decimals(np.array([r.value for r in shown]), np.array([r.stderr for r in shown]))
    named = [tuple(clean(c[r.player] or "") for c in columns) for r in shown]
    return tuple(
        Edge(source, _whose(target, channel), channel, r, _said(r, d))
        for (source, target, channel), r, d in zip(named, shown, places, strict=True)
    )


def _whose(target: str, channel: str) -> str:
    """The part that reads, where the name of what it reads by says the channel too.

    >>> _whose("1.0.k", "k"), _whose("mlp 1", "in")
    ('1.0', 'mlp 1')
    """
    return target.removesuffix(f".{channel}") if channel else target


def _said(row: Row, places: int) -> str:
    half = f" ± {number(row.half, places)}" if row.sure else ""
    return typeset(number(row.value, places)) + half
