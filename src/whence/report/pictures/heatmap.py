"""A heat map: cases from left to right, players from top to bottom, a colour for each value.

Three textures say what colours cannot say in grey: plain is positive, hatched negative, dotted not
told from nothing. Cases that are alike stand together (in the order of their first principal
component), or in the order of their totals.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, did_you_mean
from whence._core.text import told_apart
from whence.report.numbers import clean, several
from whence.report.pictures.ink import ROW, axes, check_display, label, name_rows
from whence.report.pictures.shades import SIGNS, key
from whence.report.pictures.visited import by_case
from whence.report.rows import order as by_size
from whence.report.rows import sizes
from whence.report.wording import axis

ORDERS = ("similarity", "total", "given")
_FAR = 99  # percentile: one far value leaves colours to the others
_STRETCHES = 80  # what is narrower than the picture's width by this would be specks
HATCHED, _DOTTED = "////", "...."
_MARK = (0.0, 0.0, 0.0, 0.42)


def heatmap(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 20,
    output: str | int = 0,
    order: str = "similarity",
) -> Axes:
    """Every case's every value, cases that are alike side by side.

    Args:
        att: an answer by case.
        ax: where to draw; a new figure by default.
        max_display: players shown; the others are counted.
        output: by name or position.
        order: of the cases: "similarity", "total" (the sum of a case's values), or "given".

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive, or no such order.
        ResultError: a mean over cases, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    if order not in ORDERS:
        raise OptionError(f"cases have no order {order!r}. {did_you_mean(order, ORDERS)}")
    seen = by_case(att, o, "a heat map")
    values = att.values[seen, o]  # case, player
    line = _line(values, order)
    chosen = by_size(sizes(att)[o])[:most]
    left = len(att.players) - len(chosen)
    cells = values[line][:, chosen].T  # player, case
    low, high = (end[seen, o][line][:, chosen].T for end in att.ci())
    ax = axes(ax, len(chosen), width=7.6)
    scale = float(np.percentile(np.abs(cells), _FAR)) or float(np.abs(cells).max()) or 1.0
    shades = Normalize(-scale, scale)
    ax.imshow(cells, aspect="auto", cmap=SIGNS, norm=shades, zorder=0)
    unsure = (low <= 0) & (high >= 0)
    least = max(len(seen) // _STRETCHES, 1)
    texture(ax, (cells < 0) & ~unsure, HATCHED, "_negative", least)
    texture(ax, unsure, _DOTTED, "_unsure", least)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(axis="y", length=0)
    short = told_apart(tuple(map(clean, att.players.names)), ROW)
    name_rows(ax, [short[p] for p in chosen])
    ax.set_ylim(len(chosen) - 0.5, -0.5)
    ax.set_xticks([])
    for border in range(1, len(chosen)):
        ax.axhline(border - 0.5, color="white", linewidth=1.2, zorder=2)
    beyond = float(np.abs(cells).max()) > scale
    key(ax, SIGNS, shades, extend="both" if beyond else "neither")
    more = f"; {several(left, f'more {att.players.kind}')} not shown" if left else ""
    known = bool(np.isfinite(high - low).any())
    what = f"{axis(att, o)}: {_cases(att, len(seen), order)}"
    label(ax, what, f"{_marks(least, known=known)}{more}")
    return ax


def _line(values: np.ndarray, order: str) -> np.ndarray:
    """The cases from left to right."""
    if order == "given" or len(values) < 3:
        return np.arange(len(values))
    total = values.sum(axis=1)
    if order == "total":
        return np.argsort(total, kind="stable")
    centred = values - values.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred / (np.abs(centred).max() or 1.0), full_matrices=False)
    along = left[:, 0] * sizes[0]
    upwards = 1.0 if along @ total >= 0 else -1.0  # a direction of the numbers, not of the solver
    return np.argsort(upwards * along.round(9), kind="stable")


def texture(ax: Axes, mask: np.ndarray, hatch: str, name: str, least: int = 1) -> None:
    """One collection for all marked cells; neighbours in a row are one box, if wide enough."""
    boxes = []
    for row, marked in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(int)))
        stretches = edges.reshape(-1, 2)
        for first, last in stretches[np.ptp(stretches, axis=1) >= least] - 0.5:
            top, bottom = row - 0.5, row + 0.5
            boxes.append([(first, top), (last, top), (last, bottom), (first, bottom)])
    ax.add_collection(
        PolyCollection(boxes, facecolors="none", edgecolors=[_MARK], linewidths=0.0, hatch=hatch,
                       zorder=1, label=name)
    )  # fmt: skip


def _cases(att: Attribution, seen: int, order: str) -> str:
    told = {"similarity": ", alike side by side", "total": ", by their total", "given": ""}
    lost = len(att.values) - seen
    line = told[order] if seen > 2 else ""
    return f"{several(seen, 'case')}{line}" + (f"; {lost:,} not visited" if lost else "")


def _marks(least: int, *, known: bool) -> str:
    if not known:
        return "plain: positive; hatched: negative; uncertainty not quantified"
    narrow = f" (stretches of {least} cases and more)" if least > 1 else ""
    return f"plain: positive; hatched: negative; dotted: the 95 % interval holds zero{narrow}"
