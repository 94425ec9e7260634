"""What walks bring home: gains and ends, by case and by pool member, and how to read them.

Where the index is efficient and the worth of nobody is known over the whole pool (that of everybody
needs no pool), the players' total is known exactly, and serves as a control variate:

    phi* = mean gain + beta (v(everybody) - v(nobody) - mean total),

with beta = Cov(gain, total) / Var(total), pooled over the other cases. It leaves
a dummy at exactly zero, closes the gap, and takes away the noise that comes from the luck of the
background.
"""

from typing import final

import numpy as np

from .account import rows_left
from .game import Game, PooledGame, view
from .index import Index
from .moments import Moments
from .pool import PoolMoments
from .reading import Reading
from .shaped import Float
from .types import Ends, Scores
from .visits import Visits
from .wrap import weights_of

_ROUNDING = 1e-12  # of the gains: a total that varies less does not vary


@final
class Walks:
    """The state of a method whose draws are independent walks.

    Args:
        game: what is being asked; a `PooledGame` is asked once for the worth of nobody, where the
            budget has the rows to spare.
        index: what is being estimated.
    """

    __slots__ = ("counts", "ends", "game", "moments", "nobody", "pool", "pool_within")

    def __init__(self, game: Game, index: Index) -> None:
        cases, outputs, players = game.n_cases, len(game.outputs), len(game.players)
        self.moments = Moments(cases, outputs, players)
        self.ends = np.full((2, cases, outputs), np.nan)  # end, case, output
        self.game = view(game, PooledGame) if game.n_draws != 1 else None
        self.pool = PoolMoments(self.game.n_pool, outputs, players) if self.game else None
        self.pool_within = (  # cases: of one, all walks are within it
            PoolMoments(self.game.n_pool, outputs, players) if self.game and cases > 1 else None
        )
        weights = weights_of(game)
        self.counts = None if weights is None else weights / weights.mean()
        self.nobody: Ends | None = None
        if self.game is not None and index.efficient and rows_left() >= self.game.n_pool:
            self.nobody = self.game.nobody()

    def add(
        self,
        gains: Float[np.ndarray, "visits outputs players"],
        visits: Visits,
        ends: Float[np.ndarray, "2 visits outputs"] | None = None,
    ) -> "Walks":
        """Take in what each walk found. Changes, and returns, this object.

        Args:
            gains: what each player added.
            visits: where the walks were.
            ends: the worths of nobody and of everybody, where the walk asked them.
        """
        if ends is not None:
            self._average_ends(ends, visits.cases)
        if self.game is not None and self.pool is not None:
            members = self.game.members(visits.cases, visits.draws)
            self.pool.add(self._counted(gains, visits.cases), members)
            if self.pool_within is not None:
                apart, known = self.moments.from_earlier(gains, visits.cases)
                self.pool_within.add(
                    self._counted(apart[known], visits.cases[known]), members[known]
                )
        self.moments.add(gains, visits.cases)
        return self

    def _counted(self, gains: np.ndarray, cases: np.ndarray) -> np.ndarray:
        """As often as their cases count, since the pool's part is that of the weighted mean."""
        if self.counts is None:
            return gains
        return np.asarray(gains * self.counts[cases][:, None, None])

    def _average_ends(self, ends: np.ndarray, cases: np.ndarray) -> None:
        total = np.zeros_like(self.ends)
        for end in (0, 1):
            np.add.at(total[end], cases, ends[end])
        new = np.bincount(cases, minlength=len(self.moments.count))
        here, before = new > 0, self.moments.count
        old = before[here][:, None] * np.nan_to_num(self.ends[:, here])
        self.ends[:, here] = (old + total[:, here]) / (before + new)[here][:, None]

    def reading(self) -> Reading:
        """Values, errors and ends by case, with the total imposed where it is known."""
        m = self.moments
        seen = m.count[:, None, None] > 0
        values, squares, covariance = m.mean, m.squares, m.products
        empty, full = self.ends
        if self.nobody is not None and m.freedom.any() and np.isfinite(full[m.count > 0]).all():
            empty = self.nobody
            beta = self._beta()
            gap = (full - empty)[:, :, None] - m.mean.sum(axis=2, keepdims=True)
            total = m.with_total.sum(axis=2, keepdims=True)
            values = m.mean + beta * gap
            squares = np.maximum(m.squares - 2 * beta * m.with_total + beta**2 * total, 0)
            covariance = _project(covariance, self._pooled())
        shared, shared_covariance = self._pool_parts()
        free = m.freedom.sum()
        return Reading(
            np.where(seen, values, np.nan),
            m.error(squares),
            m.count - 1.0,
            empty,
            full,
            shared,
            self._pool_by_case(),
            covariance=covariance / free if covariance is not None and free > 0 else None,
            shared_covariance=shared_covariance,
            each=m.count.astype(float),
        )

    def _pooled(self) -> Float[np.ndarray, "outputs players"]:
        """The coefficient from all cases."""
        m = self.moments
        return _ratio(m.with_total.sum(axis=0), m.squares.sum(axis=0))

    def _beta(self) -> Scores:
        """Each case's coefficient from all the *other* cases.

        Fitted on a case's own few draws it would follow their luck, and the error that is left
        would look smaller than it is: by 9 % at two visits to each of 60 cases.
        """
        own, squares = self.moments.with_total, self.moments.squares
        others = own.sum(axis=0) - own
        alone = others.sum(axis=2, keepdims=True) <= 0
        return np.where(alone, self._pooled(), _ratio(others, squares.sum(axis=0) - squares))

    def _pool_by_case(self) -> dict[str, np.ndarray]:
        """At most k Var(gain)/M, were the whole spread of a case's draws the pool's own.

        For one case the pool's part cannot be told from the orders', and this bound is safe.
        """
        if self.game is None:
            return {}
        spread = self.moments.variance(self.moments.squares)
        return {"background": np.sqrt(spread * self.game.sample / self.game.n_pool)}

    def _pool_parts(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        pools = [pool for pool in (self.pool, self.pool_within) if pool is not None]
        analysed = [pool.analysed() for pool in pools]
        covariance = min(analysed, key=lambda found: found[0])[1] if analysed else None
        if covariance is None:
            return {}, {}
        if covariance.ndim == 2:
            return {"background": np.sqrt(np.maximum(covariance, 0))[None]}, {}
        variance = np.diagonal(covariance, axis1=1, axis2=2)
        return {"background": np.sqrt(np.maximum(variance, 0))[None]}, {"background": covariance}


def _ratio(with_total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Cov(gain, total) / Var(total); zero where the total never varies, but for its rounding."""
    total = with_total.sum(axis=-1, keepdims=True)
    varies = total > _ROUNDING**2 * squares.sum(axis=-1, keepdims=True)
    ratio = np.divide(with_total, total, out=np.zeros_like(with_total), where=varies)
    return np.asarray(ratio)


def _project(products: np.ndarray | None, beta: np.ndarray) -> np.ndarray | None:
    """P C P' with P = I - beta 1'."""
    if products is None:
        return None
    p = np.eye(beta.shape[1]) - beta[:, :, None]
    return np.asarray(p @ products @ np.swapaxes(p, 1, 2))
