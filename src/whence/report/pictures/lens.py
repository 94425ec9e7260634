"""A lens as a table: layers upwards, positions across, in each cell what the layer would answer.

Dark is far from the final answer (KL), so that a column that fades early was settled early. The
numbers on the right are the layers' agreement with the last.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from whence._core.errors import OptionError, did_you_mean
from whence._core.lens import Lens
from whence.report.inside import token
from whence.report.numbers import number, several
from whence.report.pictures.cells import step
from whence.report.pictures.ink import check_display, inches, ink, label, plane, side, written
from whence.report.pictures.shades import SIZES, key

COLOURS = {"kl": "KL from the final distribution (nats)", "probability": "probability"}
_LETTER = 0.075  # inches
_DARK = 0.45


def lens(found: Lens, *, ax: Axes | None = None, max_display: int = 12, colour: str = "kl") -> Axes:
    """What each layer would answer at the last positions.

    Args:
        found: the lens.
        ax: where to draw; a new figure by default.
        max_display: positions shown, the last ones; the others are counted.
        colour: "kl" (dark is far from the final answer), or "probability" of the first token.

    Returns:
        The axes.

    Raises:
        OptionError: max_display is not positive, or no such colour.
    """
    most = check_display(max_display)
    if colour not in COLOURS:
        raise OptionError(f"a lens has no colour {colour!r}. {did_you_mean(colour, COLOURS)}")
    layers, count = len(found.layers), min(most, len(found.positions))
    values = (found.kl if colour == "kl" else found.probability)[:, -count:]
    ax = plane(ax, min(2.6 + 0.7 * count, 9.0) if count > 5 else 6.0, _height(layers))
    finite = values[np.isfinite(values)]
    scale = Normalize(0.0, float(finite.max(initial=0.0)) or 1.0)
    ax.imshow(values, aspect="auto", origin="lower", cmap=SIZES, norm=scale, zorder=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    _names(ax, found, count)
    key(ax, SIZES, scale)
    _say(ax, found, values, scale)
    side(ax, "layer")
    left = len(found.positions) - count
    more = f"; {several(left, 'earlier position')} not shown" if left else ""
    small = "in each cell: the most probable token; on the right: agreement with the last layer"
    label(ax, f"colour: {COLOURS[colour]}", f"{small}{more}")
    what = "position" if found.text is None else "token that stands there"
    ax.set_xlabel(f"{what}\n{ax.get_xlabel()}")
    return ax


def _height(layers: int) -> float:
    return float(1.8 + min(0.27 * max(layers, 3), 9.0))


def _names(ax: Axes, found: Lens, count: int) -> None:
    every = step(len(found.layers), _tall(ax, found), 1)
    rows = range(0, len(found.layers), every)
    ax.set_yticks(rows, labels=[written(token(found.layers[i]), 12) for i in rows])
    texts = found.text or tuple(map(str, found.positions))
    names = [written(token(t), 12) for t in texts[-count:]]
    beside = step(count, inches(ax) / count, max(map(len, names))) == 1
    every = 1 if beside else step(count, inches(ax) / count, 1)
    ax.set_xticks(range(0, count, every), labels=names[::every], rotation=0 if beside else 90)
    for i in rows:
        share = float(found.agreement[i])
        ax.annotate(number(share, 2), (1.0, i), xycoords=("axes fraction", "data"), xytext=(4, 0),
                    textcoords="offset points", va="center", fontsize="small", color=ink(ax),
                    annotation_clip=False)  # fmt: skip


def _tall(ax: Axes, found: Lens) -> float:
    """Inches of a layer."""
    high = ax.get_window_extent().height / ax.figure.dpi
    return float(high / len(found.layers))


def _say(ax: Axes, found: Lens, values: np.ndarray, scale: Normalize) -> None:
    """The tokens, where a cell has room for a few letters."""
    count = values.shape[1]
    letters = int(0.8 * inches(ax) / count / _LETTER)
    if letters < 3 or _tall(ax, found) < 0.15:
        return
    for i, row in enumerate(found.tokens):
        for j, text in enumerate(row[-count:]):
            dark = scale(values[i, j]) > _DARK
            ax.text(j, i, written(token(text), letters), ha="center", va="center", fontsize=7.5,
                    color="white" if dark else "#222222")  # fmt: skip
