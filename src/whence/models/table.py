"""Rows by named columns, in the kind of frame they came in.

Games replace some columns of a row by those of another. They do it with integers: a hybrid row is a
row of an index matrix into a pool of rows, and `Table.mix` makes the frame, dtypes and all, in the
kind that the model was fitted on. Nothing is copied on the way in: do not change a frame in use.
"""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from whence._core.errors import TableError, did_you_mean, some
from whence._core.text import printable
from whence.models._array import ArrayCells, array_of
from whence.models.cells import Cells, Column
from whence.models.entry import Entry, entry


@final
class Table:
    """Rows by named columns.

    Attributes:
        names: the columns' names, as text.
        kind: "numpy", "pandas" or "polars".
        named: whether the names came with the data (an array's "x0", "x1", … did not).
        what: what the user calls it, for messages.
        index: what the rows are called: pandas' index, or positions in the table that these rows
            were taken from; None where they are 0, 1, 2, ….
    """

    __slots__ = ("_cells", "_codes", "index", "kind", "named", "names", "what")

    def __init__(
        self,
        cells: Cells,
        names: tuple[str, ...],
        kind: str,
        *,
        named: bool = True,
        what: str = "X",
        index: Any = None,
    ) -> None:
        self.names = names
        self.kind = kind
        self.named = named
        self.what = what
        self.index = index
        self._cells = cells
        self._codes: np.ndarray | None = None

    @staticmethod
    def of(data: object, *, names: Sequence[str] | None = None, what: str = "X") -> "Table":
        """Read whatever the user has.

        Args:
            data: a 2-D numpy array, a pandas or polars frame, rows as lists, or a Table.
            names: of an array's columns; "x0", "x1", … if not given.
            what: what the user calls it, for messages.

        Raises:
            TableError: not a table, an empty one, or one whose names clash.
        """
        if isinstance(data, Table):
            return data
        read: Entry = entry(data, names, what)
        return Table(
            read.cells, read.names, read.kind, named=read.named, what=what, index=read.index
        )

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """All but the codes, made when somebody asks for them, and what the rows are called."""
        left = {"_codes": None, "index": None}
        return None, {name: getattr(self, name) for name in self.__slots__} | left

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return printable(f"Table({len(self)} rows, {self.kind}: {some(self.names)})")

    def take(self, rows: np.ndarray) -> "Table":
        """These rows, by position, in this order."""
        at = np.asarray(rows)
        index = np.arange(len(self))[at] if self.index is None else self.index[at]
        return self._with(self._cells.take(at), index=index)

    @property
    def row_names(self) -> tuple[object, ...]:
        """What the rows are called, as plain numbers and text; empty where it is 0, 1, 2, …."""
        labels = [] if self.index is None else self.index.tolist()
        plain = (v if isinstance(v, str | int | float) else str(v) for v in labels)
        return () if labels == list(range(len(self))) else tuple(plain)

    def select(self, names: Sequence[str]) -> "Table":
        """These columns, in this order.

        Raises:
            TableError: columns that are not there.
        """
        return self._with(self._cells.select(self._places(names), names), tuple(names))

    def _places(self, names: Sequence[str]) -> list[int]:
        missing = [n for n in names if n not in self.names]
        if missing:
            raise TableError(
                f"{self.what} has no column {some(missing)}. {did_you_mean(missing[0], self.names)}"
            )
        return [self.names.index(n) for n in names]

    def renamed(self, names: Sequence[str]) -> "Table":
        """The same columns under these names."""
        if tuple(names) == self.names:
            return self._with(self._cells)
        return self._with(self._cells.select(range(len(self.names)), names), tuple(names))

    def above(self, other: "Table") -> "Table":
        """This table's rows, then the other's, its columns matched by name.

        Raises:
            TableError: columns that only one has, or that hold text here and numbers there.
        """
        missing = [n for n in self.names if n not in other.names]
        extra = [n for n in other.names if n not in self.names]
        if missing or extra:
            lacks = f" lacks {some(missing)}" * bool(missing)
            more = f" has {some(extra)}, which {self.what} does not" * bool(extra)
            raise TableError(
                f"the columns differ: {other.what}{lacks}{' and' * bool(lacks and more)}{more}. "
                "Give both the same columns."
            )
        lower = other.select(self.names).to(self.kind)
        self._refuse_clashes(lower)
        try:
            cells = self._cells.stack(lower._cells)  # noqa: SLF001
            return Table(cells, self.names, self.kind, named=self.named, what=self.what)
        except Exception as error:  # each kind of frame has errors of its own
            raise TableError(
                f"{self.what} and {other.what} do not fit together: {error}. Give their columns "
                "the same types."
            ) from error

    def _refuse_clashes(self, other: "Table") -> None:
        for place, name in enumerate(self.names):
            pair = [t._cells.column(place).family for t in (self, other)]  # noqa: SLF001
            if len({*pair} - {"nothing", "other"}) > 1:
                raise TableError(
                    f'column "{name}" holds {_WORDS[pair[0]]} in {self.what} and '
                    f"{_WORDS[pair[1]]} in {other.what}. Convert one of them."
                )

    def column(self, name: str) -> np.ndarray:
        """One column to read: floats for numbers, NaN where missing; else str, or None."""
        return self.raw(name).readable()

    def raw(self, name: str) -> Column:
        """One column, with its categories if it declares any."""
        return self._cells.column(self._places([name])[0])

    @property
    def codes(self) -> np.ndarray:
        """int32 [rows, columns]: equal values of a column share a code, missing ones too."""
        if self._codes is None:
            columns = [self._cells.column(j).codes() for j in range(len(self.names))]
            self._codes = np.column_stack(columns)
        return self._codes

    def row(self, at: int) -> dict[str, object]:
        """One row, by name."""
        one = self.take(np.array([at]))
        return {n: one.raw(n).data[0] for n in self.names}

    def frame(self) -> Any:
        """The frame: a numpy array, a pandas or a polars DataFrame."""
        return self._cells.native()

    def mix(self, index: np.ndarray) -> Any:
        """Hybrid rows, as a frame of this kind with this table's dtypes.

        Args:
            index: integers [rows, columns]: cell (r, j) is this table's cell (index[r, j], j).
        """
        return self._cells.mix(index)

    def to(self, kind: str) -> "Table":
        """The same cells in another kind of frame, under the same names."""
        if kind == self.kind:
            return self
        columns = [self._cells.column(j) for j in range(len(self.names))]
        cells = _build(columns, self.names, kind)
        return self._as(cells, kind)

    def numbers(self) -> "Table":
        """The same cells as one numpy array of float64.

        Raises:
            TableError: columns that hold something else.
        """
        if self.kind == "numpy" and self.frame().dtype == np.float64:
            return self
        columns = [self._cells.column(j) for j in range(len(self.names))]
        wrong = [n for n, c in zip(self.names, columns, strict=True) if not _numeric(c)]
        if wrong:
            raise TableError(
                f"{self.what} holds {some(wrong)}, not numbers, and this model takes only numbers. "
                "Encode them, or give whence the pipeline that does."
            )
        cells = ArrayCells(np.column_stack([c.readable() for c in columns]))
        return self._as(cells, "numpy")

    def with_columns(self, columns: Mapping[str, Column]) -> "Table":
        """The same table with other cells in these columns."""
        every = [columns.get(n, self._cells.column(j)) for j, n in enumerate(self.names)]
        return self._as(_build(every, self.names, self.kind), self.kind)

    def all_numbers(self) -> bool:
        """Whether every column holds numbers, though perhaps as objects or in a frame."""
        if self.kind == "numpy" and self.frame().dtype.kind in "biuf":
            return True
        return all(_numeric(self._cells.column(j)) for j in range(len(self.names)))

    def categorised(self, categories: Mapping[str, tuple[object, ...] | None]) -> "Table":
        """The same pandas table with text, and the columns named here, as pandas categories."""
        from whence.models._pandas import categorised

        wanted: dict[int, tuple[object, ...] | None] = {}
        for place, name in enumerate(self.names):
            if name in categories:
                wanted[place] = categories[name]
            elif self._cells.column(place).family == "text":
                wanted[place] = None
        return self._with(categorised(self._cells, wanted)) if wanted else self

    def _with(
        self, cells: Cells, names: tuple[str, ...] | None = None, index: Any = None
    ) -> "Table":
        called = self.index if index is None else index
        return Table(
            cells, names or self.names, self.kind, named=self.named, what=self.what, index=called
        )

    def _as(self, cells: Cells, kind: str) -> "Table":
        """The same rows and names, in this kind of frame."""
        return Table(cells, self.names, kind, named=self.named, what=self.what, index=self.index)


_WORDS = {
    "number": "numbers",
    "text": "text",
    "time": "times",
    "other": "other things",
    "nothing": "nothing",
}


def _numeric(column: Column) -> bool:
    return column.categories is None and column.family in {"number", "nothing"}


def _build(columns: list[Column], names: tuple[str, ...], kind: str) -> Cells:
    if kind == "numpy":
        return array_of(columns)
    try:
        return _frame(columns, names, kind)
    except ImportError as error:
        raise TableError(
            f"this model receives {kind} frames, and {kind} cannot be imported ({error}). "
            f"Install it: pip install {kind}"
        ) from error


def _frame(columns: list[Column], names: tuple[str, ...], kind: str) -> Cells:
    if kind == "pandas":
        from whence.models import _pandas

        return _pandas.frame_of(columns, names)
    from whence.models import _polars

    return _polars.frame_of(columns, names)
