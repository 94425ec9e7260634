"""Bars: one for each player, with its 95 % interval.

Outer caps: all known parts of the error; inner caps: the estimation part alone, which is all that
more computing could take away.
"""

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence.report.numbers import decimals, number, rough, typeset
from whence.report.pictures.ink import (
    ROW,
    axes,
    block,
    check_display,
    frame,
    ink,
    label,
    name_rows,
    note,
    strip,
    whisker,
)
from whence.report.rows import Ranking, averaged, ranking
from whence.report.wording import axis, sized


def bar(
    att: Attribution, *, ax: Axes | None = None, max_display: int = 20, output: str | int = 0
) -> Axes:
    """Horizontal bars by falling absolute value; several cases are averaged.

    Args:
        att: the answer.
        ax: where to draw; a new figure by default.
        max_display: players shown; the others are counted.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: no such output.
    """
    o = att.output(output)
    one = averaged(att)
    found = ranking(one, o, check_display(max_display))
    inner = _inner(one, o)
    ax = axes(ax, len(found.shown) + bool(found.others))
    strip(ax)
    ax.axvline(0, color=ink(ax), linewidth=0.8, zorder=1)
    values = np.array([r.value for r in found.shown])
    places = decimals(values, np.array([r.stderr for r in found.shown]))
    for i, (row, d) in enumerate(zip(found.shown, places, strict=True)):
        if np.isfinite(row.value):
            block(ax, i, 0.0, row.value, faint=row.sure and not row.apart)
        whisker(ax, i, row.low, row.high, 0.2)
        if inner is not None:
            whisker(ax, i, inner[0][row.player], inner[1][row.player], 0.11)
        left = row.value < 0
        ends = [row.value, row.low if left else row.high, 0.0]
        far = (min if left else max)(e for e in ends if np.isfinite(e))
        note(ax, i, far, typeset(number(row.value, d, sign=True)), left=left)
    name_rows(ax, [*(r.fitted(ROW) for r in found.shown), *_rest(found)])
    if found.others:
        note(ax, len(found.shown), 0.0, f"each at most {rough(found.bound)} in size")
    ends = [e for r in found.shown for e in (r.value, r.low, r.high)]
    frame(ax, [0.0, *ends])
    label(ax, _what(att, o), _marks(att, found, inner=inner is not None))
    return ax


def _rest(found: Ranking) -> list[str]:
    return [f"{found.others:,} more"] if found.others else []


def _what(att: Attribution, output: int) -> str:
    many = len(att.values) > 1 or att.averaged > 1
    over = f", mean of {max(len(att.values), att.averaged):,} cases" if many else ""
    return f"{axis(att, output)}{over}"


def _inner(one: Attribution, output: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The interval by the estimation part, where there are others too."""
    if one.uncertainty == "unquantified" or "estimation" not in one.parts or len(one.parts) < 2:
        return None
    if not (one.parts["estimation"][0, output] > 0).any():
        return None
    low, high = one.ci(parts="estimation")
    return low[0, output], high[0, output]


def _marks(att: Attribution, found: Ranking, *, inner: bool) -> str:
    if not any(r.sure for r in found.shown):
        return "uncertainty not quantified; hatched: negative"
    said = "95 % intervals" + (
        ": inner caps estimation, outer caps all known error" if inner else ""
    )
    pale = "the mean may be zero" if sized(att) else "may be nothing"
    return f"{said}; hatched: negative; pale: {pale}"
