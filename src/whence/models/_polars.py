"""Cells in a polars frame."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import polars as pl

from whence.models.cells import Cells, Column, objects


@final
class PolarsCells(Cells):
    """An eager polars DataFrame."""

    __slots__ = ("_frame", "_parts")

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._parts: list[Any] = frame.rechunk().get_columns()

    def __len__(self) -> int:
        return int(self._frame.height)

    def take(self, rows: np.ndarray) -> "PolarsCells":
        """These rows, in this order."""
        at = np.arange(len(self))[rows]
        return PolarsCells(self._frame.select(pl.all().gather(pl.Series(at))))

    def select(self, places: Sequence[int], labels: Sequence[str]) -> "PolarsCells":
        """These columns under these labels."""
        chosen = [self._parts[p].alias(n) for p, n in zip(places, labels, strict=True)]
        return PolarsCells(pl.DataFrame(chosen))

    def stack(self, other: Cells) -> "PolarsCells":
        """These rows, then the other's, column by column."""
        lower = other.native()
        return PolarsCells(
            pl.DataFrame([_joined(a, lower.to_series(j)) for j, a in enumerate(self._parts)])
        )

    def column(self, place: int) -> Column:
        """One column in the common form."""
        return _column(self._parts[place])

    def native(self) -> Any:
        """The frame itself, not a copy."""
        return self._frame

    def mix(self, index: np.ndarray) -> Any:
        """One gather for each column."""
        by_column = np.ascontiguousarray(index.T)
        return pl.DataFrame(
            [
                part.gather(pl.Series(rows))
                for part, rows in zip(self._parts, by_column, strict=True)
            ]
        )


def without_objects(frame: Any) -> Any:
    """Columns of Python objects (as numpy's text becomes) as what they hold: polars reads neither.

    A column of several kinds of things becomes text.
    """
    told = [
        pl.Series(part.name, part.to_list(), strict=False)
        for part in frame.get_columns()
        if part.dtype == pl.Object
    ]
    return frame.with_columns(told) if told else frame


def frame_of(columns: Sequence[Column], names: Sequence[str]) -> PolarsCells:
    """A frame of columns that came from elsewhere."""
    return PolarsCells(pl.DataFrame([_made(n, c) for n, c in zip(names, columns, strict=True)]))


def _column(series: Any) -> Column:
    dtype = series.dtype
    if isinstance(dtype, pl.Categorical | pl.Enum):
        values = series.cast(pl.String).to_numpy()
        if isinstance(dtype, pl.Enum):
            return Column(values, tuple(dtype.categories.to_list()))
        return Column(values, tuple(dict.fromkeys(v for v in values if v is not None)))
    if dtype.is_numeric():
        return Column(_plain(series.cast(pl.Float64) if dtype.is_decimal() else series))
    if dtype == pl.Boolean and not series.null_count():
        return Column(series.to_numpy())
    if dtype.is_temporal() and dtype != pl.Time:
        return Column(np.asarray(series.to_numpy()))
    text = dtype == pl.String
    return Column(series.to_numpy() if text else objects(series.to_list()))


def _plain(series: Any) -> np.ndarray:
    if series.null_count():
        return np.asarray(series.cast(pl.Float64).fill_null(float("nan")).to_numpy())
    return np.asarray(series.to_numpy())


def _made(name: str, column: Column) -> Any:
    values = column.data
    if column.categories is not None and column.family == "text":
        return pl.Series(name, values.tolist(), dtype=pl.Enum([str(c) for c in column.categories]))
    if values.dtype.kind != "O":
        return pl.Series(name, values)
    if column.family == "text":
        return pl.Series(name, values.tolist(), dtype=pl.String)
    return pl.Series(name, values.tolist(), strict=False)


def _joined(upper: Any, lower: Any) -> Any:
    """One series for two: categories united, numbers in a type that holds both."""
    upper, lower = _same_words(upper, lower.alias(upper.name))
    frames = [s.to_frame() for s in (upper, lower)]
    how = "vertical" if upper.dtype == lower.dtype else "vertical_relaxed"
    return pl.concat(frames, how=how, rechunk=True).to_series()


def _same_words(upper: Any, lower: Any) -> tuple[Any, Any]:
    """Categories and strings in one dtype."""
    words = (pl.Categorical, pl.Enum, pl.String)
    both = upper.dtype, lower.dtype
    if both[0] == both[1] or not all(isinstance(d, words) for d in both):
        return upper, lower
    if all(isinstance(d, pl.Enum) for d in both):
        known = [s.dtype.categories.to_list() for s in (upper, lower)]
        longest = max(known, key=len)
        whole = list(dict.fromkeys([*longest, *known[0], *known[1]]))
        return upper.cast(pl.Enum(whole)), lower.cast(pl.Enum(whole))
    return upper.cast(pl.String).cast(pl.Categorical), lower.cast(pl.String).cast(pl.Categorical)
