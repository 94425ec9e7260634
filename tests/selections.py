"""A selection of two of three heads, with shares that are known."""

from dataclasses import replace

import numpy as np

from whence._core.attribution import Cost
from whence._core.players import Players
from whence._core.selection import Selection

COST = Cost(12, 12, 0, None, 0, 0.5)


def chosen(**changes):
    """Of a, b and c, a and b were chosen; two cases; v = 0 of nobody and 2, 4 of everybody."""
    less = np.full((2, 1, 3), np.nan)
    less[:, 0, 0], less[:, 0, 1] = [0.5, 1.0], [1.5, 3.0]
    given = Selection(
        players=Players(("a", "b", "c"), "head", columns={"layer": (0, 1, 1)}),
        chosen=np.array([True, True, False]),
        outputs=("worth",),
        method="circuit",
        worth=np.array([[1.8], [3.6]]),
        empty=np.zeros((2, 1)),
        full=np.array([[2.0], [4.0]]),
        without=np.array([[0.2], [0.1]]),
        less=less,
        order=("b", "c", "a"),
        path={
            "size": np.array([1.0, 2.0, 3.0]),
            "faithfulness": np.array([0.25, np.inf, 1.0]),
            "stderr": np.array([np.nan, 0.1, 0.0]),
        },
        held_out=2,
        converged=True,
        verdict="the first 3",
        cost=COST,
        provenance={"seed": 3},
    )
    return replace(given, **changes)


def edges(**changes):
    """Three edges of a small network, two of them chosen."""
    names = ("embed -> 0.0.v", "0.0 -> 1.0.k", "embed -> 1.0.q")
    columns = {
        "source": ("embed", "0.0", "embed"),
        "target": ("0.0", "1.0", "1.0"),
        "channel": ("v", "k", "q"),
    }
    order = (names[1], names[2], names[0])
    players = Players(names, "edge", columns=columns)
    return chosen(players=players, order=order, **changes)
