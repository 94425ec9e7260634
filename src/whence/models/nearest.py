"""Which rows are nearest: whole rankings, block by block of the rows that ask.

Distances are summed column by column, so that equal rows have equal distances to the last bit; a
matrix product would not promise that. Equal distances keep the order of the rows.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from whence._core.errors import ModelError, OptionError, TableError, some
from whence._core.shaped import Float, Int
from whence._core.text import brief
from whence.models.table import Table

Metric = str | Callable[[Any, Any], Any]
METRICS = ("euclidean", "cosine")
_CELLS = 2**17  # distances that fit the cache: there every column is added to them


def rankings(
    X: Table, asking: Table, metric: Metric = "euclidean"
) -> Iterator[tuple[slice, Int[np.ndarray, "asking rows"]]]:
    """For blocks of the rows that ask: the positions of X's rows, from the nearest on.

    Args:
        X: the rows that are ranked.
        asking: the rows that ask, in the same columns.
        metric: "euclidean" or "cosine" (of numbers), or a function of X's rows and a block of
            those that ask, each in the frame it came in, that gives distances [asking, rows].

    Raises:
        OptionError: no such metric.
        TableError: what is not a finite number, or a row of zeros that has no direction.
        ModelError: distances that are none, from the caller's function.
    """
    if callable(metric):
        yield from _own(X, asking, metric)
        return
    if not isinstance(metric, str) or metric not in METRICS:
        raise OptionError(
            f"metric is 'euclidean', 'cosine' or a function of two tables; given {brief(metric)}"
        )
    near, far = _numbers(X), _numbers(asking)
    if metric == "cosine":
        near, far = _directions(near, X.what), _directions(far, asking.what)
    columns, size = np.ascontiguousarray(near.T), max(_CELLS // len(near), 1)
    for first in range(0, len(far), size):
        here = slice(first, min(first + size, len(far)))
        yield here, _ranked(_squared(columns, far[here]))


def _squared(
    columns: Float[np.ndarray, "columns rows"], asking: Float[np.ndarray, "asking columns"]
) -> Float[np.ndarray, "asking rows"]:
    """Squared Euclidean distances; of directions, twice the cosine distances."""
    total = np.zeros((len(asking), columns.shape[1]))
    step = np.empty_like(total)
    with np.errstate(over="ignore"):
        for column, value in zip(columns, asking.T, strict=True):
            np.subtract(column, value[:, None], out=step)
            step *= step
            total += step
    if not np.isfinite(total).all():
        raise TableError(
            "distances between rows are too large for floating point: scale the columns first"
        )
    return total


def _ranked(distance: Float[np.ndarray, "asking rows"]) -> Int[np.ndarray, "asking rows"]:
    return np.argsort(distance, axis=1, kind="stable").astype(np.int32)


def _numbers(table: Table) -> Float[np.ndarray, "rows columns"]:
    numbers = np.asarray(table.numbers().frame(), dtype=float)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise TableError(
            f"{table.what} is missing or infinite in {int(wrong.sum())} cells (first: row {row}, "
            f'column "{table.names[column]}"), and has no distances there. Fill them or drop the '
            "rows first, or give a metric of your own."
        )
    return numbers


def _directions(
    numbers: Float[np.ndarray, "rows columns"], what: str
) -> Float[np.ndarray, "rows columns"]:
    length = np.linalg.norm(numbers, axis=1)
    if not (length > 0).all():
        nowhere = [f"row {i}" for i in np.flatnonzero(length == 0)]
        raise TableError(
            f"{what} has rows of zeros, which have no direction: {some(nowhere)}. Drop them, or "
            "use metric='euclidean'."
        )
    return np.asarray(numbers / length[:, None])


def _own(
    X: Table, asking: Table, metric: Callable[[Any, Any], Any]
) -> Iterator[tuple[slice, Int[np.ndarray, "asking rows"]]]:
    size = max(_CELLS // len(X), 1)
    for first in range(0, len(asking), size):
        at = np.arange(first, min(first + size, len(asking)))
        try:
            answer = metric(X.frame(), asking.take(at).frame())
            distance = np.asarray(answer, dtype=float)
        except Exception as error:
            raise ModelError(
                f"the metric failed on {len(X)} rows and {len(at)} that ask: "
                f"{type(error).__name__}: {error}"
            ) from error
        if distance.shape != (len(at), len(X)) or not np.isfinite(distance).all():
            raise ModelError(
                f"the metric answered an array of shape {distance.shape} for {len(at)} rows that "
                f"ask and {len(X)} rows; it must be {(len(at), len(X))}, and finite"
            )
        yield slice(int(at[0]), int(at[-1]) + 1), _ranked(distance)
