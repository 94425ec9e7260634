"""The axes of shap's arrays. shap drops an axis of one, and says nowhere which axis is which.

What is there to go by: the rows of data, the names, and the base values, of which there is one for
each output. Where those leave two readings, or fit none, it is refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from whence._core.errors import OptionError, ResultError
from whence._core.text import brief
from whence._core.types import Ends, Scores

_INTERACTIONS = (
    "these are interaction values, a number for each two features, and an attribution has one for "
    "each feature. Ask shap without interactions=True; of tree models, wh.interactions has them."
)


def arranged(values: Any, base: Any, data: Any, features: Any, outputs: Any) -> Scores:
    """The values as [cases, outputs, players].

    Raises:
        OptionError: nothing that can be values.
        ResultError: interactions, more axes than that, or axes that cannot be told apart.
    """
    array = _array(values)
    if (_ndim(data) or 0) > 2:
        raise ResultError(_many_axes(array.shape))
    if array.ndim == 1:
        _refuse_column(array, base, features)
        return array[None, None, :]
    if array.ndim == 2:
        if _is_one_row(array, base, data, features, outputs):
            return array.T[None]
        return array[:, None, :]
    if array.ndim != 3 or _are_pairs(array, base, data, outputs):
        pairs = array.ndim == 3 or (array.ndim == 4 and _mirrored(np.moveaxis(array, 3, 1)))
        raise ResultError(_INTERACTIONS if pairs else _many_axes(array.shape))
    return np.moveaxis(array, 2, 1)


def _array(values: Any) -> np.ndarray:
    """Floats; a list with an array [rows, features] for each output is older shap's way."""
    each = isinstance(values, (list, tuple)) and all(isinstance(v, np.ndarray) for v in values)
    if each and values and {v.ndim for v in values} == {1}:
        raise ResultError(
            "a list of single rows may be rows or outputs: give one array, [rows, features] or "
            "[rows, features, outputs]"
        )
    if each and len({v.shape for v in values}) == 1:
        values = np.stack(values, axis=-1)
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        if isinstance(values, (list, tuple, np.ndarray)):
            raise ResultError(
                "the values are no table of numbers: rows with different features, as of texts, "
                "are read one at a time, wh.from_shap(explanation[i])"
            ) from error
        raise _nothing(values) from error
    if not array.ndim or not array.size:
        raise _nothing(values)
    if not np.isfinite(array).all():
        raise ResultError("the values hold NaN or infinity, and are no shares of a prediction")
    return array


def _nothing(values: Any) -> OptionError:
    return OptionError(
        "from_shap takes a shap.Explanation, or values [rows, features] of at least one of each; "
        f"given {type(values).__name__}"
    )


def _many_axes(shape: tuple[int, ...]) -> str:
    return (
        f"values of shape {shape} have more axes than rows, features and outputs. Bring the "
        "features (pixels, channels) into one axis: values.reshape(rows, -1)."
    )


def _ndim(thing: Any) -> int | None:
    return None if thing is None else len(np.shape(thing))


def listed(names: Any) -> list[Any] | None:
    """Names as a list; one name is a list of one."""
    if names is None:
        return None
    return [names] if isinstance(names, str) or not np.ndim(names) else list(names)


def _count(names: Any) -> int | None:
    """How many names there are; one word says nothing about an axis."""
    told = None if isinstance(names, str) else listed(names)
    return None if told is None else len(told)


def _refuse_column(array: np.ndarray, base: Any, features: Any) -> None:
    """`explanation[:, "age"]` has one number for each row, and not one for each feature."""
    if isinstance(features, str) or (len(array) > 1 and np.shape(base) == array.shape):
        raise ResultError(
            "this is one feature of many rows, which does not add up to the prediction. Give the "
            "whole explanation, and take the feature with att.select(players=[...])."
        )


