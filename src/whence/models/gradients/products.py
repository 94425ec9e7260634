"""Questions to a store: which rows speak for an output, and which against it.

    score of row i for query z = mean over stores of  q_z (Phi^T Phi + ridge I)^-1 phi_i
                                 times the mean over stores of w_i

without the inverse where there is no ridge, and without w_i where no column is named. Rows stream:
a block is read, multiplied in float64 and forgotten, and of each query only the k best so far stay,
so that no matrix of rows and queries is ever there. The units are those of the gradients.

Source: Park et al. (2023), TRAK: stores are checkpoints, w_i is 1 - p_i, and the two means are
taken apart. Departure: the kernel is not scaled by its own size, so that scores keep their units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import OptionError, positive
from whence._core.shaped import Float, Int
from whence.models.gradients.kernels import refuse_incomplete, solved
from whence.models.gradients.planning import part_rows
from whence.models.gradients.store import GradientStore

Queries = Float[np.ndarray, "queries dim"]


@final
@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of a few rows.

    Attributes:
        start: the number of the first of them; the others follow.
        scores: of each query for each row.
    """

    start: int
    scores: Float[np.ndarray, "queries rows"]


@final
@dataclass(frozen=True, slots=True)
class Top:
    """The rows with the largest scores for each query, and those with the smallest.

    Equal scores stand by the number of their row.

    Attributes:
        rows: their numbers, largest score first.
        scores: theirs.
        opponents: the numbers of the rows with the smallest scores, smallest first.
        opposing: their scores.
    """

    rows: Int[np.ndarray, "queries k"]
    scores: Float[np.ndarray, "queries k"]
    opponents: Int[np.ndarray, "queries k"]
    opposing: Float[np.ndarray, "queries k"]


def top(
    store: GradientStore | Sequence[GradientStore],
    queries: Queries | Sequence[Queries],
    k: int = 100,
    *,
    ridge: float | None = None,
    weight: str | None = None,
) -> Top:
    """The k rows with the largest and the smallest scores for each query.

    Args:
        store: a complete store; or one for each checkpoint, of the same rows.
        queries: projected gradients of what is asked about, [queries, dim], by the projection of
            the store; for several stores, such an array for each.
        k: how many rows; all of them where there are fewer.
        ridge: added to the kernel's diagonal; None: no kernel, plain inner products.
        weight: the extra column by which a row's scores are multiplied.

    Raises:
        OptionError: other shapes, numbers that are not finite, or a ridge too small.
        StoreError: blocks are missing or damaged.
    """
    positive(k, "k", "rows that are named for each question")
    most, least = _Best(k), _Best(k)
    for part in scored(store, queries, ridge=ridge, weight=weight):
        most.add(part.start, part.scores)
        least.add(part.start, -part.scores)
    return Top(most.rows, most.scores, least.rows, -least.scores)


def scored(
    store: GradientStore | Sequence[GradientStore],
    queries: Queries | Sequence[Queries],
    *,
    ridge: float | None = None,
    weight: str | None = None,
) -> Iterator[Scored]:
    """All scores, a few rows at a time, in the order of the rows.

    Args:
        store: as for `top`.
        queries: as for `top`.
        ridge: as for `top`.
        weight: as for `top`.

    Raises:
        OptionError: other shapes, numbers that are not finite, or a ridge too small.
        StoreError: blocks are missing or damaged.
    """
    stores = [store] if isinstance(store, GradientStore) else list(store)
    asked = [queries] if isinstance(queries, np.ndarray) and queries.ndim == 2 else list(queries)
    _refuse_unlike(stores, asked)
    for each in stores:
        refuse_incomplete(each)
    made = [q.astype(np.float64) for q in asked]
    if ridge is not None:
        made = [solved(s, q, ridge) for s, q in zip(stores, made, strict=True)]
    return _streamed(stores, made, weight)


def _streamed(
    stores: list[GradientStore], queries: list[Queries], weight: str | None
) -> Iterator[Scored]:
    layout, models = stores[0].layout, len(stores)
    for block in range(layout.blocks):
        first = layout.span(block).start
        rows = [s.read(block) for s in stores]
        weights = [s.column(block, weight) for s in stores] if weight else []
        step = min(part_rows(s.layout, len(queries[0])) for s in stores)
        for start in range(0, len(rows[0]), step):
            part = slice(start, start + step)
            pairs = zip(queries, rows, strict=True)
            scores = sum(q @ r[part].astype(np.float64).T for q, r in pairs) / models
            if weights:
                scores = scores * (sum(w[part] for w in weights) / models)
            yield Scored(first + start, np.asarray(scores))


def _refuse_unlike(stores: list[GradientStore], queries: list[Queries]) -> None:
    if not stores or len(stores) != len(queries):
        raise OptionError(
            f"one array of queries is asked of each store; given {len(queries)} for {len(stores)}"
        )
    rows = {(s.rows, s.layout.block) for s in stores}
    if len(rows) > 1:
        raise OptionError(
            f"stores of one question have the same rows in the same blocks; given {sorted(rows)}"
        )
    for number, (store, asked) in enumerate(zip(stores, queries, strict=True)):
        wanted = len(queries[0]), store.dim
        if asked.shape != wanted or asked.dtype.kind != "f" or not len(asked):
            raise OptionError(
                f"queries of store {number} are floats [queries, {store.dim}], as many as of the "
                f"others, projected as its rows were; given {asked.dtype} {asked.shape}"
            )
        wrong = np.flatnonzero(~np.isfinite(asked).all(axis=1))
        if len(wrong):
            raise OptionError(f"query {wrong[0]} is not finite: mend what is asked about")


@final
class _Best:
    """The k largest so far, row after row; of equal ones the first."""

    __slots__ = ("k", "rows", "scores")

    def __init__(self, k: int) -> None:
        self.k = k
        self.rows = np.empty((0, 0), np.int64)
        self.scores = np.empty((0, 0))

    def add(self, start: int, scores: Float[np.ndarray, "queries rows"]) -> None:
        queries, rows = scores.shape
        if self.rows.shape[1] < self.k:
            held = [np.empty((queries, 0), t) for t in (np.int64, float)]
            old = [self.rows, self.scores] if self.rows.size else held
            numbers = np.broadcast_to(np.arange(start, start + rows), scores.shape)
            every = np.concatenate([old[0], numbers], 1), np.concatenate([old[1], scores], 1)
            # stable, and rows rise: equal scores stay in their order
            best = np.argsort(-every[1], axis=1, kind="stable")[:, : self.k]
            self.rows, self.scores = (np.take_along_axis(e, best, 1) for e in every)
            return
        better = scores > self.scores[:, -1:]  # an equal one comes later, and so not at all
        for query in np.flatnonzero(better.any(axis=1)):
            new = np.flatnonzero(better[query])
            numbers = np.concatenate([self.rows[query], new + start])
            values = np.concatenate([self.scores[query], scores[query, new]])
            best = np.argsort(-values, kind="stable")[: self.k]
            self.rows[query], self.scores[query] = numbers[best], values[best]
