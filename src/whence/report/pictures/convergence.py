"""A convergence picture: the largest values, and how sure they were, as the questions went on.

The bands are of the estimation part alone: that is what more questions narrow. Names stand at the
ends of their curves.
"""

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.student import normal
from whence._core.text import told_apart
from whence.report.numbers import clean, several
from whence.report.pictures.ink import (
    NEGATIVE,
    POSITIVE,
    check_display,
    ink,
    label,
    plane,
    side,
    strip,
    written,
)
from whence.report.pictures.looks import AGAINST, spent, traced
from whence.report.pictures.placing import spread
from whence.report.rows import order
from whence.report.wording import axis

_DASHES = ("-", (0, (5.0, 1.5)), (0, (1.2, 1.2)), (0, (5.0, 1.5, 1.2, 1.5)))
_LINE = 0.052  # of the axes' height: a line of small letters
_SETTLED = 0.05  # of all that was spent; earlier bands may be too wide to be shown in full
_NAME = 24


def convergence(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 6,
    output: str | int = 0,
    against: str = "questions",
) -> Axes:
    """The values of the largest players at each look, with their bands.

    Args:
        att: an answer with a trace.
        ax: where to draw; a new figure by default.
        max_display: players shown; the others are counted.
        output: by name or position.
        against: "questions", "rows" or "seconds".

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive, or no such cost.
        ResultError: no trace, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    trace = traced(att, "a convergence picture")
    x = spent(trace, against)
    values, half = trace.values[:, o], normal(0.975) * trace.stderr[:, o]  # look, player
    chosen = order(values[-1])[:most]
    ax = plane(ax)
    strip(ax)
    ax.spines["left"].set_visible(True)
    ax.axhline(0, color=ink(ax), linewidth=0.8, zorder=1)
    for place, p in enumerate(chosen):
        _curve(ax, x, values[:, p], half[:, p], place)
    ax.set_xscale("log")
    settled = x >= _SETTLED * x[-1]
    low, high = _limits(values[settled][:, chosen], half[settled][:, chosen])
    ax.set_ylim(low, high)
    ends = spread(values[-1, chosen], _LINE * (high - low))
    short = told_apart(tuple(map(clean, att.players.names)), _NAME)
    for p, at in zip(chosen, ends, strict=True):
        _name(ax, x[-1], values[-1, p], at, short[p])
    cases = max(len(att.values), att.averaged)
    many = f", mean of {cases:,} cases" if cases > 1 else ""
    side(ax, f"{axis(att, o)}{many}")
    left = len(att.players) - len(chosen)
    more = f"; {several(left, f'more {att.players.kind}')} not shown" if left else ""
    label(ax, AGAINST[against], f"{_marks(half[:, chosen])}{more}")
    return ax


def _curve(ax: Axes, x: np.ndarray, value: np.ndarray, half: np.ndarray, place: int) -> None:
    colour = POSITIVE if value[-1] >= 0 else NEGATIVE
    known = np.isfinite(half)
    ax.fill_between(
        x[known], (value - half)[known], (value + half)[known], facecolor=colour, alpha=0.2,
        linewidth=0.0, zorder=2, label="_interval",
    )  # fmt: skip
    ax.plot(x, value, color=colour, linestyle=_DASHES[place % len(_DASHES)], linewidth=1.6,
            marker="o" if len(x) == 1 else "", zorder=3, label="_value")  # fmt: skip


def _limits(values: np.ndarray, half: np.ndarray) -> tuple[float, float]:
    ends = np.concatenate([(values - half).ravel(), (values + half).ravel(), values.ravel(), [0.0]])
    known = ends[np.isfinite(ends)]
    room = 0.05 * (float(np.ptp(known)) or 1.0)
    return float(known.min()) - room, float(known.max()) + room


def _name(ax: Axes, x: float, value: float, at: float, name: str) -> None:
    """At the end of its curve, tied to it where it had to move."""
    ax.annotate(
        written(name, len(name)),
        (x, value),
        xytext=(1.03, at),
        textcoords=("axes fraction", "data"),
        va="center",
        fontsize="small",
        color=ink(ax),
        annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": ink(ax), "linewidth": 0.5, "shrinkA": 0.0},
    )


def _marks(half: np.ndarray) -> str:
    if not np.isfinite(half).any():
        return "uncertainty not quantified"
    return "bands: 95 % intervals by the estimation part"
