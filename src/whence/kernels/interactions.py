"""Interactions of every two players in every row's prediction: by patterns where that is cheaper.

As `values`, pair by pair of players: a tree's tables or, where there are few pairs of an explained
and a background row, walks; by constants that were measured and only ever decide about time.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from whence._core.errors import UnsupportedModelError
from whence._core.shaped import Bool, Float, Int
from whence.kernels.counts import count
from whence.kernels.explain import look_up
from whence.kernels.interaction_cubes import cubes
from whence.kernels.interaction_shares import share_pairs
from whence.kernels.meeting import Meetings, column, meetings
from whence.kernels.nodes import by_row
from whence.kernels.twigs import Twigs, cut
from whence.kernels.values import Job, batches, by_size

_TABLES = 2**20  # entries of the tables that are held at a time
_BLOCK = 2**22  # sums of a block of rows
_ENTRY, _SUM, _LOOK, _WALK = 1.5e-9, 4e-9, 1.2e-9, 2e-8  # seconds: as in `values`
_TRIED = 4  # rows of each table that try how far walks go
Weight = Callable[[int, int], float]


def interactions(
    job: Job, pairs: Int[np.ndarray, "pairs 2"], weight: Weight, hear: Callable[[float], None]
) -> Float[np.ndarray, "rows outputs pairs"]:
    """The interaction of each pair of players in the mean prediction of each row.

    Args:
        job: what is explained.
        pairs: all that meet in its trees, in order (see `meeting`); others do not interact.
        weight: the index's weight of a coalition of s among m players, (s, m).
        hear: is told which share is done.

    Raises:
        UnsupportedModelError: a path-dependent tree too wide for patterns.
    """
    total = np.zeros((job.codes.shape[1], len(job.ensemble.base), len(pairs)))
    for twigs, done in batches(job, _TABLES, _entries) if len(pairs) else ():
        weights = by_size(weight, min(job.players, twigs.depth))
        slow = _slow(job, twigs, pairs, weights)
        if slow.any():
            _walks(job, twigs.trees[slow], pairs, weights, total)
        if not slow.all():
            fast = cut(job.ensemble, job.owner, twigs.trees[~slow]) if slow.any() else twigs
            _by_patterns(job, fast, pairs, weights, total)
        hear(done)
    return total


def _entries(job: Job, twigs: Twigs) -> Int[np.ndarray, " twigs"]:
    return _of_tables(job, twigs, meetings(twigs))


def _of_tables(job: Job, twigs: Twigs, met: Meetings) -> Int[np.ndarray, " twigs"]:
    wide = job.ensemble.value.shape[1]
    return np.asarray(np.diff(twigs.table) * np.diff(met.first) * wide)


def _by_patterns(
    job: Job, twigs: Twigs, pairs: np.ndarray, weights: np.ndarray, total: np.ndarray
) -> None:
    """Adds to the total, by tables of as many twigs at a time as there is room for."""
    met = meetings(twigs)
    counts = None if job.pool is None else count(twigs, job.ensemble, job.pool)
    members = 0 if job.pool is None else job.pool.shape[1]
    filled = _of_tables(job, twigs, met).cumsum()
    marks = np.arange(_TABLES, filled[-1], _TABLES)
    ends = np.unique([0, *(np.searchsorted(filled, marks) + 1), len(filled)])
    for begin, end in pairwise(ends.tolist()):
        span = (begin, end)
        shares, place = share_pairs(twigs, job.ensemble, met, weights, counts, members, span)
        inside = np.clip(met.first, met.first[begin], met.first[end])
        here = met.players[inside[0] : inside[-1]]
        if len(here):
            columns, own = np.unique(column(pairs, here), return_inverse=True)
            given = replace(twigs, players=own, first_player=inside - inside[0])
            _look_up(job, given, shares, place, columns, total)


def _look_up(
    job: Job,
    given: Twigs,
    shares: np.ndarray,
    place: np.ndarray,
    columns: np.ndarray,
    total: np.ndarray,
) -> None:
    """Add what pairs are given, as if each were a player, block by block of rows."""
    rows, outputs, _ = total.shape
    size = max(_BLOCK // (outputs * len(columns)), 16)
    for start in range(0, rows, size):
        block = slice(start, start + size)
        codes = np.ascontiguousarray(job.codes[:, block])
        part = np.zeros((outputs, len(columns), codes.shape[1]))
        look_up(given, job.ensemble, codes, shares, place, part)
        total[block][:, :, columns] += part.transpose(2, 0, 1)


def _walks(
    job: Job, trees: np.ndarray, pairs: np.ndarray, weights: np.ndarray, total: np.ndarray
) -> None:
    if job.pool is None:
        raise UnsupportedModelError(
            f"{job.ensemble.name} has trees too wide for path-dependent interactions (tree "
            f"{trees[0]}). Give a background, or put columns into groups."
        )
    rows, pool = by_row(job.codes), by_row(job.pool)
    cubes(job.ensemble, job.owner, trees, weights, rows, pool, pairs, total)


def _slow(
    job: Job, twigs: Twigs, pairs: np.ndarray, weights: np.ndarray
) -> Bool[np.ndarray, " trees"]:
    """Which trees go by walks: those too wide for patterns, and those that are cheaper so."""
    if job.pool is None or not job.codes.size or twigs.wide.all():
        return twigs.wide
    tables, mixtures = _seconds(job, twigs), job.codes.shape[1] * job.pool.shape[1]
    if (tables < _WALK * mixtures * max(twigs.depth, 1)).all():  # a walk looks at more, if anything
        return twigs.wide
    rows, pool = by_row(job.codes[:, :_TRIED]), by_row(job.pool[:, :_TRIED])
    nothing = np.zeros((len(rows), len(job.ensemble.base), len(pairs)))
    looked = cubes(job.ensemble, job.owner, twigs.trees, weights, rows, pool, pairs, nothing)
    each = looked / (len(rows) * len(pool) * len(twigs.trees))
    return np.asarray(twigs.wide | (tables > _WALK * mixtures * each))


def _seconds(job: Job, twigs: Twigs) -> Float[np.ndarray, " trees"]:
    """How long each tree's tables should take, on one core."""
    m = np.diff(twigs.first_cell)
    met = np.diff(meetings(twigs).first)
    leaf_pairs = np.concatenate([[0], np.cumsum(m * (m - 1) // 2)])[twigs.first_leaf]
    sums = np.concatenate([[0.0], np.cumsum(m * (m + 2) * 2.0**m)])[twigs.first_leaf]
    wide = job.ensemble.value.shape[1]
    each = _ENTRY * np.diff(twigs.table) * np.diff(leaf_pairs) * wide + _SUM * np.diff(sums)
    each = each + _LOOK * job.codes.shape[1] * met * wide
    return np.diff(np.concatenate([[0.0], np.cumsum(each)])[twigs.first_twig])
