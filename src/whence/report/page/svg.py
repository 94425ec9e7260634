"""A picture as inline SVG: no network, no clashing ids, and in the page's own ink.

Lines and letters are drawn in one marked colour, which becomes `currentColor`: the same picture
fits a light and a dark page.
"""

import re
import warnings
from collections.abc import Callable
from hashlib import sha256
from io import StringIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_INK = "#010203"
_DPI = 80  # of the bitmaps inside: sharp enough, and small
_HEAD = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL)
_XMLNS = re.compile(r'\sxmlns(:\w+)?="[^"]*"')
_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(?<=[("])#([^")]+)(?=[")])')
_OWN = re.compile(r'(id="|[("]#)@')
_PATH = re.compile(r'(?<= d=")[^"]+')
_MOVED = re.compile(r"translate\([^)]+\)")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_SPACE = re.compile(r"\n\s*")


def inline(draw: Callable[[Axes], object], *, title: str, size: tuple[float, float]) -> str:
    """Draw on fresh axes, outside pyplot, and give the SVG element.

    Args:
        draw: draws on the axes.
        title: what a screen reader says; escaped already.
        size: inches.
    """
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.add_subplot()
    for spine in ax.spines.values():
        spine.set_edgecolor(_INK)
    ax.tick_params(color=_INK, labelcolor=_INK)
    ax.set_facecolor("none")
    draw(ax)
    page = StringIO()
    with warnings.catch_warnings():  # letters that no font has become boxes; tables have them all
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(page, format="svg", transparent=True, dpi=_DPI)
    return _tidy(page.getvalue(), title)


def _tidy(text: str, title: str) -> str:
    text = text[text.index("<svg") :]
    text = _XMLNS.sub("", _HEAD.sub("", text))
    text = _PATH.sub(lambda m: " ".join(_LONG.sub(_short, m[0]).split()), text)
    text = text.replace("xlink:href", "href")
    text = _MOVED.sub(lambda m: _LONG.sub(_short, m[0]), text)
    text = _SPACE.sub("\n", _own_ids(text).replace(_INK, "currentColor"))
    opening, rest = text.split(">", 1)
    opening = re.sub(r'\s(width|height)="[^"]*"', "", opening)
    return f'{opening} role="img" aria-label="{title}">{rest}'


def _short(found: re.Match[str]) -> str:
    """Hundredths of a point are enough for lines and letters."""
    return f"{float(found[0]):.2f}"


def _own_ids(text: str) -> str:
    """Ids from the picture's own contents: they repeat from run to run, and never clash."""
    found = {old: f"@{i}" for i, old in enumerate(dict.fromkeys(_ID.findall(text)))}
    text = _ID.sub(lambda m: f'id="{found[m[1]]}"', text)
    text = _REFERENCE.sub(lambda m: f"#{found.get(m[1], m[1])}", text)
    name = f"w{sha256(text.encode()).hexdigest()[:6]}-"
    return _OWN.sub(lambda m: m[0].replace("@", name), text)
