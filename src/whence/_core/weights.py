"""Weights of cases: each counts as if it were there so many times.

    v(S) = sum_c w_c v_c(S) / sum_c w_c

A mean over repeated cases has the error of the cases that there are, not of their copies. To first
order (a ratio of sums, linearised) it is that of the mean of z_c = (w_c / mean w) (v_c - v), and n
cases of unequal weight tell as much as (sum w)^2 / sum w^2 that weigh the same (Kish 1965).
"""

import numpy as np

from .shaped import Float

Weights = Float[np.ndarray, " cases"]


def effective(weights: Weights) -> float:
    """How many cases of equal weight tell as much.

    >>> round(effective(np.array([1.0, 1.0, 2.0])), 3)
    2.667
    """
    return float(weights.sum() ** 2 / (weights**2).sum())
