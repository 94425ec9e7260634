"""Ratios of counts: where columns have few values in common, nothing needs to be modelled.

    r(cell) = (n1(cell) / n1) / (n0(cell) / n0)

Rows of before weighed so have exactly the shares of after's cells. Such weights need no crossing of
folds: that counts were made of the very rows that are weighed makes them better, not worse
(Hirano, Imbens & Ridder 2003).
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from whence._core.shaped import Bool, Float, Int
from whence.games.shifts.columns import Shared
from whence.games.shifts.logistic import Problem

_CELLS, _EACH = 64, 20  # at most so many cells, with so many rows each on average
NEVER = 30.0  # the log-ratio of what only one data set has: e^30, as good as infinite


def countable(columns: Sequence[Shared]) -> bool:
    """Whether these columns have few enough cells to be counted."""
    if any(c.numbers is not None for c in columns):
        return False
    most = np.prod([len(c.levels) for c in columns], dtype=float)
    return bool(most <= _CELLS and most * _EACH <= len(columns[0].codes))


@final
class Counts:
    """Rows of each cell, before and after, in every replicate.

    Args:
        columns: what cells are made of; none at all is one cell.
        problem: which rows are of after, and their groups.

    Attributes:
        cell: of each row.
        before: rows of before in each cell, [cells, replicates].
        after: rows of after.
    """

    def __init__(self, columns: Sequence[Shared], problem: Problem) -> None:
        after = problem.after > 0
        self.cell, many = cells(columns, len(after))
        self.before, self.after = (
            _left(self.cell[rows], problem.group[rows], many, problem.groups)
            for rows in (~after, after)
        )

    def log_ratio(self) -> Float[np.ndarray, "rows replicates"]:
        """Of each row: the log of the share of after over the share of before."""
        with np.errstate(divide="ignore"):
            ends = [np.log(n / n.sum(axis=0)) for n in (self.after, self.before)]
        with np.errstate(invalid="ignore"):  # a replicate without the cell: nobody asks there
            ratio = np.nan_to_num(ends[0] - ends[1], nan=0.0)
        return np.asarray(np.clip(ratio, -NEVER, NEVER)[self.cell])

    def alone(self, after: Bool[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
        """Rows in cells that only their own data set has."""
        other = np.where(after, self.before[self.cell, 0], self.after[self.cell, 0])
        return np.asarray(other == 0)


def cells(columns: Sequence[Shared], rows: int) -> tuple[Int[np.ndarray, " rows"], int]:
    """The cell of each row, and how many cells there are."""
    if not columns:
        return np.zeros(rows, np.int64), 1
    codes = np.column_stack([c.codes for c in columns])
    _, cell = np.unique(codes, axis=0, return_inverse=True)
    cell = cell.reshape(-1).astype(np.int64)
    return cell, int(cell.max()) + 1


def _left(cell: np.ndarray, group: np.ndarray, many: int, groups: int) -> np.ndarray:
    """Counts [cells, replicates]: of all rows, then without each group."""
    each = np.bincount(cell * groups + group, minlength=many * groups).reshape(many, groups)
    whole = each.sum(axis=1, keepdims=True)
    return np.asarray(np.concatenate([whole, whole - each], axis=1).astype(float))
