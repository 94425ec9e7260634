"""A decision picture: how each case comes from the worth of nobody to its own, player by player.

Paths lead from the bottom to the top, through the players in rising order of their typical size.
A path that ends above where it began is red and solid, one that ends below blue and dashed.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from whence._core.attribution import Attribution
from whence.report.numbers import plural, several
from whence.report.pictures.ink import (
    NEGATIVE,
    POSITIVE,
    ROW,
    axes,
    check_display,
    ink,
    label,
    legend,
    mean_mark,
    name_rows,
    strip,
    whisker,
)
from whence.report.pictures.visited import visited
from whence.report.rows import averaged, order, rows, sizes
from whence.report.wording import half_widths, worth_axis

_FEW = 6  # cases; each has its own intervals
_SOLID, _DASHED = "solid", "dashed"


def decision(
    att: Attribution, *, ax: Axes | None = None, max_display: int = 20, output: str | int = 0
) -> Axes:
    """The paths of all cases, from nobody (bottom) to everybody (top).

    Args:
        att: an answer, of one case or many.
        ax: where to draw; a new figure by default.
        max_display: rows; the smallest players are one of them, where there are more.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: no case was visited, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    seen = visited(att, o)
    shown, rest = _rows(att, o, most)
    paths = _paths(att, o, seen, shown, rest)
    heights = np.arange(paths.shape[1])[::-1] - 0.5
    ax = axes(ax, paths.shape[1])
    strip(ax)
    for at in range(paths.shape[1] - 1):
        ax.axhline(at, color=ink(ax), linewidth=0.4, alpha=0.25, zorder=0)
    ax.axvline(float(paths[:, 0].mean()), color=ink(ax), linewidth=0.8, linestyle=":", zorder=2)
    _lines(ax, paths, heights)
    few = len(seen) <= _FEW
    ends = _sure(ax, att, o, paths, heights, shown, seen=seen if few else None)
    name_rows(ax, _names(att, shown, rest))
    ax.set_ylim(len(heights) - 1.3, -0.8)
    low, high = min([float(paths.min()), *ends]), max([float(paths.max()), *ends])
    room = 0.04 * ((high - low) or 1.0)
    ax.set_xlim(low - room, high + room)
    label(
        ax, f"{worth_axis(att, o)}, {several(len(seen), 'case')}", _marks(few=few, known=bool(ends))
    )
    return ax


def _rows(att: Attribution, output: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    ranked = order(sizes(att)[output])
    kept = len(ranked) if len(ranked) <= most else most - 1
    return ranked[:kept], ranked[kept:]


def _paths(
    att: Attribution, output: int, seen: np.ndarray, shown: np.ndarray, rest: np.ndarray
) -> np.ndarray:
    """Where each case stands after each row, from the bottom: [cases, rows + 1]."""
    values = att.values[seen, output]
    start = np.nan_to_num(att.empty[seen, output])
    together = values[:, rest].sum(axis=1, keepdims=True)
    steps = [together] if len(rest) else []
    moves = np.concatenate([start[:, None], *steps, values[:, shown[::-1]]], axis=1)
    return np.asarray(np.cumsum(moves, axis=1))


def _names(att: Attribution, shown: np.ndarray, rest: np.ndarray) -> list[str]:
    others = [f"{len(rest):,} other {plural(att.players.kind)}"] if len(rest) else []
    lines = rows(att, 0)
    return [*(lines[p].fitted(ROW) for p in shown), *others]


def _lines(ax: Axes, paths: np.ndarray, heights: np.ndarray) -> None:
    up = paths[:, -1] >= paths[:, 0]
    alpha = float(np.clip(12 / len(paths), 0.06, 0.9))
    width = 1.4 if len(paths) < 50 else 0.8
    handles: list[Line2D] = []
    for which, colour, dashes, name in (
        (up, POSITIVE, _SOLID, "up"),
        (~up, NEGATIVE, _DASHED, "down"),
    ):
        points = [np.column_stack([path, heights]) for path in paths[which]]
        lines = LineCollection(
            points, colors=colour, linestyles=[dashes], linewidths=width, alpha=alpha, zorder=1,
            rasterized=len(points) > 200, label=f"_{name}",
        )  # fmt: skip
        ax.add_collection(lines)
        handles.append(Line2D([], [], color=colour, ls=dashes, linewidth=1.4))
    told = [(h, f"{several(int(n), 'case')} {way}") for h, n, way in zip(
        handles, (up.sum(), (~up).sum()), ("upwards", "downwards"), strict=True) if n]  # fmt: skip
    legend(ax, [h for h, _ in told], [name for _, name in told])


def _sure(
    ax: Axes,
    att: Attribution,
    output: int,
    paths: np.ndarray,
    heights: np.ndarray,
    shown: np.ndarray,
    *,
    seen: np.ndarray | None,
) -> list[float]:
    """The interval of each step at its end: of each case, or of the mean (seen=None)."""
    one = averaged(att) if seen is None else att
    tracks = paths.mean(axis=0, keepdims=True) if seen is None else paths
    halves = half_widths(one)[:, output][:, shown[::-1]]
    halves = halves if seen is None else halves[seen]
    first, ends = tracks.shape[1] - len(shown), []
    for track, half in zip(tracks, halves, strict=True):
        if seen is None:
            ax.plot(track, heights, color=ink(ax), linewidth=1.2, zorder=3, label="_mean path")
        for at, height, h in zip(track[first:], heights[first:], half, strict=True):
            if seen is None:
                mean_mark(ax, height, at, at - h, at + h)
            else:
                whisker(ax, height, at - h, at + h, 0.14)
            ends += [at - h, at + h] if np.isfinite(h) else []
    return ends


def _marks(*, few: bool, known: bool) -> str:
    whose = "each step" if few else "each player's mean (dark path: the mean of the cases)"
    if not known:
        return "uncertainty not quantified" + ("" if few else "; dark path: the mean of the cases")
    return f"caps: 95 % interval of {whose}"
