"""Trees too wide for patterns: each explained row against each background row.

A leaf that a mixture of the two reaches is a game of the players who had to choose it, whose index
is known in closed form (see `mixtures`). No depth makes this wrong.
"""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Float, Int, UInt
from whence.kernels.compiled import spread
from whence.kernels.mixtures import mixtures
from whence.kernels.nodes import deciding


def pairs(
    ensemble: TreeEnsemble,
    owner: Int[np.ndarray, " features"],
    trees: Int[np.ndarray, " trees"],
    weights: Float[np.ndarray, "_ _"],
    codes: UInt[np.ndarray, "rows features"],
    pool: UInt[np.ndarray, "members features"],
    total: Float[np.ndarray, "rows outputs players"],
) -> int:
    """Add what these trees give to each row's players, on the mean over the pool.

    Args:
        ensemble: where the trees are.
        owner: which player each feature belongs to.
        trees: which of them.
        weights: [m, s], the index's weight of a coalition of s among m players.
        codes: of the rows to explain, row by row.
        pool: of the background.
        total: what is added to.

    Returns:
        How many nodes were looked at: what it cost.
    """
    rest = (ensemble.left, ensemble.right, owner, ensemble.value, weights)
    roots, target = ensemble.root[trees], ensemble.target[trees]
    looked, nobody = np.zeros(len(codes), dtype=np.int64), np.empty((0, 0), dtype=np.int64)

    def row(r: int) -> None:
        mine = np.zeros((1, *total.shape[1:]))
        one = codes[r : r + 1]
        looked[r] = mixtures(roots, target, *deciding(ensemble), *rest, nobody, one, pool, mine)
        total[r] += mine[0] / len(pool)

    spread(row, range(len(codes)))
    return int(looked.sum())
