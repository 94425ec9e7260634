"""Labelled examples: the rows that a model learns from, or is asked about.

A test is a pair (X, y), as one writes it; a training set is the same, and its rows are the players.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import PlayersError, TableError
from whence._core.figures import figures
from whence._core.players import Players
from whence._core.text import brief
from whence.models.labels import as_classes, as_labels, as_targets, refuse_other_rows
from whence.models.training_rows import KIND, row_names


@final
@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Rows and what they are labelled with.

    Attributes:
        X: whatever the model takes, its first axis the rows.
        y: the labels as the model learns them: the place of each class, or numbers.
        names: one for each row.
        labels: the labels in words or numbers, as they were given.
    """

    X: Any
    y: np.ndarray
    names: tuple[str, ...]
    labels: tuple[object, ...]

    def __len__(self) -> int:
        return len(self.names)

    def players(self) -> Players:
        """The rows as players, each with its label."""
        return Players(self.names, KIND, columns={"label": self.labels})

    def take(self, rows: np.ndarray) -> "Examples":
        """These rows, by position."""
        at = [int(i) for i in rows]
        return Examples(
            taken(self.X, np.asarray(rows)),
            self.y[rows],
            tuple(self.names[i] for i in at),
            tuple(self.labels[i] for i in at),
        )

    def columns(self) -> dict[str, np.ndarray]:
        """The rows in words, for pictures and tables."""
        return {"test": np.array(self.names), "label": np.array([str(v) for v in self.labels])}


def taken(X: Any, rows: np.ndarray) -> Any:
    """These rows of an array, a frame, a sparse matrix or a list."""
    if type(X).__module__.split(".")[0] == "pandas":
        return X.iloc[rows]
    return [X[int(i)] for i in rows] if isinstance(X, (list, tuple)) else X[rows]


def pair(given: Any, what: str) -> tuple[Any, Any]:
    """The two halves of (X, y).

    Raises:
        TableError: something else.
    """
    if isinstance(given, Examples):
        return given.X, given.labels
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2:
        return given[0], given[1]
    raise TableError(
        f"{what} is the pair (X, y): the rows, and one label for each; given {type(given).__name__}"
    )


def numbers(X: Any, what: str) -> np.ndarray:
    """Rows of numbers, float [rows, columns].

    Raises:
        TableError: text, missing values, or another shape.
    """
    array = np.asarray(figures(X, what, "[rows, columns]"))
    if array.ndim != 2 or not len(array):
        raise TableError(
            f"{what} has shape {array.shape}; it must be [rows, columns] with at least one row"
        )
    return array


def classes_of(y: Any, what: str = "y") -> tuple[object, ...]:
    """The different labels, in order.

    Raises:
        TableError: only one.
    """
    labels = as_labels(y, what)
    if labels.ndim == 0 or not labels.size:
        raise TableError(f"{what} holds no labels: give one for each row; given {brief(y)}")
    try:
        found = tuple(v.item() if isinstance(v, np.generic) else v for v in np.unique(labels))
    except TypeError as error:  # words and numbers, or nothing among them
        raise TableError(f"{what} holds labels of several kinds, which have no order") from error
    if len(found) < 2:
        raise TableError(
            f"{what} has one class only ({found[0]!r} in all {len(labels):,} rows): a classifier "
            "learns nothing from it. Give rows of at least two classes."
        )
    return found


def _count(X: Any, what: str) -> int:
    try:
        return len(X)
    except TypeError as error:
        raise TableError(f"{what} holds no rows: give a table; given {brief(X)}") from error


def labelled(
    X: Any,
    y: Any,
    classes: Sequence[object] | None,
    what: str,
    names: Sequence[str] | None = None,
) -> Examples:
    """Rows with their labels: places of these classes, or numbers where there are none.

    Raises:
        TableError: labels that are missing, unknown, or not as many as the rows.
        PlayersError: names that are not as many as the rows.
    """
    rows = _count(X, what)
    refuse_other_rows(X, y, "y" if what == "X" else f"y of {what}", what)
    targets = as_classes(y, classes, f"y of {what}") if classes else as_targets(y, rows, what)
    if len(targets) != rows:
        raise TableError(
            f"{what} has {rows:,} rows and {len(targets):,} labels: give one label for each row"
        )
    own = row_names(X, rows) if names is None else tuple(map(str, names))
    if len(own) != rows:
        raise PlayersError(f"{what} has {rows:,} rows and {len(own):,} names: give one for each")
    given = tuple(classes[int(p)] for p in targets) if classes else tuple(targets.tolist())
    return Examples(X, targets, own, given)
