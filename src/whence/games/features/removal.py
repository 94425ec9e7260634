"""How a feature leaves: what stands in its place. It is part of the question, and is stored.

* marginal: whole background rows, whose other features stay as they were ("interventional").
* baseline: one fixed row.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, final

import numpy as np

from whence._core.errors import OptionError, TableError, did_you_mean, positive, some
from whence._core.keyed import hashed
from whence._core.text import brief
from whence.models.cells import Column
from whence.models.predictor import Predictor
from whence.models.table import Table


class Removal(abc.ABC):
    """What stands in the place of features that left: rows of a pool, k at a time.

    Attributes:
        sample: rows in each draw; None lets the game choose.
    """

    sample: int | None

    @abc.abstractmethod
    def pool(self, predictor: Predictor, X: Table) -> Table:
        """The rows that removed features come from, as the model knows them.

        Raises:
            TableError: no rows, or columns that are not those of X.
        """

    @abc.abstractmethod
    def words(self, pool: Table) -> str:
        """How features leave, in words."""


@final
@dataclass(frozen=True, slots=True)
class Marginal(Removal):
    """Features leave for those of background rows, whatever the features that stay.

    Args:
        background: rows, in any kind of table; all of them are the pool.
        sample: background rows in each draw. The default depends on the loss. It changes the cost
            and the estimation error of an answer, never what is estimated.

    Raises:
        OptionError: a sample that is not positive.
    """

    background: Any
    sample: int | None = None

    def __post_init__(self) -> None:
        if self.sample is not None:
            positive(self.sample, "sample", "background rows in each draw")

    def pool(self, predictor: Predictor, X: Table) -> Table:
        """All background rows."""
        return predictor.aligned(_table(self.background, X, "background"))

    def words(self, pool: Table) -> str:
        """With the number of background rows."""
        return f"marginal ({len(pool):,} background rows)"


@final
@dataclass(frozen=True, slots=True)
class Baseline(Removal):
    """Features leave for those of one fixed row.

    Args:
        row: a mapping from every column to its value, a pandas Series such as `X.median()`, a list
            of values in the order of the columns, or a table of one row.
    """

    row: Any
    sample: int | None = field(default=1, init=False)

    def pool(self, predictor: Predictor, X: Table) -> Table:
        """The one row."""
        row = _named(self.row)
        table = _from_mapping(row, X) if isinstance(row, Mapping) else _one(row, X)
        if len(table) != 1:
            raise TableError(
                f"baseline removal needs one row, and {len(table)} were given. Give one row, or "
                "use removal='marginal'."
            )
        return predictor.aligned(table)

    def words(self, pool: Table) -> str:
        """The fixed row, as far as there is room."""
        shown = [f"{n}={pool.column(n)[0]}" for n in pool.names[:4]]
        more = f", … {len(pool.names)} columns" if len(pool.names) > 4 else ""
        return f"baseline ({', '.join(shown)}{more})"


def _named(row: Any) -> Any:
    """A pandas Series, such as `X.median()`, as a mapping; anything else as it is."""
    series = type(row).__name__ == "Series" and type(row).__module__.startswith("pandas")
    return row.to_dict() if series else row


def _one(row: Any, X: Table) -> Table:
    array = np.asarray(row) if isinstance(row, (list, tuple, np.ndarray)) else None
    if array is not None and array.ndim == 1:
        row = array[None, :]
    return _table(row, X, "baseline")


def _from_mapping(row: Mapping[str, Any], X: Table) -> Table:
    missing = [n for n in X.names if n not in row]
    if missing:
        raise TableError(
            f"the baseline lacks a value for {some(missing)}: give one for each column"
        )
    extra = [n for n in row if n not in X.names]
    if extra:
        raise TableError(f"the baseline names {some(extra)}. {did_you_mean(extra[0], X.names)}")
    values = np.empty((1, len(X.names)), dtype=object)
    values[0] = [row[n] for n in X.names]
    try:
        return Table.of(values.astype(float), names=X.names, what="baseline")
    except (TypeError, ValueError):
        return Table.of(values, names=X.names, what="baseline")


def _table(data: Any, X: Table, what: str) -> Table:
    """A table with X's column names where it has none of its own."""
    if isinstance(data, Table):
        return data
    if isinstance(data, (np.ndarray, list, tuple)):
        table = Table.of(data, what=what)
        if len(table.names) != len(X.names):
            raise TableError(
                f"the {what} has {len(table.names)} columns, and X has {len(X.names)}: "
                f"{some(X.names)}"
            )
        return Table.of(data, names=X.names, what=what)
    return Table.of(data, what=what)


def digest(pool: Table) -> str:
    """16 hexadecimal digits of the rows of a pool: the same in any order and any kind of frame.

    Numbers count as float32, so that a model's own precision makes no other rows of them.
    """
    names = sorted(pool.names)
    rows = np.sort(hashed(_ROWS, *(_words(pool.raw(name)) for name in names)))
    return blake2b("\0".join(names).encode() + rows.tobytes(), digest_size=8).hexdigest()


_ROWS = 33  # of hashed counters: a stream of their own


def _words(column: Column) -> np.ndarray:
    """A number for each cell, int64 [rows]: of a number its float32, of anything else a hash."""
    if column.categories is None and column.family in {"number", "nothing"}:
        cells = column.readable().astype(np.float32) + 0.0  # which makes -0 zero
        return np.where(np.isnan(cells), -1, cells.view(np.int32)).astype(np.int64)
    _, first, back = np.unique(column.codes(), return_index=True, return_inverse=True)
    told = Column(column.data[first]).readable()
    each = [blake2b(str(t).encode(errors="replace"), digest_size=8).digest() for t in told]
    return np.frombuffer(b"".join(each), np.int64)[back]


def pool_of(removal: Any, predictor: Predictor, X: Table) -> Table:
    """The rows that removed features come from.

    Raises:
        OptionError: what is given is no removal.
    """
    if not isinstance(removal, Removal):
        raise OptionError(
            "a removal is Marginal(background) or Baseline(row), of wh.games.features; "
            f"given {removal!r}"
        )
    return removal.pool(predictor, X)


def as_removal(removal: Any, background: Any) -> Removal:
    """A removal from its name, or as it is.

    Raises:
        OptionError: a name that is not offered.
    """
    if isinstance(removal, Removal):
        return removal
    offered = ["marginal", "baseline"]
    name = removal if isinstance(removal, str) else ""
    if name == "marginal":
        return Marginal(background)
    if name == "baseline":
        return Baseline(background)
    raise OptionError(f"no removal is called {brief(removal)}. {did_you_mean(removal, offered)}")
