"""The rows that are asked about: features, labels and background, from files.

The target, and what the user drops, are no features; a background may hold them or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from whence._core.errors import TableError, did_you_mean, some
from whence.cli import readers
from whence.models.table import Table


@final
@dataclass(frozen=True, slots=True)
class Rows:
    """What the question is about.

    Attributes:
        X: features.
        y: labels, [rows]; None where none were asked for.
        background: rows that removed features are drawn from; X itself by default.
        weight: how often each row counts, [rows]; None: all alike.
    """

    X: Table
    y: np.ndarray | None
    background: Table
    weight: np.ndarray | None = None


def read(
    data: Path,
    background: Path | None,
    *,
    target: str | None = None,
    drop: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    weight: str | None = None,
) -> Rows:
    """Read the files; text files have no types, and `kinds` says what is known of them.

    Raises:
        TableError: a file that cannot be read, columns that are not there, labels missing.
    """
    kinds = same_kinds([p for p in (data, background) if p is not None], kinds or {})
    table = opened(data, kinds)
    pool = table if background is None else opened(background, kinds)
    y = None if target is None else labels(table, target)
    counts = None if weight is None else labels(table, weight, "the weight")
    refuse_strangers(drop, table, pool)
    out = {target, weight, *drop}
    X = without(table, out)
    return Rows(X, y, X if background is None else without(pool, out), counts)


def same_kinds(paths: Sequence[Path], kinds: Mapping[str, str]) -> Mapping[str, str]:
    """What columns hold, and "text" for codes with leading zeros in one of the files at least."""
    codes = {name for path in paths for name in readers.codes(path)}
    new = [name for name in codes if readers.kind(kinds, name) is None]
    return {**kinds, **dict.fromkeys(new, "text")}


def opened(path: Path, kinds: Mapping[str, str] | None = None) -> Table:
    """The rows of a file, with all of its columns.

    Raises:
        TableError: a file that cannot be read.
    """
    return Table.of(readers.frame(path, kinds or {}), what=path.name)


def chosen(X: Table, rows: Sequence[int]) -> Table:
    """These rows, by position.

    Raises:
        TableError: no such row.
    """
    far = [r for r in rows if r >= len(X)]
    if far:
        raise TableError(f"{X.what} has no row {far[0]}: its rows are 0 to {len(X) - 1:,}")
    return X.take(np.array(rows)) if rows else X


def labels(table: Table, target: str, role: str = "the target") -> np.ndarray:
    """A column that must be there, in every row.

    Raises:
        TableError: it is not.
    """
    if target not in table.names:
        raise TableError(
            f"{table.what} has no column {target!r} to be {role}. "
            f"{did_you_mean(target, table.names)}"
        )
    column = table.raw(target)
    gone = column.missing
    if gone.any():
        raise TableError(
            f"{role} {target!r} is missing in {int(gone.sum())} rows of {table.what} "
            f"(first: row {int(np.argmax(gone))}). Drop those rows."
        )
    return column.data


def refuse_strangers(drop: Sequence[str], *tables: Table) -> None:
    """Refuse to drop what no table has.

    Raises:
        TableError: which columns.
    """
    known = list(dict.fromkeys(n for table in tables for n in table.names))
    strange = [n for n in drop if n not in known]
    if strange:
        raise TableError(
            f"--drop {some(strange)}: {tables[0].what} has no such column. "
            f"{did_you_mean(strange[0], known)}"
        )


def without(table: Table, out: set[str | None]) -> Table:
    """The features: the columns that are not out.

    Raises:
        TableError: none is left.
    """
    kept = [n for n in table.names if n not in out]
    if not kept:
        raise TableError(f"{table.what} has no features left once the target and drops are out")
    return table.select(kept) if len(kept) < len(table.names) else table
