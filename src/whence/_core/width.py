"""How wide an answer is: its range, its errors, and its widest interval."""

from dataclasses import dataclass
from typing import final

import numpy as np

from .reading import Averaged
from .student import quantile

LEVEL = 0.95


@final
@dataclass(frozen=True, slots=True)
class Width:
    """The widest interval, all parts of the error together.

    Attributes:
        half: half of it, in the unit of the values.
        share: the same, as a share of the range of its output's values and 0; None where that
            range is nothing.
    """

    half: float
    share: float | None


def spread(values: np.ndarray) -> np.ndarray:
    """The range of the values and 0, root mean square over cases: one scale for each output."""
    with_zero = np.concatenate([values, np.zeros_like(values[:, :, :1])], axis=2)
    each = np.ptp(with_zero, axis=2, keepdims=True)
    return np.asarray(np.sqrt((each**2).mean(axis=0, keepdims=True)))


def error_in_all(got: Averaged) -> np.ndarray:
    """The standard error of each value, all parts together."""
    return np.asarray(np.sqrt(sum(part**2 for part in got.parts.values())))


def widest(got: Averaged, averaged: int) -> Width | None:
    """The widest interval of these values; None while some value has none.

    Args:
        got: what the answer would be made of.
        averaged: how many cases each value is the mean of.
    """
    freedom = got.freedom
    if averaged > 1 and "data" in got.parts:
        freedom = np.minimum(freedom, averaged - 1.0)
    error = error_in_all(got).max(axis=2)  # case, output
    half = (quantile(LEVEL, freedom)[:, None] * error).max(axis=0)
    if not np.isfinite(half).all():
        return None
    scale = spread(got.values)[0, :, 0]
    share = np.divide(half, scale, out=np.zeros_like(half), where=scale > 0)
    at = int(share.argmax() if (scale > 0).any() else half.argmax())
    return Width(float(half[at]), float(share[at]) if scale[at] > 0 else None)
