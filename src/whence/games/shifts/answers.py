"""What the model says of both data sets: of rows that are weighed, of all where that is paid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import final

import numpy as np

from whence._core.account import rows_left
from whence._core.errors import ModelError, WhenceError
from whence._core.keyed import uniforms
from whence._core.shaped import Float, Int
from whence.games.shifts.inputs import Side
from whence.games.shifts.limits import Limits
from whence.games.shifts.metric import Judged
from whence.games.shifts.novelty import New, any_new
from whence.models.predictor import Predictor
from whence.models.table import Table

_TRIED = 400  # rows, on which a column is tried with values of before
_TIMES = 2
_SAME = 1e-9


@final
@dataclass(frozen=True, slots=True)
class Answers:
    """Predictions.

    Attributes:
        sides: both data sets; of after, without rows that the model failed on.
        rows: positions of the rows that were asked, of before and of after, in their order.
        judged: their labels and predictions.
        failed: which rows of after the model failed on; None where it did not.
    """

    sides: tuple[Side, Side]
    rows: tuple[Int[np.ndarray, " before"], Int[np.ndarray, " after"]]
    judged: tuple[Judged, Judged]
    failed: str | None

    def positions(self, before: int) -> Int[np.ndarray, " asked"]:
        """Rows that were asked, after's counted on from before's."""
        return np.concatenate([self.rows[0], before + self.rows[1]])

    def last(self) -> Float[np.ndarray, " asked"]:
        """The last output: of two classes, the second."""
        return np.concatenate([part.p[:, -1] for part in self.judged])


def answers(
    model: Predictor,
    sides: tuple[Side, Side],
    known: Sequence[str],
    found: Sequence[New],
    limits: Limits,
) -> Answers:
    """Ask about the rows that are weighed, then about the rest where that is affordable.

    Args:
        model: who predicts.
        sides: both data sets.
        known: the columns that the model gets.
        found: new values in the rows of after; where the model fails, it is asked without them.
        limits: what may be spent.

    Raises:
        ModelError: the model fails on rows without anything new too.
    """
    start = perf_counter()
    old, failed = _predictions(model, sides[0], known, sides[0].rows), None
    try:
        new = _predictions(model, sides[1], known, sides[1].rows)
    except ModelError:
        fine = ~any_new(found, sides[1].rows)
        if fine.all() or not fine.any():
            raise
        sides = sides[0], replace(sides[1], rows=sides[1].rows[fine])
        new = _predictions(model, sides[1], known, sides[1].rows)
        failed = "; ".join(f"{n.column} {n.words}" for n in found)
    done = len(old) + len(new)
    rest = sum(len(s.table) for s in sides) - done
    seconds = perf_counter() - start
    if not rest or failed is not None or not limits.pays_for(rest, done, seconds):
        rows = sides[0].rows, sides[1].rows
        return Answers(sides, rows, _judged(sides, rows, (old, new)), failed)
    every = np.arange(len(sides[0].table)), np.arange(len(sides[1].table))
    p = _completed(model, sides[0], known, old), _completed(model, sides[1], known, new)
    return Answers(sides, every, _judged(sides, every, p), None)


def _predictions(
    model: Predictor, side: Side, known: Sequence[str], rows: Int[np.ndarray, " rows"]
) -> Float[np.ndarray, "rows outputs"]:
    table = side.table.select(known)
    whole = len(rows) == len(table)
    return model(model.aligned(table if whole else table.take(rows)).frame())


def _completed(
    model: Predictor, side: Side, known: Sequence[str], p: np.ndarray
) -> Float[np.ndarray, "rows outputs"]:
    """The predictions of all rows, where those that are weighed are known."""
    rest = np.setdiff1d(np.arange(len(side.table)), side.rows, assume_unique=True)
    if not len(rest):
        return p
    whole = np.empty((len(side.table), p.shape[1]))
    whole[side.rows] = p
    whole[rest] = _predictions(model, side, known, rest)
    return whole


def _judged(
    sides: tuple[Side, Side],
    rows: tuple[np.ndarray, np.ndarray],
    p: tuple[np.ndarray, np.ndarray],
) -> tuple[Judged, Judged]:
    old, new = (Judged(s.y[at], q, s.where) for s, at, q in zip(sides, rows, p, strict=True))
    return old, new


def inert(
    model: Predictor, sides: tuple[Side, Side], known: Sequence[str], name: str, seed: int
) -> bool:
    """Whether the model answers rows of after alike with before's values in a column."""
    few = [side.rows[:: max(len(side.rows) // _TRIED, 1)] for side in sides]
    if (1 + _TIMES) * len(few[1]) > rows_left():
        return False
    tables = [s.table.select(known).take(r) for s, r in zip(sides, few, strict=True)]
    try:
        both = tables[0].above(tables[1])
        rows = len(few[0]) + np.arange(len(few[1]))
        index = np.repeat(rows[:, None], len(known), axis=1)
        was = _of(model, both, index)
        for time in range(_TIMES):
            chance = uniforms(1, seed, 5, time, np.arange(len(rows)))[:, 0]
            index[:, list(known).index(name)] = (chance * len(few[0])).astype(np.int64)
            if np.abs(_of(model, both, index) - was).max() > _SAME * max(np.abs(was).max(), 1):
                return False
    except WhenceError:  # not known to be so
        return False
    return True


def _of(model: Predictor, both: Table, index: np.ndarray) -> np.ndarray:
    return model(model.aligned(Table.of(both.mix(index), names=both.names)).frame())
