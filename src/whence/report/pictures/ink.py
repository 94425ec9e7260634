"""What the pictures share: axes, colours that also differ in grey, labels, whiskers.

The ink is the colour of the axes' own spine, so that a picture fits the page it is drawn on. Red is
positive and blue negative, as in shap; blue is hatched too, for those who see no difference.
"""

from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from whence._core.errors import OptionError
from whence._core.text import elide, told_apart

POSITIVE, NEGATIVE, GREY = "#ff0051", "#008bfb", "#8a8a8a"
HATCH = "////"
ROW = 34  # letters of a name beside its row
_LINE = 68  # letters below an axis
_LETTERS = 14  # small ones, for each inch
_NAME_LETTERS = 12.5  # those of names, for each inch
_NUMBER = 0.7  # inches: what stands beside a bar
_ROW = 0.32  # inches for each player


def axes(ax: Axes | None, rows: int, width: float = 7.0) -> Axes:
    """The given axes, or those of a new figure with room for so many rows."""
    if ax is not None:
        return _axes(ax)
    from matplotlib import pyplot as plt

    _, new = plt.subplots(figsize=(width, 1.3 + _ROW * max(rows, 2)), layout="constrained")
    return new


def plane(ax: Axes | None, width: float = 7.0, height: float = 4.4) -> Axes:
    """The given axes, or those of a new figure with two axes of numbers."""
    if ax is not None:
        return _axes(ax)
    from matplotlib import pyplot as plt

    _, new = plt.subplots(figsize=(width, height), layout="constrained")
    return new


def _axes(ax: Any) -> Axes:
    if not isinstance(ax, Axes):
        raise OptionError(
            f"ax= is one matplotlib Axes, such as plt.subplots()[1]; given {type(ax).__name__}"
        )
    return ax


def check_display(max_display: Any) -> int:
    """How many players are shown.

    Raises:
        OptionError: not a positive whole number.
    """
    if isinstance(max_display, bool) or not isinstance(max_display, int) or max_display < 1:
        raise OptionError(f"max_display is a positive number of players; given {max_display!r}")
    return max_display


def ink(ax: Axes) -> Any:
    """The colour of lines and letters on these axes."""
    return ax.spines["bottom"].get_edgecolor()


def strip(ax: Axes) -> None:
    """Only the line that carries numbers stays."""
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)


def written(text: str, most: int = ROW) -> str:
    """A name that matplotlib does not read as mathematics."""
    return elide(text, most).replace("$", r"\$")


def name_rows(ax: Axes, names: list[str]) -> None:
    """One row for each name, from the top; long ones are shortened where they do not differ."""
    short = told_apart(tuple(names), ROW)
    ax.set_yticks(np.arange(len(names)), labels=[written(n, len(n)) for n in short])
    ax.set_ylim(len(names) - 0.4, -0.6)


def block(
    ax: Axes, row: float, start: float, length: float, *, faint: bool, grey: bool = False
) -> None:
    """A horizontal bar: its colour, and its hatching, say the sign."""
    colour = GREY if grey else POSITIVE if length >= 0 else NEGATIVE
    patch = Rectangle(
        (min(start, start + length), row - 0.34),
        abs(length),
        0.68,
        facecolor=colour,
        edgecolor="white",
        hatch=HATCH if length < 0 else None,
        linewidth=0.0,
        alpha=0.45 if faint else 1.0,
    )
    ax.add_patch(patch)


def whisker(ax: Axes, row: float, low: float, high: float, cap: float) -> None:
    """An interval with caps; nothing where it is unknown."""
    if not np.isfinite([low, high]).all():
        return
    ax.plot([low, high], [row, row], color=ink(ax), linewidth=1.1, zorder=4, label="_interval")
    for end in (low, high):
        ax.plot([end, end], [row - cap, row + cap], color=ink(ax), linewidth=1.1, zorder=4)


def mean_mark(ax: Axes, row: float, value: float, low: float, high: float) -> None:
    """A diamond at a mean, with its interval."""
    whisker(ax, row, low, high, 0.16)
    if np.isfinite(value):
        ax.plot([value], [row], marker="D", markersize=4.5, color=ink(ax), zorder=5, label="_mean",
                markeredgecolor="white", markeredgewidth=0.6)  # fmt: skip


def note(ax: Axes, row: int, at: float, text: str, *, left: bool = False) -> None:
    """A number beside its bar."""
    ax.annotate(
        text,
        (at, row),
        xytext=(-4 if left else 4, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize="small",
        color=ink(ax),
        annotation_clip=False,
    )


def inches(ax: Axes) -> float:
    """About how wide the axes will be, once a layout has made room for the names of the rows."""
    wide = float(ax.get_window_extent().width / ax.figure.dpi)
    if ax.figure.get_layout_engine() is None:
        return wide
    letters = max((len(t.get_text()) for t in ax.get_yticklabels()), default=0)
    return max(1.25 * wide - letters / _NAME_LETTERS, 0.4 * wide)


def label(ax: Axes, what: str, small: str) -> None:
    """The axis of values: what it measures, and below it what the marks mean."""
    most = int(np.clip(inches(ax) * _LETTERS, 24, _LINE))
    kept = (text.replace(" %", "\N{NO-BREAK SPACE}%") for text in (what, small))
    lines = [line for text in kept for line in wrap(text, most)]
    said = "\n".join(written(line, 2 * _LINE) for line in lines)
    ax.set_xlabel(said.replace("\N{NO-BREAK SPACE}", " "), color=ink(ax), fontsize="small")


def side(ax: Axes, what: str) -> None:
    """The upright axis: what it measures."""
    ax.set_ylabel("\n".join(written(t, _LINE) for t in wrap(what, 50)), color=ink(ax),
                  fontsize="small")  # fmt: skip


def legend(ax: Axes, handles: list[Artist], names: list[str], *, columns: int = 3) -> None:
    """Which mark is which, above the picture."""
    ax.legend(
        handles,
        [written(name, len(name)) for name in told_apart(tuple(names), ROW)],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=min(columns, len(names)),
        frameon=False,
        fontsize="small",
        labelcolor=ink(ax),
        borderaxespad=0.2,
        handlelength=3.0,
    )


def beside(ax: Axes) -> float:
    """The share of the axes' width that a number takes."""
    return _NUMBER / inches(ax)


def frame(ax: Axes, points: list[float], *, room: float = 0.16) -> None:
    """Limits with room for the numbers at both ends."""
    known = [p for p in points if np.isfinite(p)] or [0.0]
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    room = max(room, beside(ax))
    below = room if low < 0 else 0.02
    ax.set_xlim(low - below * span, high + room * span)
