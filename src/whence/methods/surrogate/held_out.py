"""How well a linear surrogate predicts masks that it was not fitted to.

Each case's correlation, over fresh masks, of what its slopes predict with what was measured; then
the mean over cases. Its error is a jackknife over the masks, which all cases share (Efron 1982).
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Float
from whence._core.student import quantile
from whence.methods.surrogate.masks import Masks, centred

LEVEL = 0.95
_STILL = 1e-12  # of the largest worth


@final
@dataclass(frozen=True, slots=True)
class HeldOut:
    """A judgement of slopes, on masks that they do not know.

    Attributes:
        correlation: the mean over cases and outputs; NaN where worths never change.
        interval: at 95 %, over masks.
        masks: how many there were.
        by_case: of each column (case and output); NaN where its worths do not change.
    """

    correlation: float
    interval: tuple[float, float]
    masks: int
    by_case: Float[np.ndarray, " columns"]

    def words(self) -> str:
        """In one clause."""
        if not np.isfinite(self.correlation):
            return f"no worth changed over {self.masks:,} held-out masks"
        low, high = self.interval
        return (
            f"held-out correlation {self.correlation:.3f} [{low:.3f}, {high:.3f}] "
            f"over {self.masks:,} masks"
        )


def judged(
    masks: Masks,
    worths: Float[np.ndarray, "masks columns"],
    slopes: Float[np.ndarray, "players columns"],
) -> HeldOut:
    """How well these slopes predict these worths.

    Args:
        masks: which the slopes were not fitted to.
        worths: what was measured, a column for each case and output.
        slopes: of each column. Any method's values will do.
    """
    told = centred(masks.stay @ slopes, masks.level)
    seen = centred(worths, masks.level)
    still = (_STILL * np.abs(worths).max(axis=0, initial=0.0)) ** 2  # rounding is no change
    pairs, m = ((told, seen), (told, told), (seen, seen)), len(masks)
    sums = [(a * b).sum(axis=0) for a, b in pairs]
    by_case = _ratio(sums, still)
    known = np.isfinite(by_case)
    if not known.any() or m < 3:
        return HeldOut(float("nan"), (float("nan"), float("nan")), m, by_case)
    # without mask j a centred sum of products loses m/(m - 1) of that mask's own product
    less = [s - m / (m - 1) * a * b for s, (a, b) in zip(sums, pairs, strict=True)]
    without = _ratio(less, still)
    each = np.where(np.isnan(without), by_case, without)[:, known].mean(axis=1)
    mean = float(by_case[known].mean())
    error = np.sqrt((m - 1) / m * ((each - each.mean()) ** 2).sum())
    half = float(quantile(LEVEL, np.array([m - 1.0]))[0] * error)
    return HeldOut(mean, (max(mean - half, -1.0), min(mean + half, 1.0)), m, by_case)


def _ratio(sums: list[np.ndarray], still: np.ndarray) -> np.ndarray:
    """A correlation; 0 where nothing is predicted, NaN where nothing happens."""
    both, told, seen = sums
    size = np.sqrt(np.maximum(told, 0) * np.maximum(seen, 0))
    r = np.divide(both, size, out=np.zeros_like(both), where=size > 0)
    return np.where(seen > still, r, np.nan)
