"""How many background rows have each pattern, twig by twig."""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Int, UInt
from whence.kernels.compiled import compiled, spread
from whence.kernels.patterns import ROWS, see, seeing
from whence.kernels.twigs import Twigs

_APART = 4  # tallies kept side by side, so that equal neighbours do not wait for each other


@compiled
def _count(steps, looks, table, depth, twigs, first, codes, tally, counts):
    features, rows = codes.shape
    block = np.empty((features, ROWS), codes.dtype)
    left = np.empty(ROWS, np.uint8)
    pattern = np.empty((depth + 1, ROWS), np.uint16)
    seen = np.empty((twigs, ROWS), np.uint16)
    for start in range(0, rows, ROWS):
        n = min(ROWS, rows - start)
        for j in range(features):
            for r in range(n):
                block[j, r] = codes[j, start + r]
        see(n, steps, *looks, block, left, pattern, seen)
        for at in range(twigs):
            begin = np.uintp(table[first + at])
            for r in range(n):
                counts[np.uintp(tally[start + r]), begin + np.uintp(seen[at, r])] += 1


def count(
    twigs: Twigs, ensemble: TreeEnsemble, codes: UInt[np.ndarray, "features rows"]
) -> Int[np.ndarray, " patterns"]:
    """Rows with each pattern."""
    apart = count_apart(twigs, ensemble, codes, np.arange(codes.shape[1]) % _APART, _APART)
    return np.asarray(apart.sum(axis=0, dtype=np.int32))


def count_apart(
    twigs: Twigs,
    ensemble: TreeEnsemble,
    codes: UInt[np.ndarray, "features rows"],
    tally: Int[np.ndarray, " rows"],
    tallies: int,
) -> Int[np.ndarray, "tallies patterns"]:
    """Rows with each pattern, in several tallies: each row counts in its own."""
    counts = np.zeros((tallies, twigs.table[-1]), dtype=np.int32)
    looks, into = seeing(twigs, ensemble), tally.astype(np.uint8)

    def tree(t: int) -> None:
        steps = twigs.steps[twigs.first_step[t] : twigs.first_step[t + 1]]
        first, last = twigs.first_twig[t], twigs.first_twig[t + 1]
        if first < last:
            where = (twigs.table, twigs.depth, last - first, first)
            _count(steps, looks, *where, codes, into, counts)

    spread(tree, range(len(twigs.wide)))
    return counts
