"""What the rows are labelled with: classes as columns of the model's answer, targets as numbers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.errors import TableError, some
from whence.models.cells import inferred, is_missing, objects, refuse_masked
from whence.models.entry import kind_of
from whence.models.table import Table


def as_classes(y: object, classes: Sequence[object], what: str = "y") -> np.ndarray:
    """The column of each row's label, int [rows].

    Args:
        y: labels, [rows]: text, numbers or booleans; an array, a list or a Series.
        classes: the model's labels, in the order of its columns.
        what: what the user calls them, for messages.

    Raises:
        TableError: labels that are missing, or that the model does not know.
    """
    known = {_key(c): place for place, c in enumerate(classes)}
    labels = _flat(y, what)
    _refuse_missing(labels, what)
    places = _places(labels, known)
    if (places >= 0).all():
        return places
    if not (places >= 0).any():
        by_words = _by_words(labels, classes)
        if by_words is not None:
            return by_words
    raise TableError(_unknown(labels[places < 0], np.flatnonzero(places < 0), classes, len(labels)))


def _places(labels: np.ndarray, known: dict[object, int]) -> np.ndarray:
    """Each label's column, or -1; plain arrays are looked up once for each distinct label."""
    if labels.dtype.kind == "O":
        return np.array([known.get(_key(v), -1) for v in labels], np.int64)
    distinct, back = np.unique(labels, return_inverse=True)
    return np.array([known.get(_key(v), -1) for v in distinct], np.int64)[back]


def _unknown(strange: np.ndarray, rows: np.ndarray, classes: Sequence[object], total: int) -> str:
    names = list(dict.fromkeys(str(v) for v in strange))
    remedy = (
        "Map them to the model's labels before asking."
        if len(rows) == total
        else "Drop those rows, or map them before asking."
    )
    return (
        f"labels outside the model's classes: {some(names)} in {len(rows)} rows (first: row "
        f"{rows[0]}). The model knows {some(classes, 12)}. {remedy}"
    )


def _by_words(labels: np.ndarray, classes: Sequence[object]) -> np.ndarray | None:
    """Labels that are the same words, once read from a file: 1 and "1", True and "True"."""
    for word in (lambda v: str(_key(v)), str):
        words = {word(c): place for place, c in enumerate(classes)}
        places = [words.get(word(v), -1) for v in labels]
        if len(words) == len(classes) and min(places) >= 0:
            return np.array(places, np.int64)
    return None


def _key(label: object) -> object:
    """Equal labels, equal keys: True is 1, 1.0 is 1, text is text."""
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, bool):
        return int(label)
    if isinstance(label, float) and label.is_integer():
        return int(label)
    return label


def as_targets(y: object, rows: int, what: str = "y") -> np.ndarray:
    """Numbers to predict, float [rows] or [rows, outputs].

    Raises:
        TableError: text, missing values, or another number of rows than X has.
    """
    array = as_labels(y, what)
    if array.ndim not in {1, 2}:
        raise TableError(f"{what} has shape {array.shape}; it must be one number for each row.")
    refuse_length(array, rows, what)
    whole = _numbers(array, what)
    gone = ~np.isfinite(whole) if whole.ndim == 1 else ~np.isfinite(whole).all(axis=1)
    if gone.any():
        raise TableError(
            f"{what} is missing or infinite in {int(gone.sum())} rows (first: row "
            f"{int(np.argmax(gone))}). Drop those rows."
        )
    return whole[:, 0] if whole.ndim == 2 and whole.shape[1] == 1 else whole


def refuse_length(labels: np.ndarray, rows: int, what: str = "y") -> None:
    """As many labels as rows.

    Raises:
        TableError: how many there are of each.
    """
    found = len(labels) if labels.ndim else 0
    if found != rows:
        raise TableError(
            f"{what} has {found} rows, X has {rows}: give one label for each row of X, in "
            "the order of its rows."
        )


