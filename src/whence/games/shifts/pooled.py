"""The density of the rows of both data sets taken together, over that of before.

What multiplies the ratio of densities is chosen so that the weights of before's law sum to 1, in
each replicate (the acceptance ratio of Bennett 1976).
"""

import numpy as np

from whence._core.shaped import Bool, Float

_STEPS, _CLOSE = 50, 1e-10
Weights = Float[np.ndarray, "rows replicates"]


def log_density(log_ratio: Weights, kept: Weights, after: Bool[np.ndarray, " rows"]) -> Weights:
    """The log of (n0 + n1 r) / n0 at each row.

    Args:
        log_ratio: log p_1 / p_0, of each row.
        kept: 1.0 where a row counts, in each replicate.
        after: which rows are of after.
    """
    sizes = [np.log(kept[rows].sum(axis=0)) for rows in (~after, after)]
    log = log_ratio + (sizes[1] - sizes[0])
    return np.asarray(np.logaddexp(0.0, log + _calibrated(log, kept, sizes[0])))


def _calibrated(
    log: Weights, kept: Weights, log_before: Float[np.ndarray, " replicates"]
) -> Float[np.ndarray, " replicates"]:
    """The c with sum_i 1 / (1 + exp(log_i + c)) = n0.

    The sum falls in c, so Newton's step is kept within what is known of it.
    """
    wanted = np.exp(log_before)
    low, high = np.full(len(wanted), -60.0), np.full(len(wanted), 60.0)
    c = np.zeros(len(wanted))
    for _ in range(_STEPS):
        p = 0.5 * (1 - np.tanh(0.5 * (log + c)))  # 1 / (1 + exp)
        off = (kept * p).sum(axis=0) - wanted
        if np.abs(off).max() <= _CLOSE * wanted.max():
            break
        low, high = np.where(off > 0, c, low), np.where(off < 0, c, high)
        slope = (kept * p * (1 - p)).sum(axis=0)
        step = c + off / np.maximum(slope, 1e-300)
        c = np.where((step > low) & (step < high), step, (low + high) / 2)
    return c
