"""Intervals of means and of their ratios, by the percentile bootstrap over what was measured.

Columns are resampled together, so that what the same pair of prompts has in common cancels in a
ratio. Source: Efron & Tibshirani (1993), chapter 13.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.shaped import Float

_TIMES = 2000
_CELLS = 2**21  # numbers at a time: 16 MB


@final
@dataclass(frozen=True, slots=True)
class Resampled:
    """Means of columns, as measured and in each resample.

    Attributes:
        means: float [columns].
        again: float [resamples, columns]; the means alone where there was one row.
        level: of the intervals.
    """

    means: Float[np.ndarray, " columns"]
    again: Float[np.ndarray, "resamples columns"]
    level: float

    @property
    def known(self) -> bool:
        """There is more than one row, so there are intervals."""
        return len(self.again) > 1

    def mean(self, column: int) -> tuple[float, float, float]:
        """A mean, and the ends of its interval."""
        return self._with_ends(float(self.means[column]), self.again[:, column])

    def noise(self, column: int) -> bool:
        """A mean that cannot be told from 0."""
        value, low, high = self.mean(column)
        return low <= 0 <= high if self.known else value == 0

    def ratio(self, top: int, bottom: int) -> tuple[float, float, float]:
        """A ratio of two means, and the ends of its interval; the bottom is no `noise`."""
        at = self.again[:, bottom] != 0  # rare, of what is no noise
        again = self.again[at, top] / self.again[at, bottom]
        return self._with_ends(float(self.means[top] / self.means[bottom]), again)

    def difference(self, left: int, right: int) -> tuple[float, float, float]:
        """A difference of two means, and the ends of its interval."""
        value = float(self.means[left] - self.means[right])
        return self._with_ends(value, self.again[:, left] - self.again[:, right])

    def _with_ends(self, value: float, again: np.ndarray) -> tuple[float, float, float]:
        tail = (1 - self.level) / 2
        low, high = np.quantile(again, [tail, 1 - tail]) if self.known else (np.nan, np.nan)
        return value, float(low), float(high)


def resampled(columns: Float[np.ndarray, "rows columns"], level: float, seed: int) -> Resampled:
    """Resample rows, all columns together.

    Args:
        columns: what was measured of each row.
        level: of the intervals, between 0 and 1.
        seed: of the resamples.
    """
    rows, means = len(columns), columns.mean(axis=0)
    if rows < 2:
        return Resampled(means, means[None], level)
    rng, size = np.random.default_rng(seed), max(_CELLS // columns.size, 1)
    again = [
        columns[rng.integers(rows, size=(min(size, _TIMES - first), rows))].mean(axis=1)
        for first in range(0, _TIMES, size)
    ]
    return Resampled(means, np.concatenate(again), level)
