"""Several answers side by side, player by player, and how the first differs from the others.

A mark's shape and place say whose it is, red and blue its sign. Below them, where the answers are
to one question, a bar is the 95 % interval of the difference: it is dark where that is real.
"""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from whence._core.attribution import Attribution
from whence._core.errors import OptionError, ResultError
from whence._core.paired import differences
from whence.report.numbers import MINUS, several
from whence.report.pictures.ink import (
    GREY,
    NEGATIVE,
    POSITIVE,
    ROW,
    axes,
    check_display,
    ink,
    label,
    legend,
    name_rows,
    strip,
    whisker,
)
from whence.report.pictures.naming import names_of, several_answers
from whence.report.pictures.visited import visited
from whence.report.rows import Row, averaged, order, rows
from whence.report.wording import axis, unit

SHAPES = (("o", "full"), ("s", "none"), ("^", "full"), ("D", "none"), ("v", "full"), ("P", "none"))
_ROOM = 0.84  # of a row
_PALE = "#d6d6d6"
_INCHES = 0.13  # for each line of a row


def comparison(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 15,
    output: str | int = 0,
    others: Any = (),
    names: Any = None,
) -> Axes:
    """Two to six answers, and the differences between the first and each other.

    Args:
        att: the first answer; several cases are averaged.
        ax: where to draw; a new figure by default.
        max_display: players shown; the others are counted.
        output: by name or position, of each answer.
        others: the other answers, in a list, about the same players, in the same unit.
        names: a list, one for each answer; models or methods by default.

    Returns:
        The axes.

    Raises:
        OptionError: no others, too many, or max_display is not positive.
        ResultError: other players or another unit, nobody visited, or no such output.
    """
    most, every = check_display(max_display), several_answers(att, others)
    if len(every) < 2:
        raise OptionError(
            "a comparison takes two answers or more: att.plot('comparison', others=[b]), or "
            "wh.compare(a, b).plot()"
        )
    _alike(every)
    for answer in every:
        visited(answer, answer.output(output))
    titles, o = names_of(every, names), att.output(output)
    lines = [rows(averaged(a), a.output(output)) for a in every]
    apart, why_not = _differences(every, o)
    chosen = order(np.array([_largest(each) for each in zip(*lines, strict=True)]))[:most]
    left = len(att.players) - len(chosen)
    slots = len(every) + len(apart)
    ax = axes(ax, round(len(chosen) * max(1.0, slots * _INCHES / 0.32)) + 1)
    strip(ax)
    ax.axvline(0, color=ink(ax), linewidth=0.8, zorder=1)
    for place, p in enumerate(chosen):
        at = place - _ROOM / 2 + _ROOM * (np.arange(slots) + 0.5) / slots
        for k, each in enumerate(lines):
            _mark(ax, float(at[k]), each[p], k, _ROOM / slots)
        for k, each in enumerate(apart):
            _difference(ax, float(at[len(lines) + k]), each[p], _ROOM / slots)
        if place:
            ax.axhline(place - 0.5, color=ink(ax), linewidth=0.4, alpha=0.25, zorder=0)
    name_rows(ax, [lines[0][p].short(ROW) for p in chosen])
    _key(ax, titles, len(apart))
    more = f"; {several(left, f'more {att.players.kind}')} not shown" if left else ""
    label(ax, axis(att, o), f"{_marks([lines, apart], chosen, why_not)}{more}")
    return ax


def _alike(every: list[Attribution]) -> None:
    first = every[0]
    for other in every[1:]:
        if other.players.names != first.players.names:
            raise ResultError(
                f"answers side by side are about the same {first.players.kind}s, in the same "
                "order, and these are not: select those that they share, as in "
                "att.select(players=[...])"
            )
        if unit(other) != unit(first):
            raise ResultError(
                f"one axis has one unit, and these answers have two ({unit(first)} and "
                f"{unit(other)}): ask both in the same unit"
            )


def _largest(each: tuple[Row, ...]) -> float:
    known = [abs(row.value) for row in each if np.isfinite(row.value)]
    return max(known, default=float("nan"))


def _differences(every: list[Attribution], output: int) -> tuple[list[tuple[Row, ...]], str]:
    """The lines of each difference; none, and the reason, where the questions are not one."""
    try:
        return [rows(differences(every[0], other)[0], output) for other in every[1:]], ""
    except ResultError as error:
        return [], str(error).split(": ", 1)[-1].split(" (", 1)[0]


def _mark(ax: Axes, at: float, row: Row, place: int, room: float) -> None:
    whisker(ax, at, row.low, row.high, room * 0.32)
    if not np.isfinite(row.value):
        return
    colour = POSITIVE if row.value >= 0 else NEGATIVE
    shape, fill = SHAPES[place]
    ax.plot([0, row.value], [at, at], color=colour, linewidth=1.3, alpha=0.6, zorder=2,
            linestyle="-" if row.value >= 0 else (0, (3.0, 1.5)))  # fmt: skip
    face = colour if fill == "full" else "white"
    ax.plot([row.value], [at], marker=shape, markersize=5.0, color=colour, zorder=5,
            markerfacecolor=face, label=f"_answer {place}")  # fmt: skip


def _difference(ax: Axes, at: float, row: Row, room: float) -> None:
    """The interval of a difference, and a line at the difference."""
    if not np.isfinite(row.value):
        return
    low, high = (row.low, row.high) if row.sure else (row.value, row.value)
    ax.add_patch(
        Rectangle((low, at - room * 0.3), high - low, room * 0.6, facecolor=GREY if row.apart else
                  _PALE, edgecolor=GREY, linewidth=0.6, zorder=3, label="_difference")
    )  # fmt: skip
    ax.plot([row.value] * 2, [at - room * 0.42, at + room * 0.42], color=ink(ax), linewidth=1.4,
            zorder=4)  # fmt: skip


def _key(ax: Axes, titles: list[str], apart: int) -> None:
    handles: list[Artist] = [
        Line2D([], [], color=ink(ax), linewidth=0, marker=shape, markersize=5.0,
               markerfacecolor=ink(ax) if fill == "full" else "white")
        for (shape, fill), _ in zip(SHAPES, titles, strict=False)
    ]  # fmt: skip
    said = list(titles)
    if apart:
        handles += [Patch(facecolor=GREY), Patch(facecolor=_PALE, edgecolor=GREY)]
        other = titles[1] if apart == 1 else "each other"
        said += [f"{titles[0]} {MINUS} {other}: real", "within noise"]
    legend(ax, handles, said, columns=2)


def _marks(lines: list[list[tuple[Row, ...]]], chosen: np.ndarray, why_not: str) -> str:
    known = any(each[p].sure for kind in lines for each in kind for p in chosen)
    said = "caps and bars: 95 % intervals" if known else "uncertainty not quantified"
    dashed = f"{said}; red: positive; blue, dashed: negative"
    return f"{dashed}; no differences, since {why_not}" if why_not else dashed
