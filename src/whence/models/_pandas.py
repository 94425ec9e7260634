"""Cells in a pandas frame: each column keeps its dtype, whatever is done to the rows."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import pandas as pd

from whence.models._array import flat_mix
from whence.models.cells import Cells, Column


@final
class PandasCells(Cells):
    """A DataFrame whose index is a RangeIndex and whose labels are the user's own."""

    __slots__ = ("_flat", "_frame", "_parts")

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._flat: np.ndarray | None = None
        self._parts: list[Any] = []

    def __len__(self) -> int:
        return len(self._frame)

    def take(self, rows: np.ndarray) -> "PandasCells":
        """These rows, in this order."""
        return PandasCells(self._frame.take(rows).reset_index(drop=True))

    def select(self, places: Sequence[int], labels: Sequence[str]) -> "PandasCells":
        """These columns; labels that only differ in type from the names stay the user's own."""
        chosen = self._frame.iloc[:, list(places)]
        kept = [
            old if str(old) == new else new for old, new in zip(chosen.columns, labels, strict=True)
        ]
        return PandasCells(chosen.set_axis(kept, axis=1))

    def stack(self, other: Cells) -> "PandasCells":
        """These rows, then the other's, column by column."""
        lower = other.native()
        whole = {
            label: _joined(self._frame.iloc[:, place], lower.iloc[:, place])
            for place, label in enumerate(self._frame.columns)
        }
        return PandasCells(pd.DataFrame(whole, copy=False))

    def column(self, place: int) -> Column:
        """One column in the common form."""
        return _column(self._frame.iloc[:, place])

    def native(self) -> Any:
        """The frame itself, not a copy."""
        return self._frame

    def mix(self, index: np.ndarray) -> Any:
        """One take for a frame of one numpy dtype, otherwise one for each column."""
        labels = self._frame.columns
        if not self._parts:
            self._prepare()
        if self._flat is not None:
            whole = flat_mix(self._flat, index)
            return pd.DataFrame(whole, columns=labels, dtype=whole.dtype, copy=False)
        by_column = np.ascontiguousarray(index.T)
        mixed = {
            label: _kept(part.take(rows))
            for label, part, rows in zip(labels, self._parts, by_column, strict=True)
        }
        return pd.DataFrame(mixed, copy=False)

    def _prepare(self) -> None:
        """Unwrap the columns once: `mix` is the hot path."""
        kinds = set(self._frame.dtypes)
        if len(kinds) == 1 and isinstance(next(iter(kinds)), np.dtype):
            self._flat = np.ascontiguousarray(self._frame.to_numpy()).ravel()
        series = [self._frame.iloc[:, place] for place in range(self._frame.shape[1])]
        self._parts = [s.to_numpy() if isinstance(s.dtype, np.dtype) else s.array for s in series]


def _kept(values: Any) -> Any:
    """Objects that stay objects: a frame made of an object array would guess at text."""
    return pd.Series(values, dtype=object, copy=False) if values.dtype == object else values


def frame_of(columns: Sequence[Column], names: Sequence[str]) -> PandasCells:
    """A frame of columns that came from elsewhere."""
    made = {name: _made(column) for name, column in zip(names, columns, strict=True)}
    return PandasCells(pd.DataFrame(made, copy=False))


def categorised(cells: Cells, categories: dict[int, tuple[object, ...] | None]) -> PandasCells:
    """The same frame, with these columns as pandas categories (given, or those that occur)."""
    frame = cells.native().copy(deep=False)
    for place, known in categories.items():
        series = frame.iloc[:, place]
        if not isinstance(series.dtype, pd.CategoricalDtype):
            values = known if known is not None else _occurring(series)
            strange = series.notna() & ~series.isin(values)  # missing to a model that knows others
            known_cells = series.mask(strange) if strange.any() else series
            frame[frame.columns[place]] = pd.Categorical(known_cells, categories=values)
    return PandasCells(frame)


def _occurring(series: Any) -> Any:
    """The values that occur, in order; whole numbers as integers."""
    values = pd.Index(series.dropna().unique()).sort_values()
    if not len(values):
        return ["(nothing)"]  # XGBoost fails on a category without values
    whole = values.dtype.kind == "f" and bool((values == values.round()).all())
    return values.astype(np.int64) if whole else values


def _column(series: Any) -> Column:
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biufmM":
        return Column(series.to_numpy())
    gone = series.isna().to_numpy()
    if isinstance(dtype, pd.CategoricalDtype):
        values = series.astype(object).to_numpy(copy=True)
        values[gone] = None
        return Column(values, tuple(dtype.categories.tolist()), bool(dtype.ordered))
    if pd.api.types.is_bool_dtype(dtype) and not gone.any():
        return Column(series.to_numpy(dtype=bool))
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        if pd.api.types.is_integer_dtype(dtype) and not gone.any():
            return Column(series.to_numpy(dtype=np.int64))
        return Column(series.to_numpy(dtype=float, na_value=np.nan))
    values = series.to_numpy(dtype=object, copy=True)
    values[gone] = None
    return Column(values)


def _made(column: Column) -> Any:
    if column.categories is not None:
        return pd.Categorical(
            column.data, categories=list(column.categories), ordered=column.ordered
        )
    if column.data.dtype.kind != "O":
        return column.data
    if column.family == "nothing":
        return np.full(len(column.data), np.nan)
    return pd.Series(list(column.data)).array if column.family == "text" else column.data


def _joined(upper: Any, lower: Any) -> Any:
    """One series for two columns: categories united, numbers in a type that holds both."""
    a, b = upper.dtype, lower.dtype
    if a == b:
        return pd.concat([upper, lower], ignore_index=True)
    if isinstance(a, pd.CategoricalDtype) or isinstance(b, pd.CategoricalDtype):
        both = _united(upper, lower)
        parts = [pd.Series(pd.Categorical(s.astype(object), dtype=both)) for s in (upper, lower)]
        return pd.concat(parts, ignore_index=True)
    if lower.isna().all():
        upper, lower = _beside_nothing(upper, lower)
    elif upper.isna().all():
        lower, upper = _beside_nothing(lower, upper)
    elif isinstance(a, np.dtype) and isinstance(b, np.dtype) and {a.kind, b.kind} <= set("biuf"):
        both = np.result_type(a, b)
        upper, lower = upper.astype(both), lower.astype(both)
    return pd.concat([upper, lower], ignore_index=True)


def _beside_nothing(full: Any, empty: Any) -> tuple[Any, Any]:
    """A column, and one without any value, in a type that holds the first and a gap."""
    if isinstance(full.dtype, np.dtype) and full.dtype.kind in "biu":
        full = full.astype(float)
    return full, pd.Series([None] * len(empty), dtype=full.dtype)


def _united(upper: Any, lower: Any) -> Any:
    """The categories of both: those of the one that has all of them, else the first's and more."""
    declared = [s.dtype for s in (upper, lower) if isinstance(s.dtype, pd.CategoricalDtype)]
    lists = [
        list(s.dtype.categories)
        if isinstance(s.dtype, pd.CategoricalDtype)
        else list(dict.fromkeys(s.dropna()))
        for s in (upper, lower)
    ]
    ordered = any(d.ordered for d in declared)
    for mine, theirs in (lists, lists[::-1]):
        if set(theirs) <= set(mine):
            return pd.CategoricalDtype(mine, ordered=ordered)
    if ordered:
        raise ValueError("its ordered categories differ, so that no order holds both")
    return pd.CategoricalDtype([*lists[0], *(c for c in lists[1] if c not in set(lists[0]))])
