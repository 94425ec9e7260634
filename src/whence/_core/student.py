"""Student's t quantiles (Hill 1970, Algorithm 396): few degrees of freedom widen intervals."""

from functools import lru_cache
from math import cos, exp, pi, sin, sqrt
from numbers import Real
from typing import Any

import numpy as np

from .errors import OptionError
from .shaped import Float

_MANY = 1e12  # degrees of freedom: Student's t is the normal law, to the last digit


def refuse_level(level: Any) -> None:
    """Refuse what is no level of confidence.

    Raises:
        OptionError: it is not between 0 and 1.
    """
    real = isinstance(level, Real)
    if not (real and 0 < level < 1):
        raise OptionError(f"a level lies between 0 and 1, such as 0.95; given {level!r}")


def quantile(level: float, freedom: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Half-widths, in standard errors, of central intervals at this level.

    Raises:
        OptionError: the level is not between 0 and 1.

    >>> quantile(0.95, np.array([1.0, 10.0, 1e9])).round(3)
    array([12.706,  2.228,  1.96 ])
    """
    refuse_level(level)
    different, back = np.unique(np.maximum(freedom, 1.0), return_inverse=True)
    half = np.array([_two_tailed(1 - level, float(n)) for n in different])
    return np.asarray(half[back].reshape(np.shape(freedom)))


def normal(p: float) -> float:
    """The standard normal quantile."""
    from statistics import NormalDist  # slow to import, and rarely needed

    return NormalDist().inv_cdf(p)


@lru_cache(maxsize=4096)
def _two_tailed(p: float, n: float) -> float:
    if n > _MANY:
        return -normal(p / 2)
    if n < 1 + 1e-9:
        return cos(p * pi / 2) / sin(p * pi / 2)
    if abs(n - 2) < 1e-9:
        return sqrt(2 / (p * (2 - p)) - 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * sqrt(a * pi / 2) * n
    x = d * p
    y = x ** (2 / n)
    if y > 0.05 + a:
        x = normal(p / 2)
        y = x * x
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = exp(a * y * y) - 1
    else:
        y = (1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1
        y = y * (n + 1) / (n + 2) + 1 / x ** (2 / n)
    return sqrt(n * y)
