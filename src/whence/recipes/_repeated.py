"""Rows repeated as often as they count: a background of weighted rows."""

from typing import Any

import numpy as np

from whence._core.shaped import Int
from whence._core.weights import Weights, effective
from whence.models.labels import as_labels
from whence.models.row_weights import as_weights
from whence.models.table import Table

_MOST, _EACH = 20_000, 20  # rows in all, at most; or so many for each row, if that is more


def repeated(X: Any, sample_weight: Any) -> tuple[Table, float]:
    """The rows as often as they count, and how many copies there are of what they tell.

    Whole numbers, and whole multiples of the smallest weight, are kept exactly where that makes no
    more than 20,000 rows or 20 for each; other weights to one part in as many.
    """
    table = Table.of(X, what="background")
    weights = as_weights(sample_weight, X, len(table))
    given = as_labels(sample_weight).reshape(-1).astype(float)
    times = _times(given)
    rows = np.repeat(np.arange(len(table)), times)
    return table.take(rows), len(rows) / effective(weights)


def _times(weights: Weights) -> Int[np.ndarray, " rows"]:
    some = weights > 0
    most = max(_MOST, _EACH * len(weights))
    for each in (weights, weights / weights[some].min()):
        if np.allclose(each, np.round(each), rtol=0, atol=1e-9) and each.max() < 2**53:
            times = np.round(each).astype(np.int64)
            times //= np.gcd.reduce(times[some])
            if times.sum() <= most:
                return np.asarray(times)
    ends = np.round(np.cumsum(weights) / weights.sum() * most)  # systematic: no count is off by one
    return np.asarray(np.diff(ends, prepend=0.0), np.int64)
