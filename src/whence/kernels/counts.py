"""How many background rows have each pattern, twig by twig."""

from typing import Any

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Int, UInt
from whence.kernels.compiled import compiled, spread_ranges
from whence.kernels.patterns import ROWS, see, seeing
from whence.kernels.twigs import Twigs

_APART = 4  # tallies kept side by side, so that equal neighbours do not wait for each other


@compiled
def count_trees(
    first, end, steps, first_step, first_twig, looks, table, depth, codes, tally, counts
):  # fmt: skip
    """Add the rows with each pattern of these trees.

    tally: where each row counts. counts: [tallies, patterns of these trees].
    """
    features, rows = codes.shape
    start, most = table[first_twig[first]], 0
    for t in range(first, end):
        most = max(most, first_twig[t + 1] - first_twig[t])
    block = np.empty((features, ROWS), codes.dtype)
    left = np.empty(ROWS, np.uint8)
    pattern = np.empty((depth + 1, ROWS), np.uint16)
    seen = np.empty((most, ROWS), np.uint16)
    for at in range(0, rows, ROWS):
        n = min(ROWS, rows - at)
        for j in range(features):
            for r in range(n):
                block[j, r] = codes[j, at + r]
        for t in range(first, end):
            see(n, steps[first_step[t] : first_step[t + 1]], *looks, block, left, pattern, seen)
            for twig in range(first_twig[t], first_twig[t + 1]):
                mine, begin = np.uintp(twig - first_twig[t]), np.uintp(table[twig] - start)
                for r in range(n):
                    counts[np.uintp(tally[at + r]), begin + np.uintp(seen[mine, r])] += 1


def count(
    twigs: Twigs, ensemble: TreeEnsemble, codes: UInt[np.ndarray, "features rows"]
) -> Int[np.ndarray, " patterns"]:
    """Rows with each pattern, of all trees."""
    counts = np.empty(twigs.table[-1], np.int32)
    tally = (np.arange(codes.shape[1]) % _APART).astype(np.uint8)
    looks: tuple[Any, ...] = seeing(twigs, ensemble)
    trees = (twigs.steps, twigs.first_step, twigs.first_twig, looks, twigs.table, twigs.depth)
    ends = twigs.table[twigs.first_twig]

    def some(first: int, end: int) -> None:
        mine = np.zeros((_APART, ends[end] - ends[first]), np.int32)
        count_trees(first, end, *trees, codes, tally, mine)
        counts[ends[first] : ends[end]] = mine.sum(axis=0)

    spread_ranges(some, len(twigs.trees))
    return counts
