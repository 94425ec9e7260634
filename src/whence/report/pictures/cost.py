"""Cost versus error: how wide the widest error still was, for what had been spent.

The error is the largest standard error of any player (its estimation part), as a share of the range
of the values and 0: what a budget's `relative_error` bounds. Both axes are logarithmic, so that a
method's slope is its rate: twice the work, 1/sqrt(2) of the error.
"""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError
from whence._core.trace import Trace
from whence._core.width import spread
from whence.report.numbers import clean, percent, several, typeset
from whence.report.pictures.comparison import SHAPES
from whence.report.pictures.ink import check_display, ink, label, legend, plane, side, strip
from whence.report.pictures.looks import AGAINST, spent, traced
from whence.report.pictures.naming import names_of, several_answers

_INKS = ("#c2003d", "#3d3d3d", "#7a7a7a", "#0067b1", "#9a6a00", "#4b0082")
_DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (6.0, 1.0)), (0, (1.0, 2.5)))
_MARKS = 8  # on each curve


def cost(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 6,
    output: str | int = 0,
    against: str = "questions",
    others: Any = (),
    names: Any = None,
    tolerance: Any = None,
) -> Axes:
    """The widest error of one answer, or of several, against their cost.

    Args:
        att: an answer with a trace.
        ax: where to draw; a new figure by default.
        max_display: curves shown; further answers are counted.
        output: by name or position, of each answer.
        against: "questions", "rows" or "seconds".
        others: other answers with a trace, in a list.
        names: a list, one for each answer; models or methods by default.
        tolerance: a share, drawn as a line; what was asked for by default, where it is known.

    Returns:
        The axes.

    Raises:
        OptionError: max_display or tolerance is not positive, or no such cost.
        ResultError: an answer without a trace, or with no error that is known.
    """
    most, every = check_display(max_display), several_answers(att, others)
    titles = names_of(every, names)
    ax = plane(ax)
    strip(ax)
    ax.spines["left"].set_visible(True)
    drawn = [_known(a, a.output(output), against) for a in every[:most]]
    for place, (x, y) in enumerate(drawn):
        _curve(ax, x, y, place)
    ax.set_xscale("log")
    ax.set_yscale("log")
    line = _asked(every) if tolerance is None else _tolerance(tolerance)
    _decades(ax, [float(y.min()) for _, y in drawn], [float(y.max()) for _, y in drawn], line)
    if line is not None:
        _line(ax, line)
    if len(drawn) > 1:
        _key(ax, titles[: len(drawn)])
    side(ax, "widest standard error (share of the range)")
    more = f"; {several(len(every) - len(drawn), 'more answer')} not shown" if every[most:] else ""
    label(ax, AGAINST[against], f"{_what(att, output)}: the estimation part of the error{more}")
    return ax


def _known(att: Attribution, output: int, against: str) -> tuple[np.ndarray, np.ndarray]:
    """Cost and error at each look whose error is known, and is not zero."""
    trace = traced(att, "cost versus error")
    x, y = spent(trace, against), shares(trace, output)
    known = np.isfinite(y) & (y > 0)
    if not known.any():
        raise ResultError(
            f"no look at {att.method} had an error that is known and above zero: its uncertainty "
            "is not quantified, or it has none; ask a method that samples"
        )
    return x[known], y[known]


def shares(trace: Trace, output: int) -> np.ndarray:
    """At each look, the widest standard error as a share of the spread: float [looks]."""
    scale = np.array([float(spread(look[None])[0, output, 0]) for look in trace.values])
    widest = trace.stderr[:, output].max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(scale > 0, widest / scale, np.nan))


def _curve(ax: Axes, x: np.ndarray, y: np.ndarray, place: int) -> None:
    shape, fill = SHAPES[place]
    colour = _INKS[place]
    ax.plot(
        x, y, color=colour, linestyle=_DASHES[place], linewidth=1.6, marker=shape, markersize=5.0,
        markerfacecolor=colour if fill == "full" else "white", markevery=max(len(x) // _MARKS, 1),
        zorder=3, label=f"_answer {place}",
    )  # fmt: skip


def _asked(every: list[Attribution]) -> float | None:
    """The relative error that was asked for, where all answers know it and agree."""
    found = {a.provenance.get("relative error asked") for a in every}
    one: Any = found.pop()
    return float(one) if one is not None and not found else None


def _tolerance(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given > 0:
        raise OptionError(f"tolerance is a positive share, such as 0.025; given {given!r}")
    return float(given)


def _line(ax: Axes, at: float) -> None:
    ax.axhline(at, color=ink(ax), linewidth=1.0, linestyle="--", zorder=2, label="_tolerance")
    ax.annotate(
        typeset(f"asked: {percent(at)}"), (0.0, at), xycoords=("axes fraction", "data"),
        xytext=(4, 3), textcoords="offset points", fontsize="small", color=ink(ax), va="bottom",
    )  # fmt: skip


def _decades(ax: Axes, lows: list[float], highs: list[float], line: float | None) -> None:
    """Limits that show at least some of the scale's numbers, as shares in per cent."""
    low = min([*lows, *([line] if line else [])]) / 1.6
    high = max([*highs, *([line] if line else [])]) * 1.6
    ax.set_ylim(low, max(high, 10 * low))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _key(ax: Axes, titles: list[str]) -> None:
    handles: list[Artist] = [
        Line2D([], [], color=_INKS[i], linestyle=_DASHES[i], marker=SHAPES[i][0], markersize=5.0,
               markerfacecolor=_INKS[i] if SHAPES[i][1] == "full" else "white")
        for i in range(len(titles))
    ]  # fmt: skip
    legend(ax, handles, titles)


def _what(att: Attribution, output: str | int) -> str:
    return clean(att.outputs[att.output(output)])
