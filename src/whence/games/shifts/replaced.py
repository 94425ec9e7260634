"""After without its new values: rows that have them are replaced by rows alike that have not.

Rows with new values are left out, and the others stand in for them: row j of the others counts

    1 + c g(z_j) / (1 - g(z_j)),    g(z) = P(a new value | every other column, and the label)

times, so that the other columns and the label keep their joint law (inverse propensity weights,
Horvitz & Thompson 1952); c makes up for as many rows as were left out. What the metric changes by
when the rows with new values come back is what these bring. Where values of several columns are
new, it is a game of its own, of whose rows come back.
"""

from typing import final

import numpy as np

from whence._core.shaped import Bool, Float, Int
from whence.games.shifts.evidence import Evidence
from whence.games.shifts.limits import Limits
from whence.games.shifts.logistic import Problem
from whence.games.shifts.ratios import Ratios

_MOST = 10.0  # rows that one row stands in for


@final
class Replaced:
    """The rows of after with new values, and who stands in for them.

    Args:
        evidence: both data sets.
        limits: of time.

    Attributes:
        columns: whose values are new.
    """

    def __init__(self, evidence: Evidence, limits: Limits) -> None:
        self.columns = tuple(new.column for new in evidence.novelty.cut)
        self.kept = evidence.kept * evidence.after[:, None]
        many = len(self.kept)
        self.new = np.zeros((many, len(self.columns)), bool)
        for place, new in enumerate(evidence.novelty.cut):
            self.new[evidence.after, place] = new.rows
        self.any = np.asarray(self.new.any(axis=1))
        self.extra = np.zeros(many)
        if self.any.any():
            seen = evidence.after & ~self.any
            self.extra[seen] = self._stands_in(evidence, limits)[seen[evidence.after]]
            self.extra *= self.any.sum() / self.extra.sum()

    def _stands_in(self, evidence: Evidence, limits: Limits) -> Float[np.ndarray, " after"]:
        """The odds of a new value, of each row of after, by what is not new."""
        rows, out = np.flatnonzero(evidence.after), {*self.columns, *evidence.novelty.dropped}
        columns = {n: c.take(rows) for n, c in evidence.columns.items() if n not in out}
        if not columns:
            return np.ones(len(rows))
        new, group = self.any[rows].astype(float), evidence.problem.group[rows]
        model = Ratios(
            columns, evidence.label, Problem(new, group, evidence.problem.groups), limits=limits
        )
        odds = np.exp(np.minimum(model.held_out(tuple(columns)), 30.0))
        return np.asarray(np.minimum(odds, _MOST))

    def rows(self, after: Bool[np.ndarray, " rows"]) -> Int[np.ndarray, " some"]:
        """Positions of before's rows, then of after's as often as they count (to whole rows)."""
        times = np.where(after & ~self.any, 1 + self.extra, 0.0)
        ends = np.floor(np.cumsum(times) + 0.5).astype(np.int64)
        return np.concatenate(
            [np.flatnonzero(~after), np.repeat(np.arange(len(after)), np.diff(ends, prepend=0))]
        )

    def weights(
        self, present: Bool[np.ndarray, " columns"]
    ) -> Float[np.ndarray, "rows replicates"]:
        """Of each row, when rows come back all of whose new values are present; each sum is 1."""
        back = self.any & ~(self.new & ~present).any(axis=1)
        out = 1 - back.sum() / max(self.any.sum(), 1)
        w = np.where(self.any, back.astype(float), 1 + out * self.extra)[:, None] * self.kept
        return np.asarray(w / w.sum(axis=0))
