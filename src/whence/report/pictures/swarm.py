"""Packing dots: cases with near values are piled beside one another, none is hidden."""

import numpy as np

_BINS = 100


def pile(values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Offsets in [-1, 1]: in each narrow bin, cases are stacked around 0, higher keys upwards.

    Args:
        values: where the dots stand, float [cases].
        keys: what orders a pile, so that colour is not the only sign of it, float [cases].

    Returns:
        The offset of each dot; widest where the cases are densest.
    """
    n = len(values)
    if n == 0:
        return np.zeros(0)
    span = np.ptp(values)
    bins = np.zeros(n, dtype=int)
    if span > 0:
        bins = np.round((values - values.min()) / span * _BINS).astype(int)
    known = np.where(np.isfinite(keys), keys, -np.inf)
    order = np.lexsort((known, bins))
    counts = np.bincount(bins)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.empty(n)
    place[order] = np.arange(n) - starts[bins[order]]
    centred = place - (counts[bins] - 1) / 2
    return np.asarray(centred / max(counts.max() / 2, 4.0))
