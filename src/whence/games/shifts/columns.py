"""The columns of both data sets in one form: values with codes, or numbers.

Rows of before come first, then those of after. A column of few different values, or of words, is
*discrete*: its ratios can be counted. Times are numbers of seconds. A cell that is missing is a
value of its own, in a discrete column and beside numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import TableError
from whence._core.shaped import Bool, Float, Int
from whence.models.cells import Column as Cells
from whence.models.cells import inferred

FEW = 12  # different numbers, up to which a column of numbers is one of values
MISSING = "missing"
_MIDNIGHT = " 00:00:00"


@final
@dataclass(frozen=True, slots=True)
class Shared:
    """One column of both data sets.

    Attributes:
        name: of the column.
        codes: which of the levels each row has, before's rows first.
        levels: the different values, in order; the last is "missing" where cells are.
        numbers: the values as numbers, NaN where missing; None for a discrete column.
        missing: whether each cell is.
    """

    name: str
    codes: Int[np.ndarray, " rows"]
    levels: tuple[object, ...]
    numbers: Float[np.ndarray, " rows"] | None
    missing: Bool[np.ndarray, " rows"]

    def take(self, rows: Bool[np.ndarray, " rows"] | Int[np.ndarray, " some"]) -> "Shared":
        """Some of the rows, by a mask or by position."""
        numbers = None if self.numbers is None else self.numbers[rows]
        return Shared(self.name, self.codes[rows], self.levels, numbers, self.missing[rows])

    @property
    def timed(self) -> bool:
        """Whether the numbers are times."""
        return self.numbers is not None and isinstance(self.levels[0], str)

    def said(self, number: float) -> str:
        """A number in words; a time as the time of the row that is nearest to it."""
        if self.numbers is None or not self.timed:
            return f"{number:.4g}"
        return str(self.levels[self.codes[np.nanargmin(np.abs(self.numbers - number))]])


def shared(name: str, before: Cells, after: Cells, *, label: bool = False) -> Shared:
    """A column of both, in one form.

    Raises:
        TableError: a label that is missing, numbers that are infinite, or numbers in one data set
            and something else in the other.
    """
    families = {before.family, after.family} - {"nothing"}
    for cells, where in ((before, "before"), (after, "after")):
        _refuse_odd(name, cells, where, label=label)
    if len(families) > 1:
        raise TableError(
            f"the column {name!r} holds {before.family}s before and {after.family}s after: "
            "convert one of them"
        )
    gone = np.concatenate([before.missing, after.missing])
    if families == {"number"}:
        return _of_numbers(name, np.concatenate([before.readable(), after.readable()]), gone)
    if families == {"time"}:
        return _of_times(name, before, after, gone)
    whole = inferred(np.concatenate([_cells(before), _cells(after)])).data
    words = np.array([str(v) for v in whole[~gone]] or [""])[: int((~gone).sum())]
    levels, inside = np.unique(words, return_inverse=True)
    return _coded(name, levels.tolist(), inside, gone)


def _of_numbers(name: str, numbers: np.ndarray, gone: np.ndarray) -> Shared:
    levels, inside = np.unique(numbers[~gone], return_inverse=True)
    found = _coded(name, [_plain(v) for v in levels], inside, gone)
    few = len(found.levels) <= FEW
    return Shared(name, found.codes, found.levels, None if few else numbers, gone)


def _of_times(name: str, before: Cells, after: Cells, gone: np.ndarray) -> Shared:
    found = _of_numbers(name, np.concatenate([before.seconds(), after.seconds()]), gone)
    cells, at = np.concatenate([_cells(before), _cells(after)]), np.flatnonzero(~gone)
    _, first = np.unique(found.codes[at], return_index=True)
    words = [str(v) for v in cells[at[first]]]
    if all(word.endswith(_MIDNIGHT) for word in words):
        words = [word.removesuffix(_MIDNIGHT) for word in words]
    levels = (*words, *found.levels[len(words) :])
    return Shared(name, found.codes, levels, found.numbers, gone)


def _coded(name: str, levels: Sequence[object], inside: np.ndarray, gone: np.ndarray) -> Shared:
    codes = np.full(len(gone), len(levels), np.int64)
    codes[~gone] = inside.reshape(-1)
    extra = (MISSING,) if gone.any() else ()
    return Shared(name, codes, (*levels, *extra), None, gone)


def _cells(cells: Cells) -> np.ndarray:
    data = cells.data
    if data.dtype.kind in "mM":  # nanoseconds would become integers
        data = data.astype(f"{data.dtype.kind}8[us]")
    return np.asarray(data.astype(object))


def _plain(value: float) -> object:
    return int(value) if float(value).is_integer() else float(value)


def _refuse_odd(name: str, cells: Cells, where: str, *, label: bool) -> None:
    odd, what, how = cells.missing, "the label", "missing"
    if not label:
        odd, what, how = np.zeros(len(odd), bool), "the column", "infinite"
        if cells.family == "number" and cells.data.dtype.kind in "fO":
            odd = np.isinf(cells.readable())
    if odd.any():
        raise TableError(
            f"{what} {name!r} is {how} in {int(odd.sum())} rows of {where} (first: row "
            f"{int(np.argmax(odd))}). Drop those rows, or give such cells a value."
        )
