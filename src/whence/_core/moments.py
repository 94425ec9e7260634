"""Mergeable running moments, case by case (Chan, Golub & LeVeque 1979).

Beside mean and squares each case keeps its players' co-moment with their *total*: where the total
is known exactly (an efficient index of a game whose ends are known) it is a control variate, and
this is all that its coefficient, and the error that is left, need.
"""

from typing import final

import numpy as np

from .shaped import Bool, Float, Int
from .types import Scores

PRIOR = 2.0  # how many draws the pooled variance of all cases counts for, in each case's own
MOST = 512  # players, up to which the covariance between players is kept


@final
class Moments:
    """Mean and spread of the draws of each case.

    Attributes:
        count: int [cases].
        mean: float [cases, outputs, players].
        squares: sums of squared deviations, of the same shape.
        with_total: sums of products of deviations, a player's with the players' total.
        products: float [outputs, players, players], the products of all players' deviations
            within cases, over all cases; None above `MOST` players.
    """

    __slots__ = ("count", "mean", "products", "squares", "with_total")
    count: Int[np.ndarray, " cases"]
    mean: Scores
    squares: Scores
    with_total: Scores
    products: Float[np.ndarray, "outputs players players"] | None

    def __init__(self, cases: int, outputs: int, players: int) -> None:
        self.count = np.zeros(cases, dtype=np.int64)
        self.mean = np.zeros((cases, outputs, players))
        self.squares = np.zeros((cases, outputs, players))
        self.with_total = np.zeros((cases, outputs, players))
        self.products = np.zeros((outputs, players, players)) if players <= MOST else None

    def add(
        self, draws: Float[np.ndarray, "visits outputs players"], cases: Int[np.ndarray, " visits"]
    ) -> "Moments":
        """Take in one number for each visit, output and player. Changes, and returns, itself."""
        order, which, start, n = _by_case(cases)
        draws = draws[order]
        mean = np.add.reduceat(draws, start, axis=0) / n[:, None, None]
        rest = draws - np.repeat(mean, n, axis=0)  # visit, output, player
        total = rest.sum(axis=2, keepdims=True)
        squares = np.add.reduceat(rest**2, start, axis=0)
        with_total = np.add.reduceat(rest * total, start, axis=0)
        return self._take(which, n, mean, squares, with_total, _products(rest, self.products))

    def from_earlier(
        self, draws: Float[np.ndarray, "visits outputs players"], cases: Int[np.ndarray, " visits"]
    ) -> tuple[Float[np.ndarray, "visits outputs players"], Bool[np.ndarray, " visits"]]:
        """Each draw less the mean of its case's earlier ones, and whether there were any.

        Asked before they are taken in.
        """
        order, which, start, n = _by_case(cases)
        draws = draws[order]
        sums = np.cumsum(draws, axis=0) - draws  # of what came before in this batch
        sums -= np.repeat(sums[start], n, axis=0)
        before = np.repeat(self.count[which], n)
        many = before + np.arange(len(cases)) - np.repeat(start, n)
        sums += before[:, None, None] * np.repeat(self.mean[which], n, axis=0)
        apart, known = np.empty_like(draws), np.empty(len(cases), dtype=bool)
        apart[order] = draws - sums / np.maximum(many, 1)[:, None, None]
        known[order] = many > 0
        return apart, known

    def merge(self, other: "Moments") -> "Moments":
        """Take in another run's moments. Changes, and returns, this object."""
        here = np.flatnonzero(other.count)
        parts = (other.mean[here], other.squares[here], other.with_total[here])
        return self._take(here, other.count[here], *parts, other.products)

    def _take(
        self,
        at: np.ndarray,
        n: np.ndarray,
        mean: np.ndarray,
        squares: np.ndarray,
        with_total: np.ndarray,
        products: np.ndarray | None,
    ) -> "Moments":
        both = self.count[at] + n
        apart, share = mean - self.mean[at], (n / both)[:, None, None]
        weight = share * self.count[at][:, None, None]
        self.mean[at] += apart * share
        self.squares[at] += squares + apart**2 * weight
        self.with_total[at] += with_total + apart * apart.sum(axis=2, keepdims=True) * weight
        if self.products is not None and products is not None:
            self.products += products + _products(apart * np.sqrt(weight), self.products)
        self.count[at] = both
        return self

    @property
    def freedom(self) -> Float[np.ndarray, " cases"]:
        """Degrees of freedom of each case's own variance."""
        return np.maximum(self.count - 1.0, 0.0)

    def variance(self, squares: Scores) -> Scores:
        """Of one draw, from these squares: each case's own; the pooled one is worth `PRIOR` draws.

        Infinite until some case has two draws.
        """
        free = self.freedom[:, None, None]
        if free.sum() == 0:
            return np.full(squares.shape, np.inf)
        prior = PRIOR if len(self.count) > 1 else 0.0
        pooled = squares.sum(axis=0) / free.sum()
        return np.asarray((squares + prior * pooled) / np.maximum(free + prior, 1e-300))

    @property
    def stderr(self) -> Scores:
        """Of each case's mean. Infinite until some case has two draws; NaN where one has none."""
        return self.error(self.squares)

    def error(self, squares: Scores) -> Scores:
        """The standard error of each case's mean, when these are the squares of its draws."""
        n = self.count[:, None, None].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(n > 0, np.sqrt(self.variance(squares) / n), np.nan)


def _by_case(cases: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """An order by cases that keeps that of each one's draws; the cases, their starts, how many."""
    order = np.argsort(cases, kind="stable")
    return (order, *np.unique(cases[order], return_index=True, return_counts=True))


def _products(rest: np.ndarray, like: np.ndarray | None) -> np.ndarray | None:
    if like is None:
        return None
    each = np.swapaxes(rest, 0, 1)  # output, visit, player
    return np.asarray(np.swapaxes(each, 1, 2) @ each)
