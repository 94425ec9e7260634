"""Conjugate gradients: the inverse by products with H alone, to a tolerance that is tested.

    x = 0, r = p = v
    a = r'r / p'Ap,   x += a p,   r -= a Ap,   p = r + (r'r / r'r before) p        A = H + damping I

until |v - A x| <= tolerance |v|. What the recursion believes of r drifts from what is true of it;
so it is computed afresh at the end, and the search goes on from there where it has drifted.

All vectors take each step together; one that is done is left alone.

Source: Hestenes & Stiefel (1952).
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from whence._core.errors import ModelError, OptionError, positive
from whence._core.shaped import Float, Int
from whence.models.trainer.curvature.inverse import Curvature
from whence.models.trainer.curvature.products import Product

_AGAIN = 5  # fresh starts, before rounding is blamed


@final
@dataclass(frozen=True, slots=True)
class Solution:
    """An answer, and how good it is.

    Attributes:
        answer: (H + damping I)^-1 v.
        residuals: |v - (H + damping I) answer| / |v| of each vector, computed afresh.
        iterations: steps that each vector took.
    """

    answer: Float[np.ndarray, "vectors parameters"]
    residuals: Float[np.ndarray, " vectors"]
    iterations: Int[np.ndarray, " vectors"]


@final
class ConjugateGradients(Curvature):
    """The inverse by conjugate gradients.

    Args:
        product: H v.
        tolerance: of the residual, beside v.
        steps: at most; as many as it could need, if not given.
    """

    def __init__(
        self, product: Product, tolerance: float = 1e-10, steps: int | None = None
    ) -> None:
        if not 0 < tolerance < 1:
            raise OptionError(f"tolerance is between 0 and 1; given {tolerance!r}")
        self.product, self.tolerance = product, tolerance
        self.width, self.at = product.width, product.at
        self.steps = 5 * len(self.at) + 100 if steps is None else steps
        positive(self.steps, "steps", "of conjugate gradients")
        self.solver = "cg"
        self.provenance = {"solver": "cg", "tolerance": tolerance, "steps": self.steps}

    def mean(self) -> float:
        """The mean eigenvalue of H."""
        return self.product.trace() / len(self.at)

    def solved(self, v: Float[np.ndarray, "vectors parameters"], damping: float) -> Solution:
        """As `solve`, with residuals and iterations."""
        x, residuals, iterations = self._searched(self._inside(v), self._damping(damping))
        return Solution(self._outside(x), residuals, iterations)

    def _solve(
        self, v: Float[np.ndarray, "vectors scope"], damping: float
    ) -> Float[np.ndarray, "vectors scope"]:
        return self._searched(v, damping)[0]

    def _searched(self, v: np.ndarray, damping: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        size = np.linalg.norm(v, axis=1)
        x, r, taken = np.zeros_like(v), v.copy(), np.zeros(len(v), dtype=int)
        wanted = self.tolerance * size
        for _ in range(_AGAIN):
            x, taken = self._descended(x, r, wanted, taken, damping)
            r = v - self.product(x) - damping * x
            left = np.linalg.norm(r, axis=1)
            if (left <= wanted).all():
                return x, left / np.where(size > 0, size, 1.0), taken
            if (taken[left > wanted] >= self.steps).any():
                break
        worst = int((left - wanted).argmax())
        raise ModelError(
            f"conjugate gradients stopped after {int(taken[worst])} steps with residual "
            f"{left[worst] / size[worst]:.3g} of vector {worst}, and {self.tolerance:.3g} was "
            f"asked for: H + {damping:.3g} I is singular or nearly so. Give a larger damping, more "
            "steps, or a tolerance that is not as small."
        )

    def _descended(
        self, x: np.ndarray, r: np.ndarray, wanted: np.ndarray, taken: np.ndarray, damping: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """On from x, whose residual is r, until the recursion believes that it is there."""
        x, r, p, taken = x.copy(), r.copy(), r.copy(), taken.copy()
        square = (r * r).sum(axis=1)
        while True:
            (on,) = np.nonzero((np.sqrt(square) > wanted) & (taken < self.steps))
            if not len(on):
                return x, taken
            pushed = self.product(p[on]) + damping * p[on]
            bend = (p[on] * pushed).sum(axis=1)
            self._refuse_indefinite(bend, p[on], damping)
            step = (square[on] / bend)[:, None]
            x[on] += step * p[on]
            r[on] -= step * pushed
            now = (r[on] ** 2).sum(axis=1)
            p[on] = r[on] + (now / square[on])[:, None] * p[on]
            square[on] = now
            taken[on] += 1

    def _refuse_indefinite(self, bend: np.ndarray, p: np.ndarray, damping: float) -> None:
        if (bend > 0).all():
            return
        least = float((bend / (p * p).sum(axis=1)).min())
        raise ModelError(
            f"the curvature is indefinite or singular: with damping {damping:.3g} it is "
            f"{least:.3g} in some direction, and conjugate gradients need it above 0 in all. Use "
            f"the Gauss-Newton matrix, or a damping above {max(damping - least, 0.0):.3g}."
        )
