"""A page's pictures: those that suit the answer, small enough to send by e-mail."""

import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence.report import default_kind
from whence.report.bar import bar
from whence.report.beeswarm import beeswarm
from whence.report.svg import inline
from whence.report.waterfall import waterfall
from whence.report.wording import axis

_DOTS = 2000
_MOST = 15
_SAID = {
    "beeswarm": "One dot for each case",
    "waterfall": "From nobody to everybody",
    "bar": "Bars with intervals",
}


def pictures(att: Attribution, output: int, *, whole: bool) -> list[Markup]:
    """SVG elements for one output: the one that suits, and bars beside dots on a whole page."""
    kind = default_kind(att)
    kinds = ["beeswarm", "bar"] if whole and kind == "beeswarm" else [kind]
    return [_picture(att, output, k) for k in kinds]


def _picture(att: Attribution, output: int, kind: str) -> Markup:
    def draw(ax: Axes) -> object:
        if kind == "beeswarm":
            return beeswarm(thinned(att), ax=ax, max_display=_MOST, output=output)
        paint = waterfall if kind == "waterfall" else bar
        return paint(att, ax=ax, max_display=_MOST, output=output)

    rows = max(min(len(att.players), _MOST) + 1, 2)
    said = f"{_SAID[kind]}: {axis(att, output)}. The same numbers are in the table."
    svg = inline(draw, title=str(escape(said)), size=(7.4, 1.3 + 0.32 * rows))
    return Markup(svg)  # noqa: S704 - matplotlib escapes its texts, and the title is escaped here


def thinned(att: Attribution) -> Attribution:
    """Evenly spaced cases, so that a page stays small; the table is of all of them."""
    n = len(att.values)
    if n <= _DOTS:
        return att
    return att.select(case=[int(i) for i in np.linspace(0, n - 1, _DOTS)])
