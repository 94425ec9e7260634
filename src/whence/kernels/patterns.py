"""What a tree's twigs see of rows: patterns pushed down the tree, many rows at once.

A child's pattern is its parent's with one bit narrowed, or one bit more. Rows lie along the last
axis, and every loop over them becomes a few machine instructions for many rows at a time.
"""

from typing import Any

import numpy as np

from whence._core.forms import MISSING, SET, ZERO, TreeEnsemble
from whence._core.shaped import UInt
from whence.kernels.compiled import compiled, cores, inner, spread
from whence.kernels.nodes import deciding
from whence.kernels.twigs import Twigs

ROWS = 1024  # in a block, at most


def seeing(twigs: Twigs, ensemble: TreeEnsemble) -> tuple[Any, ...]:
    """What `see` needs of the trees, beside their steps."""
    return (*deciding(ensemble), twigs.path, twigs.inner, twigs.first_inner)


def rows_a_task(rows: int) -> int:
    """How many rows a core takes at a time, of so many."""
    return max(1, min(ROWS, -(-rows // (2 * cores()))))


@inner
def _compare(n, j, most, one, codes, left):
    """Of each row: 1 where it goes left, else 0. A missing cell has the last code, plus 1: 0."""
    for r in range(n):
        left[r] = np.uint8(codes.dtype.type(codes[j, r] + one) <= most)


@inner
def _differ(n, j, one, nil, codes, left):
    """Zeros go where missing cells go."""
    for r in range(n):
        left[r] = np.uint8(one) if codes[j, r] == nil else left[r]


@inner
def _choose(n, j, one, chosen, codes, left):
    """Categories go left where they are chosen."""
    gone, last = codes.dtype.type(-1), len(chosen) - 1
    for r in range(n):
        code = codes[j, r]
        left[r] = np.uint8(one) if code == gone else np.uint8(chosen[min(code, last)])


@inner
def see(
    n, steps, feature, cut, kind, zero, set_of, sets, path, inner, first_inner,
    codes, left, pattern, seen,
):  # fmt: skip
    """The pattern of each of n rows at each twig of one tree, whose steps these are.

    codes: [features, at least n]. left: uint8 [at least n], and pattern: uint16 [depth + 1, at
    least n], to work in. seen: uint16 [twigs of the tree, at least n], the answer. The others are
    what `seeing` gives.
    """
    first = -1
    for s in range(len(steps)):
        depth, node, side, fresh, twig = (
            steps[s, 0], steps[s, 1], steps[s, 2], steps[s, 4], steps[s, 5],
        )  # fmt: skip
        own = np.uint16(1 << steps[s, 3])  # times 0 or 1: a shift would be done in 64 bits
        if node < 0:
            for r in range(n):
                pattern[0, r] = 0
        else:
            one = codes.dtype.type(1 if kind[node] & MISSING else 0)
            if kind[node] & SET:
                _choose(n, feature[node], one, sets[set_of[node]], codes, left)
            else:
                most = codes.dtype.type(cut[node] + one)
                _compare(n, feature[node], most, one, codes, left)
                if kind[node] & ZERO:
                    nil = codes.dtype.type(zero[feature[node]])
                    _differ(n, feature[node], one, nil, codes, left)
            other = np.uint8(side if fresh else 1 - side)
            if fresh:
                for r in range(n):
                    keeps = np.uint16(np.uint16(left[r] ^ other) * own)
                    pattern[depth, r] = np.uint16(pattern[depth - 1, r] | keeps)
            else:
                for r in range(n):
                    fails = np.uint16(np.uint16(left[r] ^ other) * own)
                    pattern[depth, r] = np.uint16(pattern[depth - 1, r] & ~fails)
        if twig < 0:
            continue
        if first < 0:
            first = twig
        at, bit = twig - first, np.uint16(1 << path[twig])
        for r in range(n):
            seen[at, r] = pattern[depth, r]
        for i in range(first_inner[twig], first_inner[twig + 1]):
            node = inner[i]
            one = codes.dtype.type(1 if kind[node] & MISSING else 0)
            if kind[node] & SET:
                _choose(n, feature[node], one, sets[set_of[node]], codes, left)
            else:
                most = codes.dtype.type(cut[node] + one)
                _compare(n, feature[node], most, one, codes, left)
                if kind[node] & ZERO:
                    nil = codes.dtype.type(zero[feature[node]])
                    _differ(n, feature[node], one, nil, codes, left)
            for r in range(n):
                seen[at, r] = np.uint16(seen[at, r] | np.uint16(np.uint16(left[r]) * bit))
            bit = np.uint16(2 * bit)


@compiled
def _seen(steps, first_step, first_twig, looks, depth, codes, every):
    n = codes.shape[1]
    left, pattern = np.empty(n, np.uint8), np.empty((depth + 1, n), np.uint16)
    for t in range(len(first_twig) - 1):
        mine = every[first_twig[t] : first_twig[t + 1]]
        see(n, steps[first_step[t] : first_step[t + 1]], *looks, codes, left, pattern, mine)


def seen(
    twigs: Twigs, ensemble: TreeEnsemble, codes: UInt[np.ndarray, "features rows"]
) -> UInt[np.ndarray, "twigs rows"]:
    """The pattern of each row at each twig of all these trees."""
    looks, rows = seeing(twigs, ensemble), codes.shape[1]
    every = np.empty((len(twigs.path), rows), np.uint16)

    size = rows_a_task(rows)

    def block(start: int) -> None:
        here = slice(start, start + size)
        mine = np.empty((len(every), codes[:, here].shape[1]), np.uint16)
        steps = (twigs.steps, twigs.first_step, twigs.first_twig)
        _seen(*steps, looks, twigs.depth, np.ascontiguousarray(codes[:, here]), mine)
        every[:, here] = mine

    spread(block, range(0, rows, size))
    return every
