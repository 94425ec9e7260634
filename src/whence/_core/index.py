"""Indices: the estimands. What one number for each player should mean.

A semivalue weighs what a player adds by the size of the coalition it joins,

    phi_i = sum over S without i of weight(|S|) (v(S + i) - v(S)),

with the weights of all coalitions without i summing to one (Dubey, Neyman & Weber 1981).
"""

import abc
from dataclasses import dataclass, field
from math import comb, exp, lgamma, log, log1p
from numbers import Real
from typing import final

import numpy as np

from .arguments import check_fields
from .errors import OptionError
from .shaped import Float

_LARGEST = 1e300  # so that a sum of two is a number


class Index(abc.ABC):
    """What one number for each player should mean.

    Attributes:
        efficient: the values of all players add up to v(everybody) - v(nobody).
    """

    efficient: bool


class Semivalue(Index):
    """A mean of what a player adds, weighted by the size of what it joins."""

    @abc.abstractmethod
    def weight(self, size: int, n: int) -> float:
        """The weight of one coalition of `size` players that lacks the player, of n players."""

    @final
    def sizes(self, n: int) -> Float[np.ndarray, " sizes"]:
        """The chance of joining a coalition of each size 0..n-1."""
        return np.array([self._chance(s, n) for s in range(n)])

    def _chance(self, size: int, n: int) -> float:
        """`weight`, times the coalitions of that size: of many players, more than floats hold."""
        weight = self.weight(size, n)
        return exp(log(comb(n - 1, size)) + log(weight)) if weight else 0.0


@final
@dataclass(frozen=True, slots=True)
class Shapley(Semivalue):
    """Every size equally likely: the one efficient, symmetric semivalue (Shapley 1953)."""

    efficient: bool = field(default=True, init=False, repr=False)

    def weight(self, size: int, n: int) -> float:
        return 1 / (n * comb(n - 1, size))

    def _chance(self, size: int, n: int) -> float:
        del size
        return 1 / n


@final
@dataclass(frozen=True, slots=True)
class Banzhaf(Semivalue):
    """Every coalition equally likely (Banzhaf 1965)."""

    efficient: bool = field(default=False, init=False, repr=False)

    def weight(self, size: int, n: int) -> float:
        del size
        return 2.0 ** (1 - n)

    def _chance(self, size: int, n: int) -> float:
        return _binomial(size, n - 1, 0.5)


@final
@dataclass(frozen=True, slots=True)
class BetaShapley(Semivalue):
    """Sizes follow a Beta-binomial law; (1, 1) is Shapley (Kwon & Zou 2022).

    weight(s) = B(s + b, n - 1 - s + a) / B(a, b): `a` > `b` favours small coalitions, as there.

    Raises:
        OptionError: a or b is not positive.
    """

    a: float = 1.0
    b: float = 1.0
    efficient: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        real = all(isinstance(x, Real) and not isinstance(x, bool) for x in (self.a, self.b))
        if not (real and 0 < self.a < _LARGEST and 0 < self.b < _LARGEST):
            raise OptionError(
                f"BetaShapley needs numbers a > 0 and b > 0; given a={self.a!r}, b={self.b!r}: "
                "they lie below 1e300"
            )

    def weight(self, size: int, n: int) -> float:
        return exp(self._log_weight(size, n))

    def _chance(self, size: int, n: int) -> float:
        return exp(log_comb(n - 1, size) + self._log_weight(size, n))

    def _log_weight(self, size: int, n: int) -> float:
        first, last = log_rising(self.b, size), log_rising(self.a, n - 1 - size)
        return first + last - log_rising(float(self.a) + float(self.b), n - 1)


def log_rising(x: float, count: int) -> float:
    """The log of x (x + 1) … (x + count - 1); gamma functions of a large x would cancel."""
    return float(np.log(float(x) + np.arange(count)).sum())


def log_comb(n: int, k: int) -> float:
    """The log of how many sets of k there are among n."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _binomial(k: int, n: int, p: float) -> float:
    return exp(log_comb(n, k) + k * log(p) + (n - k) * log1p(-p))


@final
@dataclass(frozen=True, slots=True)
class LinearSurrogate(Semivalue):
    """The slope of the best linear fit to the worths of coalitions that chance leaves.

    Each player stays with probability `keep`, whatever the others do. Then presences do not
    correlate, the slope of each is its own covariance with the worth over its variance, and that is

        phi_i = E[v(S + i) - v(S)],   weight(s) = keep^s (1 - keep)^(n - 1 - s):

    a semivalue. At 1/2 it is `Banzhaf`; towards 1 it comes near `LeaveOneOut`.

    Raises:
        OptionError: keep is not between 0 and 1.

    Source: Hammer & Holzman (1992) at 1/2; Marichal & Mathonet (2011) at any `keep`. Datamodels
        (Ilyas et al. 2022) and COAR (Shah, Ilyas & Madry 2024) estimate it.
    """

    keep: float = 0.5
    efficient: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (isinstance(self.keep, Real) and 0 < self.keep < 1):
            raise OptionError(
                "keep is the chance that a player stays, between 0 and 1, such as 0.9; "
                f"given {self.keep!r}"
            )

    def weight(self, size: int, n: int) -> float:
        return float(self.keep**size * (1 - self.keep) ** (n - 1 - size))

    def _chance(self, size: int, n: int) -> float:
        return _binomial(size, n - 1, float(self.keep))


@final
@dataclass(frozen=True, slots=True)
class LeaveOneOut(Semivalue):
    """What is lost when only this player leaves."""

    efficient: bool = field(default=False, init=False, repr=False)

    def weight(self, size: int, n: int) -> float:
        return float(size == n - 1)


@final
@dataclass(frozen=True, slots=True)
class FirstIn(Semivalue):
    """What is gained when only this player is present."""

    efficient: bool = field(default=False, init=False, repr=False)

    def weight(self, size: int, n: int) -> float:
        del n
        return float(size == 0)


@final
@dataclass(frozen=True, slots=True)
class AumannShapley(Index):
    """The gradient, averaged along the straight path from nobody to everybody."""

    efficient: bool = field(default=True, init=False, repr=False)


@final
@dataclass(frozen=True, slots=True)
class Share(Index):
    """A term of an exact accounting identity; there is no counterfactual behind it.

    Raises:
        OptionError: an identity that is no text.
    """

    identity: str
    efficient: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)


@final
@dataclass(frozen=True, slots=True)
class InOrder(Index):
    """What each player adds when everybody before it, and nobody after it, is present."""

    efficient: bool = field(default=True, init=False, repr=False)
