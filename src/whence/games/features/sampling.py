"""Samples of a background pool as a function of (case, draw)."""

import numpy as np

from whence._core.keyed import uniforms
from whence._core.shaped import Int
from whence._core.types import Cases, Draws

_MEMBERS = 7
BLOCKS, _ROWS = 32, 64  # as many blocks at first, of so many rows at most


def subsets(cases: Cases, draws: Draws, sample: int, pool: int) -> Int[np.ndarray, "rows sample"]:
    """A uniform subset of `sample` of the `pool` members for each (case, draw), by Floyd's method.

    (Bentley & Floyd 1987: one number for each member drawn, whatever the size of the pool.)
    """
    if sample >= pool:
        return np.broadcast_to(np.arange(pool), (len(cases), pool))
    new = np.flatnonzero(np.diff(cases, prepend=-1) | np.diff(draws, prepend=-1))
    chance = uniforms(sample, _MEMBERS, cases[new], draws[new])
    chosen = np.full((len(new), sample), -1, dtype=np.int64)
    for place in range(sample):
        last = pool - sample + place
        drawn = (chance[:, place] * (last + 1)).astype(np.int64)
        taken = (chosen == drawn[:, None]).any(axis=1)
        chosen[:, place] = np.where(taken, last, drawn)
    lengths = np.diff(np.append(new, len(cases)))
    return np.repeat(chosen, lengths, axis=0)


def blocks(rows: Int[np.ndarray, " rows"], most: int = BLOCKS) -> list[Int[np.ndarray, " block"]]:
    """Rows in blocks that are asked together, as even as can be, in this order.

    Args:
        rows: which.
        most: blocks, before they grow to their full size; as few as can be: 1.
    """
    size = int(np.clip(len(rows) // most, 1, _ROWS))
    return np.array_split(rows, -(-len(rows) // size))


def folds(pool: int, most: int = 20) -> Int[np.ndarray, " pool"]:
    """A fold for each member of the pool, as even as can be, in no order of the rows."""
    order = uniforms(1, _MEMBERS, np.arange(pool))[:, 0].argsort()
    fold = np.empty(pool, dtype=np.int64)
    fold[order] = np.arange(pool) % min(most, pool)
    return fold
