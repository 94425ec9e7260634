"""A scatter picture (dependence): a player's value in each case, against what it brings or adds.

Words stand as columns, the most frequent first where there are too many; missing values have a
column of their own.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.errors import ResultError, did_you_mean, some
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
from whence.report.pictures.shades import low_to_high, numeric, shaded
from whence.report.pictures.visited import by_case
from whence.report.rows import order, shown, sizes
from whence.report.wording import axis

_SPREAD = 0.3  # how far the cases of a word stand apart
_LETTERS = 12
_VECTOR = 600  # more dots than this are one small bitmap inside a vector picture


@final
@dataclass(frozen=True, slots=True)
class Places:
    """Where the cases stand from left to right.

    Attributes:
        x: float [cases].
        ticks: position -> word, where the axis has words; else empty.
        missing: where missing values stand; None where there is none, or words say so.
    """

    x: np.ndarray
    ticks: dict[float, str]
    missing: float | None


def scatter(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 12,
    output: str | int = 0,
    player: str | int | None = None,
    colour: str | None = None,
) -> Axes:
    """One dot for each case: the player's value, and its attribution with its interval.

    Args:
        att: an answer by case, with the data of its cases.
        ax: where to draw; a new figure by default.
        max_display: words shown, of a column of words; the others stand together.
        output: by name or position.
        player: by name or position; by default the largest one whose values are known.
        colour: another column of the data, whose values colour the dots.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        PlayersError: no such player.
        ResultError: cases without data, no such column, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    seen = by_case(att, o, "a scatter picture")
    chosen = _chosen(att, o, player)
    name = att.players.names[chosen]
    places = _places(_column(att, name, "player")[seen], most)
    low, high = (end[seen, o, chosen] for end in att.ci())
    y = att.values[seen, o, chosen]
    ax = plane(ax)
    strip(ax)
    ax.spines["left"].set_visible(True)
    ax.axhline(0, color=ink(ax), linewidth=0.8, zorder=1)
    if len(seen) > _VECTOR:
        ax.set_rasterization_zorder(2.5)
    _intervals(ax, places.x, low, high)
    apart = (low > 0) | (high < 0) | ~np.isfinite(high - low)
    _dots(ax, places.x, y, apart, None if colour is None else _keys(att, colour, seen))
    if colour is not None:
        low_to_high(ax, f"value of {clean(colour)}")
    _ticks(ax, places)
    side(ax, axis(att, o))
    what = f"value of {clean(name)}, {several(len(seen), 'case')}"
    label(ax, what, f"{_sure(high - low)}{_shade(colour)}")
    return ax


def _chosen(att: Attribution, output: int, player: str | int | None) -> int:
    if player is not None:
        return att.players.index(player)
    for i in order(sizes(att)[output]):
        if att.players.names[i] in att.data:
            return int(i)
    raise ResultError(
        f"a scatter picture needs the values of the {att.players.kind}s in each case, and this "
        "answer has none: wh.explain(model, X, background=...) records them; "
        "att.plot('violin') shows the values alone"
    )


def _column(att: Attribution, name: str, option: str) -> np.ndarray:
    if name not in att.data:
        known = f"Columns with data: {some(att.data)}. {did_you_mean(name, att.data)}"
        raise ResultError(
            f"{option}={name!r}: this answer does not know its value in each case. "
            f"{known if att.data else 'wh.explain records the data of its cases.'}"
        )
    return att.data[name]


def _keys(att: Attribution, colour: str, seen: np.ndarray) -> np.ndarray:
    """Numbers that order the colours; words in the order of their letters."""
    column = _column(att, colour, "colour")
    if column.dtype.kind in "fiub":
        return np.asarray(numeric(column, len(column))[seen])
    words = np.array([shown(value) for value in column])
    return np.asarray(np.unique(words, return_inverse=True)[1][seen], float)


def _places(column: np.ndarray, most: int) -> Places:
    if column.dtype.kind not in "fiu":
        return _words([shown(value) for value in column], most)
    x = numeric(column, len(column))
    lost = ~np.isfinite(x)
    if not lost.any() or lost.all():
        return _words(["missing"] * len(x), 1) if lost.all() else Places(x, {}, None)
    span = float(np.ptp(x[~lost])) or 1.0
    aside = float(x[~lost].min()) - 0.12 * span
    return Places(np.where(lost, aside, x), {}, aside)


def _words(words: list[str], most: int) -> Places:
    """A place for each word, its cases side by side."""
    every, counts = np.unique(words, return_counts=True)
    kept = sorted(every[np.argsort(-counts, kind="stable")[:most]])
    left = len(every) - len(kept)
    titles = [*kept, *([f"{left:,} others"] if left else [])]
    at = np.array([kept.index(word) if word in kept else len(kept) for word in words])
    x = at.astype(float)
    for place in range(len(titles)):
        here = np.flatnonzero(at == place)
        if len(here) > 1:
            x[here] += np.linspace(-_SPREAD, _SPREAD, len(here))
    return Places(x, {float(i): title for i, title in enumerate(titles)}, None)


def _intervals(ax: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    ax.vlines(
        x[known],
        low[known],
        high[known],
        color=ink(ax),
        linewidth=0.9,
        alpha=float(np.clip(40 / max(len(x), 1), 0.15, 0.7)),
        zorder=2,
        label="_interval",
    )


def _dots(
    ax: Axes, x: np.ndarray, y: np.ndarray, apart: np.ndarray, keys: np.ndarray | None
) -> None:
    """Filled where the sign is sure, hollow where it may be nothing."""
    shades = np.empty((len(x), 4))
    if keys is None:
        from matplotlib.colors import to_rgba

        shades[:] = [to_rgba(POSITIVE if value >= 0 else NEGATIVE) for value in y]
    else:
        shades[:] = shaded(keys)
    faces = shades.copy()
    faces[~apart, 3] = 0.0
    ax.scatter(
        x,
        y,
        s=float(np.clip(6000 / max(len(x), 1), 9, 34)),
        facecolors=faces,
        edgecolors=list(map(tuple, shades)),
        linewidths=0.9,
        zorder=2.4,
    )


def _ticks(ax: Axes, places: Places) -> None:
    if places.missing is not None:
        ax.axvline(places.missing, color=ink(ax), linewidth=0.5, linestyle=":", zorder=1)
        ax.annotate(
            "missing", (places.missing, 1.0), xycoords=("data", "axes fraction"), ha="center",
            va="bottom", fontsize="small", color=ink(ax),
        )  # fmt: skip
    if places.ticks:
        short = told_apart(tuple(places.ticks.values()), _LETTERS)
        names = [written(word, len(word)) for word in short]
        tilted = sum(len(name) for name in names) > 60
        ax.set_xticks(list(places.ticks), labels=names, rotation=30 if tilted else 0,
                      ha="right" if tilted else "center", rotation_mode="anchor")  # fmt: skip
        ax.set_xlim(-0.6, len(names) - 0.4)


def _sure(widths: np.ndarray) -> str:
    if not np.isfinite(widths).any():
        return "uncertainty not quantified"
    if not widths.any():
        return "exact: the intervals have no width"
    return "lines: 95 % intervals of each case; hollow: may be nothing"


def _shade(colour: str | None) -> str:
    return "" if colour is None else f"; light to dark: {clean(colour)} from low to high"
