"""Interactions in trees too wide for patterns: each explained row against each background row.

A leaf that a mixture of the two reaches is a game of the players who had to choose it, whose
interactions are known in closed form (see `mixtures`).
"""

from typing import Any

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int
from whence.kernels.compiled import spread
from whence.kernels.meeting import column, meeting_in
from whence.kernels.mixtures import mixtures
from whence.kernels.nodes import deciding
from whence.kernels.twigs import nodes_of


def cubes(
    ensemble: TreeEnsemble,
    owner: Int[np.ndarray, " features"],
    trees: Int[np.ndarray, " trees"],
    weights: Float[np.ndarray, "_ _"],
    codes: np.ndarray,
    pool: np.ndarray,
    pairs: Int[np.ndarray, "pairs 2"],
    total: Float[np.ndarray, "rows outputs pairs"],
) -> int:
    """Add what these trees give to each row's pairs of players, on the mean over the pool.

    Args:
        ensemble: where the trees are.
        owner: which player each feature belongs to.
        trees: which of them.
        weights: [m, s], the index's weight of a coalition of s among m players.
        codes: of the rows to explain, [rows, features] (see `by_row`).
        pool: of the background, likewise.
        pairs: all that meet, in order.
        total: what is added to.

    Returns:
        How many nodes were looked at: what it cost.
    """
    looked, nodes = 0, nodes_of(ensemble)
    for tree in trees:
        here = meeting_in(ensemble, owner, int(tree), int(nodes[tree]))
        if len(here):
            columns = column(pairs, here)
            looked += _one(ensemble, owner, int(tree), weights, codes, pool, here, columns, total)
    return looked


def _one(
    ensemble: TreeEnsemble,
    owner: np.ndarray,
    tree: int,
    weights: np.ndarray,
    codes: np.ndarray,
    pool: np.ndarray,
    here: np.ndarray,
    columns: np.ndarray,
    total: np.ndarray,
) -> int:
    """As `cubes`, with the tree's own pairs, and their columns."""
    players, ends = np.unique(here, return_inverse=True)
    ends = ends.reshape(here.shape)
    place = np.zeros(int(owner.max()) + 1, np.int64)
    place[players] = np.arange(len(players))
    slot = np.zeros((len(players), len(players)), np.int64)
    slot[ends[:, 0], ends[:, 1]] = slot[ends[:, 1], ends[:, 0]] = np.arange(len(here))
    looked = np.zeros(len(codes), np.int64)
    form: tuple[Any, ...] = deciding(ensemble)
    form += (ensemble.left, ensemble.right, place[owner], ensemble.value, weights, slot)
    start = (ensemble.root[tree : tree + 1], ensemble.target[tree : tree + 1])

    def row(r: int) -> None:
        mine = np.zeros((1, total.shape[1], len(here)))
        looked[r] = mixtures(*start, *form, codes[r : r + 1], pool, mine)
        total[r][:, columns] += mine[0] / len(pool)

    spread(row, range(len(codes)))
    return int(looked.sum())
