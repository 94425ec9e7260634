"""Pictures beside stored ones.

PYTHONPATH=src:tests python tests/report/pictures/test_images.py draws them anew, to be looked at.

Structure is asserted elsewhere; this sees what nobody thought of asserting. Letters are in the font
that comes with matplotlib, so that pixels are the same on every machine.
"""

from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from answers import edges, heads, many, sources
from matplotlib.figure import Figure
from matplotlib.image import imread
from PIL import Image

IMAGES = Path(__file__).parent / "images"
DPI = 50
# Root mean square of colours, 0 to 255, at the best shift of at most one pixel. Measured: 0.1 to
# 1.8 for the same picture, all of it from the palette of the stored one; 2.5 and more without
# intervals (a violin's are so short that it stays at 1.9), 6 and more without hatches, 17 and more
# with a row less or other numbers.
TOLERANCE = 2.1
DRAWN_BY = "3.11"  # matplotlib; others set their letters otherwise

ONE, SOME = partial(many, 6, 1), partial(many, 6, 40)
PICTURES = {
    "bar": SOME,
    "beeswarm": SOME,
    "waterfall": ONE,
    "force": ONE,
    "scatter": SOME,
    "heatmap": SOME,
    "decision": SOME,
    "violin": SOME,
    "comparison": SOME,
    "convergence": SOME,
    "cost": SOME,
    "heads": partial(heads, 4, 6, mlps=True),
    "sources": partial(sources, 5, 8),
    "circuit": partial(edges, 12, layers=3, across=4),
}


def draw(kind, path):
    """Small, and outside pyplot."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    options = {"others": [many(6, 40, seed=1)]} if kind in {"comparison", "cost"} else {}
    PICTURES[kind]().plot(kind, ax=figure.subplots(), **options)
    figure.savefig(path, dpi=DPI)


def difference(one, other):
    """Root mean square over pixels and colours, at the best shift of at most one pixel."""
    a, b = (imread(path)[:, :, :3] * 255 for path in (one, other))
    assert a.shape == b.shape
    inner = b[1:-1, 1:-1]
    high, wide = inner.shape[:2]
    shifted = (a[y : y + high, x : x + wide] for y in range(3) for x in range(3))
    return min(float(np.sqrt(((each - inner) ** 2).mean())) for each in shifted)


@pytest.mark.skipif(
    not mpl.__version__.startswith(DRAWN_BY),
    reason=f"the stored pictures were drawn by matplotlib {DRAWN_BY}",
)
@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_look_as_they_did(kind, tmp_path):
    """Kills: colours, hatches, intervals, rows or labels that changed and that no test names."""
    draw(kind, tmp_path / "now.png")
    assert difference(tmp_path / "now.png", IMAGES / f"{kind}.png") < TOLERANCE


if __name__ == "__main__":
    for name in PICTURES:
        path = IMAGES / f"{name}.png"
        draw(name, path)
        with Image.open(path) as drawn:
            small = drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
