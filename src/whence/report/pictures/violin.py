"""A violin picture: how each player's values are spread over the cases, with their mean.

The shape is a kernel density (Scott's bandwidth), cut where the data end; all shapes have one
height, so that a narrow one is as easy to see. Few cases are drawn as they are.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.mlab import GaussianKDE

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.numbers import several
from whence.report.pictures.ink import (
    HATCH,
    NEGATIVE,
    POSITIVE,
    ROW,
    axes,
    check_display,
    ink,
    label,
    mean_mark,
    name_rows,
    strip,
)
from whence.report.pictures.visited import visited
from whence.report.rows import order, rows, sizes
from whence.report.wording import axis

_FEWEST = 8  # cases, for a shape
_HEIGHT = 0.4
_POINTS = 128


def violin(
    att: Attribution, *, ax: Axes | None = None, max_display: int = 20, output: str | int = 0
) -> Axes:
    """The spread of each player's values over the cases, and the mean with its interval.

    Args:
        att: an answer by case.
        ax: where to draw; a new figure by default.
        max_display: players shown; the others are counted.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: fewer than two cases, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    if len(att.values) < 2:
        raise ResultError(
            "a violin shows how cases differ, and this answer has one case: ask again with "
            "by_case=True, or with several rows; att.plot('bar') shows what there is"
        )
    seen = visited(att, o)
    chosen = order(sizes(att)[o])[:most]
    left = len(att.players) - len(chosen)
    lines = rows(att, o)
    ax = axes(ax, len(chosen))
    strip(ax)
    ax.axvline(0, color=ink(ax), linewidth=0.8, zorder=1)
    for i, p in enumerate(chosen):
        _shape(ax, i, att.values[seen, o, p])
        mean_mark(ax, i, lines[p].value, lines[p].low, lines[p].high)
    name_rows(ax, [lines[p].short(ROW) for p in chosen])
    more = f"; {several(left, f'more {att.players.kind}')} not shown" if left else ""
    known = any(lines[p].sure for p in chosen)
    label(ax, f"{axis(att, o)}, {several(len(seen), 'case')}", f"{_marks(len(seen), known)}{more}")
    return ax


def _shape(ax: Axes, row: int, values: np.ndarray) -> None:
    if len(values) < _FEWEST or np.ptp(values) <= 1e-12 * np.abs(values).max():
        faces = [POSITIVE if v >= 0 else NEGATIVE for v in values]
        ax.scatter(values, np.full(len(values), row), s=14, c=faces, zorder=3, linewidths=0)
        return
    grid = np.linspace(values.min(), values.max(), _POINTS)
    if values.min() < 0 < values.max():
        grid = np.sort(np.append(grid, 0.0))  # the colours change there
    density = GaussianKDE(values).evaluate(grid)
    half = _HEIGHT * density / density.max()
    for side, colour, hatch in (
        (grid >= 0, POSITIVE, None),
        (grid <= 0, NEGATIVE, HATCH),
    ):
        ax.fill_between(
            grid, row - half, row + half, where=side.tolist(), facecolor=colour, hatch=hatch,
            edgecolor="white", linewidth=0.0, alpha=0.75, zorder=2,
        )  # fmt: skip
    low, high = np.percentile(values, [25, 75])
    ax.plot([low, high], [row, row], color=ink(ax), linewidth=4.0, alpha=0.35, zorder=3,
            solid_capstyle="butt")  # fmt: skip


def _marks(cases: int, known: bool) -> str:
    shapes = "shapes: cases, thick line the middle half; hatched: negative"
    if cases < _FEWEST:
        shapes = "dots: cases"
    means = (
        "diamonds: means, with 95 % intervals"
        if known
        else "diamonds: means; uncertainty not quantified"
    )
    return f"{shapes}; {means}"
