"""A force picture: one case, with what pushes the answer up above what pushes it down.

The upper lane leads from the worth of nobody upwards, the lower lane back down to the worth of
everybody: the two lines are as far apart as the answer is from its base. Labels stand on steps, so
that no two can overlap, however many letters they have.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence.report.numbers import plain, rough, typeset
from whence.report.pictures.ink import (
    axes,
    block,
    check_display,
    inches,
    ink,
    label,
    strip,
    whisker,
    written,
)
from whence.report.pictures.pieces import GAP, Piece, lengths, only_case, pieces
from whence.report.wording import worth_axis

_LANE = 0.42  # of a lane's middle, above or below the line between the lanes
_NAME = 28  # letters
_FIRST = 1.35  # the label that is nearest to its lane
_STEP = 0.72
_LETTER = 0.62  # of the height of a letter: its width, more than most
_POINTS = 8.4  # the height of small letters
_MOST = 0.6  # of the axes' width, for a label


@final
@dataclass(frozen=True, slots=True)
class Push:
    """One piece in its lane.

    Attributes:
        piece: whose it is.
        start: where it begins.
        said: its number.
        level: where its label stands: 0 is nearest to the lane.
    """

    piece: Piece
    start: float
    said: str
    level: int

    @property
    def up(self) -> bool:
        """It raises the answer."""
        return self.piece.length >= 0

    @property
    def middle(self) -> float:
        """Where its label is tied."""
        return self.start + self.piece.length / 2

    @property
    def text(self) -> str:
        """Whose it is, how much, and how sure."""
        half = self.piece.half
        sure = f" ± {rough(half)}" if np.isfinite(half) and half > 0 else ""
        return f"{written(self.piece.name, len(self.piece.name))}  {self.said}{sure}"


def force(
    att: Attribution, *, ax: Axes | None = None, max_display: int = 10, output: str | int = 0
) -> Axes:
    """What pushes one case's answer up, and what pushes it down.

    Args:
        att: an answer for one case.
        ax: where to draw; a new figure by default.
        max_display: pieces; the smallest players are one of them, where there are more.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: not one case, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    only_case(att, "force picture", "force")
    start = float(att.empty[0, o]) if np.isfinite(att.empty[0, o]) else 0.0
    found = pieces(att, o, most, _NAME)
    pushes = _pushes(found, start)
    ax = axes(ax, len(pushes) + 4, width=8.4)
    strip(ax)
    ax.set_yticks([])
    for push in pushes:
        _draw(ax, push)
    deepest = [max((p.level for p in pushes if p.up is up), default=-1) for up in (True, False)]
    above, below = (_FIRST + _STEP * (level + 1) for level in deepest)
    end = start + sum(p.length for p in found)
    kind = att.players.kind
    ends = [
        _end(ax, start, above, f"with no {kind}: {plain(start)}"),
        _end(ax, end, -below, f"with all: {plain(end)}"),
    ]
    ax.set_ylim(-below - 0.5, above + 0.5)
    _room(ax, pushes, [(start, ends[0]), (end, ends[1])])
    label(ax, worth_axis(att, o), _marks(found))
    return ax


def _pushes(found: list[Piece], start: float) -> list[Push]:
    """Each lane starts with its largest piece; labels begin at a step of their own."""
    said = lengths(found)
    up = [i for i, p in enumerate(found) if p.length >= 0]
    down = [i for i, p in enumerate(found) if p.length < 0]
    pushes, at = [], start
    for place, i in enumerate(up):
        pushes.append(Push(found[i], at, said[i], len(up) - 1 - place))
        at += found[i].length
    for place, i in enumerate(down):  # leftwards: the last one stands leftmost, and lowest
        pushes.append(Push(found[i], at, said[i], place))
        at += found[i].length
    return pushes


def _draw(ax: Axes, push: Push) -> None:
    lane = _LANE if push.up else -_LANE
    block(
        ax,
        lane,
        push.start,
        push.piece.length,
        faint=push.piece.unsure,
        grey=push.piece.name == GAP,
    )
    end = push.start + push.piece.length
    ax.plot([end, end], [lane - 0.34, lane + 0.34], color="white", linewidth=1.2, zorder=1.5)
    whisker(ax, lane, end - push.piece.half, end + push.piece.half, 0.16)
    at = np.sign(lane) * (_FIRST + _STEP * push.level)
    ax.plot(
        [push.middle] * 2, [lane + np.sign(lane) * 0.34, at], color=ink(ax), linewidth=0.6, zorder=2
    )
    _say(ax, push.middle, float(at), push.text)


def _say(ax: Axes, x: float, y: float, text: str, **more: str) -> None:
    ax.annotate(
        typeset(text),
        (x, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize="small",
        color=ink(ax),
        annotation_clip=False,
        **more,  # type: ignore[arg-type]
    )


def _end(ax: Axes, x: float, y: float, text: str) -> str:
    """Where it starts, or ends: a line from the lanes to its words, beyond all labels."""
    ax.plot([x, x], [-np.sign(y) * 0.8, y], color=ink(ax), linewidth=0.9, linestyle="--", zorder=3)
    _say(ax, x, y, text, fontweight="bold")
    return text


def _room(ax: Axes, pushes: list[Push], ends: list[tuple[float, str]]) -> None:
    """Limits that leave room for every label, which begin at their pieces and run to the right."""
    reach = [x for p in pushes for x in (p.start, p.start + p.piece.length)]
    reach += [p.start + p.piece.length + s * p.piece.half for p in pushes for s in (-1, 1)]
    known = [x for x in reach if np.isfinite(x)] + [x for x, _ in ends]
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    low, span = low - 0.02 * span, 1.06 * span
    points = 72 * inches(ax)
    for x, text in [*((p.middle, p.text) for p in pushes), *ends]:
        share = min((6 + _LETTER * _POINTS * len(text)) / points, _MOST)
        span = max(span, (x - low) / (1 - share))
    ax.set_xlim(low, low + span)


def _marks(found: list[Piece]) -> str:
    hatched = "above the line: up; below it, hatched: down"
    if not any(np.isfinite(p.half) for p in found):
        return f"{hatched}; uncertainty not quantified"
    return f"{hatched}; ± and caps: 95 % intervals; pale: may be nothing"
