"""The door of a table: what may come in, and a clear word for what may not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from whence._core.errors import TableError, some
from whence.models._array import ArrayCells
from whence.models.cells import Cells, inferred, refuse_masked


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """What was read."""

    cells: Cells
    names: tuple[str, ...]
    kind: str
    named: bool
    index: Any = None


def entry(data: object, names: Sequence[str] | None, what: str) -> Entry:
    """Read whatever the user has.

    Raises:
        TableError: not a table, an empty one, or one whose names clash.
    """
    kind = kind_of(data)
    if kind in _REFUSED:
        raise TableError(f"{what} is {_REFUSED[kind]}")
    if kind == "pandas.DataFrame":
        read = _pandas(data, what)
    elif kind == "polars.DataFrame":
        read = _polars(data)
    else:
        read = _numpy(data, names, what)
    _check(read, what)
    if names is not None and read.kind != "numpy" and tuple(names) != read.names:
        raise TableError(
            f"{what} names its own columns ({some(read.names)}), and other names were given. "
            "Rename the frame's columns instead."
        )
    return read


def kind_of(data: object) -> str:
    """The package and class that `data` belongs to, without importing either.

    >>> kind_of(3)
    'builtins.int'
    """
    for parent in type(data).__mro__:
        package = parent.__module__.split(".")[0]
        if parent.__module__.startswith("scipy.sparse"):
            return "sparse"
        if package in {"pandas", "polars"} and parent.__name__ in _FRAMES:
            return f"{package}.{parent.__name__}"
    own = type(data)
    return f"{own.__module__.split('.')[0]}.{own.__name__}"


_FRAMES = {"DataFrame", "Series", "LazyFrame", "Index"}
_FLAT = (
    "one column, and a table is needed: X.to_frame() for one column, X.to_frame().T for one row."
)
_REFUSED = {
    "sparse": "a sparse matrix: whence mixes rows, which makes it dense. Use X.toarray().",
    "polars.LazyFrame": "a LazyFrame, which holds a plan and not rows: use X.collect().",
    "polars.Series": _FLAT.replace(", X.to_frame().T for one row", ""),
    "pandas.Series": _FLAT,
    "pandas.Index": _FLAT,
    "builtins.str": "text. Read the file first, e.g. with pandas.read_csv.",
    "builtins.dict": "a dict. Make it a frame: pandas.DataFrame(X).",
    "builtins.NoneType": "None: give rows by columns.",
    "pyarrow.Table": "a pyarrow Table. Use polars.from_arrow(X) or X.to_pandas().",
}


def _pandas(data: Any, what: str) -> Entry:
    from whence.models._pandas import PandasCells

    if data.columns.nlevels > 1:
        raise TableError(
            f"the columns of {what} have several levels: flatten them to one name each."
        )
    names = tuple(str(c) for c in data.columns)
    cells = PandasCells(data.reset_index(drop=True))
    return Entry(cells, names, "pandas", named=True, index=data.index)


def _polars(data: Any) -> Entry:
    from whence.models._polars import PolarsCells, without_objects

    return Entry(PolarsCells(without_objects(data)), tuple(data.columns), "polars", named=True)


def _numpy(data: object, names: Sequence[str] | None, what: str) -> Entry:
    refuse_masked(data, what)
    array = np.asarray(data) if isinstance(data, np.ndarray) else _from_rows(data, what)
    if array.ndim != 2:
        hint = (
            "Use X.reshape(1, -1) for one row, X.reshape(-1, 1) for one column."
            if array.ndim == 1
            else "Give rows by columns."
        )
        raise TableError(f"{what} has shape {array.shape}; a table has two axes. {hint}")
    if array.dtype.kind not in "biufUSOmM":
        raise TableError(
            f"{what} holds {array.dtype}: whence reads numbers, text, times or objects."
        )
    if names is not None and len(names) != array.shape[1]:
        raise TableError(f"{what} has {array.shape[1]} columns, and {len(names)} names were given.")
    given = names if names is not None else [f"x{j}" for j in range(array.shape[1])]
    return Entry(ArrayCells(array), tuple(map(str, given)), "numpy", named=names is not None)


def _from_rows(data: object, what: str) -> np.ndarray:
    """Rows as lists; text does not turn its neighbours into text."""
    if isinstance(data, list | tuple) and data and isinstance(data[0], dict):
        raise TableError(f"{what} is a list of dicts. Make it a frame: pandas.DataFrame(X).")
    try:
        plain = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise TableError(f"the rows of {what} differ in length: {error}") from error
    if plain.dtype.kind not in "USO" or plain.ndim != 2:
        return plain
    loose = np.array(data, dtype=object)
    columns = [inferred(loose[:, j]).data for j in range(loose.shape[1])]
    if all(c.dtype.kind in "biuf" for c in columns):
        return np.column_stack(columns)
    return loose


def _check(read: Entry, what: str) -> None:
    if not read.names:
        raise TableError(f"{what} has no columns. Give rows by columns.")
    if not len(read.cells):
        raise TableError(f"{what} has no rows. Give at least one.")
    twice = sorted({n for n in read.names if read.names.count(n) > 1})
    if twice:
        raise TableError(f"{what} has more than one column called {some(twice)}. Rename them.")