def _is_one_row(array: np.ndarray, base: Any, data: Any, features: Any, outputs: Any) -> bool:
    """[features, outputs] of one row, and not [rows, features].

    Raises:
        ResultError: interactions of one row.
    """
    first, second = array.shape
    if data is not None:
        one = _ndim(data) == 1
    else:
        told = [_count(outputs) == second, np.shape(base) == (second,)]
        one = all(told) if first == second else any(told) and _count(features) == first
        one = one and second > 1
    if one and first == second and np.size(base) != second and _mirrored(array):
        raise ResultError(_INTERACTIONS)
    return bool(one)


def _are_pairs(array: np.ndarray, base: Any, data: Any, outputs: Any) -> bool:
    """[rows, features, features], and not [rows, features, outputs]."""
    rows, first, second = array.shape
    if _ndim(data) == 1:
        return True  # one row: [features, features, outputs]
    if first != second or _count(outputs) == second or np.shape(base) == (rows, second):
        return False
    return np.shape(base) != (second,) or _mirrored(array)


def _mirrored(array: np.ndarray) -> bool:
    """The last two axes may change places."""
    same = array.shape[-1] == array.shape[-2]
    return same and np.allclose(array, np.swapaxes(array, -1, -2), equal_nan=True)


def bases(base: Any, cases: int, outputs: int) -> Ends:
    """Base values as [cases, outputs]; NaN where nobody said.

    Raises:
        ResultError: they do not fit.
    """
    if isinstance(base, np.ma.MaskedArray):
        raise OptionError("base_values are masked: leave them out where nobody knows")
    try:
        told = np.asarray(np.nan if base is None else base, dtype=float)
    except (TypeError, ValueError) as error:
        raise OptionError(f"base_values are numbers; given {brief(base)}") from error
    if base is not None and not np.isfinite(told).all():
        raise ResultError("base_values hold NaN or infinity: leave them out where nobody knows")
    fits = {(): told, (1,): told, (outputs,): told, (1, outputs): told, (cases, outputs): told}
    if base is not None and told.size == 1 and outputs > 1:
        fits = {}  # one number cannot be the base of several outputs
    if outputs == 1:
        fits[cases,] = told[:, None] if told.ndim == 1 else told
    if told.shape not in fits:
        raise ResultError(
            f"base_values of shape {told.shape} for {cases} rows and {outputs} outputs: give one "
            "for each output, or for each row and output"
        )
    return np.array(np.broadcast_to(fits[told.shape], (cases, outputs)))


def columns_of(data: Any, names: Sequence[str], cases: int) -> dict[str, np.ndarray]:
    """Each feature's own values, [cases]; none where nobody said.

    Raises:
        ResultError: they do not fit.
    """
    if data is None:
        return {}
    columns = _framed(data)
    if columns is None:
        table = np.asarray(data.toarray() if _is_sparse(data) else data)
        table = table[None] if table.ndim == 1 else table
        columns = [_narrow(column) for column in table.T] if table.ndim == 2 else []
    if len(columns) != len(names) or any(column.shape != (cases,) for column in columns):
        raise ResultError(
            f"data of shape {np.shape(data)} for {cases} rows and {len(names)} features: give a "
            "row for each row, with a column for each feature"
        )
    return dict(zip(names, columns, strict=True))


def _is_sparse(data: Any) -> bool:
    return type(data).__module__.startswith("scipy.sparse")


def _framed(data: Any) -> list[np.ndarray] | None:
    import narwhals

    frame = narwhals.from_native(data, eager_only=True, pass_through=True)
    if not isinstance(frame, narwhals.DataFrame):
        return None
    return [_narrow(np.asarray(frame[name].to_numpy())) for name in frame.columns]


def _narrow(column: np.ndarray) -> np.ndarray:
    """Numbers as numbers, where all of a column of objects are."""
    if column.dtype != object:
        return column
    entries = column.tolist()
    kinds = {type(entry) for entry in entries}
    alike = len(kinds) == 1 or kinds <= {int, float}
    return np.array(entries) if alike and kinds <= {bool, int, float, str} else column
