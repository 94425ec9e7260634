"""What is given of two data sets, checked: rows, labels, units, columns that the model gets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, TableError, did_you_mean, some
from whence._core.shaped import Int
from whence.models.cells import Column, inferred, objects
from whence.models.labels import as_labels, refuse_length, refuse_other_rows
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True)
class Side:
    """One data set.

    Attributes:
        table: its rows.
        y: their labels.
        where: "before" or "after".
        rows: positions of those that are weighed.
    """

    table: Table
    y: np.ndarray
    where: str
    rows: Int[np.ndarray, " weighed"]

    def column(self, name: str) -> Column:
        """A column, of the rows that are weighed."""
        raw = self.table.raw(name)
        return replace(raw, data=raw.data[self.rows])

    def labels(self) -> Column:
        """The labels of the rows that are weighed."""
        flat = self.y[self.rows].reshape(len(self.rows), -1)[:, 0]
        return Column(flat) if flat.dtype.kind in "biuf" else inferred(objects(flat.tolist()))


@final
@dataclass(frozen=True, slots=True)
class Inputs:
    """Both data sets.

    Attributes:
        tables: of before and of after, with the same columns.
        labels: of before and of after.
        label: what the label is called.
        known: the columns that the model gets.
        extra: those that it does not.
        together: which rows belong together; None where each is its own unit.
    """

    tables: tuple[Table, Table]
    labels: tuple[np.ndarray, np.ndarray]
    label: str
    known: tuple[str, ...]
    extra: tuple[str, ...]
    together: Int[np.ndarray, " rows"] | None


def read(before: Any, after: Any, label: str | None, beside: Sequence[str], units: Any) -> Inputs:
    """Both data sets, checked against one another.

    Raises:
        WhenceError: whatever does not fit; the message says what and where.
    """
    (X0, y0), (X1, y1) = _pair(before, "before"), _pair(after, "after")
    for X, y, where in ((X0, y0, "before"), (X1, y1, "after")):
        refuse_other_rows(X, y, f"y of {where}", f"X of {where}")
    called = _label(y0, y1, label)
    old, new = Table.of(X0, what="X of before"), Table.of(X1, what="X of after")
    tables, together = _units((old, _matched(old, new)), units)
    known, extra = _split(tables[0], beside)
    if called in tables[0].names:
        raise TableError(
            f"the label is called {called!r}, and so is a feature: give label= another name"
        )
    labels = _labels(y0, tables[0], "before"), _labels(y1, tables[1], "after")
    return Inputs(tables, labels, called, known, extra, together)


def _labels(y: Any, table: Table, where: str) -> np.ndarray:
    values = as_labels(y, f"y of {where}")
    refuse_length(values, len(table), f"y of {where}")
    if values.ndim > 1 and values.shape[1:] != (1,):
        raise TableError(
            f"y of {where} has shape {values.shape}, and a row has one label here: ask of one "
            "target at a time, and of a model that answers it alone. For one-hot columns: "
            "y.argmax(axis=1)."
        )
    gone = Column(values.reshape(len(values), -1)[:, 0]).missing
    if gone.any():
        raise TableError(
            f"y of {where} is missing in {int(gone.sum())} rows (first: row "
            f"{int(np.argmax(gone))}). Drop those rows."
        )
    return values


def _pair(given: Any, where: str) -> tuple[Any, Any]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise OptionError(
            f"{where} is a pair (X, y) of rows and their labels; given {type(given).__name__}"
        )
    return given[0], given[1]


def _label(y0: Any, y1: Any, label: str | None) -> str:
    if label is not None:
        return str(label)
    names = [str(name) for y in (y0, y1) if (name := _named(y)) not in (None, "")]
    if len(set(names)) > 1:
        raise TableError(
            f"the labels are called {names[0]!r} before and {names[1]!r} after: give both one "
            "name, or label="
        )
    return names[0] if names else "y"


def _named(y: Any) -> object:
    """What a Series, or a frame of one column, is called; None for anything else."""
    if type(y).__module__.split(".")[0] not in {"pandas", "polars"}:
        return None
    if not hasattr(y, "columns"):
        return y.name
    return y.columns[0] if len(y.columns) == 1 else None


def _matched(before: Table, after: Table) -> Table:
    """After's columns, by before's names and in its order."""
    if not (before.named and after.named):
        if len(before.names) != len(after.names):
            raise TableError(
                f"X has {len(before.names)} columns before and {len(after.names)} after: give both "
                "the same"
            )
        return after.renamed(before.names)
    missing = [n for n in before.names if n not in after.names]
    extra = [n for n in after.names if n not in before.names]
    if missing or extra:
        lacks = f"X of after lacks {some(missing)}" if missing else ""
        more = f"X of after has {some(extra)}, which before has not" if extra else ""
        raise TableError(
            f"the columns differ: {'; '.join(s for s in (lacks, more) if s)}. Give both the same "
            "columns."
        )
    return after.select(before.names)


def _units(
    tables: tuple[Table, Table], units: Any
) -> tuple[tuple[Table, Table], np.ndarray | None]:
    """Which rows belong together; a column that says so is no feature."""
    if units is None:
        return tables, None
    if isinstance(units, str):
        if units not in tables[0].names:
            raise OptionError(
                f"units names a column {units!r} that is not there. "
                f"{did_you_mean(units, tables[0].names)}"
            )
        rest = [n for n in tables[0].names if n != units]
        raw = [t.raw(units) for t in tables]
        return (tables[0].select(rest), tables[1].select(rest)), _together(raw)
    if not isinstance(units, (tuple, list)) or len(units) != 2:
        raise OptionError(
            "units are the name of a column, or a pair of arrays (of before's rows, of after's)"
        )
    for table, unit, where in zip(tables, units, ("before", "after"), strict=True):
        refuse_other_rows(table, unit, f"units of {where}", f"X of {where}")
    arrays = [as_labels(u, "units") for u in units]
    for array, table, where in zip(arrays, tables, ("before", "after"), strict=True):
        refuse_length(array, len(table), f"units of {where}")
    return tables, _together([Column(a) for a in arrays])


def _together(parts: Sequence[Column]) -> np.ndarray:
    if any(part.missing.any() for part in parts):
        raise TableError("units are missing in some rows: name one for each row")
    words = np.array([str(v) for part in parts for v in part.data])
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


def _split(table: Table, beside: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    extra = (beside,) if isinstance(beside, str) else tuple(beside)
    strange = [n for n in extra if n not in table.names]
    if strange:
        raise OptionError(
            f"beside names a column {strange[0]!r} that is not there. "
            f"{did_you_mean(strange[0], table.names)}"
        )
    known = tuple(n for n in table.names if n not in extra)
    if not known:
        raise TableError("no column is left for the model")
    return known, extra
