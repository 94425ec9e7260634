"""What training's objective is like around what was learned, and its inverse.

    F(b) = 1/n sum_i loss_i(b) + 1/2n sum_j penalty_j b_j^2
    H    = G/n + diag(penalty)/n          G the Gauss-Newton matrix of all rows, summed
    solve(v, damping) = (H + damping I)^-1 v

H is of the mean loss, so that a damping means the same for few rows and many. Gauss-Newton and not
the Hessian: away from a minimum the Hessian has negative eigenvalues, and its inverse then points
uphill. Of linear models with convex losses the two are one.

A scope holds the other parameters where they are: v is read in the scope alone, H is its block, and
the answer is zero outside.
"""

import abc
from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from whence._core.errors import ModelError, OptionError
from whence._core.figures import figures
from whence._core.shaped import Float, Int

_ZERO = 1e-12  # of the largest eigenvalue: below it, rounding alone


class Curvature(abc.ABC):
    """(H + damping I)^-1, for any number of vectors.

    Attributes:
        solver: "dense", "cg", "arnoldi" or "ekfac".
        width: how many parameters there are.
        at: the places of those in the scope.
        provenance: how it was made: the solver and why, what was approximated, and where.
    """

    solver: str
    width: int
    at: Int[np.ndarray, " scope"]
    provenance: Mapping[str, Any]

    @abc.abstractmethod
    def _solve(
        self, v: Float[np.ndarray, "vectors scope"], damping: float
    ) -> Float[np.ndarray, "vectors scope"]:
        """In the scope."""

    @abc.abstractmethod
    def mean(self) -> float:
        """The mean eigenvalue of H: what a damping is large or small beside."""

    @final
    def solve(
        self, v: Float[np.ndarray, "vectors parameters"], damping: float
    ) -> Float[np.ndarray, "vectors parameters"]:
        """(H + damping I)^-1 v for each row of v.

        Args:
            v: gradients, in the order of the trainer's parameters.
            damping: added to every eigenvalue of H, so in units of the mean loss over those of a
                parameter squared; 0 or more.

        Raises:
            OptionError: v of another shape or not finite, or a negative damping.
            ModelError: H + damping I is singular, or nearly, or is not found positive.
        """
        damped = self._damping(damping)
        return self._outside(self._solve(self._inside(v), damped))

    @final
    def _damping(self, damping: float) -> float:
        given = figures(damping, "damping", "a number")
        if given.shape or given < 0:
            raise OptionError(f"damping is one number, 0 or more; given {damping!r}")
        return float(given)

    @final
    def _inside(self, v: Any) -> Float[np.ndarray, "vectors scope"]:
        given = figures(v, "v", "[vectors, parameters]")
        if given.ndim != 2 or given.shape[1] != self.width:
            raise OptionError(
                f"v has shape {given.shape}; it must be [vectors, {self.width}]: one row for each "
                "vector, one column for each parameter"
            )
        return np.asarray(given[:, self.at])

    @final
    def _outside(
        self, v: Float[np.ndarray, "vectors scope"]
    ) -> Float[np.ndarray, "vectors parameters"]:
        whole = np.zeros((len(v), self.width))
        whole[:, self.at] = v
        return whole


class Spectral(Curvature):
    """A curvature whose eigenvalues are at hand: functions of H cost no more than its inverse.

    Attributes:
        pseudo: without damping, directions that have no curvature get zero, and are not refused.
    """

    pseudo: bool

    @abc.abstractmethod
    def _apply(
        self, function: Callable[[np.ndarray], np.ndarray], v: Float[np.ndarray, "vectors scope"]
    ) -> Float[np.ndarray, "vectors scope"]:
        """In the scope."""

    @abc.abstractmethod
    def eigenvalues(self) -> Float[np.ndarray, " scope"]:
        """Of H, each as often as it occurs, in no order."""

    @final
    def apply(
        self,
        function: Callable[[np.ndarray], np.ndarray],
        v: Float[np.ndarray, "vectors parameters"],
    ) -> Float[np.ndarray, "vectors parameters"]:
        """f(H) v for each row of v, where f acts on the eigenvalues.

        Args:
            function: of an array of eigenvalues, none negative, to one of the same shape.
            v: in the order of the trainer's parameters.

        Raises:
            OptionError: v of another shape, or a function that is not finite at an eigenvalue.
        """
        return self._outside(self._apply(_finite(function), self._inside(v)))

    @final
    def mean(self) -> float:
        """The mean eigenvalue of H."""
        return float(self.eigenvalues().mean())

    @final
    def _solve(
        self, v: Float[np.ndarray, "vectors scope"], damping: float
    ) -> Float[np.ndarray, "vectors scope"]:
        values = self.eigenvalues()
        least, most = float(values.min()) + damping, float(values.max()) + damping
        if least <= _ZERO * most and not self.pseudo:
            raise ModelError(
                f"the curvature is singular: its eigenvalues, with damping {damping:.3g}, run from "
                f"{least:.3g} to {most:.3g}. Some combination of parameters changes no row's loss. "
                "Give a damping above 0, or train with a penalty."
            )
        floor = _ZERO * most
        return self._apply(lambda s: _inverses(s + damping, floor), v)


def _inverses(values: np.ndarray, floor: float) -> np.ndarray:
    held = values > floor
    return np.where(held, 1 / np.where(held, values, 1.0), 0.0)


def _finite(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    def checked(values: np.ndarray) -> np.ndarray:
        answer = np.asarray(function(values), dtype=float)
        if answer.shape != values.shape or not np.isfinite(answer).all():
            raise OptionError(
                "a spectral function takes an array of eigenvalues, 0 among them, to finite "
                f"numbers of the same shape; it made shape {answer.shape} of {values.shape}, "
                f"{int((~np.isfinite(answer)).sum())} not finite"
            )
        return answer

    return checked


def upright(values: Float[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
    """Eigenvalues without the negative ones that rounding makes.

    Raises:
        ModelError: eigenvalues that are negative beyond rounding.
    """
    least, most = float(values.min()), float(np.abs(values).max())
    if least < -1e-10 * most:
        raise ModelError(
            f"the curvature is indefinite: its smallest eigenvalue is {least:.3g}, its largest "
            f"{float(values.max()):.3g}. Its inverse would point uphill. Use the Gauss-Newton "
            "matrix, which is never indefinite, not the Hessian."
        )
    return values.clip(0)
