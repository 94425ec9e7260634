"""The pool's own part of the error: a finite background is a sample too.

An estimate over samples of k from a pool of M is a U-statistic in the pool's members; to first
order (Hajek 1968; Efron's infinitesimal jackknife) its variance over pools is

    k^2 Var_b(E[gain | b in the sample]) / M.

The inner variance is a one-way analysis of variance with members as groups: the mean squares
between members, less the mean squares within, so that walk noise does not count as the pool's.
Samples are drawn without replacement, so a member's groups hold k - 1 of the M - 1 others: their
mean is short by (M - k)/(M - 1) of the member's own effect, and so are the squares between groups.

Cases differ far more than members do, and that difference is noise here. So a case's later walks
are taken from the mean of its earlier ones, and these differences analysed instead, once they have
less noise (`Walks` keeps both).
"""

from typing import final

import numpy as np

from .moments import MOST
from .shaped import Float, Int


@final
class PoolMoments:
    """Sums of the gains by the pool members that took part in them.

    Attributes:
        count: int [pool], the walks in which each member took part.
        sums: float [pool, outputs, players].
    """

    __slots__ = ("count", "raw", "sample", "sums")

    def __init__(self, pool: int, outputs: int, players: int) -> None:
        self.count = np.zeros(pool, dtype=np.int64)
        self.sums = np.zeros((pool, outputs, players))
        self.raw = np.zeros((outputs, players, players) if players <= MOST else (outputs, players))
        self.sample = 0

    def add(
        self,
        gains: Float[np.ndarray, "visits outputs players"],
        members: Int[np.ndarray, "visits sample"],
    ) -> "PoolMoments":
        """Take in walks, and which members each one took. Changes, and returns, this object."""
        self.sample = members.shape[1]
        flat = members.reshape(-1)
        np.add.at(self.count, flat, 1)
        order = np.argsort(flat, kind="stable")
        which, start = np.unique(flat[order], return_index=True)
        self.sums[which] += np.add.reduceat(gains[order // self.sample], start, axis=0)
        self.raw += self.sample * self._square(gains)
        return self

    def _square(self, x: np.ndarray) -> np.ndarray:
        """Sum over the first axis of x x', or of x^2 where there are too many players."""
        if self.raw.ndim == 2:
            return np.asarray((x**2).sum(axis=0))
        each = np.swapaxes(x, 0, 1)
        return np.asarray(np.swapaxes(each, 1, 2) @ each)

    def covariance(self) -> np.ndarray | None:
        """Of the estimate, over pools of this size; None before members have met twice.

        Returns:
            float [outputs, players, players], or the variances [outputs, players] of many players.
            Not clipped: a variance estimate below zero says that the part is too small to see.
        """
        return self.analysed()[1]

    def analysed(self) -> tuple[float, np.ndarray | None]:
        """The noise in the squares between members, infinite while unknown; and `covariance`."""
        pool = len(self.count)
        if self.sample == pool:  # no two draws differ by the pool
            return np.inf, None
        seen = self.count > 0
        n, m = self.count[seen].astype(float), int(seen.sum())
        if m < 2 or n.sum() < 2 * m:
            return np.inf, None
        means = self.sums[seen] / n[:, None, None]
        overall = self.sums[seen].sum(axis=0) / n.sum()
        root = np.sqrt(n)[:, None, None]
        between = self._square((means - overall) * root) / (m - 1)
        within = (self.raw - self._square(means * root)) / (n.sum() - m)
        typical = (n.sum() - (n**2).sum() / n.sum()) / (m - 1)
        fewer = (pool - self.sample) / (pool - 1)
        own = within if within.ndim == 2 else np.diagonal(within, axis1=1, axis2=2)
        found = self.sample**2 * (between / fewer - within) / fewer / typical / pool
        return float(own.sum() / typical), np.asarray(found)
