"""A page's pictures: those that suit the answer, small enough to send by e-mail."""

from markupsafe import Markup, escape
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence.report import by_cases
from whence.report.page.svg import inline
from whence.report.pictures.bar import bar
from whence.report.pictures.beeswarm import beeswarm
from whence.report.pictures.waterfall import waterfall
from whence.report.wording import axis

_DOTS = 2500  # in all pictures of a page
_FEWEST = 100
_MOST = 15
_SAID = {
    "beeswarm": "One dot for each case",
    "waterfall": "From nobody to everybody",
    "bar": "Bars with intervals",
}


def pictures(att: Attribution, output: int, *, whole: bool) -> list[Markup]:
    """SVG elements for one output: the one that suits, and bars beside dots on a whole page."""
    kind = by_cases(att)
    both = whole and kind == "beeswarm" and len(att.outputs) == 1
    kinds = ["beeswarm", "bar"] if both else [kind]
    return [_picture(att, output, k) for k in kinds]


def _picture(att: Attribution, output: int, kind: str) -> Markup:
    most = _MOST if len(att.outputs) == 1 else _MOST // 2
    rows = min(len(att.players), most)
    dots = max(_DOTS // rows // min(len(att.outputs), 4), _FEWEST)

    def draw(ax: Axes) -> Axes:
        if kind == "beeswarm":
            return beeswarm(att, ax=ax, max_display=most, output=output, dots=dots)
        paint = waterfall if kind == "waterfall" else bar
        return paint(att, ax=ax, max_display=most, output=output)

    said = f"{_SAID[kind]}: {axis(att, output)}. The same numbers are in the table."
    size = 7.4, 1.3 + 0.32 * max(rows + 1, 2)
    svg = inline(draw, title=str(escape(said)), size=size)
    return Markup(svg)  # noqa: S704 - matplotlib escapes its texts, and the title is escaped here
