"""A circuit: from what enters at the bottom to what leaves at the top, the strongest edges.

A layer is a row, a later one higher; heads stand side by side by their numbers, and the MLP, which
reads them, a little higher on the right. The wider, the stronger; a red arrow raises the behaviour,
a blue bar lowers it; dashed is an edge whose 95 % interval holds zero. Letters at the foot of a
head are its channels.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from whence._core.attribution import Attribution
from whence._core.text import told_apart
from whence.report.edges import Edge, edges
from whence.report.numbers import several
from whence.report.pictures.ink import NEGATIVE, POSITIVE, check_display, ink, label, plane, written
from whence.report.pictures.layout import Layout, Place, layout
from whence.report.rows import averaged
from whence.report.wording import axis, cases

_WIDTH, _ROW = 7.6, 0.72  # inches: of the picture, and of each row
_HIGHEST = 11.0
_WIDE, _THIN = 4.0, 0.7  # points of the strongest and of the weakest edge
_FAINT = 0.75
_GROUND, _LETTERS = "#f4f4f4", "#222222"  # on light pages and on dark ones


def circuit(
    att: Attribution,
    *,
    ax: Axes | None = None,
    max_display: int = 30,
    output: str | int = 0,
) -> Axes:
    """The strongest edges, with the nodes that they join.

    Args:
        att: an answer about edges: players with names as `source` and `target`, and perhaps a
            `channel`.
        ax: where to draw; a new figure by default.
        max_display: edges shown; the others are counted.
        output: by name or position.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive.
        ResultError: the players are no edges, no value is known, or no such output.
    """
    o, most = att.output(output), check_display(max_display)
    shown = edges(att, o, most)
    found = layout(shown)
    ax = plane(ax, *_room(found))
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.6, found.rows - 0.4)
    far = max(abs(edge.row.value) for edge in shown) or 1.0
    for edge in reversed(shown):  # the strongest on top
        _draw(ax, edge, found, far)
    every = tuple(found.places)
    for i, place in enumerate(found.places.values()):
        _box(ax, told_apart(every, place.letters)[i], place)
    left = len(att.players) - len(shown)
    known = any(edge.row.sure for edge in shown)
    sure = "dashed: the 95 % interval holds zero" if known else "uncertainty not quantified"
    told = f"arrow: raises; bar: lowers; {sure}; the widest: {shown[0].said}"
    more = f"; {several(left, 'more edge')} not shown" if left else ""
    label(ax, f"{axis(att, o)}, {cases(averaged(att))}", f"{told}{more}")
    return ax


def room(att: Attribution, output: int, most: int) -> tuple[float, float]:
    """Inches, across and upwards, of so many edges."""
    return _room(layout(edges(att, output, most)))


def _room(found: Layout) -> tuple[float, float]:
    return _WIDTH, min(1.2 + _ROW * found.rows, _HIGHEST)


def _draw(ax: Axes, edge: Edge, found: Layout, far: float) -> None:
    start, end = found.ends(edge)
    share = abs(edge.row.value) / far
    plus = edge.row.value >= 0
    head = "-|>,head_length=5,head_width=2.5" if plus else "-[,widthB=5.0,lengthB=0"
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle=head,
            connectionstyle=f"arc3,rad={found.bend(start, end):.3f}",
            color=POSITIVE if plus else NEGATIVE,
            linewidth=_THIN + (_WIDE - _THIN) * share,
            linestyle=(0, (3.0, 1.6)) if edge.unsure else "solid",
            alpha=_FAINT,
            shrinkA=0,
            shrinkB=1.5,
            mutation_scale=1.0 if not plus else 1.0 + 0.6 * share,
            zorder=2 + share,
            label="_unsure" if edge.unsure else "_edge",
        )
    )


def _box(ax: Axes, name: str, place: Place) -> None:
    """A node: its name, and the letters of its channels, on a ground of their own."""
    shape = FancyBboxPatch(
        (place.x - place.width / 2, place.y - place.height / 2), place.width, place.height,
        boxstyle="round,pad=0,rounding_size=0.012", mutation_aspect=10,
        facecolor=_GROUND, edgecolor=ink(ax), linewidth=0.8,
        zorder=4, label="_node",
    )  # fmt: skip
    ax.add_patch(shape)
    lift = 0.0 if not place.channels else 0.2 * place.height
    small: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 5, "color": _LETTERS}
    ax.text(place.x, place.y + lift, written(name, len(name)), fontsize=8, **small)
    for channel in place.channels:
        ax.text(place.port(channel), place.y - 0.27 * place.height, written(channel, 3),
                fontsize=6.5, **small)  # fmt: skip
