"""Which column made a model fail, found by asking it about two or three rows with others in place.

Libraries speak of dtypes, ufuncs and positions, and not of the user's columns. So a column that
holds no numbers is given zeros, and one of numbers the same numbers as text: where the model then
answers, that column is named. Several may be wrong at once: all that hold no numbers are given
zeros together, and those without whose zeros the model fails again are named.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from whence.models.cells import Column, objects
from whence.models.table import Table

_MOST = 64  # columns that are tried: each costs a question


def misfits(table: Table, answers: Callable[[Table], Any], right: Collection[str] = ()) -> str:
    """The columns that do not fit, in a sentence with a blank before it; nothing if none is found.

    Args:
        table: the few rows on which the model failed.
        answers: asks the model about such a table; raises what the model raises.
        right: columns that are known to fit.
    """
    tried = [n for n in table.names if n not in right][:_MOST]
    zeros = {n: _zeros(table) for n in tried if not _of_numbers(table.raw(n))}
    cured = [n for n, c in zeros.items() if _works(table.with_columns({n: c}), answers)]
    if not cured and _works(table.with_columns(zeros), answers):
        cured = [n for n in zeros if not _works(_without(table, zeros, n), answers)]
    if cured:
        return _said(table, cured, "numbers")
    words = {n: _as_text(table.raw(n)) for n in tried if n not in zeros}
    cured = [n for n, c in words.items() if _works(table.with_columns({n: c}), answers)]
    return _said(table, cured, "text")


def _zeros(table: Table) -> Column:
    return Column(np.zeros(len(table)))


def mixed(table: Table) -> str:
    """Columns of numbers and words at once, in a sentence with a blank before it."""
    found = [n for n in table.names if table.raw(n).family == "other"]
    said = []
    for name in found[:3]:
        column = table.raw(name)
        kinds: dict[type, object] = {}
        for cell in column.data[~column.missing].tolist():
            kinds.setdefault(type(cell), cell)
        held = " and ".join(f"{k.__name__} ({v!r})" for k, v in list(kinds.items())[:3])
        said.append(f'column "{name}" holds {held}')
    return f" Note that {'; '.join(said)}." if said else ""


def _works(table: Table, answers: Callable[[Table], Any]) -> bool:
    try:
        answers(table)
    except Exception:  # whatever it is, it still fails
        return False
    return True


def _without(table: Table, zeros: dict[str, Column], name: str) -> Table:
    return table.with_columns({n: c for n, c in zeros.items() if n != name})


def _of_numbers(column: Column) -> bool:
    return column.categories is None and column.family == "number"


def _as_text(column: Column) -> Column:
    return Column(objects([str(v) for v in column.data.tolist()]))


def _said(table: Table, names: list[str], wanted: str) -> str:
    if not names:
        return ""
    cells = [f'column "{n}" (such as {_cell(table, n)})' for n in names[:3]]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    one = len(names) == 1
    return (
        f" What does not fit is {', '.join(cells)}{more}: with {wanted} in "
        f"{'its' if one else 'their'} place the model answers. Give "
        f"{'it' if one else 'them'} as the model was fitted with {'it' if one else 'them'}."
    )


def _cell(table: Table, name: str) -> str:
    column = table.raw(name)
    seen = column.data[~column.missing].tolist()
    return repr(seen[0]) if seen else "nothing: every cell is missing"
