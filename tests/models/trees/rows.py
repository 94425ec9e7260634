"""Rows that find a reader out: gaps, zeros, and cells on thresholds and either side of them."""

import numpy as np


def awkward(ensemble, X, rng, n=300):
    """Rows drawn from X, some cells gone, zero, or at a threshold (as float32 or float64)."""
    rows = np.asarray(X, float)[rng.integers(0, len(X), n)]
    for j, grid in enumerate(ensemble.grid):
        rows[rng.random(n) < 0.05, j] = np.nan
        if not len(grid):
            continue
        rows[rng.random(n) < 0.05, j] = 0.0
        for kind in (np.float32, np.float64):
            for side in (-np.inf, None, np.inf):
                at = rng.random(n) < 0.06
                cells = rng.choice(grid, at.sum()).astype(kind)
                with np.errstate(over="ignore"):
                    rows[at, j] = cells if side is None else np.nextafter(cells, kind(side))
    return rows


def apart(ensemble, rows, answer):
    """The largest difference from the library's own answer, of its largest."""
    own = np.asarray(answer, float).reshape(len(rows), -1)
    return np.abs(ensemble.predict(rows) - own).max() / max(np.abs(own).max(), 1e-12)
