"""A column of the explained cases, as a page carries it: numbers, or levels with their codes."""

from typing import Any

import numpy as np

from whence.report.numbers import clean, elide
from whence.report.page.pack import floats
from whence.report.rows import shown

_FEW = 8  # distinct numbers that can be chosen one by one
_TEXT = 60
_MISSING = "missing"


def column(name: str, values: np.ndarray) -> dict[str, Any]:
    """A column, for pictures and subgroups.

    Args:
        name: its name.
        values: its cells in the page's cases, [cases].

    Returns:
        name, numeric, and either `values` (numbers) or `codes` into `levels` (texts). Numbers with
        few distinct values have both, so that a subgroup can be one of them.
    """
    said = {"name": clean(name)}
    if values.dtype.kind in "fiu":
        cells = np.asarray(values, dtype=float)
        few = len(np.unique(cells[np.isfinite(cells)])) <= _FEW
        coded = _coded(values) if few else {}
        return {**said, "numeric": True, "values": floats(cells), **coded}
    return {**said, "numeric": False, **_coded(values)}


def _coded(values: np.ndarray) -> dict[str, Any]:
    texts = [elide(shown(v), _TEXT) for v in values.tolist()]
    levels = sorted(set(texts), key=_natural)
    code = {level: i for i, level in enumerate(levels)}
    return {"levels": levels, "codes": [code[t] for t in texts]}


def _natural(text: str) -> tuple[bool, float, str]:
    """Numbers by size, then words, and what is missing last."""
    try:
        return (False, float(text), "")
    except ValueError:
        return (True, float(text == _MISSING), text)