def refuse_other_rows(X: object, y: object, what: str = "y", rows: str = "X") -> None:
    """Refuse labels that pandas' indexes pair with other rows than their places do.

    Whence pairs by place. Two indexes with the same labels in another order contradict that, and so
    do two with labels of their own that differ. Numbers from 0 on are what pandas gives rows that
    were not named: beside names of rows they claim nothing.

    Args:
        X: rows: a frame or a Table.
        y: what is paired with them: a Series or a frame.
        what: what the user calls y.
        rows: what the user calls X.

    Raises:
        TableError: where they first differ, and what to do.
    """
    mine, theirs = _index(X), _index(y)
    if mine is None or theirs is None or len(mine) != len(theirs) or mine.equals(theirs):
        return
    left, right = mine.tolist(), theirs.tolist()
    same = Counter(left) == Counter(right)
    counted = list(range(len(left)))
    if not same and counted in (left, right):
        return
    at = next(i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b)
    how = "the same rows in another order" if same else "other rows"
    by_index = f"{what}.loc[{rows}.index], " if same else ""
    raise TableError(
        f"{rows} and {what} are of {how}: place {at} is row {left[at]!r} in the index of {rows} "
        f"and {right[at]!r} in that of {what}. Pair them: {by_index}or, if they already stand in "
        f"one order, {what}.reset_index(drop=True) and {rows}.reset_index(drop=True)."
    )


def _index(data: object) -> Any:
    """The index of pandas rows; None of anything else."""
    if isinstance(data, Table):
        return None if isinstance(data.index, np.ndarray) else data.index
    named = kind_of(data) in {"pandas.DataFrame", "pandas.Series"}
    return data.index if named else None  # type: ignore[attr-defined]


def _numbers(array: np.ndarray, what: str) -> np.ndarray:
    if array.dtype.kind in "biuf":
        return array.astype(float)
    flat = inferred(array.ravel() if array.dtype.kind == "O" else array.ravel().astype(object))
    if flat.family not in {"number", "nothing"}:
        wrong = next(v for v in flat.data if v is not None)
        raise TableError(
            f"{what} holds {wrong!r}, not numbers, and the model predicts numbers. "
            "If these are labels, explain a classifier."
        )
    return flat.readable().reshape(array.shape)


def _flat(y: object, what: str) -> np.ndarray:
    array = as_labels(y, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not len(array):
        hot = " For one-hot columns: y.argmax(axis=1)." if array.ndim == 2 else ""
        raise TableError(f"{what} has shape {array.shape}; it must be one label for each row.{hot}")
    return array


def _refuse_missing(labels: np.ndarray, what: str) -> None:
    if labels.dtype.kind in "biuUS":
        return
    gone = np.array([is_missing(v) for v in labels])
    if gone.any():
        raise TableError(
            f"{what} is missing in {int(gone.sum())} rows (first: row {int(np.argmax(gone))}). "
            "Drop those rows."
        )


def as_labels(y: Any, what: str = "y") -> np.ndarray:
    """Whatever holds labels, as an array: Series of any kind through their plain values.

    Raises:
        TableError: nothing, the name of a column, or rows of different lengths.
    """
    if y is None or isinstance(y, str):
        raise TableError(
            f"{what} is {y!r}: give the labels themselves, one for each row, such as "
            'table.pop("target").'
        )
    refuse_masked(y, what)
    if isinstance(y, np.ndarray):
        return np.asarray(y)
    if is_missing(y):
        raise TableError(f"{what} is missing: give the labels themselves, one for each row")
    if type(y).__module__.split(".")[0] in {"pandas", "polars"}:
        values = y.to_numpy()
        return values if isinstance(values, np.ndarray) else np.asarray(values, object)
    if isinstance(y, list | tuple) and not any(isinstance(v, list | tuple | np.ndarray) for v in y):
        return inferred(objects(y)).data
    try:
        return np.asarray(y)
    except ValueError as error:
        raise TableError(f"{what} must be one label for each row; its rows differ.") from error
