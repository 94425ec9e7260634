"""Semivalues of every row's prediction, over all trees: by patterns where that is cheaper.

Patterns cost as much as a tree's tables are large, whatever the rows; pairs cost as much as there
are pairs of an explained and a background row. Each tree goes the cheaper way, by constants that
were measured and only ever decide about time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.forms import TreeEnsemble
from whence._core.shaped import Bool, Float, Int, UInt
from whence.kernels.codes import encode
from whence.kernels.counts import count
from whence.kernels.explain import look_up
from whence.kernels.nodes import by_row
from whence.kernels.pairs import pairs
from whence.kernels.pieces import pieces
from whence.kernels.predict import some_trees
from whence.kernels.products import products
from whence.kernels.shares import share
from whence.kernels.twigs import Twigs, cut, nodes_of

_TABLES = 2**19  # entries of the tables of the trees that are cut at a time
_HELD = 2**24  # entries that are held at a time
_ENTRY, _SUM, _LOOK = 1.5e-9, 4e-9, 1.2e-9  # seconds: an entry of a table, of a sum, looked up
_TALLY, _NODE, _WALK = 2e-9, 0.25e-9, 1.5e-8  # a row counted, a node passed, a node walked to
_PRICED = 16  # trees that stand for all when a price is made
_TERM = 6e-9  # of a product: as many for a leaf and a row as its players' number to the third
Weights = Float[np.ndarray, "_ _"]  # [m, s]: the index's, of s among m players


@final
@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Rows to explain with an ensemble, on a background, or (None) on its own cover.

    Attributes:
        ensemble: the trees.
        owner: which player each feature belongs to.
        players: how many there are.
        codes: of the rows to explain.
        pool: of the background.
    """

    ensemble: TreeEnsemble
    owner: Int[np.ndarray, " features"]
    players: int
    codes: UInt[np.ndarray, "features rows"]
    pool: UInt[np.ndarray, "features members"] | None

    @staticmethod
    def of(
        ensemble: TreeEnsemble,
        owner: Int[np.ndarray, " features"],
        rows: Float[np.ndarray, "rows features"],
        pool: Float[np.ndarray, "members features"] | None,
    ) -> "Job":
        """From cells as numbers."""
        background = None if pool is None else encode(ensemble, pool)
        return Job(ensemble, owner, int(owner.max()) + 1, encode(ensemble, rows), background)


def values(
    job: Job, weight: Callable[[int, int], float], hear: Callable[[float], None]
) -> tuple[Float[np.ndarray, "rows outputs players"], Float[np.ndarray, " outputs"]]:
    """A semivalue of each player in the mean prediction of each row, and that of nobody.

    Args:
        job: what is explained.
        weight: the index's weight of a coalition of s among m players, (s, m).
        hear: is told which share is done.

    Returns:
        float [rows, outputs, players]; float [outputs].
    """
    rows, outputs = job.codes.shape[1], len(job.ensemble.base)
    nobody = np.array(job.ensemble.base)
    total = np.zeros((outputs, job.players, rows))
    alone: Float[np.ndarray, "rows outputs players"] | None = None  # as large as the total
    for twigs, done in batches(job, _TABLES, _entries):
        weights = by_size(weight, min(job.players, twigs.depth))
        slow = twigs.trees[_slow(job, twigs)]
        if len(slow):
            alone = np.zeros((rows, outputs, job.players)) if alone is None else alone
            nobody += _one_by_one(job, slow, twigs.depth, weights, alone)
        quick = np.setdiff1d(twigs.trees, slow)
        if len(quick):
            again = cut(job.ensemble, job.owner, quick) if len(slow) else twigs
            nobody += _by_patterns(job, again, weights, total)
        hear(done)
    found = np.ascontiguousarray(total.transpose(2, 0, 1))
    if alone is not None:
        found += alone
    return found, nobody


