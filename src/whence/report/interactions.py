"""Interactions in five lines, as a picture, and as a frame."""

from typing import Any

import numpy as np

from whence._core.interactions import Interactions
from whence._core.text import told_apart
from whence.report import checked
from whence.report.exchange.to_frame import framed
from whence.report.numbers import clean, decimals, number, several
from whence.report.wording import name_of_index, reason
from whence.report.words import five_lines

_TIMES = "\N{MULTIPLICATION SIGN}"
_TOP = 3
_NAME = 30


def words(found: Interactions) -> str:
    """The answer in five lines of plain text; never fails.

    Several outputs: the first one's strongest three.
    """
    kind = several(len(found.players), found.players.kind)
    what = f"{name_of_index(found)} interactions of {several(len(found.pairs), 'pair')} of {kind}"
    top = "top by mean size" if len(found.values) > 1 else "top"
    return five_lines(found, what, reason(found), f"{top}: {_top(found)}")


def _top(found: Interactions) -> str:
    """Of several cases the mean sizes: signs would cancel."""
    if not found.outputs or not found.pairs:
        return "nothing"
    shown = found.top(_TOP)
    sizes = len(found.values) > 1
    numbers = np.array([one.size if sizes else one.value for one in shown])
    places = decimals(numbers, np.full(len(shown), np.nan))
    short = told_apart(tuple(map(clean, found.players.names)), _NAME)
    said = []
    for one, x, d in zip(shown, numbers, places, strict=True):
        a, b = (short[found.players.index(name)] for name in one.players)
        said.append(f"{a} {_TIMES} {b} {number(float(x), d)}")
    left = len(found.pairs) - len(shown)
    return " · ".join(said) + (f" · {left:,} more" if left else "")


def plot(found: Interactions, ax: Any = None, **options: Any) -> Any:
    """A heat map of pairs: see `Interactions.plot`."""
    from whence.report.pictures.pairs import pairs

    return pairs(found, ax=ax, **checked(pairs, options))


def to_frame(found: Interactions, backend: str = "pandas") -> Any:
    """One row for each case, output and listed pair.

    Columns: case, output, player, other, value. The mean over cases is one case, number 0.

    Args:
        found: the answer.
        backend: "pandas", "polars" or "pyarrow".

    Raises:
        OptionError: no such backend, or it is not installed.
    """
    many, outputs, pairs = found.values.shape
    names = np.array(found.players.names, dtype=object)
    case, output, pair = np.indices((many, outputs, pairs)).reshape(3, -1)
    first, second = np.array(found.pairs, dtype=int).reshape(-1, 2).T
    columns = {
        "case": case,
        "output": np.array(found.outputs, dtype=object)[output],
        "player": names[first[pair]],
        "other": names[second[pair]],
        "value": found.values.ravel(),
    }
    return framed(columns, backend)
