"""A matrix of values, each cell with its sign, its doubt and, where there is room, its number.

Plain is positive, hatched negative, dotted an interval that holds zero, grey a value that nobody
knows. What does not exist has no cell at all, and every cell that exists has an edge.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence._core.shaped import Bool, Float, Int
from whence.report.numbers import decimals, number, typeset
from whence.report.pictures.heatmap import HATCHED, texture
from whence.report.pictures.ink import GREY, inches
from whence.report.pictures.shades import SIGNS, key
from whence.report.rows import rows

_LETTER, _LINE = 0.062, 0.125  # inches, of a small letter and its line
_DARK = 0.55  # of the largest value: white letters
_SPECKS = 80  # cells in a row; with more, single ones have no texture
_EDGE = (0.5, 0.5, 0.5, 0.55)


@final
@dataclass(frozen=True, slots=True)
class Cells:
    """What a matrix shows, all [rows, columns]; NaN where unknown, and where nobody stands."""

    value: Float[np.ndarray, "rows columns"]
    stderr: Float[np.ndarray, "rows columns"]
    low: Float[np.ndarray, "rows columns"]
    high: Float[np.ndarray, "rows columns"]
    there: Bool[np.ndarray, "rows columns"]

    @property
    def unsure(self) -> Bool[np.ndarray, "rows columns"]:
        """The interval holds zero."""
        return np.asarray((self.low <= 0) & (self.high >= 0))

    @property
    def known(self) -> bool:
        """Some cell has an interval."""
        return bool(np.isfinite(self.high - self.low).any())


def cells(att: Attribution, output: int, who: Int[np.ndarray, "rows columns"]) -> Cells:
    """The values of these players, averaged over cases.

    Args:
        att: the answer.
        output: its position.
        who: the player in each cell; -1 for nobody.

    Raises:
        ResultError: no value is known.
    """
    every = [*rows(att, output)]
    fields = ("value", "stderr", "low", "high")
    columns = [np.array([*(getattr(r, f) for r in every), np.nan]) for f in fields]
    value, stderr, low, high = (column[who] for column in columns)
    if not np.isfinite(value).any():
        raise ResultError(
            "nobody in this picture has a number, so there is nothing to draw: ask again with a "
            "larger budget"
        )
    return Cells(value, stderr, low, high, who >= 0)


def paint(ax: Axes, shown: Cells) -> AxesImage:
    """Colours on one scale around zero, textures, and edges."""
    most = float(np.nanmax(np.abs(shown.value[np.isfinite(shown.value)]))) or 1.0
    scale = Normalize(-most, most)
    shades = SIGNS.copy()
    shades.set_bad((0.0, 0.0, 0.0, 0.0))
    image = ax.imshow(shown.value, aspect="auto", cmap=shades, norm=scale, zorder=0)
    least = max(shown.value.shape[1] // _SPECKS, 1)
    texture(ax, (shown.value < 0) & ~shown.unsure, HATCHED, "_negative", least)
    texture(ax, shown.unsure, "....", "_unsure", least)
    _boxes(ax, shown.there & ~np.isfinite(shown.value), "_unknown", facecolor=GREY)
    _boxes(ax, shown.there, "_there", facecolor="none")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    key(ax, SIGNS, scale)
    return image


def _boxes(ax: Axes, mask: np.ndarray, name: str, *, facecolor: str) -> None:
    """One path for all of them: a page stays small."""
    square = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)])
    spots = np.argwhere(mask)[:, ::-1]  # column, row
    if not len(spots):
        return
    path = Path.make_compound_path_from_polys(spots[:, None, :] + square)
    thin = 0.5 if max(mask.shape) <= _SPECKS else 0.2
    ax.add_patch(
        PathPatch(path, facecolor=facecolor, edgecolor=_EDGE, linewidth=thin, zorder=2, label=name)
    )


def say(ax: Axes, shown: Cells, most: int) -> int:
    """Write the largest numbers into their cells, with half of their intervals, if they fit.

    Args:
        ax: painted axes, whose rows are named already.
        shown: what is in the cells.
        most: numbers, at most.

    Returns:
        How many were written.
    """
    finite = np.isfinite(shown.value)
    spots = np.argwhere(finite)
    places = decimals(shown.value[finite], shown.stderr[finite])
    said = [_said(shown, (i, j), d) for (i, j), d in zip(spots.tolist(), places, strict=True)]
    if not _fits(ax, shown, said):
        return 0
    far = float(np.abs(shown.value[finite]).max())
    order = np.argsort(-np.abs(shown.value[finite]), kind="stable")[:most]
    for at in order:
        (i, j), value = spots[at], float(shown.value[finite][at])
        behind = {
            "facecolor": ax.images[0].to_rgba(np.array(value)),
            "edgecolor": "none",
            "pad": 0.6,
        }
        dark = abs(value) > _DARK * far
        ax.text(j, i, said[at], ha="center", va="center", fontsize=7, bbox=behind, zorder=4,
                color="white" if dark else "#222222", linespacing=1.1)  # fmt: skip
    return len(order)


def _said(shown: Cells, at: tuple[int, int], places: int) -> str:
    value, low, high = (float(x[at]) for x in (shown.value, shown.low, shown.high))
    text = typeset(number(value, places))
    half = (high - low) / 2
    return f"{text}\n±{number(half, places)}" if np.isfinite(half) else text


def _fits(ax: Axes, shown: Cells, said: list[str]) -> bool:
    """Each number has room in its cell."""
    height, width = shown.value.shape
    tall = ax.get_window_extent().height / ax.figure.dpi
    if ax.figure.get_layout_engine() is not None:  # what the names and the key will take
        tall -= 0.3
    letters = max((len(line) for text in said for line in text.splitlines()), default=0)
    lines = max((text.count("\n") + 1 for text in said), default=0)
    return bool(
        0.85 * inches(ax) / width > letters * _LETTER + 0.04 and tall / height > lines * _LINE
    )


def marks(shown: Cells, written: int) -> str:
    """What the textures and the numbers mean."""
    told = ["plain: positive", "hatched: negative"]
    told += ["dotted: the 95 % interval holds zero"] if shown.known else []
    used = shown.there.any(axis=0)  # a column of nobody is a gap
    told += ["blank: nobody is there"] if not shown.there[:, used].all() else []
    told += ["grey: unknown"] if (shown.there & ~np.isfinite(shown.value)).any() else []
    many = int(np.isfinite(shown.value).sum())
    if written:
        which = "numbers" if written == many else f"numbers of the largest {written:,}"
        told += [f"{which}: value ± half of the 95 % interval" if shown.known else which]
    return "; ".join([*told, *([] if shown.known else ["uncertainty not quantified"])])


def step(count: int, inches_each: float, letters: int) -> int:
    """Every how many-th place has a name, so that names of so many letters have room.

    >>> step(12, 0.5, 2), step(64, 0.1, 2)
    (1, 4)
    """
    need, every = (letters + 1) * 0.09, 1
    while every < count and every * inches_each < need:
        every *= 2
    return every
