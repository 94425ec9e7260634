"""Jackknife replicates of an average: the same, with each member or fold left out."""

from collections.abc import Iterator

import numpy as np

from whence._core.shaped import Int


def without_each(p: np.ndarray, axis: int) -> Iterator[np.ndarray]:
    """The array with each member along an axis left out."""
    for member in range(p.shape[axis]):
        yield np.delete(p, member, axis=axis)


def without_folds(p: np.ndarray, fold: Int[np.ndarray, " pool"]) -> Iterator[np.ndarray]:
    """The mean over axis 1 with each fold left out: [rows, 1, ...]."""
    total = p.sum(axis=1, keepdims=True)
    for k in range(int(fold.max()) + 1):
        out = fold == k
        yield (total - p[:, out].sum(axis=1, keepdims=True)) / (len(fold) - out.sum())
