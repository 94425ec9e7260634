"""Rows of any table as points whose distances mean something.

A column of numbers is measured from its mean in its standard deviations, so that no unit outweighs
another, and so are times; values of a column of words are a standard deviation's step apart (two
steps of 1/sqrt 2 at right angles); a missing cell stands at the mean, one step aside from all that
are not missing.
Means and deviations are those of the training rows.

Columns that share one unit, such as pixels, are better left as they are: `scale=False`.
"""

from typing import Any

import numpy as np

from whence._core.errors import TableError, some
from whence._core.shaped import Float
from whence.models.intake import intake
from whence.models.table import Table

Points = Float[np.ndarray, "rows axes"]
Asked = Float[np.ndarray, "asked axes"]
_LEVELS = 200  # different words in one column: more are names, which have no distances
HOW = "columns in standard deviations, words one apart, missing cells one aside"


def comparable(X: Any, X_test: Any = None, *, scale: bool = True) -> tuple[Points, Asked]:
    """Both tables as points on the same axes.

    Args:
        X: training rows, in any frame.
        X_test: further rows, in the same columns; none by default.
        scale: measure columns in their standard deviations; without it, numbers are left alone.

    Returns:
        The points of X, and those of X_test (none where there are none).

    Raises:
        TableError: columns that differ, infinite numbers, or a column of words that are names.
    """
    train = Table.of(X)
    if X_test is None:
        every = train
    else:
        asked = Table.of(X_test, what="X_test")
        every = train.above(intake(train, None, train.kind).matched(asked))
    n = len(train)
    axes = [a for name in every.names for a in _axes(every, name, n, scale=scale)]
    if not axes:
        raise TableError(f"{train.what} is the same in every row: nothing sets its rows apart")
    points = np.column_stack(axes)
    return points[:n], points[n:]


def _axes(table: Table, name: str, n: int, *, scale: bool) -> list[np.ndarray]:
    column = table.raw(name)
    if column.categories is None and column.family in {"number", "nothing"}:
        return _of_numbers(np.asarray(column.readable(), dtype=float), name, table.what, n, scale)
    if column.categories is None and column.family == "time":
        return _of_numbers(column.seconds(), name, table.what, n, scale)
    codes = column.codes()
    levels = np.unique(codes)
    if len(levels) > _LEVELS:
        raise TableError(
            f'column "{name}" of {table.what} holds {len(levels):,} different words '
            f"({some(table.column(name)[:2].tolist())}, …), as names do: they set every row apart. "
            "Drop that column."
        )
    return [(codes == level) / np.sqrt(2) for level in levels] if len(levels) > 1 else []


def _of_numbers(values: np.ndarray, name: str, what: str, n: int, scale: bool) -> list[np.ndarray]:
    gone, wild = np.isnan(values), np.isinf(values)
    if wild.any():
        raise TableError(
            f'column "{name}" of {what} is infinite in {int(wild.sum())} rows (first: row '
            f"{int(np.argmax(wild))}), and has no distances there. Mend or drop those rows."
        )
    if gone.all():
        return []
    seen = values[:n][~gone[:n]]
    known = seen if len(seen) else values[~gone]
    centre, spread = float(known.mean()), float(known.std()) if scale else 1.0
    places = (np.where(gone, centre, values) - centre) / (spread or 1.0)
    axes = [places] if np.ptp(places) > 0 else []
    return [*axes, gone.astype(float)] if gone.any() else axes
