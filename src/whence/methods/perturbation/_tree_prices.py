"""What two ways to a sum of trees' values cost: the trees read, to the end, or the model asked.

Counted, so that the same question has the same price at each time: seconds on one core of a quiet
machine, by constants that were measured and only ever decide which way is taken.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.leaf_game import LeafGame

_SLACK = 1.5  # prices are right within a factor: trees that should just do it in time do not begin
_LEAST = 2  # walks of each row, without which nothing is known
_NODE, _FAR = 6e-9, 25e-9  # seconds: a node of a model's own tree passed, in cache and beyond
_CACHED = 2**17  # nodes that a cache holds
_LONG = 1.3  # a path in a tree, as a multiple of one in a balanced tree of as many leaves


@final
@dataclass(frozen=True, slots=True)
class Prices:
    """Seconds.

    Attributes:
        exact: exact values, on all cores that kernels may use.
        walk: the model asked about one walk of each row, on one core.
        rows: that are explained.
    """

    exact: float
    walk: float
    rows: int

    def why_not(self, seconds: float) -> str:
        """Why the trees are not read to the end in so many seconds; empty where they can be."""
        if _SLACK * self.exact <= seconds:
            return ""
        return (
            f"exact values of its trees should take about {self.exact:.2g} s here, and the budget "
            f"has {seconds:.3g} s: the model is asked instead"
        )

    def can_be_asked(self, seconds: float) -> bool:
        """Whether the model can be asked about each row in time."""
        return self.walk * _LEAST <= seconds

    def refusal(self, seconds: float) -> str:
        """That neither way ends in time, and what would."""
        best = min(_SLACK * self.exact, _LEAST * self.walk)
        pays = int(self.rows * seconds / best)
        digits = 10 ** max(len(str(pays)) - 2, 0)
        return (
            f"the values of {self.rows:,} rows should take about {best:.2g} s here and the budget "
            f"has {seconds:.3g} s: give more of them, or fewer rows (it pays for about "
            f"{pays // digits * digits:,})"
        )


def prices(game: LeafGame) -> Prices:
    """What both ways cost."""
    from whence.kernels.compiled import cores
    from whence.kernels.twigs import nodes_of
    from whence.kernels.values import Job, price

    few = Job.of(game.trees, game.owner, game.rows[:4], game.pool[:4])
    leaves = (nodes_of(game.trees) + 1) / 2
    node = _NODE if len(game.trees.feature) < _CACHED else _FAR
    row = node * _LONG * float(np.log2(np.maximum(leaves, 2)).sum())
    # in the end the model itself is asked about each row
    exact = price(few, len(game.rows), len(game.pool)) / cores() + row * len(game.rows)
    walk = len(game.rows) * (len(game.players) + 1) * row
    return Prices(exact, walk, len(game.rows))
