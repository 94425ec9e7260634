"""Heads as a map: layers upwards, heads across, and beside them what has a layer and no head.

A later layer stands higher, as in the other pictures of networks; MLPs have a lane of their own on
the right, in the same colours. Layers may differ in their heads: where there is none, there is no
cell.
"""

import numpy as np
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.inside import Whole, lanes, one_each, wholes
from whence.report.numbers import clean, plain, typeset
from whence.report.pictures.cells import cells, marks, paint, say, step
from whence.report.pictures.ink import check_display, inches, ink, label, plane, side
from whence.report.rows import averaged, rows
from whence.report.wording import axis, cases

_ROOMY = 0.36, 0.25  # inches of a layer, with numbers and without
_MOST = 10.5  # inches of all layers


def heads(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 196,
    output: str | int = 0,
) -> Axes:
    """Every head at its place, with its sign, its doubt, and its number where there is room.

    Args:
        att: an answer about heads: players with whole numbers as `layer` and `head`. Players with a
            layer and no head (MLPs) have a lane at the side.
        ax: where to draw; a new figure by default.
        max_display: numbers written into cells, the largest first; every head has its colour.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: no player has a head, two share a place, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    layers, across = wholes(att.players, "layer"), lanes(att.players)
    if not any(isinstance(lane, int) for lane in across):
        raise ResultError(
            "a map of heads needs players with whole numbers in their columns `layer` and `head`, "
            f"and no {att.players.kind} of this answer has them: att.plot('bar') shows it"
        )
    one_each(att.players, layers, across)
    low, lane_of = min(at for at in layers if at is not None), _lanes(across)
    who = np.full((_layers(layers), len(lane_of)), -1)
    for p, (layer, lane) in enumerate(zip(layers, across, strict=True)):
        if layer is not None and lane in lane_of:
            who[layer - low, lane_of.index(lane)] = p
    shown = cells(att, o, who)
    ax = plane(ax, *room(att))
    paint(ax, shown)
    ax.set_ylim(-0.5, len(who) - 0.5)
    _names(ax, low, lane_of, len(who))
    written = say(ax, shown, most)
    side(ax, "layer")
    label(ax, f"{axis(att, o)}, {cases(averaged(att))}", f"{marks(shown, written)}{_left(att, o)}")
    ax.set_xlabel(f"head\n{ax.get_xlabel()}")
    return ax


def room(att: Attribution) -> tuple[float, float]:
    """Inches, across and upwards: room for numbers where there are few columns."""
    high, wide = _layers(wholes(att.players, "layer")), len(_lanes(lanes(att.players)))
    each = _ROOMY[0] if wide <= 14 else _ROOMY[1]
    return 7.6 if wide <= 12 else 9.0, 1.5 + min(each * max(high, 3), _MOST - 1.5)


def _layers(layers: Whole) -> int:
    found = [at for at in layers if at is not None]
    return max(found) - min(found) + 1


def _lanes(across: tuple[int | str | None, ...]) -> list[int | str | None]:
    """The columns: every head up to the last, a gap, and the lanes of those without a head."""
    numbered = [lane for lane in across if isinstance(lane, int)]
    named = list(dict.fromkeys(lane for lane in across if isinstance(lane, str)))
    whole = list(range(min(0, *numbered), max(numbered) + 1)) if len(numbered) > 1 else numbered
    return [*whole, *([None, *named] if named else [])]


def _names(ax: Axes, low: int, lane_of: list[int | str | None], layers: int) -> None:
    every = step(layers, ax.get_window_extent().height / ax.figure.dpi / layers, 1)
    ax.set_yticks(range(0, layers, every), labels=[str(low + i) for i in range(0, layers, every)])
    ax.set_ylim(-0.5, layers - 0.5)
    width = inches(ax) / len(lane_of)
    letters = max(len(str(lane)) for lane in lane_of if isinstance(lane, int))
    every = step(len(lane_of), width, letters)
    told = [(i, str(at)) for i, at in enumerate(lane_of) if isinstance(at, int) and at % every == 0]
    beside = [(i, at) for i, at in enumerate(lane_of) if isinstance(at, str)]
    ax.set_xticks([i for i, _ in told], labels=[t for _, t in told])
    for i, name in beside:
        ax.annotate(clean(name), (i, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                    textcoords="offset points", ha="center", va="bottom", fontsize="small",
                    rotation=0 if len(beside) == 1 else 90, color=ink(ax),
                    annotation_clip=False)  # fmt: skip


def _left(att: Attribution, output: int) -> str:
    """Who has no layer, and so no place."""
    lost = [p for p, at in enumerate(wholes(att.players, "layer")) if at is None]
    if not lost:
        return ""
    every = rows(att, output)
    told = [f"{every[p].name} {typeset(plain(every[p].value))}" for p in lost[:3]]
    more = f" and {len(lost) - 3:,} more" if len(lost) > 3 else ""
    return f"; in no layer: {', '.join(told)}{more}"
