"""Cells in one numpy array."""

from collections.abc import Sequence
from typing import final

import numpy as np

from whence.models.cells import Cells, Column, inferred


@final
class ArrayCells(Cells):
    """A 2-D numpy array: numbers, strings, times or objects."""

    __slots__ = ("_array", "_flat")

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self._flat: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self._array)

    def take(self, rows: np.ndarray) -> "ArrayCells":
        """These rows, in this order."""
        return ArrayCells(self._array[rows])

    def select(self, places: Sequence[int], labels: Sequence[str]) -> "ArrayCells":  # noqa: ARG002
        """These columns, in this order; an array has no labels."""
        if list(places) == list(range(self._array.shape[1])):
            return self
        return ArrayCells(self._array[:, list(places)])

    def stack(self, other: Cells) -> "ArrayCells":
        """These rows, then the other's; numbers meet text as objects."""
        upper, lower = self._array, np.asarray(other.native())
        texts = [a.dtype.kind in "USO" for a in (upper, lower)]
        if any(texts) and upper.dtype.kind != lower.dtype.kind:
            upper, lower = upper.astype(object), lower.astype(object)
        return ArrayCells(np.concatenate([upper, lower]))

    def column(self, place: int) -> Column:
        """One column; of objects, what they mean."""
        return inferred(self._array[:, place])

    def native(self) -> np.ndarray:
        """The array itself, not a copy."""
        return self._array

    def mix(self, index: np.ndarray) -> np.ndarray:
        """One flat take."""
        if self._flat is None:
            self._flat = np.ascontiguousarray(self._array).ravel()
        return flat_mix(self._flat, index)


_BLOCK = 4096  # rows whose places fit the cache: a whole matrix of them costs more than the take


def flat_mix(flat: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Cell (index[r, j], j) of a table kept as one flat array, for each (r, j).

    Raises:
        IndexError: a row that the table does not have.
    """
    rows, width = index.shape
    if rows and (index.min() < 0 or index.max() * width >= flat.size):
        raise IndexError(f"rows from {index.min()} to {index.max()} of {flat.size // width}")
    out = np.empty(index.shape, flat.dtype)
    offsets = np.arange(width)
    for start in range(0, rows, _BLOCK):
        places = np.multiply(index[start : start + _BLOCK], width, dtype=np.int64)
        places += offsets
        flat.take(places, out=out[start : start + _BLOCK], mode="clip")
    return out


def array_of(columns: Sequence[Column]) -> ArrayCells:
    """One array for columns of any kind: numbers if all are, else objects (missing: NaN)."""
    families = [c.data.dtype.kind for c in columns]
    if all(f in "biuf" for f in families):
        kind = np.result_type(*(c.data.dtype for c in columns))
        return ArrayCells(np.column_stack([c.data.astype(kind) for c in columns]))
    whole = np.empty((len(columns[0].data), len(columns)), object)
    for place, column in enumerate(columns):
        whole[:, place] = column.data
        if column.data.dtype.kind in "fOmM":
            whole[column.missing, place] = np.nan
    return ArrayCells(whole)
