"""Rows that stand in a table more than once, and test rows that leaked into training.

Exact: equal in every cell, missing ones included. Near: no further apart than `near` standard
deviations a column (root mean square), and whatever is joined by a chain of such steps. In one or
two columns many rows are as near as that by chance; in ten, none are.

Near rows are found by sorting: a projection never makes two points further apart than they are, so
that only those which are near on one line need be compared.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.errors import OptionError
from whence._core.keyed import uniforms
from whence._core.shaped import Int
from whence.models.intake import intake
from whence.models.labels import refuse_other_rows
from whence.models.table import Table
from whence.models.threads import one_thread
from whence.models.training_rows import flat_labels, row_names
from whence.recipes._comparable import Points, comparable
from whence.recipes.copies import Copies, Duplicates

_LINE = 41  # the stream of the line that rows are sorted on


@check_arguments
@one_thread(torch=False)
def duplicates(
    X: Any,
    y: Any = None,
    X_test: Any = None,
    y_test: Any = None,
    *,
    near: float = 0.01,
    scale: bool = True,
) -> Duplicates:
    """Training rows that are there more than once, and test rows that are training rows.

    Args:
        X: training rows, in any frame. Drop an id first: it sets equal rows apart.
        y: their labels, to find copies that contradict each other.
        X_test: test rows, in the same columns.
        y_test: their labels.
        near: how far apart near copies may be, in standard deviations a column; 0 finds exact ones
            only, and takes any column.
        scale: measure columns in standard deviations; without it `near` is in their own unit.

    Raises:
        TableError: rows, columns or labels that do not fit.
        OptionError: a distance that is none.
    """
    if isinstance(near, bool) or not isinstance(near, (int, float)) or not 0 <= near < np.inf:
        raise OptionError(f"near is a distance from 0, such as 0.01; given {near!r}")
    train = Table.of(X)
    n, every = len(train), train
    if X_test is not None:
        asked = Table.of(X_test, what="X_test")
        every = train.above(intake(train, None, train.kind).matched(asked))
    refuse_other_rows(X, y)
    refuse_other_rows(X_test, y_test, "y_test", "X_test")
    labels = _labels(y, n, "y") + _labels(y_test, len(every) - n, "y_test")
    names = [*row_names(X, n), *(f"test row {i}" for i in range(len(every) - n))]
    _, first, same = np.unique(every.codes, axis=0, return_index=True, return_inverse=True)
    same, points = same.reshape(-1), None
    root = np.arange(len(first))
    if near > 0 and len(first) > 1:
        points = np.vstack(comparable(train, X_test, scale=scale))
        reach = near * np.sqrt(len(every.names))
        root = _joined(points[first], reach)
    owner = root[same]
    found = [
        _copies(np.flatnonzero(owner == g), n, same, points, labels, names, len(every.names))
        for g in np.flatnonzero(np.bincount(owner) > 1)
    ]
    found.sort(key=lambda c: (not c.leaks, -len(c.names), c.rows, c.tests))
    return Duplicates(tuple(found), n, len(every) - n, float(near))


def _labels(y: Any, rows: int, what: str) -> list[object]:
    return [None] * rows if y is None else flat_labels(y, rows, what).tolist()


def _copies(
    at: np.ndarray,
    n: int,
    same: np.ndarray,
    points: Points | None,
    labels: Sequence[object],
    names: Sequence[str],
    columns: int,
) -> Copies:
    exact = len(np.unique(same[at])) == 1
    far = 0.0
    if not exact and points is not None:
        far = float(np.linalg.norm(points[at] - points[at[0]], axis=1).max() / np.sqrt(columns))
    rows, tests = at[at < n], at[at >= n] - n
    known = dict.fromkeys(labels[i] for i in at if labels[i] is not None)
    return Copies(
        tuple(rows.tolist()), tuple(tests.tolist()), exact, far, tuple(known),
        tuple(names[i] for i in at),
    )  # fmt: skip


def _joined(points: Points, reach: float) -> Int[np.ndarray, " rows"]:
    """The first point of each chain of near ones."""
    line = uniforms(points.shape[1], _LINE)[0] - 0.5
    along = points @ (line / np.linalg.norm(line))
    order = np.argsort(along, kind="stable")
    root = np.arange(len(points))
    for step in range(1, len(points)):
        a, b = order[:-step], order[step:]
        close = along[b] - along[a] <= reach
        if not close.any():
            break
        a, b = a[close], b[close]
        near = np.linalg.norm(points[a] - points[b], axis=1) <= reach
        for i, j in zip(a[near].tolist(), b[near].tolist(), strict=True):
            low, high = sorted((_top(root, i), _top(root, j)))
            root[high] = low
    return np.array([_top(root, i) for i in range(len(root))])


def _top(root: np.ndarray, i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = int(root[i])
    return i
