"""Welch's comparison of two means, for many players at once; and Student's distribution.

For each player, subsets with it against subsets without it:

    difference = mean in - mean out      stderr^2 = s_in^2 / n_in + s_out^2 / n_out
    freedom    = stderr^4 / ((s_in^2 / n_in)^2 / (n_in - 1) + (s_out^2 / n_out)^2 / (n_out - 1))

Source: Welch (1947). Ours: a group whose numbers are all equal has the variance of all subsets
together. A handful of equal numbers is no proof that there is no spread.
"""

from dataclasses import dataclass
from math import lgamma
from typing import final

import numpy as np

from whence._core.shaped import Bool, Float

_BLOCK = 2**22  # memberships at a time, as floats: 32 MB
_NONE = 1e-12  # of the variance of all: what rounding leaves of none
_TERMS = 2000
_CLOSE = 1e-14

PerPlayer = Float[np.ndarray, " players"]


@final
@dataclass(frozen=True, slots=True)
class Contrast:
    """Each player's difference between subsets with it and without it.

    Attributes:
        difference: float [players].
        stderr: of it.
        freedom: of the error.
        inside: how many subsets it is in.
    """

    difference: PerPlayer
    stderr: PerPlayer
    freedom: PerPlayer
    inside: PerPlayer


def contrast(
    members: Bool[np.ndarray, "subsets players"], found: Float[np.ndarray, " subsets"]
) -> Contrast:
    """Compare subsets with and without each player; each is in two of them, and out of two."""
    x = found - found.mean()
    powers = np.stack([np.ones_like(x), x, x**2], axis=1)
    size = max(_BLOCK // members.shape[1], 1)
    inside = np.zeros((members.shape[1], 3))
    for first in range(0, len(x), size):
        here = slice(first, first + size)
        inside += members[here].T.astype(float) @ powers[here]
    whole = float(x @ x) / (len(x) - 1)
    n_in, mean_in, share_in = _group(inside, whole)
    n_out, mean_out, share_out = _group(powers.sum(axis=0) - inside, whole)
    total = share_in + share_out
    freedom = total**2 / (share_in**2 / (n_in - 1) + share_out**2 / (n_out - 1))
    return Contrast(mean_in - mean_out, np.sqrt(total), freedom, n_in)


def _group(sums: Float[np.ndarray, "players 3"], whole: float) -> tuple[PerPlayer, ...]:
    """How many, their mean, and the variance of that mean."""
    n, first, second = sums.T
    variance = (second - first**2 / n) / (n - 1)
    variance = np.where(variance > _NONE * whole, variance, whole)
    return n, first / n, variance / n


def below(t: PerPlayer, freedom: PerPlayer) -> PerPlayer:
    """The probability that Student's t is at most this.

    >>> below(np.array([0.0, -2.228]), np.array([3.0, 10.0])).round(3)
    array([0.5  , 0.025])
    """
    tail = _beta(freedom / (freedom + t**2), t**2 / (freedom + t**2), freedom / 2) / 2
    return np.asarray(np.where(t < 0, tail, 1 - tail))


def _beta(x: PerPlayer, rest: PerPlayer, a: PerPlayer) -> PerPlayer:
    """The regularised incomplete beta function I_x(a, 1/2), of x and of 1 - x, both to all digits.

    By its continued fraction (Press et al. 2007, section 6.4) from the side where it converges.
    """
    half = np.full_like(x, 0.5)
    left = x < (a + 1) / (a + 2.5)
    p, q, y = np.where(left, a, half), np.where(left, half, a), np.where(left, x, rest)
    with np.errstate(divide="ignore"):
        log_x = np.where(left, np.log(x), np.log1p(-rest))
        ends = a * log_x + half * np.log(rest)
    front = np.exp(_log_gamma(a + 0.5) - _log_gamma(a) - lgamma(0.5) + ends)
    inner = front * _fraction(y, p, q) / p
    return np.asarray(np.where(left, inner, 1 - inner))


def _log_gamma(a: PerPlayer) -> PerPlayer:
    return np.array([lgamma(v) for v in a.tolist()])


def _fraction(x: PerPlayer, a: PerPlayer, b: PerPlayer) -> PerPlayer:
    """Lentz's evaluation of the continued fraction of the incomplete beta function."""
    c, d = np.ones_like(x), 1 / (1 - (a + b) * x / (a + 1))
    value = d.copy()
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            step = c * d
            value = value * step
        if np.abs(step - 1).max(initial=0.0) < _CLOSE:
            break
    return np.asarray(value)
