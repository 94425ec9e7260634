"""Colours that mean something: values from low to high, and signs; each reads without colour too.

Low to high is light to dark as well as blue to red. Of signs, red is positive and blue negative,
both equally dark: whoever uses them adds a second mark, such as hatching.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize

from whence.report.pictures.ink import GREY, NEGATIVE, POSITIVE, ink, written

# shap's own two colours are one and the same grey, and red through purple falls and rises again
VALUES = LinearSegmentedColormap.from_list("whence", ["#55b8ff", "#a070e6", "#b8003c"])
SIGNS = LinearSegmentedColormap.from_list("whence-signs", [NEGATIVE, "#fbfbfb", POSITIVE])
SIZES = LinearSegmentedColormap.from_list("whence-sizes", ["#fbfbfb", "#9a4fe0", "#3b1063"])


def numeric(column: np.ndarray | None, cases: int) -> np.ndarray:
    """A column as numbers; NaN for strings and for what nobody recorded."""
    if column is None or column.dtype.kind not in "fiub":
        return np.full(cases, np.nan)
    return np.asarray(column, dtype=float)


def scaled(keys: np.ndarray) -> np.ndarray:
    """0 to 1 between the 5th and the 95th percentile, so that one far value leaves colours."""
    if not len(keys):
        return keys
    low, high = np.percentile(keys, [5, 95])
    if high <= low:
        low, high = keys.min(), keys.max()
    return np.clip((keys - low) / (high - low), 0, 1) if high > low else np.full(len(keys), 0.5)


def shaded(keys: np.ndarray) -> np.ndarray:
    """A colour for each key, from low to high; grey where it is unknown: float [keys, 4]."""
    shades = np.ones((len(keys), 4))
    shades[:, :3] = [int(GREY[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    known = np.isfinite(keys)
    shades[known] = VALUES(scaled(keys[known]))
    return shades


def low_to_high(ax: Axes, what: str) -> None:
    """What the shades of values mean, on an axes of its own inside the figure."""
    bar = key(ax, VALUES, Normalize(0, 1), ticks=[0, 1])
    bar.set_label(written(what), color=ink(ax), fontsize="small")
    bar.ax.set_yticklabels(["low", "high"], color=ink(ax), fontsize="small")


def key(ax: Axes, shades: Colormap, scale: Normalize, **more: Any) -> Any:
    """A bar of colours beside the picture; what they mean stands in the picture's label."""
    bar = ax.figure.colorbar(
        ScalarMappable(scale, shades), ax=ax, aspect=40, pad=0.02, fraction=0.04, **more
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize="small", labelcolor=ink(ax))
    return bar