def batches(
    job: Job, most: int, entries: Callable[[Job, Twigs], Int[np.ndarray, " twigs"]]
) -> Iterator[tuple[Twigs, float]]:
    """Trees cut, as many at a time as their tables let; and which share of the nodes is done.

    Args:
        job: what is explained.
        most: entries of the tables of the trees that are cut at a time, if they are many.
        entries: of each twig's table.
    """
    nodes = nodes_of(job.ensemble).cumsum()
    start, many = 0, 8
    while start < len(nodes):
        twigs = cut(job.ensemble, job.owner, np.arange(start, min(start + many, len(nodes))))
        start += len(twigs.trees)
        yield twigs, nodes[start - 1] / nodes[-1]
        filled = max(entries(job, twigs).sum(), 1)
        # twice as many at most, so that who hears of each share can tell early when all is done
        many = int(np.clip(len(twigs.trees) * most // filled, 1, 2 * many))


def _entries(job: Job, twigs: Twigs) -> Int[np.ndarray, " twigs"]:
    wide = job.ensemble.value.shape[1]
    return np.asarray(np.diff(twigs.table) * np.diff(twigs.first_player) * wide)


def by_size(weight: Callable[[int, int], float], most: int | np.integer) -> Weights:
    """The index's weights, [m, s]: of a coalition of s among m players, up to `most`."""
    weights = np.zeros((most + 1, most + 2))
    for m in range(1, most + 1):
        weights[m, :m] = [weight(s, m) for s in range(m)]
    return weights


def _by_patterns(job: Job, twigs: Twigs, weights: Weights, total: np.ndarray) -> np.ndarray:
    """Adds to the total; what these trees say of nobody, [outputs]."""
    members = 0 if job.pool is None else job.pool.shape[1]
    nobody = np.zeros(len(job.ensemble.base))
    for piece in pieces(twigs, job.ensemble.value.shape[1], _HELD):
        counts = None if job.pool is None else count(piece, job.ensemble, job.pool)
        shares, place, said = share(piece, job.ensemble, weights, counts, members)
        look_up(piece, job.ensemble, job.codes, shares, place, total)
        nobody += said
    return nobody


def _one_by_one(
    job: Job, trees: np.ndarray, depth: int, weights: Weights, total: np.ndarray
) -> np.ndarray:
    """As `_by_patterns`."""
    rows = by_row(job.codes)
    if job.pool is None:
        return products(job.ensemble, job.owner, trees, depth, weights, rows, total)
    pairs(job.ensemble, job.owner, trees, weights, rows, by_row(job.pool), total)
    return np.asarray(some_trees(job.ensemble, job.pool, trees).mean(axis=0))


def _slow(job: Job, twigs: Twigs) -> Bool[np.ndarray, " trees"]:
    """Which trees go one by one: those too wide for patterns, and those that are cheaper so."""
    if not job.codes.size or twigs.wide.all():
        return twigs.wide
    explained, members = job.codes.shape[1], 0 if job.pool is None else job.pool.shape[1]
    tables = _of_tables(job, twigs, explained, members)
    if job.pool is None:
        terms = _by_tree(twigs, np.diff(twigs.first_cell) ** 3.0)
        return np.asarray(twigs.wide | (tables > _TERM * explained * terms))
    mixtures = explained * members
    if (tables < _WALK * mixtures * max(twigs.depth, 1)).all():  # more than that, as rows part
        return twigs.wide
    return np.asarray(twigs.wide | (tables > mixtures * _of_a_walk(job, job.pool, twigs)))


def price(few: Job, rows: int, members: int) -> float:
    """How long the values of many rows should take: seconds on one core of a quiet machine.

    Counted on some of the trees, so that it costs little and is the same at each time.

    Args:
        few: a few of the rows, and of the background, and all the trees.
        rows: how many rows are to be explained.
        members: how many the background has.
    """
    nodes = nodes_of(few.ensemble)
    if few.pool is None or not few.codes.size or not len(nodes):
        return 0.0
    some = np.unique(np.linspace(0, len(nodes) - 1, _PRICED).astype(np.int64))
    twigs = cut(few.ensemble, few.owner, some)
    tables = np.where(twigs.wide, np.inf, _of_tables(few, twigs, rows, members))
    each = np.minimum(tables, rows * members * _of_a_walk(few, few.pool, twigs))
    return float(each.sum() * nodes.sum() / nodes[some].sum())


def _of_a_walk(job: Job, pool: np.ndarray, twigs: Twigs) -> float:
    """How long two rows take down one of these trees, on one core: a few pairs are tried."""
    nothing = np.zeros((4, len(job.ensemble.base), job.players))
    weights = np.zeros((twigs.depth + 1, twigs.depth + 2))
    rows, few = by_row(job.codes[:, :4]), by_row(pool[:, :4])
    looked = pairs(job.ensemble, job.owner, twigs.trees, weights, rows, few, nothing[: len(rows)])
    return _WALK * looked / (len(rows) * len(few) * len(twigs.trees))


def _of_tables(job: Job, twigs: Twigs, rows: int, members: int) -> Float[np.ndarray, " trees"]:
    """How long each tree's patterns should take, on one core."""
    wide = job.ensemble.value.shape[1]
    m = np.diff(twigs.first_cell)
    conditions = twigs.first_cell[twigs.first_leaf]  # of all leaves before each twig
    sums = np.concatenate([[0.0], np.cumsum(m * 2.0**m)])[twigs.first_leaf]
    each = _ENTRY * np.diff(twigs.table) * np.diff(conditions) * wide + _SUM * np.diff(sums)
    each = each + _TALLY * members + _LOOK * rows * np.diff(twigs.first_player) * wide
    each = each + _NODE * (members + rows) * (1 + np.diff(twigs.first_inner))
    return np.diff(np.concatenate([[0.0], np.cumsum(each)])[twigs.first_twig])


def _by_tree(twigs: Twigs, each: Float[np.ndarray, " leaves"]) -> Float[np.ndarray, " trees"]:
    """Sums over the leaves of each tree."""
    sums = np.concatenate([[0.0], np.cumsum(each)])
    return np.diff(sums[twigs.first_leaf[twigs.first_twig]])
