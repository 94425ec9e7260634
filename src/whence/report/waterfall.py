"""A waterfall: one case, from what is known of nobody to the answer, player by player."""

from dataclasses import dataclass
from typing import final

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.ink import (
    axes,
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
from whence.report.numbers import decimals, number, plain, plural, typeset
from whence.report.rows import Row, order, rows
from whence.report.wording import half_widths, unit, worth_axis

GAP = "not accounted for"


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One bar: where it starts, how far it goes, and how sure that is."""

    name: str
    start: float
    length: float
    stderr: float
    half: float

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.start + self.length


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
    if len(att.values) != 1:
        raise ResultError(
            f"a waterfall shows one case, and this answer has {len(att.values):,}: "
            "att.select(case=0).plot('waterfall') shows the first"
        )
    start = float(att.empty[0, o]) if np.isfinite(att.empty[0, o]) else 0.0
    steps = _steps(att, o, most, start)
    ax = axes(ax, len(steps) + 1)
    strip(ax)
    for i, step in enumerate(steps):
        _draw(ax, i, step, steps)
    name_rows(ax, [s.name for s in steps])
    reach = [e for s in steps for e in (s.start, s.end, s.end - s.half, s.end + s.half)]
    frame(ax, reach)
    room = ax.get_xlim()
    ax.set_xlim(room[0] - 0.1 * (room[1] - room[0]), room[1])
    _ends(ax, att, o)
    label(ax, worth_axis(att, o), _marks(steps))
    return ax


def _steps(att: Attribution, output: int, most: int, start: float) -> list[Step]:
    """From the bottom to the top they add up; returned from the top."""
    lines = rows(att, output)
    ranked = [lines[i] for i in order(np.array([r.value for r in lines]))]
    shown = ranked if len(ranked) <= most else ranked[: most - 1]
    rest = [r.player for r in ranked[len(shown) :]]
    pieces = [_piece(r) for r in shown] + ([_together(att, output, rest)] if rest else [])
    gap = float(att.gap[0, output])
    if np.isfinite(gap) and abs(gap) > 1e-6 * max(abs(p[1]) for p in pieces):
        pieces.append((GAP, gap, np.nan, np.nan))
    steps: list[Step] = []
    for name, length, stderr, half in reversed(pieces):
        known = length if np.isfinite(length) else 0.0
        steps.append(Step(name, start, known, stderr, half))
        start += known
    return steps[::-1]


def _piece(row: Row) -> tuple[str, float, float, float]:
    return row.label, row.value, row.stderr, row.half


def _together(att: Attribution, output: int, rest: list[int]) -> tuple[str, float, float, float]:
    """The smallest players as one; their error needs a covariance, and is unknown without one."""
    name = f"{len(rest):,} other {plural(att.players.kind)}"
    whole = att.group({name: [att.players.names[p] for p in rest]})
    half = float(half_widths(whole)[0, output, 0])
    return name, float(whole.values[0, output, 0]), float(whole.stderr[0, output, 0]), half


def _draw(ax: Axes, i: int, step: Step, steps: list[Step]) -> None:
    block(
        ax,
        i,
        step.start,
        step.length,
        faint=bool(step.half > abs(step.length)),
        grey=step.name == GAP,
    )
    whisker(ax, i, step.end - step.half, step.end + step.half, 0.16)
    if i:
        ax.plot([step.end] * 2, [i - 0.66, i - 0.34], color=ink(ax), linewidth=0.8, linestyle=":")
    lengths, errors = (np.array(x) for x in ([s.length for s in steps], [s.stderr for s in steps]))
    places = decimals(lengths, errors)[i]
    left = step.length < 0
    half = step.half if np.isfinite(step.half) else 0.0
    far = step.end - half if left else step.end + half
    note(ax, i, far, typeset(number(step.length, places, sign=True)), left=left)


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
    if not any(np.isfinite(s.half) for s in steps):
        return "uncertainty not quantified; hatched: negative"
    return "95 % intervals at the ends; hatched: negative; pale: may be nothing"
