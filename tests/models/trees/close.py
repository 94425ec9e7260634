"""Rows on which a reader could go wrong, and the distance between two answers."""

import numpy as np


def on_thresholds(ensemble, rows=400, seed=0, odd=()):
    """Cells on thresholds and either side of them, in both precisions; `odd` cells among them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, ensemble.n_features)) * 3
    for j, every in enumerate(ensemble.grid):
        grid = every[np.isfinite(every)]
        if not len(grid):
            continue
        near = [grid, np.nextafter(grid, -np.inf), np.nextafter(grid, np.inf)]
        single = grid.astype(np.float32)
        near += [single, np.nextafter(single, np.float32(-np.inf))]
        near += [np.nextafter(single, np.float32(np.inf)), [0.0, -0.0, 1e30, -1e30], odd]
        X[:, j] = rng.choice(np.concatenate(near), rows)
    return X


def apart(own, read):
    """The largest difference, relative to the largest answer of each output."""
    assert own.shape == read.shape
    return (np.abs(own - read).max(axis=0) / np.maximum(1e-300, np.abs(own).max(axis=0))).max()
