"""What a model may answer: one row of finite numbers for each row that it was asked.

A number that is not one is refused, with the row that caused it; a "probability" that is not one
too. Nothing is clipped, filled or normalised.
"""

from typing import Any

import numpy as np

from whence._core.errors import ModelError, UnsupportedModelError
from whence.models.table import Table

_OUTSIDE = 1e-6
_SUM = 1e-3  # a float32 softmax passes


def answered(value: Any, rows: int, name: str) -> np.ndarray:
    """The answer as float64 [rows, outputs].

    Raises:
        ModelError: not numbers, or not one row for each row asked.
    """
    if isinstance(value, list) and len(value) > 1 and all(np.ndim(v) == 2 for v in value):
        raise UnsupportedModelError(
            f"{name} answered a list of {len(value)} arrays, one for each target. Explain one "
            "target at a time: whence takes lambda X: model.predict_proba(X)[0]."
        )
    if isinstance(value, tuple | dict):
        raise ModelError(
            f"{name} answered a {type(value).__name__}; whence needs one array. "
            "Wrap it in a function that returns the part you ask about."
        )
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        hidden = int(np.ma.getmaskarray(value).sum())
        raise ModelError(
            f"{name} answered a masked array, with {hidden} of {value.size} "
            "numbers masked: what is hidden there would count. Let it answer all of them."
        )
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        array = _numbers(array, name)
    if array.ndim == 0 or array.ndim > 2 or len(array) != rows or array.size == 0:
        raise ModelError(
            f"{name} answered an array of shape {array.shape} for {rows} rows; "
            f"it must be ({rows},) or ({rows}, outputs)"
        )
    return array.reshape(rows, -1).astype(np.float64)


def _numbers(array: np.ndarray, name: str) -> np.ndarray:
    try:
        if array.dtype.kind == "O":
            return array.astype(float)
    except (TypeError, ValueError):
        pass
    first = array.ravel().tolist()[0] if array.size else None
    raise ModelError(
        f"{name} answered {array.dtype} (first: {first!r}), not numbers. "
        "Ask for probabilities or scores instead of labels."
    )


def refuse_non_finite(answer: np.ndarray, asked: Table, name: str) -> None:
    """No NaN and no infinity.

    Raises:
        ModelError: how many rows, and the first of them, cell by cell.
    """
    bad = ~np.isfinite(answer).all(axis=1)
    if not bad.any():
        return
    first = int(np.argmax(bad))
    raise ModelError(
        f"{name} answered NaN or infinity for {int(bad.sum())} of {len(bad)} rows. "
        f"The first is row {first}: {_cells(asked, first)}. "
        "Mend the model or these cells: NaN and infinity cannot be attributed."
    )


def refuse_improbable(answer: np.ndarray, name: str) -> None:
    """Probabilities lie in [0, 1] and sum to 1.

    Raises:
        ModelError: by how much they do not, and what to do.
    """
    if answer.min() < -_OUTSIDE or answer.max() > 1 + _OUTSIDE:
        raise ModelError(
            f"{name} answered probabilities from {answer.min():.6g} to {answer.max():.6g}; they "
            "must lie in [0, 1]. If these are scores, give whence a function that returns them."
        )
    sums = answer.sum(axis=1)
    worst = float(sums[np.argmax(np.abs(sums - 1))])
    if abs(worst - 1) > _SUM:
        raise ModelError(
            f"{name} answered probabilities that sum to {worst:.6g}; over the classes they must "
            "sum to 1. If the classes do not exclude each other, explain one of them: give whence "
            "a function that returns its column."
        )


def are_probabilities(answer: np.ndarray) -> bool:
    """Whether two or more columns look like the probabilities of classes."""
    inside = bool((answer >= -_OUTSIDE).all() and (answer <= 1 + _OUTSIDE).all())
    return answer.shape[1] > 1 and inside and bool(np.all(abs(answer.sum(axis=1) - 1) < _SUM))


def _cells(asked: Table, row: int) -> str:
    cells = [f"{name}={value!s}" for name, value in asked.row(row).items()]
    more = f" and {len(cells) - 8} more" if len(cells) > 8 else ""
    return ", ".join(cells[:8]) + more


def output_names(columns: int) -> tuple[str, ...]:
    """Names for numbers that have none: "prediction", or "prediction 0", "prediction 1", …."""
    return ("prediction",) if columns == 1 else tuple(f"prediction {k}" for k in range(columns))


def plain(labels: Any) -> tuple[object, ...]:
    """Labels as plain Python values, in order."""
    return tuple(v.item() if isinstance(v, np.generic) else v for v in np.asarray(labels).tolist())
