"""Proponents and opponents: the training rows that speak for one test row, and against it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from whence._core.attribution import Attribution
from whence._core.text import told_apart
from whence.report.beside import Beside, Side, sides
from whence.report.numbers import several, typeset
from whence.report.pictures.ink import (
    HATCH,
    NEGATIVE,
    POSITIVE,
    check_display,
    ink,
    label,
    plane,
    written,
)
from whence.report.wording import axis

_WIDTH, _HEAD, _ROW = 9.0, 1.7, 0.62  # inches
_ONE = 30  # letters of a row's name
_CELLS = 80  # letters
_TEXT, _BAR, _END = 0.13, 0.5, 0.76  # shares of a half: where words, bars and numbers begin


def proponents(
    att: Attribution,
    *,
    ax: Axes | None = None,
    case: int = 0,
    max_display: int = 5,
    output: str | int = 0,
    shape: tuple[int, int] | None = None,
    X: Any = None,
    X_test: Any = None,
) -> Axes:
    """Left, the rows with the most positive values for one test row; right, the most negative.

    Args:
        att: an answer about training rows, case by case.
        ax: where to draw; a new figure by default.
        case: which test row, by position.
        max_display: rows on each side.
        output: by name or position.
        shape: height and width of rows that are pixels; known by itself where an array's columns
            make a square.
        X: the training rows, where the answer does not hold them.
        X_test: the test rows.

    Returns:
        The axes.

    Raises:
        OptionError: max_display or shape that are none.
        ResultError: no such case, an average over cases, or other rows.
    """
    most = check_display(max_display)
    found = sides(att, case, most, output, shape=shape, X=X, X_test=X_test)
    ax = plane(ax, *room(found))
    rows = max(len(found.proponents), len(found.opponents), 1)
    ax.set(xlim=(0, 2.04), ylim=(rows + 0.1, -2.05), yticks=[], xticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    _head(ax, found)
    scale = max((abs(s.value) for s in (*found.proponents, *found.opponents)), default=1.0)
    for left, name, shown in (
        (0.0, "proponents", found.proponents),
        (1.04, "opponents", found.opponents),
    ):
        ax.plot([left, left + 0.98], [-0.06, -0.06], color=ink(ax), linewidth=0.6)
        _words(ax, left, -0.24, f"{name}: {_side(name)}" if shown else f"no {name}", size="small")
        short = told_apart(tuple(map(_called, shown)), _ONE)
        for i, one in enumerate(shown):
            _row(ax, left, i, one, short[i], scale)
    unsure = "" if any(_sure(s) for s in (*found.proponents, *found.opponents)) else (
        "" if att.uncertainty == "exact" else "; uncertainty not quantified"
    )  # fmt: skip
    rest = f"{several(found.others, 'more training row')}{unsure}"
    label(ax, axis(att, att.output(output)), rest)
    return ax


def room(found: Beside) -> tuple[float, float]:
    """Inches."""
    return _WIDTH, _HEAD + _ROW * max(len(found.proponents), len(found.opponents), 1)


def _side(name: str) -> str:
    return "without them it is lower" if name == "proponents" else "without them it is higher"


def _head(ax: Axes, found: Beside) -> None:
    at = 0.0
    if found.picture is not None:
        _pixels(ax, 0.0, -1.95, found.picture, 1.15)
        at = _TEXT + 0.05
    named = f"{found.name}, labelled {found.label}" if found.label else found.name
    _words(ax, at, -1.7, named, size="medium", weight="bold")
    _words(ax, at, -1.25, typeset(found.said), size="small")
    if found.cells:
        _words(ax, 0.0, -0.82, found.cells, size="x-small", most=_CELLS)


def _called(one: Side) -> str:
    return f"{one.name}, labelled {one.label}" if one.label else one.name


def _row(ax: Axes, left: float, i: int, one: Side, named: str, scale: float) -> None:
    """A training row: its picture or columns, its bar, and its number."""
    at = left
    if one.picture is not None:
        _pixels(ax, left, i + 0.05, one.picture, 0.9)
        at = left + _TEXT
    middle, half = (0.32, 0.19) if one.cells else (0.5, 0.24)
    _words(ax, at, i + middle, named, size="small", most=len(named))
    if one.cells:
        _words(ax, at, i + 0.76, one.cells, size="x-small", most=_CELLS)
    start, span = left + _BAR, _END - _BAR
    ax.add_patch(
        Rectangle(
            (start, i + middle - half),
            span * abs(one.value) / scale,
            2 * half,
            facecolor=POSITIVE if one.value > 0 else NEGATIVE,
            edgecolor="white",
            hatch=HATCH if one.value < 0 else None,
            linewidth=0.0,
            alpha=1.0 if not _sure(one) or one.low > 0 or one.high < 0 else 0.45,
        )
    )
    ends = [start + span * abs(one.value) / scale]
    if _sure(one):
        whisker = sorted(abs(x) if x * one.value > 0 else 0.0 for x in (one.low, one.high))
        ends += [start + span * min(x / scale, 1.3) for x in whisker]
        ax.plot(ends[1:], [i + middle] * 2, color=ink(ax), linewidth=1.1)
    _words(ax, max(ends) + 0.015, i + middle, typeset(one.said), size="x-small")


def _sure(one: Side) -> bool:
    return bool(np.isfinite([one.low, one.high]).all() and one.low < one.high)


def _words(
    ax: Axes, x: float, y: float, text: str, *, size: str, weight: str = "normal", most: int = 60
) -> None:
    ax.text(x, y, written(text, most), fontsize=size, fontweight=weight, color=ink(ax),
            va="center", ha="left")  # fmt: skip


def _pixels(ax: Axes, x: float, y: float, picture: np.ndarray, height: float) -> None:
    """A row that is a picture, dark on light."""
    (low, high), (foot, top) = ax.get_xlim(), ax.get_ylim()
    wide, tall = high - low, foot - top  # the first row is above
    bounds = x / wide, (foot - y - height) / tall, (_TEXT - 0.02) / wide, height / tall
    small = ax.inset_axes(bounds)
    small.imshow(picture, cmap="gray_r", interpolation="nearest", aspect="equal")
    small.set(xticks=[], yticks=[])
    for spine in small.spines.values():
        spine.set_edgecolor(ink(ax))
        spine.set_linewidth(0.4)
