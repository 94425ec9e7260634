"""How sure a mean of rank correlations is, over the rows and the columns it was taken of.

    value = mean over columns q of Spearman's rho(q), over rows

Rows are drawn anew with replacement, and columns are drawn anew in each resample. A row that is
drawn twice ties with itself: ranks are those of the resampled rows, ties sharing theirs. With
weights w of the rows, rank(i) = sum_j w_j ([x_j < x_i] + [x_j = x_i] / 2), which is one matrix
product for all resamples of a column.

Drawing both is too wide where each column has noise of its own, which is then counted three times
(Owen 2007). The resamples are shrunk around their mean to the variance that two crossed samples
have,

    V = V(rows alone) + V(columns alone) - mean over columns of V(rows, one column) / columns,

and widened by Student's t, with the degrees of freedom of the two (Satterthwaite 1946).
Source: Efron & Tibshirani (1993); Cameron, Gelbach & Miller (2011) for V.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from .keyed import uniforms
from .shaped import Float
from .student import normal, quantile

LEVEL = 0.95
_ROWS, _COLUMNS = 41, 42  # streams of chance
_FLOOR = 1e-12  # of a variance: what rounding leaves of none

Told = Float[np.ndarray, "rows columns"]


@final
@dataclass(frozen=True, slots=True)
class Again:
    """Rank correlations of the same columns, in the same resamples, by several predictors.

    Attributes:
        value: float [predictors, columns], of the rows themselves.
        rows: float [predictors, resamples, columns], of resampled rows.
        weights: how often each column is drawn, [resamples, columns].
        many: how many rows there are.
    """

    value: Float[np.ndarray, "predictors columns"]
    rows: Float[np.ndarray, "predictors resamples columns"]
    weights: Float[np.ndarray, "resamples columns"]
    many: int

    def mean(self, which: int) -> tuple[float, tuple[float, float]]:
        """One predictor's mean over columns, and its interval."""
        return self._sure(self.value[which], self.rows[which], 1.0)

    def less(self, one: int, other: int) -> tuple[float, tuple[float, float]]:
        """How much better one predicts than another, and the interval of the difference."""
        value = self.value[one] - self.value[other]
        return self._sure(value, self.rows[one] - self.rows[other], 2.0)

    def _sure(
        self,
        value: Float[np.ndarray, " columns"],
        rows: Float[np.ndarray, "resamples columns"],
        most: float,
    ) -> tuple[float, tuple[float, float]]:
        mean, columns = float(value.mean()), len(value)
        both = (self.weights * rows).sum(axis=1) / columns
        by_row = float(rows.mean(axis=1).var(ddof=1)) * self.many / (self.many - 1)
        by_column = float(value.var(ddof=1)) / columns if columns > 1 else 0.0
        own = float(rows.var(axis=0, ddof=1).mean()) / columns if columns > 1 else 0.0
        variance = max(by_row + by_column - own, by_row, by_column)
        if variance <= _FLOOR:
            return mean, (mean, mean)
        freedom = (by_row + by_column) ** 2 / (
            by_row**2 / (self.many - 1) + by_column**2 / max(columns - 1, 1)
        )
        wider = quantile(LEVEL, np.array([freedom]))[0] / -normal((1 - LEVEL) / 2)
        scale = wider * np.sqrt(variance / float(both.var(ddof=1)))
        tail = (1 - LEVEL) / 2
        low, high = mean + scale * (np.quantile(both, [tail, 1 - tail]) - both.mean())
        return mean, (max(float(low), -most), min(float(high), most))


def again(told: Sequence[Told], seen: Told, resamples: int, seed: int) -> Again:
    """Resample rows and columns, for all predictors alike.

    Args:
        told: what each predictor says.
        seen: what was measured; every column of it changes.
        resamples: how many.
        seed: of the resamples.
    """
    rows, columns = seen.shape
    drawn = _counts(rows, uniforms(rows, seed, _ROWS, np.arange(resamples)))
    weights = _counts(columns, uniforms(columns, seed, _COLUMNS, np.arange(resamples)))
    value, found = np.empty((len(told), columns)), np.empty((len(told), resamples, columns))
    once = np.ones((1, rows), dtype=np.float32)
    for q in range(columns):
        for w, into in ((once, value[:, None]), (drawn, found)):
            b = _ranked(seen[:, q], w)
            for k, one in enumerate(told):
                into[k, :, q] = _correlated(_ranked(one[:, q], w), b, w)
    return Again(value, found, weights, rows)


def _counts(
    size: int, chance: Float[np.ndarray, "resamples size"]
) -> Float[np.ndarray, "resamples size"]:
    """How often each is drawn."""
    at = (chance * size).astype(np.int64) + size * np.arange(len(chance))[:, None]
    counts = np.bincount(at.ravel(), minlength=size * len(chance))
    return np.asarray(counts.reshape(len(chance), size).astype(np.float32))


def _ranked(
    x: Float[np.ndarray, " rows"], w: Float[np.ndarray, "resamples rows"]
) -> Float[np.ndarray, "resamples rows"]:
    """Centred ranks of the resampled rows; multiples of a half, exact in single precision."""
    under = (x < x[:, None]) + np.float32(0.5) * (x == x[:, None])
    return np.asarray(w @ under.T.astype(np.float32) - len(x) / np.float32(2))


def _correlated(
    a: Float[np.ndarray, "resamples rows"],
    b: Float[np.ndarray, "resamples rows"],
    w: Float[np.ndarray, "resamples rows"],
) -> Float[np.ndarray, " resamples"]:
    """Pearson's correlation of ranks; 0 where either is the same throughout."""
    both, own, other = (np.einsum("ri,ri->r", w * x, y) for x, y in ((a, b), (a, a), (b, b)))
    size = np.sqrt(own.astype(float) * other)
    return np.asarray(np.divide(both, size, out=np.zeros(len(a)), where=size > 0))
