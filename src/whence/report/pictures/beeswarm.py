"""A beeswarm: one dot for each case, its colour the player's value in that case.

In each pile, cases with a higher value of the player lie higher, so that the picture can be read
without colours. The mean over cases stands beside the dots, with its interval.
"""

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.numbers import rough, several
from whence.report.pictures.ink import (
    ROW,
    axes,
    check_display,
    ink,
    label,
    mean_mark,
    name_rows,
    strip,
)
from whence.report.pictures.shades import low_to_high, numeric, shaded
from whence.report.pictures.swarm import pile
from whence.report.rows import order, rows, sizes
from whence.report.wording import axis, half_widths

_UNDER = 0.5  # where the dots lie, below every line
_VECTOR = 600  # more dots than this are one small bitmap inside a vector picture


def beeswarm(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 20,
    output: str | int = 0,
    dots: int | None = None,
) -> Axes:
    """One dot for each case and player, players by their typical size.

    Args:
        att: an answer by case.
        ax: where to draw; a new figure by default.
        max_display: players shown; the others are counted.
        output: by name or position.
        dots: draw at most so many cases, evenly spaced; all by default. Means stay those of all.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: fewer than two cases, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    if len(att.values) < 2:
        raise ResultError(
            "a beeswarm shows one dot for each case, and this answer has one case: ask again with "
            "by_case=True, or with several rows; att.plot('bar') shows what there is"
        )
    chosen = order(sizes(att)[o])[:most]
    left = len(att.players) - len(chosen)
    ax = axes(ax, len(chosen), width=7.6)
    strip(ax)
    ax.axvline(0, color=ink(ax), linewidth=0.8, zorder=1)
    drawn = _drawn(len(att.values), dots)
    if len(chosen) * len(drawn) > _VECTOR:
        ax.set_rasterization_zorder(_UNDER + 0.1)
    lines = rows(att, o)
    coloured = [_dots(ax, i, att, o, int(p), drawn) for i, p in enumerate(chosen)]
    for i, p in enumerate(chosen):
        mean_mark(ax, i, lines[p].value, lines[p].low, lines[p].high)
    name_rows(ax, [lines[p].short(ROW) for p in chosen])
    if any(coloured):
        low_to_high(ax, f"value of the {att.players.kind}")
    more = f"; {several(left, f'more {att.players.kind}')} not shown" if left else ""
    fewer = f", {len(drawn):,} drawn" if len(drawn) < len(att.values) else ""
    label(ax, f"{axis(att, o)}, {len(att.values):,} cases{fewer}", f"{_marks(att, o)}{more}")
    return ax


def _drawn(cases: int, dots: int | None) -> np.ndarray:
    """The positions of the cases that are drawn."""
    most = cases if dots is None else min(max(dots, 2), cases)
    return np.linspace(0, cases - 1, most).astype(int)


def _dots(ax: Axes, row: int, att: Attribution, output: int, player: int, at: np.ndarray) -> bool:
    """The cases of one player; whether their colours mean something."""
    values = att.values[at, output, player]
    seen = np.isfinite(values)
    keys = numeric(att.data.get(att.players.names[player]), len(att.values))[at]
    ax.scatter(
        values[seen],
        row - 0.38 * pile(values[seen], keys[seen]),
        c=shaded(keys)[seen],
        s=float(np.clip(4000 / len(values), 4, 18)),
        linewidths=0,
        zorder=_UNDER,
    )
    return bool(np.isfinite(keys).any())


def _marks(att: Attribution, output: int) -> str:
    halves = half_widths(att)[:, output]
    said = "dots: cases, high values above low ones; diamonds: means, with 95 % intervals"
    if not np.isfinite(halves).any():
        return f"{said}; the dots' own uncertainty is not quantified"
    typical = float(np.median(halves[np.isfinite(halves)]))
    return f"{said}; a typical dot is sure to ±{rough(typical)}" if typical else said
