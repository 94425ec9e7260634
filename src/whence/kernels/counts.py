"""How many background rows have each pattern, twig by twig."""

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Int, UInt
from whence.kernels.compiled import compiled, spread_ranges
from whence.kernels.patterns import ROWS, see, seeing
from whence.kernels.twigs import Twigs

_APART = 4  # tallies kept side by side, so that equal neighbours do not wait for each other


@compiled
def count_tree(steps, looks, table, depth, codes, tally, counts):
    """Add the rows with each pattern of one tree, whose steps these are.

    table: of its twigs. tally: where each row counts. counts: [tallies, patterns of the tree].
    """
    features, rows = codes.shape
    twigs = len(table) - 1
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
            begin = np.uintp(table[at] - table[0])
            for r in range(n):
                counts[np.uintp(tally[start + r]), begin + np.uintp(seen[at, r])] += 1


@compiled
def _count(
    first, end, steps, first_step, first_twig, looks, table, depth, codes, tally, apart, counts
):
    for t in range(first, end):
        own = table[first_twig[t] : first_twig[t + 1] + 1]
        mine = np.zeros((apart, own[-1] - own[0]), np.int32)
        count_tree(steps[first_step[t] : first_step[t + 1]], looks, own, depth, codes, tally, mine)
        for pattern in range(mine.shape[1]):
            for v in range(apart):
                counts[own[0] + pattern] += mine[v, pattern]


def count(
    twigs: Twigs, ensemble: TreeEnsemble, codes: UInt[np.ndarray, "features rows"]
) -> Int[np.ndarray, " patterns"]:
    """Rows with each pattern, of all trees."""
    counts = np.zeros(twigs.table[-1], np.int32)
    tally = (np.arange(codes.shape[1]) % _APART).astype(np.uint8)
    steps = (twigs.steps, twigs.first_step, twigs.first_twig)
    rest = (seeing(twigs, ensemble), twigs.table, twigs.depth, codes, tally, _APART, counts)
    spread_ranges(lambda first, end: _count(first, end, *steps, *rest), len(twigs.trees))
    return counts
