"""What is drawn, read back from the axes."""

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def intervals(ax, row=None):
    """(low, high) of the whiskers, in one row or in all."""
    return [
        tuple(line.get_xdata())
        for line in ax.lines
        if line.get_label() == "_interval" and (row is None or line.get_ydata()[0] == row)
    ]


def blocks(ax):
    return [p for p in ax.patches if isinstance(p, Rectangle)]


def named(ax, name):
    """Everything that is drawn under a name."""
    return [a for a in (*ax.lines, *ax.collections, *ax.patches) if a.get_label() == name]


def words(ax):
    """Every text that can be seen on a figure, with its box in pixels."""
    figure = ax.figure
    figure.canvas.draw()
    unseen = {id(t) for each in figure.axes for t in _beyond(each)}
    return [
        (t.get_text(), t.get_window_extent())
        for t in figure.findobj(Text)
        if t.get_text().strip() and t.get_visible() and id(t) not in unseen
    ]


def _beyond(ax):
    """The texts of ticks outside the limits: they are kept, and never drawn."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        spare = 1e-9 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low - spare <= tick.get_loc() <= high + spare:
                yield from (tick.label1, tick.label2)


def clashes(found, *, slack=1.0):
    """Pairs of words that overlap by more than `slack` pixels in either direction."""
    return [
        (a, b)
        for i, (a, one) in enumerate(found)
        for b, other in found[i + 1 :]
        if min(one.x1, other.x1) - max(one.x0, other.x0) > slack
        and min(one.y1, other.y1) - max(one.y0, other.y0) > slack
    ]


def outside(found, page, *, slack=1.0):
    """Words that leave the page by more than `slack` pixels."""
    return [
        text
        for text, box in found
        if box.x0 < page.x0 - slack
        or box.y0 < page.y0 - slack
        or box.x1 > page.x1 + slack
        or box.y1 > page.y1 + slack
    ]


def grey(colour):
    """How light a colour is, 0 to 1 (Rec. 709, on linear light, as CIE lightness)."""
    linear = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour])
    light = float(linear[:3] @ [0.2126, 0.7152, 0.0722])
    return (116 * light ** (1 / 3) - 16) / 100 if light > 0.008856 else 9.033 * light


def images(ax):
    return [a for a in ax.get_children() if isinstance(a, AxesImage)]
