"""Cells: what a table does, whatever kind of frame holds it; one final class for each kind.

Frames meet in one common form, the `Column`: a plain array, with the categories if it has any.
Everything that is asked rarely (conversion, equality, families of values) is written once, on
columns; what is asked millions of times (`mix`) is written for each kind.
"""

import abc
import datetime as dt
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import TableError


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT or pandas' NA.

    >>> is_missing(None), is_missing(float("nan")), is_missing("")
    (True, True, False)
    """
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, numbers.Real) and bool(value != value)  # noqa: PLR0124


def refuse_masked(data: object, what: str) -> None:
    """Refuse a masked array with masked entries: numpy drops the mask, and what it hides counts.

    Raises:
        TableError: how many entries are masked.
    """
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        hidden = int(np.ma.getmaskarray(data).sum())
        raise TableError(
            f"{what} is a masked array, {hidden:,} of its {data.size:,} entries masked: what is "
            f"hidden there would count. Fill them ({what}.filled(numpy.nan)), or drop those rows."
        )


_one_by_one = np.frompyfunc(is_missing, 1, 1)


def missing_cells(values: np.ndarray) -> np.ndarray:
    """Which objects are missing, bool [rows]: what differs from itself, and None."""
    try:
        gone = (values != values) | (values == None)  # noqa: E711, PLR0124
    except (TypeError, ValueError):  # pandas' NA, or arrays in cells
        gone = _one_by_one(values)
    return np.asarray(gone, bool)


@final
@dataclass(frozen=True, slots=True)
class Column:
    """One column in the form in which kinds of frames meet.

    Args:
        data: [rows]; bool, integers, floats or times, or objects whose missing cells are None.
        categories: every value the column may take, in order, where the frame declares them.
        ordered: whether the categories are an order.
    """

    data: np.ndarray
    categories: tuple[object, ...] | None = None
    ordered: bool = False

    @property
    def family(self) -> str:
        """What kind of values: "number", "time", "text", "other"; "nothing" if all are missing."""
        if self.data.dtype.kind in "biuf":
            return "nothing" if self.missing.all() else "number"
        if self.data.dtype.kind in "mM":
            return "time"
        kept = self.data[~self.missing]
        families = {family_of(kind) for kind in set(map(type, kept))}
        if not families:
            return family_of(type(self.categories[0])) if self.categories else "nothing"
        return families.pop() if len(families) == 1 else "other"

    @property
    def missing(self) -> np.ndarray:
        """Which cells hold nothing, bool [rows]."""
        if self.data.dtype.kind == "O":
            return missing_cells(self.data)
        if self.data.dtype.kind in "mM":
            return np.asarray(np.isnat(self.data))
        if self.data.dtype.kind == "f":
            return np.asarray(np.isnan(self.data))
        return np.zeros(len(self.data), bool)

    def codes(self) -> np.ndarray:
        """One int32 for each distinct value, [rows]; missing cells share one."""
        if self.data.dtype.kind != "O":
            _, codes = np.unique(self.data, return_inverse=True)
            return codes.astype(np.int32)
        filled = self.data.copy()
        filled[self.missing] = None
        try:
            return _numbered(filled)
        except TypeError:  # lists and the like
            return _numbered(_one_key_each(filled))

    def seconds(self) -> np.ndarray:
        """A column of times as floats: since 1970 for moments; NaN where missing."""
        if self.data.dtype.kind in "mM":
            whole = self.data.astype(f"{self.data.dtype.kind}8[us]").astype(np.int64) / 1e6
            return np.where(self.missing, np.nan, whole)
        gone = self.missing
        return np.array(
            [np.nan if g else _seconds(v) for v, g in zip(self.data, gone, strict=True)], float
        )

    def readable(self) -> np.ndarray:
        """Floats for numbers (NaN where missing); otherwise objects, str or None."""
        if self.data.dtype.kind in "biuf":
            return self.data.astype(float)
        gone = self.missing
        if self.family in {"number", "nothing"}:
            whole = np.full(len(self.data), np.nan)
            whole[~gone] = self.data[~gone].astype(float)
            return whole
        words = [None if g else str(v) for v, g in zip(self.data, gone, strict=True)]
        return objects(words)


def family_of(kind: type) -> str:
    """The family of one type of cell."""
    if issubclass(kind, numbers.Real | np.bool_):
        return "number"
    if issubclass(kind, str | bytes):
        return "text"
    if issubclass(kind, dt.date | dt.time | dt.timedelta | np.datetime64):
        return "time"
    return "other"


def _seconds(time: Any) -> float:
    if isinstance(time, dt.timedelta):
        return time.total_seconds()
    if isinstance(time, dt.time):
        return dt.timedelta(
            hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond
        ).total_seconds()
    if isinstance(time, np.datetime64):
        return float(time.astype("M8[us]").astype(np.int64)) / 1e6
    if not isinstance(time, dt.datetime):
        time = dt.datetime(time.year, time.month, time.day, tzinfo=dt.UTC)
    return float((time if time.tzinfo else time.replace(tzinfo=dt.UTC)).timestamp())


def _numbered(cells: np.ndarray) -> np.ndarray:
    """A number for each distinct cell, in the order in which they first occur."""
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(cell, len(seen)) for cell in cells], np.int32)


_one_key_each = np.frompyfunc(repr, 1, 1)


def objects(values: Sequence[object]) -> np.ndarray:
    """A 1-D object array, whatever the values are (lists stay lists)."""
    array = np.empty(len(values), object)
    for place, value in enumerate(values):
        array[place] = value
    return array


def inferred(values: np.ndarray) -> Column:
    """The column that an object array means: numbers if all are, else objects with None."""
    if values.dtype.kind in "US":
        return Column(values.astype(object))
    if values.dtype.kind != "O":
        return Column(values)
    gone = missing_cells(values)
    kept = values[~gone]
    kinds = set(map(type, kept))
    if kinds and all(family_of(kind) == "number" for kind in kinds):
        return Column(_numbers(kept, gone, kinds))
    filled = values.copy()
    filled[gone] = None
    return Column(filled)


def _numbers(kept: np.ndarray, gone: np.ndarray, kinds: set[type]) -> np.ndarray:
    """Numbers as narrow as they can be without losing one: bool, int64 or float64."""
    if gone.any():
        whole = np.full(len(gone), np.nan)
        whole[~gone] = kept.astype(float)
        return whole
    if kinds <= {bool, np.bool_}:
        return kept.astype(bool)
    whole_numbers = all(issubclass(kind, numbers.Integral) for kind in kinds)
    return kept.astype(np.int64 if whole_numbers else float)


class Cells(abc.ABC):
    """The cells of a table, without their names. Row and column positions are integers."""

    __slots__ = ()

    @final
    def __reduce__(self) -> tuple[type["Cells"], tuple[Any]]:
        """By the frame alone: what was prepared of it for mixing is prepared again."""
        return type(self), (self.native(),)

    @abc.abstractmethod
    def __len__(self) -> int: ...

    @abc.abstractmethod
    def take(self, rows: np.ndarray) -> "Cells":
        """These rows, in this order."""

    @abc.abstractmethod
    def select(self, places: Sequence[int], labels: Sequence[str]) -> "Cells":
        """These columns, in this order, under these labels."""

    @abc.abstractmethod
    def stack(self, other: "Cells") -> "Cells":
        """These rows, then the other's, of the same kind and with the same columns.

        Raises:
            ValueError: two columns that no type can hold together.
        """

    @abc.abstractmethod
    def column(self, place: int) -> Column:
        """One column in the common form."""

    @abc.abstractmethod
    def native(self) -> Any:
        """The frame."""

    @abc.abstractmethod
    def mix(self, index: np.ndarray) -> Any:
        """The frame whose cell (r, j) is the cell (index[r, j], j) of this one."""
