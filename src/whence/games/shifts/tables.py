"""Ratios of counts: where columns have few values in common, nothing needs to be modelled.

    r(cell) = (n1(cell) / n1) / (n0(cell) / n0)

Rows of before weighed so have exactly the shares of after's cells. Such weights need no crossing of
folds: that counts were made of the very rows that are weighed makes them better, not worse
(Hirano, Imbens & Ridder 2003).
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from whence._core.errors import OverlapError
from whence._core.shaped import Float, Int
from whence.games.shifts.columns import UNSEEN, Shared
from whence.games.shifts.logistic import Problem

_CELLS, _EACH = 64, 20  # at most so many cells, with so many rows each on average
_NAMED = 5


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
    """

    def __init__(self, columns: Sequence[Shared], problem: Problem) -> None:
        self.columns, after = tuple(columns), problem.after > 0
        self.cell, many = cells(columns, len(after))
        self.before, self.after = (
            _left(self.cell[rows], problem.group[rows], many, problem.groups)
            for rows in (~after, after)
        )
        self.own = self.cell[~after]

    def ratio(self) -> Float[np.ndarray, "cells replicates"]:
        """Share of after over share of before; 1 where before has none (nobody asks there)."""
        shares = [n / n.sum(axis=0) for n in (self.after, self.before)]
        some = self.before > 0
        return np.asarray(np.where(some, shares[0] / np.where(some, shares[1], 1.0), 1.0))

    def rows(self) -> Float[np.ndarray, "rows replicates"]:
        """The same, of each row of before."""
        return np.asarray(self.ratio()[self.own])

    def refuse_new(self, who: str) -> float:
        """Refuse cells that only after has, where they are many.

        Returns:
            their share of after.

        Raises:
            OverlapError: cells by name and count.
        """
        share, told = self._alone(self.after, self.before)
        if share <= UNSEEN:
            return share
        raise OverlapError(
            f"refused: {who} needs values together that before never had together: {told} "
            f"({100 * share:.1f} % of after). Ask about the rows without them."
        )

    def refuse_gone(self, who: str) -> float:
        """Refuse cells of parents that only before has, where they are many.

        Returns:
            their share of before.

        Raises:
            OverlapError: cells by name and count.
        """
        share, told = self._alone(self.before, self.after)
        if share <= UNSEEN:
            return share
        raise OverlapError(
            f"refused: {who} is asked where after has no rows: {told} ({100 * share:.1f} % of "
            "before). What became of them cannot be told: ask about the rows without them."
        )

    def _alone(self, here: np.ndarray, there: np.ndarray) -> tuple[float, str]:
        """The share of rows in cells that only these have; the largest cells, by name and count."""
        own, strange = here[:, 0], (there[:, 0] == 0) & (here[:, 0] > 0)
        order = np.flatnonzero(strange)[np.argsort(-own[strange], kind="stable")]
        told = ", ".join(f"{self._named(c)} in {own[c]:,.0f} rows" for c in order[:_NAMED])
        return float(own[strange].sum() / own.sum()), told

    def _named(self, cell: int) -> str:
        at = int(np.flatnonzero(self.cell == cell)[0])
        return " & ".join(f"{c.name}={c.levels[c.codes[at]]!r}" for c in self.columns)


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
