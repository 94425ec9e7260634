"""A waterfall: one case, from what is known of nobody to the answer, player by player."""

from dataclasses import dataclass
from typing import final

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence.report.numbers import plain, typeset
from whence.report.pictures.ink import (
    ROW,
    axes,
    beside,
    block,
    check_display,
    frame,
    ink,
    label,
    name_rows,
    note,
    strip,
    whisker,
)
from whence.report.pictures.pieces import GAP, Piece, lengths, only_case, pieces
from whence.report.wording import unit, worth_axis


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One bar: what it is, where it starts, and its number."""

    piece: Piece
    start: float
    said: str

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.start + self.piece.length

    @property
    def reach(self) -> tuple[float, float]:
        """The interval at its end; NaN without one."""
        return self.end - self.piece.half, self.end + self.piece.half


def waterfall(
    att: Attribution, *, ax: Axes | None = None, max_display: int = 10, output: str | int = 0
) -> Axes:
    """From the worth of nobody (bottom) to that of everybody (top), the largest players on top.

    Args:
        att: an answer for one case.
        ax: where to draw; a new figure by default.
        max_display: bars; the smallest players are one of them, where there are more.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: not one case, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    only_case(att, "waterfall", "waterfall")
    start = float(att.empty[0, o]) if np.isfinite(att.empty[0, o]) else 0.0
    steps = _steps(pieces(att, o, most, ROW), start)
    ax = axes(ax, len(steps) + 1)
    strip(ax)
    for i, step in enumerate(steps):
        _draw(ax, i, step)
    name_rows(ax, [s.piece.name for s in steps])
    reach = [e for s in steps for e in (s.start, s.end, *s.reach)]
    frame(ax, reach)
    room = ax.get_xlim()
    ax.set_xlim(room[0] - max(0.1, beside(ax)) * (room[1] - room[0]), room[1])
    _ends(ax, att, o)
    label(ax, worth_axis(att, o), _marks(steps))
    return ax


def _steps(found: list[Piece], start: float) -> list[Step]:
    """From the bottom to the top they add up; returned from the top."""
    steps: list[Step] = []
    for piece, said in reversed(list(zip(found, lengths(found), strict=True))):
        steps.append(Step(piece, start, said))
        start += piece.length
    return steps[::-1]


def _draw(ax: Axes, i: int, step: Step) -> None:
    piece, left = step.piece, step.piece.length < 0
    block(ax, i, step.start, piece.length, faint=piece.unsure, grey=piece.name == GAP)
    whisker(ax, i, *step.reach, 0.16)
    if i:
        ax.plot([step.end] * 2, [i - 0.66, i - 0.34], color=ink(ax), linewidth=0.8, linestyle=":")
    far = step.reach[0 if left else 1]
    note(ax, i, far if np.isfinite(far) else step.end, step.said, left=left)


def _ends(ax: Axes, att: Attribution, output: int) -> None:
    """Where it starts and where it ends, as lines, with their numbers above."""
    low, high = float(att.empty[0, output]), float(att.full[0, output])
    for at in (low, high):
        if np.isfinite(at):
            ax.axvline(at, color=ink(ax), linewidth=0.8, linestyle="--", zorder=0)
    if np.isfinite([low, high]).all():
        said = f"with no {att.players.kind} {plain(low)}, with all {plain(high)} {unit(att)}"
        ax.set_title(typeset(said), fontsize="small", color=ink(ax), loc="left")


def _marks(steps: list[Step]) -> str:
    if not any(np.isfinite(s.piece.half) for s in steps):
        return "uncertainty not quantified; hatched: negative"
    return "95 % intervals at the ends; hatched: negative; pale: may be nothing"
