"""One test row, and the training rows that speak for it and against it, side by side.

Proponents have positive values for the test row: without them it would be answered worse. Opponents
have negative ones. Beside each stand its label, its interval and its own columns; where columns are
the pixels of a square, their picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any, final

import numpy as np

from whence._core.arguments import check_arguments
from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError
from whence._core.shaped import Float
from whence.models.table import Table
from whence.report.numbers import clean, decimals, elide, number, plain
from whence.report.rows import shown
from whence.report.wording import unit

_CELL, _LINE = 18, 66  # letters of a name or a value, and of a row
_LEAST_SIDE = 4
_OWN = {"label", "test"}  # columns that say which row, and not what is in it
Picture = Float[np.ndarray, "height width"]


@final
@dataclass(frozen=True, slots=True)
class Side:
    """A training row on one side.

    Attributes:
        name: of the row.
        label: that it has; empty where unknown.
        value: for this test row.
        said: the value in words, with its interval where it has one.
        low: of the interval; NaN without one.
        high: of the interval.
        cells: its first columns in words; nothing where it is a picture.
        picture: its pixels; None where it is no picture.
    """

    name: str
    label: str
    value: float
    said: str
    low: float
    high: float
    cells: str
    picture: Picture | None


@final
@dataclass(frozen=True, slots=True)
class Beside:
    """A test row between its proponents and its opponents.

    Attributes:
        name: of the test row.
        label: that it has.
        said: what was measured of it.
        cells: its first columns in words.
        picture: its pixels.
        proponents: the most positive values first.
        opponents: the most negative first.
        others: rows that are not shown, on either side.
        columns: how many columns rows have.
    """

    name: str
    label: str
    said: str
    cells: str
    picture: Picture | None
    proponents: tuple[Side, ...]
    opponents: tuple[Side, ...]
    others: int
    columns: int


def sides(
    att: Attribution,
    case: int = 0,
    most: int = 5,
    output: str | int = 0,
    *,
    shape: tuple[int, int] | None = None,
    X: Any = None,
    X_test: Any = None,
) -> Beside:
    """The largest values of both signs for one case.

    Args:
        att: an answer about training rows, case by case.
        case: which test row, by position.
        most: rows on each side.
        output: by name or position.
        shape: height and width, of rows that are pixels; known by itself where an array's columns
            make a square.
        X: the training rows, where the answer does not hold them.
        X_test: the test rows.

    Raises:
        ResultError: no such case, or an average over cases.
        OptionError: a shape that the columns do not have.
        TableError: rows that are not as many as the answer's.
    """
    if att.averaged > 1:
        raise ResultError(
            f"this answer is a mean over {att.averaged:,} cases, and has no test row to stand "
            "beside: ask with by_case=True"
        )
    if not len(att.values):
        raise ResultError("this answer has no cases: there is no test row to stand beside")
    o = att.output(output)
    one = att.select(case=case)
    value, (low, high) = one.values[0, o], (end[0, o] for end in one.ci())
    mine, asked = _columns(att, X), _tested(att, case, X_test)
    form = _form(mine, shape)
    order = np.argsort(-value, kind="stable")
    up = [int(i) for i in order[:most] if value[i] > 0]
    down = [int(i) for i in order[::-1][:most] if value[i] < 0]
    places = dict(zip([*up, *down], decimals(value[[*up, *down]], one.stderr[0, o][[*up, *down]]),
                      strict=True))  # fmt: skip
    labels = att.players.columns.get("label")

    def side(i: int) -> Side:
        return Side(
            clean(att.players.names[i]),
            "" if labels is None else shown(labels[i]),
            float(value[i]),
            _said(float(value[i]), float(low[i]), float(high[i]), places[i]),
            float(low[i]),
            float(high[i]),
            _cells({n: c[i] for n, c in mine.items()}) if form is None else "",
            None if form is None else _picture([c[i] for c in mine.values()], form),
        )

    told = one.data.get("test")
    full = float(one.full[0, o])
    return Beside(
        f"case {case}" if told is None else clean(told[0]),
        shown(one.data["label"][0]) if "label" in one.data else "",
        f"{clean(att.outputs[o])} {plain(full)}" if np.isfinite(full) else clean(att.outputs[o]),
        _cells(asked) if form is None else "",
        _picture(list(asked.values()), form) if form is not None and asked else None,
        tuple(map(side, up)),
        tuple(map(side, down)),
        len(att.players) - len(up) - len(down),
        len(mine),
    )


@check_arguments
def beside(
    att: Attribution,
    case: int = 0,
    most: int = 5,
    output: str | int = 0,
    *,
    X: Any = None,
    X_test: Any = None,
) -> Any:
    """The same as a table for the terminal: proponents left, opponents right.

    Args:
        att: an answer about training rows, case by case.
        case: which test row, by position.
        most: rows on each side.
        output: by name or position.
        X: the training rows, where the answer does not hold them.
        X_test: the test rows.

    Raises:
        ResultError: no such case, or an average over cases.
    """
    from itertools import zip_longest

    from rich.console import Group
    from rich.table import Table as Lines
    from rich.text import Text

    from whence.report.terminal import NEGATIVE, POSITIVE, Shown, check_most

    check_most(most)
    found = sides(att, case, most, output, X=X, X_test=X_test)
    lines = Lines(box=None, padding=(0, 2, 0, 1), pad_edge=False)
    for side, style in (("proponents", POSITIVE), ("opponents", NEGATIVE)):
        lines.add_column(f" {side}", overflow="fold")
        lines.add_column("label")
        lines.add_column(unit(att), justify="right", style=style)
    for pair in zip_longest(found.proponents, found.opponents):
        cells = [c for s in pair for c in ((_named(s), s.label, s.said) if s else ("", "", ""))]
        lines.add_row(*map(Text, cells))
    about = "; ".join(t for t in (f"labelled {found.label}" * bool(found.label), found.said,
                                  found.cells) if t)  # fmt: skip
    head = Text(f"{found.name}: {about}.")
    rest = Text(f" …  {found.others:,} more rows", style="dim")
    return Shown(Group(head, Text(), lines, rest))


def _named(one: Side) -> str:
    return f" {one.name}" + (f": {one.cells}" if one.cells else "")


def _said(value: float, low: float, high: float, places: int) -> str:
    said = number(value, places, sign=True)
    if not np.isfinite([low, high]).all() or low == high:
        return said
    return f"{said} [{number(low, places)}, {number(high, places)}]"


def _columns(att: Attribution, X: Any) -> dict[str, Any]:
    """The training rows by column."""
    if X is None:
        return {n: c for n, c in att.players.columns.items() if n not in _OWN}
    table = Table.of(X)
    if len(table) != len(att.players):
        raise ResultError(f"X has {len(table):,} rows, and the answer {len(att.players):,}")
    return {n: table.column(n).tolist() for n in table.names}


def _tested(att: Attribution, case: int, X_test: Any) -> dict[str, Any]:
    if X_test is None:
        return {n: c[case] for n, c in att.data.items() if n not in _OWN}
    table = Table.of(X_test, what="X_test")
    if len(table) != len(att.values):
        raise ResultError(f"X_test has {len(table):,} rows, and the answer {len(att.values):,}")
    return {n: table.column(n)[case] for n in table.names}


def _form(columns: Mapping[str, Any], shape: tuple[int, int] | None) -> tuple[int, int] | None:
    """Height and width of the pictures; None where rows are none."""
    n = len(columns)
    if shape is not None:
        height, width = shape
        if height * width != n:
            raise OptionError(f"a picture of {height} x {width} pixels; rows have {n} columns")
        return height, width
    side = isqrt(n)
    unnamed = all(name == f"x{i}" for i, name in enumerate(columns))
    return (side, side) if unnamed and side >= _LEAST_SIDE and side * side == n else None


def _picture(cells: list[Any], form: tuple[int, int]) -> Picture:
    return np.asarray(cells, dtype=float).reshape(form)


def _cells(row: Mapping[str, Any]) -> str:
    """As many of the first columns as fit a line."""
    said = [f"{elide(clean(n), _CELL)} {elide(shown(v), _CELL)}" for n, v in row.items()]
    told = said[:1]
    for more in said[1:]:
        if len(", ".join([*told, more])) > _LINE:
            return ", ".join([*told, "…"])
        told.append(more)
    return ", ".join(told)
