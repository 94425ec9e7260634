"""A ratio of two means over the same cases, and how sure it is.

    r = mean(a) / mean(b),    var(r) = var(a_c - r b_c) / (n mean(b)^2)

the delta method: what the cases have in common cancels in a_c - r b_c. Intervals are Student's t
with n - 1 degrees of freedom. They presume that mean(b) itself is well known: see `steady`.

Source: Cochran (1977), chapter 6, the ratio estimator.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from .shaped import Float
from .student import quantile

ROUNDING = 1e-7  # of what is measured: differences below it are a network's rounding


@final
@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios of means over cases.

    Attributes:
        value: float [...].
        stderr: likewise; NaN of a single case.
        freedom: degrees of freedom, one less than there are cases.
    """

    value: Float[np.ndarray, "*shape"]
    stderr: Float[np.ndarray, "*shape"]
    freedom: int

    def ci(
        self, level: float = 0.95
    ) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
        """Lower and upper ends; NaN of a single case.

        Raises:
            OptionError: the level is not between 0 and 1.
        """
        half = quantile(level, np.array(float(self.freedom))) * self.stderr
        return self.value - half, self.value + half


def ratios(
    top: Float[np.ndarray, "cases *shape"], bottom: Float[np.ndarray, "cases *shape"]
) -> Ratios:
    """The ratio of the means, entry by entry.

    Args:
        top: a, by case.
        bottom: b, by case: its mean is not zero.
    """
    n, mean = len(top), bottom.mean(axis=0)
    value = np.asarray(top.mean(axis=0) / mean)
    if n < 2:
        return Ratios(value, np.full_like(value, np.nan), 0)
    spread = (top - value * bottom).std(axis=0, ddof=1)
    return Ratios(value, np.asarray(spread / np.sqrt(n) / np.abs(mean)), n - 1)


def vanishes(
    low: Float[np.ndarray, "cases *shape"], high: Float[np.ndarray, "cases *shape"]
) -> np.ndarray:
    """Where the mean of high - low is no more than rounding, so that no share of it is defined.

    >>> vanishes(np.array([[1.0, 1.0]]), np.array([[1.0, 2.0]])).tolist()
    [True, False]
    """
    scale = np.maximum(np.abs(low), np.abs(high)).mean(axis=0)
    return np.asarray(np.abs((high - low).mean(axis=0)) <= ROUNDING * scale)


def steady(
    low: Float[np.ndarray, "cases *shape"], high: Float[np.ndarray, "cases *shape"]
) -> np.ndarray:
    """Where the mean of high - low is known well enough to divide by: four standard errors.

    Of a single case nobody can tell, and nothing is said against it.
    """
    gain = high - low
    if len(gain) < 2:
        return np.ones(gain.shape[1:], dtype=bool)
    error = gain.std(axis=0, ddof=1) / np.sqrt(len(gain))
    return np.asarray(np.abs(gain.mean(axis=0)) >= 4 * error)
