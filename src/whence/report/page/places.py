"""A page's picture of the inside of a network: each part at its place."""

from markupsafe import Markup, escape
from matplotlib.axes import Axes

from whence._core.attribution import Attribution
from whence._core.errors import ResultError
from whence.report.inside import picture_of
from whence.report.page.svg import inline
from whence.report.pictures import circuit, heads, sources
from whence.report.wording import axis

_MOST = 20  # heads by source
_EDGES = 30
_CELLS = 6000  # with more, the picture would be as large as the rest of the page
_SAID = {
    "heads": "Layers by heads",
    "sources": "Heads by the token that they read",
    "circuit": "The strongest edges, from layer to layer",
}


def inside(att: Attribution, output: int) -> Markup:
    """An SVG element; empty where players have no place, or no number."""
    kind = picture_of(att.players)
    if not kind or len(att.players) > _CELLS:
        return Markup("")
    said = f"{_SAID[kind]}: {axis(att, output)}. The same numbers are in the table."

    def draw(ax: Axes) -> Axes:
        if kind == "heads":
            return heads.heads(att, ax=ax, output=output)
        if kind == "sources":
            return sources.sources(att, ax=ax, max_display=_MOST, output=output)
        return circuit.circuit(att, ax=ax, max_display=_EDGES, output=output)

    try:
        svg = inline(draw, title=str(escape(said)), size=_size(att, output, kind))
    except ResultError:  # no number at all: the table says so
        return Markup("")
    return Markup(svg)  # noqa: S704 - matplotlib escapes its texts, and the title is escaped here


def _size(att: Attribution, output: int, kind: str) -> tuple[float, float]:
    if kind == "heads":
        return heads.room(att)
    if kind == "sources":
        return sources.room(att, _MOST)
    return circuit.room(att, output, _EDGES)
