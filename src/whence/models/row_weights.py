"""Weights of rows, as users give them: each row counts as if it were there so many times."""

from typing import Any

import numpy as np

from whence._core.errors import TableError
from whence._core.weights import Weights
from whence.models.labels import as_labels, refuse_other_rows


def as_weights(weights: Any, X: Any, rows: int, what: str = "sample_weight") -> Weights:
    """Weights, one for each row, checked; the largest is 1.

    Args:
        weights: an array, a list or a Series.
        X: the rows themselves: where both have an index, it must be the same.
        rows: how many there are.
        what: what the user calls the weights, for messages.

    Raises:
        TableError: another number of them, negative, missing or infinite ones, or nothing but 0.
    """
    if isinstance(weights, str) or weights is None:
        raise TableError(f"{what} is numbers, one for each row of X; given {weights!r}")
    refuse_other_rows(X, weights, what)
    given = as_labels(weights, what)
    given = given[:, 0] if given.ndim == 2 and given.shape[1] == 1 else given
    if given.ndim != 1 or given.dtype.kind not in "biufO":
        raise TableError(
            f"{what} is one number for each row; given {given.dtype} of shape {given.shape}"
        )
    if len(given) != rows:
        raise TableError(
            f"{what} has {len(given)} rows, X has {rows}: give one weight for each row of X"
        )
    try:
        w = np.ma.filled(given.astype(float), np.nan)
    except (TypeError, ValueError) as error:
        raise TableError(f"{what} is numbers, one for each row; given {given[0]!r}, …") from error
    wrong = ~(np.isfinite(w) & (w >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise TableError(
            f"{what} is {w[row]:g} in {int(wrong.sum())} rows (first: row {row}): a weight says "
            "how often a row counts, from 0 up. Mend them, or give 0 to leave a row out."
        )
    if not w.any():
        raise TableError(f"{what} is 0 in every row: nothing is left to ask about")
    return np.asarray(w / w.max())  # so that squares of the largest stay numbers
