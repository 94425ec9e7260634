"""Interactions as a heat map of pairs: what each two players add beyond what each adds alone.

One case has signs; over many cases signs cancel, so their mean size is shown. Only the lower half
is drawn: a pair is one number.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from whence._core.errors import ResultError
from whence._core.interactions import Interactions
from whence._core.text import told_apart
from whence.report.numbers import clean, decimals, number, several, typeset
from whence.report.pictures.heatmap import HATCHED, texture
from whence.report.pictures.ink import ROW, check_display, label, plane, written
from whence.report.pictures.shades import SIGNS, SIZES, key
from whence.report.wording import name_of_index, unit

_COLUMN = 20  # letters of a name below its column
_NUMBERS = 9  # players; with more, there is no room for numbers in the cells


def pairs(
    found: Interactions,
    *,
    ax: Axes | None = None,
    max_display: int = 12,
    output: str | int = 0,
) -> Axes:
    """The strongest players, by all their interactions together, and every pair of them.

    Args:
        found: the interactions.
        ax: where to draw; a new figure by default.
        max_display: players shown; pairs with the others are counted.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: no such output, or no pair at all.
    """
    o, most = found.output(output), check_display(max_display)
    if not found.pairs or not len(found.values):
        raise ResultError(
            "no two players interact in this answer, so there is no pair to draw: "
            "att.plot('bar') of wh.explain shows what each adds alone"
        )
    signed = len(found.values) == 1
    cells = _cells(found, o, signed=signed)
    chosen = np.sort(np.argsort(-np.abs(cells).sum(axis=1), kind="stable")[:most])
    chosen = chosen[np.argsort(-np.abs(cells[chosen]).sum(axis=1), kind="stable")]
    shown = cells[np.ix_(chosen, chosen)]
    inches = 2.2 + 0.42 * len(chosen)
    ax = plane(ax, width=max(inches + 2.0, 6.4), height=max(inches, 3.0))
    _paint(ax, np.where(_lower(len(chosen)), shown, np.nan), signed=signed)
    if len(chosen) <= _NUMBERS:
        _say(ax, shown)
    every = tuple(map(clean, found.players.names))
    rows, columns = (told_apart(every, letters) for letters in (ROW, _COLUMN))
    _names(ax, [rows[p] for p in chosen], [columns[p] for p in chosen])
    what = f"{name_of_index(found)} interaction ({unit(found)}), {_cases(found, o, signed=signed)}"
    label(ax, what, _marks(found, chosen, signed=signed))
    return ax


def _cells(found: Interactions, output: int, *, signed: bool) -> np.ndarray:
    """The whole interaction of each two players, [players, players]; 0 for pairs not listed."""
    values = found.values[:, output]
    each = values[0] if signed else np.abs(values).mean(axis=0)
    cells = np.zeros((len(found.players),) * 2)
    i, j = np.array(found.pairs).T
    cells[i, j] = cells[j, i] = each
    return cells


def _lower(n: int) -> np.ndarray:
    return np.tril(np.ones((n, n), dtype=bool), -1)


def _paint(ax: Axes, cells: np.ndarray, *, signed: bool) -> None:
    most = float(np.nanmax(np.abs(cells))) if np.isfinite(cells).any() else 0.0
    scale = Normalize(-(most or 1.0) if signed else 0.0, most or 1.0)
    shades = SIGNS if signed else SIZES
    ax.imshow(cells, cmap=shades, norm=scale, aspect="auto", zorder=0)
    if signed:
        texture(ax, cells < 0, HATCHED, "_negative")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    key(ax, shades, scale)


def _names(ax: Axes, rows: list[str], columns: list[str]) -> None:
    """Rows from the second player on, columns up to the last but one: all that has cells."""
    n = len(rows)
    ax.set_yticks(range(1, n), labels=[written(name, len(name)) for name in rows[1:]])
    ax.set_xticks(range(n - 1), labels=[written(name, len(name)) for name in columns[:-1]],
                  rotation=40, ha="right", rotation_mode="anchor")  # fmt: skip
    ax.set_xlim(-0.5, max(n - 1.5, 0.5))
    ax.set_ylim(max(n - 0.5, 1.5), 0.5)


def _say(ax: Axes, cells: np.ndarray) -> None:
    flat = cells[_lower(len(cells))]
    places = decimals(flat, np.full(len(flat), np.nan))
    far = np.abs(flat).max(initial=0.0)
    for (i, j), value, d in zip(np.argwhere(_lower(len(cells))), flat, places, strict=True):
        white = far > 0 and abs(value) > 0.55 * far
        text = typeset(number(float(value), max(d - 1, 0))) if value else "0"
        behind = {"facecolor": ax.images[0].to_rgba(value), "edgecolor": "none", "pad": 1.0}
        ax.text(j, i, text, ha="center", va="center", fontsize="small", bbox=behind, zorder=4,
                color="white" if white else "#222222")  # fmt: skip


def _cases(found: Interactions, output: int, *, signed: bool) -> str:
    name = clean(found.outputs[output])
    said = name if name != unit(found) else ""
    many = f"mean size over {len(found.values):,} cases"
    if signed:
        many = f"mean of {found.averaged:,} cases" if found.averaged > 1 else "one case"
    return f"{said}, {many}" if said else many


def _marks(found: Interactions, chosen: np.ndarray, *, signed: bool) -> str:
    inside = set(chosen.tolist())
    left = sum(i not in inside or j not in inside for i, j in found.pairs)
    more = f"; {several(left, 'more pair')} not shown" if left else ""
    sign = "; hatched: negative" if signed else ""
    return f"{found.uncertainty}: no intervals{sign}{more}"
